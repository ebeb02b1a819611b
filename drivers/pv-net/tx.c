// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transmit path: posting packets, ringing the doorbell, reaping completions.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * One lock, the netdev_queue's, covers posting and reaping, because
 * completions are mostly reaped by the sender itself: the device (QEMU's, and
 * any that processes the ring within the doorbell write) has usually
 * completed everything when the write returns.  The queue's interrupt is then
 * not needed at all and stays masked; it is unmasked only when something is
 * left that nobody would reap.
 */
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include <net/vxlan.h>
#include <net/xdp_sock_drv.h>

#include "regs.h"
#include "tx.h"

/* Words of a packet's first descriptor that describe the whole packet. */
struct pvnet_tx_meta {
	u32 dw2;		/* VMXNET3_TXD_MSSCOF, VMXNET3_TXD_OCO */
	u32 dw3;		/* VMXNET3_TXD_HLEN, OM, TI, TCI */
	u32 segs;
	u32 bytes;
};

/* What one completion pass collected. */
struct pvnet_tx_done {
	unsigned int packets;
	unsigned int bytes;
	unsigned int xsk;
	unsigned int slots;
};

static void pvnet_tx_ring_doorbell(struct pvnet_txq *tq)
{
	struct vmxnet3_tx_queue_desc *shared = tq->shared;

	/*
	 * A device that polls its rings raises the threshold, so that busy
	 * queues need no doorbell; others leave it at 1 or 0.
	 */
	if (tq->deferred < le32_to_cpu(READ_ONCE(shared->threshold))) {
		WRITE_ONCE(shared->num_deferred, cpu_to_le32(tq->deferred));
		return;
	}

	tq->deferred = 0;
	WRITE_ONCE(shared->num_deferred, 0);
	/* writel() orders the descriptors before the doorbell */
	writel(tq->pos.fill, tq->doorbell);
	u64_stats_inc(&tq->stats->doorbells);
}

static void pvnet_tx_write(struct pvnet_txq *tq,
			   const struct pvnet_cmd_pos *at, dma_addr_t dma,
			   u32 dw2, u32 dw3)
{
	struct vmxnet3_tx_desc *desc = &tq->desc[at->fill];

	desc->addr = cpu_to_le64(dma);
	desc->dw3 = cpu_to_le32(dw3);
	/*
	 * The generation bit hands the entry to the device, and with the
	 * first entry of a packet all that follow: everything else first.
	 */
	dma_wmb();
	WRITE_ONCE(desc->dw2,
		   cpu_to_le32(dw2 | at->gen << VMXNET3_TXD_GEN_SHIFT));
}

/* A full buffer of 16 KiB has length 0. */
static u32 pvnet_tx_len(u32 len)
{
	return len & VMXNET3_TXD_LEN;
}

/*
 * Hand @n mapped slots starting at the fill position to the device: the first
 * last, so that the device never sees half a packet.
 */
static void pvnet_tx_post_many(struct pvnet_txq *tq, unsigned int n,
			       const struct pvnet_tx_meta *meta)
{
	const struct pvnet_cmd_pos sop = tq->pos;
	const struct pvnet_tx_buf *buf = &tq->buf[sop.fill];
	u32 eop = VMXNET3_TXD_EOP | VMXNET3_TXD_CQ;
	unsigned int i;

	pvnet_cmd_advance(&tq->pos);
	for (i = 1; i < n; i++) {
		const struct pvnet_tx_buf *b = &tq->buf[tq->pos.fill];

		pvnet_tx_write(tq, &tq->pos, b->dma, pvnet_tx_len(b->len),
			       i == n - 1 ? eop : 0);
		pvnet_cmd_advance(&tq->pos);
	}
	pvnet_tx_write(tq, &sop, buf->dma, pvnet_tx_len(buf->len) | meta->dw2,
		       meta->dw3);
}

