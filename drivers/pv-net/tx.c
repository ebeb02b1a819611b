// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transmit path: posting packets and ringing the doorbell.
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

#include "regs.h"
#include "tx.h"
#include "tx_post.h"

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

/**
 * pvnet_tx_post_many - hand a packet of several slots to the device
 * @tq: queue
 * @n: its slots, mapped, starting at the fill position; more than 1
 * @meta: words of the first descriptor
 *
 * The first descriptor is written last, so that the device never sees half a
 * packet.
 *
 * Context: netdev_queue lock held.
 */
void pvnet_tx_post_many(struct pvnet_txq *tq, unsigned int n,
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

/**
 * pvnet_tx_unwind - undo the mapping of slots that were not posted
 * @tq: queue
 * @n: how many, starting at the fill position
 *
 * Context: netdev_queue lock held.
 */
void pvnet_tx_unwind(struct pvnet_txq *tq, unsigned int n)
{
	u32 idx = tq->pos.fill;

	while (n--) {
		pvnet_tx_unmap(tq, &tq->buf[idx]);
		idx = pvnet_ring_next(idx, tq->pos.size);
	}
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
 * @budget: NAPI budget, or 0 for netpoll
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
