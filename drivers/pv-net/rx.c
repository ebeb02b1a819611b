// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receive path: checking completions and gathering packets.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Completions are device output and are not trusted: each is copied once,
 * must name a buffer that was posted, and may claim no more bytes than the
 * buffer has.  Descriptors are never read back.  One that breaks the rules
 * marks the queue broken; it stops there and the device is reset.
 */
#include <linux/etherdevice.h>

#include "rx.h"
#include "xdp.h"

static void pvnet_rx_mark_broken(struct pvnet_rxq *rq, const char *what)
{
	const struct pvnet_xdp_buff *pkt = &rq->pkt;

	rq->broken = true;
	u64_stats_update_begin(&rq->stats->syncp);
	u64_stats_inc(&rq->stats->bad_comp);
	u64_stats_inc(&rq->stats->resets);
	u64_stats_update_end(&rq->stats->syncp);
	net_err_ratelimited("%s: rx queue %u: %s in completion %#x %#x %#x; resetting\n",
			    rq->pv->dev->name, rq->idx, what, pkt->dw0,
			    pkt->dw2, pkt->dw3);
	pvnet_schedule_reset(rq->pv);
}

/*
 * The ring that the completion in @rq->pkt names; NULL if there is none, or
 * if start of packet and kind of ring disagree.  Head buffers are in ring 0,
 * all others in ring 1.
 */
static struct pvnet_rx_ring *pvnet_rx_ring_of(struct pvnet_rxq *rq)
{
	u32 dw0 = rq->pkt.dw0, id = FIELD_GET(VMXNET3_RCD_RQID, dw0);

	if (dw0 & VMXNET3_RCD_SOP) {
		if (rq->busy)
			return NULL;
		if (id == rq->ring_id[0] ||
		    (rq->data_size && id == rq->ring_id[2]))
			return &rq->ring[0];
		return NULL;
	}
	if (!rq->busy || id != rq->ring_id[1])
		return NULL;
	return &rq->ring[1];
}

/* Entries before @idx were passed over; their buffers stay for a refill. */
static void pvnet_rx_skip_to(struct pvnet_rxq *rq, struct pvnet_rx_ring *ring,
			     u32 idx)
{
	u32 skipped = 0;

	for (; ring->pos.comp != idx; skipped++)
		pvnet_cmd_complete(&ring->pos);
	u64_stats_update_begin(&rq->stats->syncp);
	u64_stats_add(&rq->stats->skipped, skipped);
	u64_stats_update_end(&rq->stats->syncp);
}

/*
 * Claim the buffer of any completion in @rq->pkt; NULL if the completion is
 * not acceptable.
 */
static struct pvnet_rx_buf *pvnet_rx_claim_any(struct pvnet_rxq *rq,
					       struct pvnet_rx_ring **ringp)
{
	u32 idx = FIELD_GET(VMXNET3_RCD_RXDIDX, rq->pkt.dw0);
	struct pvnet_rx_ring *ring = pvnet_rx_ring_of(rq);
	u32 max;

	if (unlikely(!ring)) {
		pvnet_rx_mark_broken(rq, "ring or order");
		return NULL;
	}
	if (unlikely(!pvnet_cmd_holds(&ring->pos, idx))) {
		pvnet_rx_mark_broken(rq, "index");
		return NULL;
	}
	max = FIELD_GET(VMXNET3_RCD_RQID, rq->pkt.dw0) == rq->ring_id[2] ?
		rq->data_size : ring->len;
	if (unlikely((rq->pkt.dw2 & VMXNET3_RCD_LEN) > max)) {
		pvnet_rx_mark_broken(rq, "length");
		return NULL;
	}
	if (unlikely(idx != ring->pos.comp))
		pvnet_rx_skip_to(rq, ring, idx);
	pvnet_cmd_complete(&ring->pos);
	*ringp = ring;
	return &ring->buf[idx];
}

/*
 * Claim the buffer of the completion in @rq->pkt.  Nearly always that is the
 * oldest head buffer, for the start of a packet: one comparison tells.
 */