static inline void pvnet_tx_post(struct pvnet_txq *tq, unsigned int n,
				 const struct pvnet_tx_meta *meta)
{
	const struct pvnet_tx_buf *buf = &tq->buf[tq->pos.fill];

	if (unlikely(n > 1)) {
		pvnet_tx_post_many(tq, n, meta);
		return;
	}
	pvnet_tx_write(tq, &tq->pos, buf->dma,
		       pvnet_tx_len(buf->len) | meta->dw2,
		       meta->dw3 | VMXNET3_TXD_EOP | VMXNET3_TXD_CQ);
	pvnet_cmd_advance(&tq->pos);
}

static void pvnet_tx_unmap(struct pvnet_txq *tq, struct pvnet_tx_buf *buf)
{
	struct device *dev = tq->pv->dma_dev;

	if (buf->map == PVNET_MAP_SINGLE)
		dma_unmap_single(dev, buf->dma, buf->len, DMA_TO_DEVICE);
	else if (buf->map == PVNET_MAP_PAGE)
		dma_unmap_page(dev, buf->dma, buf->len, DMA_TO_DEVICE);
	buf->map = PVNET_MAP_NONE;
}

/* Undo the mapping of @n slots that were not posted. */
static void pvnet_tx_unwind(struct pvnet_txq *tq, unsigned int n)
{
	u32 idx = tq->pos.fill;

	while (n--) {
		pvnet_tx_unmap(tq, &tq->buf[idx]);
		idx = pvnet_ring_next(idx, tq->pos.size);
	}
}

static struct pvnet_tx_buf *pvnet_tx_slot(struct pvnet_txq *tq, unsigned int n)
{
	u32 idx = tq->pos.fill + n;

	return &tq->buf[idx < tq->pos.size ? idx : idx - tq->pos.size];
}

static int pvnet_tx_map_linear(struct pvnet_txq *tq, struct sk_buff *skb,
			       unsigned int *n)
{
	u32 len = skb_headlen(skb), off, chunk;

	for (off = 0; off < len; off += chunk) {
		struct pvnet_tx_buf *buf = pvnet_tx_slot(tq, *n);

		chunk = min_t(u32, len - off, VMXNET3_MAX_TX_BUF);
		buf->dma = dma_map_single(tq->pv->dma_dev, skb->data + off,
					  chunk, DMA_TO_DEVICE);
		if (dma_mapping_error(tq->pv->dma_dev, buf->dma))
			return -ENOMEM;
		buf->len = chunk;
		buf->kind = PVNET_TX_FREE;
		buf->map = PVNET_MAP_SINGLE;
		(*n)++;
	}
	return 0;
}

static int pvnet_tx_map_frag(struct pvnet_txq *tq, const skb_frag_t *frag,
			     unsigned int *n)
{
	u32 len = skb_frag_size(frag), off, chunk;

	for (off = 0; off < len; off += chunk) {
		struct pvnet_tx_buf *buf = pvnet_tx_slot(tq, *n);

		chunk = min_t(u32, len - off, VMXNET3_MAX_TX_BUF);
		buf->dma = skb_frag_dma_map(tq->pv->dma_dev, frag, off, chunk,
					    DMA_TO_DEVICE);
		if (dma_mapping_error(tq->pv->dma_dev, buf->dma))
			return -ENOMEM;
		buf->len = chunk;
		buf->kind = PVNET_TX_FREE;
		buf->map = PVNET_MAP_PAGE;
		(*n)++;
	}
	return 0;
}

/* Map all of @skb; returns the slots used, or 0. */
static unsigned int pvnet_tx_map(struct pvnet_txq *tq, struct sk_buff *skb)
{
	const struct skb_shared_info *info = skb_shinfo(skb);
	unsigned int n = 0, i;

	if (pvnet_tx_map_linear(tq, skb, &n))
		goto unwind;
	for (i = 0; i < info->nr_frags; i++)
		if (pvnet_tx_map_frag(tq, &info->frags[i], &n))
			goto unwind;
	return n;

unwind:
	pvnet_tx_unwind(tq, n);
	return 0;
}

/* A packet that fits its data ring slot is copied: cheaper than mapping it. */
static unsigned int pvnet_tx_copy(struct pvnet_txq *tq, struct sk_buff *skb)
{
	u32 off = tq->pos.fill * tq->data_size;
	struct pvnet_tx_buf *buf = pvnet_tx_slot(tq, 0);

	if (likely(!skb_is_nonlinear(skb)))
		memcpy(tq->data + off, skb->data, skb->len);
	else if (skb_copy_bits(skb, 0, tq->data + off, skb->len))
		return 0;

	buf->dma = tq->data_dma + off;
	buf->len = skb->len;
	buf->map = PVNET_MAP_NONE;
	u64_stats_inc(&tq->stats->copied);
	return 1;
}

static unsigned int pvnet_tx_chunks(u32 len)
{
	return DIV_ROUND_UP(len, VMXNET3_MAX_TX_BUF);
}

static unsigned int pvnet_tx_count(const struct sk_buff *skb)
{
	const struct skb_shared_info *info = skb_shinfo(skb);
	unsigned int n = pvnet_tx_chunks(skb_headlen(skb)), i;

	for (i = 0; i < info->nr_frags; i++)
		n += pvnet_tx_chunks(skb_frag_size(&info->frags[i]));
	return n;
}

/* The ABI limits descriptors per packet; linearize what has more. */
static int pvnet_tx_fit(struct pvnet_txq *tq, struct sk_buff *skb)
{
	unsigned int max = skb_is_gso(skb) ? VMXNET3_MAX_TSO_TXD_PER_PKT :
					     VMXNET3_MAX_TXD_PER_PKT;

	if (likely(skb_shinfo(skb)->nr_frags < 8 && skb->len <= 65536) &&
	    pvnet_tx_chunks(skb->len) + 8 <= VMXNET3_MAX_TXD_PER_PKT)
		return 0;
	if (pvnet_tx_count(skb) <= max)
		return 0;

	u64_stats_inc(&tq->stats->linearized);
	if (skb_linearize(skb) || pvnet_tx_count(skb) > max)
		return -ENOMEM;
	return 0;
}

/*
 * Does the transport header sit where the device, which parses headers again
 * and ignores the offsets it is given, will find it?
 */
static bool pvnet_tx_csum_understood(const struct sk_buff *skb)
{
	u32 start = skb_checksum_start_offset(skb);
	u8 proto;

	if (start + skb->csum_offset + 2 > skb_headlen(skb) ||
	    start + skb->csum_offset > VMXNET3_MAX_CSUM_OFFSET)
		return false;

	switch (vlan_get_protocol(skb)) {
	case htons(ETH_P_IP):
		if (skb_network_offset(skb) + ip_hdrlen(skb) != start ||
		    ip_is_fragment(ip_hdr(skb)))
			return false;
		proto = ip_hdr(skb)->protocol;
		break;
	case htons(ETH_P_IPV6):
		if (skb_network_offset(skb) + sizeof(struct ipv6hdr) != start)
			return false;
		proto = ipv6_hdr(skb)->nexthdr;
		break;
	default:
		return false;
	}

	return (proto == IPPROTO_TCP &&
		skb->csum_offset == offsetof(struct tcphdr, check)) ||
	       (proto == IPPROTO_UDP &&
		skb->csum_offset == offsetof(struct udphdr, check));
}

static int pvnet_tx_csum(struct pvnet_txq *tq, struct sk_buff *skb,
			 struct pvnet_tx_meta *meta)
{
	u32 start;

	if (skb->encapsulation && tq->pv->ops->om_encap) {
		/* the device checks the inner headers itself */
		meta->dw3 = FIELD_PREP(VMXNET3_TXD_OM, VMXNET3_OM_ENCAP) |
			    FIELD_PREP(VMXNET3_TXD_HLEN,
				       skb_checksum_start_offset(skb));
		return 0;
	}

	if (unlikely(!pvnet_tx_csum_understood(skb)))
		return skb_checksum_help(skb);

	start = skb_checksum_start_offset(skb);
	meta->dw2 = FIELD_PREP(VMXNET3_TXD_MSSCOF, start + skb->csum_offset);
	meta->dw3 = FIELD_PREP(VMXNET3_TXD_OM, VMXNET3_OM_CSUM) |
		    FIELD_PREP(VMXNET3_TXD_HLEN, start);
	u64_stats_inc(&tq->stats->csum);
	return 0;
}