static struct pvnet_rx_buf *pvnet_rx_claim(struct pvnet_rxq *rq,
					   struct pvnet_rx_ring **ringp)
{
	const u32 mask = VMXNET3_RCD_RXDIDX | VMXNET3_RCD_RQID |
			 VMXNET3_RCD_SOP;
	struct pvnet_rx_ring *ring = &rq->ring[0];
	u32 idx = ring->pos.comp;

	if (unlikely((rq->pkt.dw0 & mask) !=
		     (idx | rq->ring_id[0] << VMXNET3_RCD_RQID_SHIFT |
		      VMXNET3_RCD_SOP) ||
		     (rq->pkt.dw2 & VMXNET3_RCD_LEN) > ring->len ||
		     rq->busy || pvnet_cmd_empty(&ring->pos)))
		return pvnet_rx_claim_any(rq, ringp);

	pvnet_cmd_complete(&ring->pos);
	*ringp = ring;
	return &ring->buf[idx];
}

/**
 * pvnet_rx_claim_head - claim the buffer of the completion in @rq->pkt
 * @rq: queue of an AF_XDP socket, which has head buffers only
 *
 * Return: the buffer; NULL if the completion is not acceptable, and then the
 * queue is marked broken
 */
struct pvnet_rx_buf *pvnet_rx_claim_head(struct pvnet_rxq *rq)
{
	struct pvnet_rx_ring *ring;

	return pvnet_rx_claim(rq, &ring);
}

/*
 * A small packet is copied, and its buffer stays where it is: that costs less
 * than giving the buffer away and getting a new one, and does not tie up a
 * page for a few bytes.
 */
static void pvnet_rx_copy(struct pvnet_rxq *rq, const void *data, u32 len,
			  struct pvnet_rx_sum *sum)
{
	struct sk_buff *skb = napi_alloc_skb(rq->napi, len);

	if (unlikely(!skb)) {
		sum->dropped++;
		return;
	}
	skb_put_data(skb, data, len);
	sum->copied++;
	pvnet_rx_deliver(rq, skb, sum);
}

/* Look at the first buffer of a packet; it is still the ring's. */
static void pvnet_rx_start(struct pvnet_rxq *rq, struct pvnet_rx_ring *ring,
			   struct pvnet_rx_buf *buf)
{
	u32 len = rq->pkt.dw2 & VMXNET3_RCD_LEN;
	struct pvnet_xdp_buff *pkt = &rq->pkt;

	page_pool_dma_sync_for_cpu(rq->pool, buf->page,
				   buf->offset + ring->headroom, len);
	xdp_init_buff(&pkt->xdp, ring->truesize, &rq->xdp_rxq);
	xdp_prepare_buff(&pkt->xdp, page_address(buf->page) + buf->offset,
			 ring->headroom, len, true);
	rq->busy = true;
}

/* A further buffer of a packet; false if the packet has too many. */
static bool pvnet_rx_append(struct pvnet_rxq *rq, struct pvnet_rx_ring *ring,
			    struct pvnet_rx_buf *buf)
{
	u32 len = rq->pkt.dw2 & VMXNET3_RCD_LEN;
	struct xdp_buff *xdp = &rq->pkt.xdp;
	struct skb_shared_info *info = xdp_get_shared_info_from_buff(xdp);

	if (unlikely(!len))
		return true;	/* the buffer stays for a refill */
	if (!xdp_buff_has_frags(xdp)) {
		xdp_buff_set_frags_flag(xdp);
		info->nr_frags = 0;
		info->xdp_frags_size = 0;
	}
	if (unlikely(info->nr_frags >= MAX_SKB_FRAGS))
		return false;

	page_pool_dma_sync_for_cpu(rq->pool, buf->page, ring->headroom, len);
	if (page_is_pfmemalloc(buf->page))
		xdp_buff_set_frag_pfmemalloc(xdp);
	skb_frag_fill_page_desc(&info->frags[info->nr_frags++], buf->page,
				ring->headroom, len);
	info->xdp_frags_size += len;
	buf->page = NULL;
	return true;
}