/* The device wants the pseudo header sum without the length. */
static void pvnet_tso_prep_ip(struct iphdr *iph, struct tcphdr *th)
{
	iph->check = 0;
	th->check = ~csum_tcpudp_magic(iph->saddr, iph->daddr, 0, IPPROTO_TCP,
				       0);
}

static void pvnet_tso_prep_ipv6(struct ipv6hdr *ip6h, struct tcphdr *th)
{
	th->check = ~csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr, 0,
				     IPPROTO_TCP, 0);
}

static void pvnet_tso_prep(struct sk_buff *skb, bool inner)
{
	void *ip = inner ? (void *)inner_ip_hdr(skb) : (void *)ip_hdr(skb);
	struct tcphdr *th = inner ? inner_tcp_hdr(skb) : tcp_hdr(skb);

	if (skb_shinfo(skb)->gso_type & SKB_GSO_TCPV4)
		pvnet_tso_prep_ip(ip, th);
	else
		pvnet_tso_prep_ipv6(ip, th);
}

static int pvnet_tx_tso(struct pvnet_txq *tq, struct sk_buff *skb,
			struct pvnet_tx_meta *meta)
{
	const struct skb_shared_info *info;
	u32 om = VMXNET3_OM_TSO, hlen;

	if (unlikely(skb_cow_head(skb, 0)))
		return -ENOMEM;

	info = skb_shinfo(skb);
	if (skb->encapsulation) {
		om = VMXNET3_OM_ENCAP;
		hlen = skb_inner_tcp_all_headers(skb);
		if (!tq->pv->ops->om_encap)
			return -EINVAL;
		if (info->gso_type & SKB_GSO_UDP_TUNNEL_CSUM)
			meta->dw2 |= VMXNET3_TXD_OCO;
	} else {
		hlen = skb_tcp_all_headers(skb);
	}
	if (unlikely(!FIELD_FIT(VMXNET3_TXD_HLEN, hlen) ||
		     hlen > skb_headlen(skb) || hlen >= skb->len ||
		     !FIELD_FIT(VMXNET3_TXD_MSSCOF, info->gso_size)))
		return -EINVAL;

	pvnet_tso_prep(skb, skb->encapsulation);
	meta->dw2 |= FIELD_PREP(VMXNET3_TXD_MSSCOF, info->gso_size);
	meta->dw3 = FIELD_PREP(VMXNET3_TXD_OM, om) |
		    FIELD_PREP(VMXNET3_TXD_HLEN, hlen);
	meta->segs = DIV_ROUND_UP(skb->len - hlen, info->gso_size);
	meta->bytes = skb->len + (meta->segs - 1) * hlen;
	u64_stats_inc(&tq->stats->tso);
	return 0;
}

static int pvnet_tx_offload(struct pvnet_txq *tq, struct sk_buff *skb,
			    struct pvnet_tx_meta *meta)
{
	int err = 0;

	*meta = (struct pvnet_tx_meta){ .segs = 1, .bytes = skb->len };
	if (skb_is_gso(skb))
		err = pvnet_tx_tso(tq, skb, meta);
	else if (skb->ip_summed == CHECKSUM_PARTIAL)
		err = pvnet_tx_csum(tq, skb, meta);

	if (skb_vlan_tag_present(skb))
		meta->dw3 |= VMXNET3_TXD_TI |
			     skb_vlan_tag_get(skb) << VMXNET3_TXD_TCI_SHIFT;
	return err;
}

/* Prepare and post @skb; returns a negative error if it has to be dropped. */
static int pvnet_tx_skb(struct pvnet_txq *tq, struct sk_buff *skb)
{
	struct pvnet_tx_stats *stats = tq->stats;
	struct pvnet_tx_meta meta;
	struct pvnet_tx_buf *last;
	unsigned int n;

	if (unlikely(tq->broken || pvnet_cmd_space(&tq->pos) < PVNET_TX_STOP))
		return -ENOBUFS;
	if (unlikely(pvnet_tx_fit(tq, skb) ||
		     pvnet_tx_offload(tq, skb, &meta)))
		return -EINVAL;

	n = skb->len <= tq->data_size ? pvnet_tx_copy(tq, skb) :
					pvnet_tx_map(tq, skb);
	if (unlikely(!n))
		return -ENOMEM;

	last = pvnet_tx_slot(tq, n - 1);
	last->skb = skb;
	last->kind = PVNET_TX_SKB;
	skb_tx_timestamp(skb);
	pvnet_tx_post(tq, n, &meta);

	tq->deferred += meta.segs;
	u64_stats_add(&stats->packets, meta.segs);
	u64_stats_add(&stats->bytes, meta.bytes);
	return 0;
}

/* Unmask the interrupt if completions are due that nobody would reap. */
void pvnet_tx_arm(struct pvnet_txq *tq)
{
	struct pvnet_vector *vec = tq->vec;

	/* with a receive queue on the vector, its poll looks after it */
	if (vec->rq || vec->armed || tq->broken || pvnet_cmd_empty(&tq->pos))
		return;
	vec->armed = true;
	pvnet_irq_unmask(vec);
}

static void pvnet_tx_stop_if_full(struct pvnet_txq *tq)
{
	if (likely(pvnet_cmd_space(&tq->pos) >= PVNET_TX_STOP))
		return;
	netif_tx_stop_queue(tq->nq);
	u64_stats_inc(&tq->stats->stopped);
}

/**
 * pvnet_tx_flush - ring the doorbell and take what it completed
 * @tq: queue
 * @budget: NAPI budget, or 0 outside NAPI
 *
 * Context: bottom halves off, netdev_queue lock held.
 */
void pvnet_tx_flush(struct pvnet_txq *tq, int budget)
{
	if (tq->deferred)
		pvnet_tx_ring_doorbell(tq);
	pvnet_tx_reap(tq, budget);
	pvnet_tx_arm(tq);
}

netdev_tx_t pvnet_start_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct pvnet *pv = netdev_priv(dev);
	struct pvnet_txq *tq = pv->txq[skb_get_queue_mapping(skb)];
	/* netpoll sends from anywhere; NAPI's skb cache is not for it */
	int budget = !irqs_disabled();
	u32 len;
	bool more;

	u64_stats_update_begin(&tq->stats->syncp);
	if (unlikely(pvnet_tx_skb(tq, skb))) {
		u64_stats_inc(&tq->stats->dropped);
		dev_kfree_skb_any(skb);
		if (!netdev_xmit_more())
			pvnet_tx_flush(tq, budget);
		goto out;
	}

	/* skb may be gone once the doorbell has rung, but not before */
	len = skb->len;
	more = netdev_xmit_more() &&
	       pvnet_cmd_space(&tq->pos) >= PVNET_TX_STOP;
	if (__netdev_tx_sent_queue(tq->nq, len, more))
		pvnet_tx_flush(tq, budget);
	pvnet_tx_stop_if_full(tq);
out:
	u64_stats_update_end(&tq->stats->syncp);
	return NETDEV_TX_OK;
}

static void pvnet_tx_release(struct pvnet_tx_buf *buf,
			     struct pvnet_tx_done *done, int budget)
{
	switch (buf->kind) {
	case PVNET_TX_SKB:
		done->packets++;
		done->bytes += buf->skb->len;
		napi_consume_skb(buf->skb, budget);
		break;
	case PVNET_TX_XDP:
		xdp_return_frame(buf->xdpf);
		break;
	case PVNET_TX_XSK:
		done->xsk++;
		break;
	}
	buf->kind = PVNET_TX_FREE;
}

/* Everything up to slot @idx is done; false if it is not a packet's end. */
static bool pvnet_tx_complete(struct pvnet_txq *tq, u32 idx,
			      struct pvnet_tx_done *done, int budget)
{
	struct pvnet_tx_buf *buf;

	if (unlikely(!pvnet_cmd_holds(&tq->pos, idx) ||
		     tq->buf[idx].kind == PVNET_TX_FREE))
		return false;

	do {
		buf = &tq->buf[tq->pos.comp];
		pvnet_tx_unmap(tq, buf);
		if (buf->kind != PVNET_TX_FREE)
			pvnet_tx_release(buf, done, budget);
		done->slots++;
		pvnet_cmd_complete(&tq->pos);
	} while (buf != &tq->buf[idx]);
	return true;
}