/* Give the packet in @rq->pkt, whose buffers are ours, to the stack. */
static void pvnet_rx_pass(struct pvnet_rxq *rq, struct pvnet_rx_sum *sum)
{
	struct sk_buff *skb = pvnet_rx_build(rq, &rq->pkt);

	if (likely(skb)) {
		pvnet_rx_deliver(rq, skb, sum);
		return;
	}
	sum->dropped++;
	pvnet_rx_discard(rq, &rq->pkt);
}

/* All buffers of the packet in @rq->pkt are there, and are the ring's no more. */
static void pvnet_rx_finish(struct pvnet_rxq *rq, struct bpf_prog *prog,
			    struct pvnet_rx_sum *sum)
{
	struct pvnet_xdp_buff *pkt = &rq->pkt;
	u32 len;

	rq->busy = false;
	len = xdp_get_buff_len(&pkt->xdp);
	if (unlikely((pkt->dw2 & VMXNET3_RCD_ERR) || len < ETH_HLEN ||
		     pkt->xdp.data_end - pkt->xdp.data < ETH_HLEN)) {
		sum->errors++;
		pvnet_rx_discard(rq, pkt);
		return;
	}
	sum->packets++;
	sum->bytes += len;

	if (!prog || pvnet_xdp_run(rq, prog, pkt, sum) == XDP_PASS)
		pvnet_rx_pass(rq, sum);
}

/*
 * Run the XDP program on a packet in one buffer.  A dropped packet leaves its
 * buffer in the ring, which is the cheapest way to drop one.
 */
static void pvnet_rx_run_xdp(struct pvnet_rxq *rq, struct bpf_prog *prog,
			     struct pvnet_rx_buf *buf,
			     struct pvnet_rx_sum *sum)
{
	struct pvnet_xdp_buff *pkt = &rq->pkt;
	u32 len = pkt->dw2 & VMXNET3_RCD_LEN;

	rq->busy = false;
	if (unlikely((pkt->dw2 & VMXNET3_RCD_ERR) || len < ETH_HLEN)) {
		sum->errors++;
		return;
	}
	sum->packets++;
	sum->bytes += len;

	rq->slot = buf;
	if (pvnet_xdp_run(rq, prog, pkt, sum) == XDP_PASS)
		pvnet_rx_pass(rq, sum);
	rq->slot = NULL;
}

/* A packet in one buffer that is small enough to be copied? */
static bool pvnet_rx_try_copy(struct pvnet_rxq *rq, struct pvnet_rx_ring *ring,
			      struct pvnet_rx_buf *buf,
			      struct pvnet_rx_sum *sum)
{
	const u32 single = VMXNET3_RCD_SOP | VMXNET3_RCD_EOP;
	u32 len = rq->pkt.dw2 & VMXNET3_RCD_LEN;
	const void *data;

	if ((rq->pkt.dw0 & single) != single || len > rq->pv->rx_copybreak ||
	    len < ETH_HLEN || (rq->pkt.dw2 & VMXNET3_RCD_ERR))
		return false;

	page_pool_dma_sync_for_cpu(rq->pool, buf->page,
				   buf->offset + ring->headroom, len);
	data = page_address(buf->page) + buf->offset + ring->headroom;
	sum->packets++;
	sum->bytes += len;
	pvnet_rx_copy(rq, data, len, sum);
	return true;
}

/* A packet in the data ring; the buffer it was spared stays for a refill. */
static bool pvnet_rx_from_data_ring(struct pvnet_rxq *rq,
				    struct bpf_prog *prog,
				    struct pvnet_rx_sum *sum)
{
	const u32 single = VMXNET3_RCD_SOP | VMXNET3_RCD_EOP;
	u32 idx = FIELD_GET(VMXNET3_RCD_RXDIDX, rq->pkt.dw0);
	u32 len = rq->pkt.dw2 & VMXNET3_RCD_LEN;