static void pvnet_tx_mark_broken(struct pvnet_txq *tq, u32 idx)
{
	tq->broken = true;
	u64_stats_inc(&tq->stats->bad_comp);
	net_err_ratelimited("%s: tx queue %u: device completed entry %u, which was not sent; resetting\n",
			    tq->pv->dev->name, tq->idx, idx);
	pvnet_schedule_reset(tq->pv);
}

static void pvnet_tx_wake(struct pvnet_txq *tq)
{
	if (likely(!netif_tx_queue_stopped(tq->nq)) ||
	    pvnet_cmd_space(&tq->pos) < min(PVNET_TX_WAKE, tq->pos.size / 2) ||
	    !test_bit(PVNET_UP, &tq->pv->state))
		return;
	netif_tx_wake_queue(tq->nq);
	u64_stats_inc(&tq->stats->woken);
}

/**
 * pvnet_tx_reap - release everything the device has completed
 * @tq: queue
 * @budget: NAPI budget, or 0 outside NAPI
 *
 * The work is bounded by what was posted: a completion that matches nothing
 * posted marks the queue broken and ends the loop.
 *
 * Context: bottom halves off, netdev_queue lock held.
 * Return: slots released
 */
unsigned int pvnet_tx_reap(struct pvnet_txq *tq, int budget)
{
	struct pvnet_tx_done done = {};

	while (likely(!tq->broken)) {
		const struct vmxnet3_tx_comp *c = &tq->comp[tq->cpos.next];
		u32 dw3 = le32_to_cpu(READ_ONCE(c->dw3)), idx;

		if (dw3 >> VMXNET3_CD_GEN_SHIFT != tq->cpos.gen)
			break;
		/* the generation bit says that the rest is valid: read it first */
		dma_rmb();
		idx = le32_to_cpu(READ_ONCE(c->dw0)) & VMXNET3_TCD_TXIDX;
		pvnet_comp_advance(&tq->cpos);
		if (unlikely(!pvnet_tx_complete(tq, idx, &done, budget)))
			pvnet_tx_mark_broken(tq, idx);
	}

	if (!done.slots)
		return 0;
	netdev_tx_completed_queue(tq->nq, done.packets, done.bytes);
	if (done.xsk)
		xsk_tx_completed(tq->xsk, done.xsk);
	pvnet_tx_wake(tq);
	return done.slots;
}

/**
 * pvnet_tx_post_xdp - post a frame of XDP
 * @tq: queue
 * @xdpf: frame; owned by the queue on success
 * @mapped: its pages are of a page pool and so mapped already
 *
 * Context: netdev_queue lock held.
 * Return: 0, or a negative error with nothing posted
 */
int pvnet_tx_post_xdp(struct pvnet_txq *tq, struct xdp_frame *xdpf,
		      bool mapped)
{
	struct pvnet_tx_meta meta = { .segs = 1 };
	struct skb_shared_info *info = NULL;
	struct device *dev = tq->pv->dma_dev;
	unsigned int n = 0, frags = 0;
	struct pvnet_tx_buf *buf;

	if (xdp_frame_has_frags(xdpf)) {
		info = xdp_get_shared_info_from_frame(xdpf);
		frags = info->nr_frags;
	}
	if (unlikely(tq->broken || frags + 1 > VMXNET3_MAX_TXD_PER_PKT ||
		     xdpf->len > VMXNET3_MAX_TX_BUF ||
		     pvnet_cmd_space(&tq->pos) < PVNET_TX_STOP))
		return -ENOBUFS;

	buf = pvnet_tx_slot(tq, 0);
	buf->len = xdpf->len;
	buf->kind = PVNET_TX_FREE;
	if (mapped) {
		struct page *page = virt_to_page(xdpf->data);

		buf->map = PVNET_MAP_NONE;
		buf->dma = page_pool_get_dma_addr(page) +
			   offset_in_page(xdpf->data);
		dma_sync_single_for_device(dev, buf->dma, buf->len,
					   DMA_BIDIRECTIONAL);
	} else {
		buf->map = PVNET_MAP_SINGLE;
		buf->dma = dma_map_single(dev, xdpf->data, buf->len,
					  DMA_TO_DEVICE);
		if (dma_mapping_error(dev, buf->dma))
			return -ENOMEM;
	}

	for (n = 1; n <= frags; n++) {
		const skb_frag_t *frag = &info->frags[n - 1];

		buf = pvnet_tx_slot(tq, n);
		buf->len = skb_frag_size(frag);
		buf->kind = PVNET_TX_FREE;
		if (mapped) {
			buf->map = PVNET_MAP_NONE;
			buf->dma = page_pool_get_dma_addr(skb_frag_page(frag)) +
				   skb_frag_off(frag);
			dma_sync_single_for_device(dev, buf->dma, buf->len,
						   DMA_BIDIRECTIONAL);
			continue;
		}
		buf->map = PVNET_MAP_PAGE;
		buf->dma = skb_frag_dma_map(dev, frag, 0, buf->len,
					    DMA_TO_DEVICE);
		if (dma_mapping_error(dev, buf->dma)) {
			buf->map = PVNET_MAP_NONE;
			pvnet_tx_unwind(tq, n);
			return -ENOMEM;
		}
	}

	buf->xdpf = xdpf;
	buf->kind = PVNET_TX_XDP;
	pvnet_tx_post(tq, n, &meta);
	tq->deferred++;
	u64_stats_inc(&tq->stats->xdp_xmit);
	return 0;
}

/**
 * pvnet_tx_post_xsk - post a frame of an AF_XDP socket
 * @tq: queue, with room for it
 * @dma: bus address
 * @len: bytes, not 0
 *
 * Context: netdev_queue lock held.
 */
void pvnet_tx_post_xsk(struct pvnet_txq *tq, dma_addr_t dma, u32 len)
{
	struct pvnet_tx_meta meta = { .segs = 1 };
	struct pvnet_tx_buf *buf = pvnet_tx_slot(tq, 0);

	*buf = (struct pvnet_tx_buf){
		.dma = dma, .len = len, .kind = PVNET_TX_XSK,
	};
	pvnet_tx_post(tq, 1, &meta);
	tq->deferred++;
	u64_stats_inc(&tq->stats->xsk_xmit);
}

/* NAPI: the vector is masked, by the device or because it never was not. */
void pvnet_tx_poll(struct pvnet_txq *tq, int budget)
{
	__netif_tx_lock(tq->nq, smp_processor_id());
	u64_stats_update_begin(&tq->stats->syncp);
	tq->vec->armed = false;
	if (pvnet_tx_reap(tq, budget))
		tq->nudged = false;
	u64_stats_update_end(&tq->stats->syncp);
	__netif_tx_unlock(tq->nq);
}

/* The poll is over: ask for another interrupt if something is left. */
void pvnet_tx_poll_end(struct pvnet_txq *tq)
{
	__netif_tx_lock(tq->nq, smp_processor_id());
	pvnet_tx_arm(tq);
	__netif_tx_unlock(tq->nq);
}

/**
 * pvnet_tx_clean - release whatever the device still held
 * @tq: queue; the device is quiet and nothing else runs on it
 *
 * Context: process context.
 */
void pvnet_tx_clean(struct pvnet_txq *tq)
{
	struct pvnet_tx_done done = {};

	while (!pvnet_cmd_empty(&tq->pos)) {
		struct pvnet_tx_buf *buf = &tq->buf[tq->pos.comp];

		pvnet_tx_unmap(tq, buf);
		if (buf->kind != PVNET_TX_FREE)
			pvnet_tx_release(buf, &done, 0);
		pvnet_cmd_complete(&tq->pos);
	}
	if (done.xsk)
		xsk_tx_completed(tq->xsk, done.xsk);
	tq->deferred = 0;
}

netdev_features_t pvnet_features_check(struct sk_buff *skb,
				       struct net_device *dev,
				       netdev_features_t features)
{
	return vxlan_features_check(skb, vlan_features_check(skb, features));
}