	if (unlikely((rq->pkt.dw0 & single) != single || prog)) {
		pvnet_rx_mark_broken(rq, "data ring use");
		return false;
	}
	if (unlikely(len < ETH_HLEN || (rq->pkt.dw2 & VMXNET3_RCD_ERR))) {
		sum->errors++;
		return true;
	}
	sum->packets++;
	sum->bytes += len;
	pvnet_rx_copy(rq, rq->data + idx * rq->data_size, len, sum);
	return true;
}

/* Handle the completion in @rq->pkt; false if it broke the queue. */
static bool pvnet_rx_one(struct pvnet_rxq *rq, struct bpf_prog *prog,
			 struct pvnet_rx_sum *sum)
{
	struct pvnet_rx_ring *ring;
	struct pvnet_rx_buf *buf = pvnet_rx_claim(rq, &ring);

	if (unlikely(!buf))
		return false;

	if (unlikely(FIELD_GET(VMXNET3_RCD_RQID, rq->pkt.dw0) ==
		     rq->ring_id[2]))
		return pvnet_rx_from_data_ring(rq, prog, sum);
	if (rq->pkt.dw0 & VMXNET3_RCD_SOP) {
		if (!prog && pvnet_rx_try_copy(rq, ring, buf, sum))
			return true;
		pvnet_rx_start(rq, ring, buf);
		if (prog && (rq->pkt.dw0 & VMXNET3_RCD_EOP)) {
			pvnet_rx_run_xdp(rq, prog, buf, sum);
			return true;
		}
		buf->page = NULL;
	} else if (unlikely(!pvnet_rx_append(rq, ring, buf))) {
		pvnet_rx_mark_broken(rq, "fragment count");
		return false;
	}

	if (rq->pkt.dw0 & VMXNET3_RCD_EOP)
		pvnet_rx_finish(rq, prog, sum);
	else if (rq->pkt.dw0 & VMXNET3_RCD_SOP)
		rq->sop_dw3 = rq->pkt.dw3;
	return true;
}

/**
 * pvnet_rx_account - add what a poll counted to the queue's counters
 * @rq: queue
 * @sum: counters of the poll
 */
void pvnet_rx_account(struct pvnet_rxq *rq,
		      const struct pvnet_rx_sum *sum)
{
	u64_stats_update_begin(&rq->stats->syncp);
	u64_stats_add(&rq->stats->packets, sum->packets);
	u64_stats_add(&rq->stats->bytes, sum->bytes);
	u64_stats_add(&rq->stats->csum_good, sum->csum_good);
	u64_stats_add(&rq->stats->copied, sum->copied);
	u64_stats_add(&rq->stats->lro, sum->lro);
	u64_stats_add(&rq->stats->errors, sum->errors);
	u64_stats_add(&rq->stats->dropped, sum->dropped);
	u64_stats_update_end(&rq->stats->syncp);
}

/**
 * pvnet_rx_poll - receive packets
 * @rq: queue
 * @budget: most packets to receive
 *
 * The loop also ends when the device completes without end: each completion
 * needs a posted buffer, and none is posted inside the loop.
 *
 * Context: the queue's NAPI poll.
 * Return: packets received
 */
int pvnet_rx_poll(struct pvnet_rxq *rq, int budget)
{
	struct bpf_prog *prog = rcu_dereference_bh(rq->pv->prog);
	struct pvnet_rx_sum sum = {};
	int done = 0;

	while (done < budget && likely(!rq->broken) && pvnet_rx_next(rq)) {
		if (unlikely(!pvnet_rx_one(rq, prog, &sum)))
			break;
		done += !!(rq->pkt.dw0 & VMXNET3_RCD_EOP);
	}

	if (prog)
		pvnet_xdp_finish(rq, &sum);
	pvnet_rx_account(rq, &sum);
	if (likely(!rq->broken) &&
	    pvnet_cmd_space(&rq->ring[0].pos) + pvnet_cmd_space(&rq->ring[1].pos))
		pvnet_rx_refill_or_retry(rq);
	return done;
}
