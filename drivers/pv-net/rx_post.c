// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receive path: posting buffers and taking them back.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Descriptors are only written: what the driver posted it knows from its own
 * records.
 */
#include <net/xdp_sock_drv.h>

#include "regs.h"
#include "rx.h"

#define PVNET_REFILL_RETRY	msecs_to_jiffies(20)

static bool pvnet_rx_alloc(struct pvnet_rxq *rq, struct pvnet_rx_ring *ring,
			   struct pvnet_rx_buf *buf, gfp_t gfp)
{
	unsigned int offset = 0;

	if (ring->truesize == PAGE_SIZE)
		buf->page = page_pool_alloc_pages(rq->pool, gfp);
	else
		buf->page = page_pool_alloc_frag(rq->pool, &offset,
						 ring->truesize, gfp);
	if (unlikely(!buf->page))
		return false;

	buf->offset = offset;
	buf->dma = page_pool_get_dma_addr(buf->page) + offset + ring->headroom;
	return true;
}

static bool pvnet_rx_alloc_xsk(struct pvnet_rxq *rq, struct pvnet_rx_buf *buf)
{
	buf->xsk = xsk_buff_alloc(rq->xsk);
	if (!buf->xsk)
		return false;
	buf->dma = xsk_buff_xdp_get_dma(buf->xsk);
	return true;
}

static void pvnet_rx_reuse(struct pvnet_rxq *rq, struct pvnet_rx_ring *ring,
			   struct pvnet_rx_buf *buf)
{
	if (rq->xsk)
		xsk_buff_raw_dma_sync_for_device(rq->xsk, buf->dma, ring->len);
	else
		dma_sync_single_for_device(rq->pv->dma_dev, buf->dma, ring->len,
					   page_pool_get_dma_dir(rq->pool));
}

/* Post buffers until @ring is full; false if memory ran out first. */
static bool pvnet_rx_fill(struct pvnet_rxq *rq, struct pvnet_rx_ring *ring,
			  gfp_t gfp)
{
	u32 n = pvnet_cmd_space(&ring->pos);

	for (; n; n--) {
		struct pvnet_rx_buf *buf = &ring->buf[ring->pos.fill];
		struct vmxnet3_rx_desc *desc = &ring->desc[ring->pos.fill];

		/* it may still be here: copied from, dropped or passed over */
		if (buf->page)
			pvnet_rx_reuse(rq, ring, buf);
		else if (!(rq->xsk ? pvnet_rx_alloc_xsk(rq, buf) :
				     pvnet_rx_alloc(rq, ring, buf, gfp)))
			return false;

		desc->addr = cpu_to_le64(buf->dma);
		/* the generation bit hands the entry over: address first */
		dma_wmb();
		WRITE_ONCE(desc->dw2,
			   cpu_to_le32(ring->len | ring->type |
				       ring->pos.gen << VMXNET3_RXD_GEN_SHIFT));
		pvnet_cmd_advance(&ring->pos);
	}
	return true;
}

/**
 * pvnet_rx_write_prod - tell the device up to where buffers are posted
 * @rq: queue
 *
 * Context: the queue's NAPI poll, or the queue is not up.
 */
void pvnet_rx_write_prod(struct pvnet_rxq *rq)
{
	void __iomem *reg = rq->pv->bar0 + rq->idx * VMXNET3_REG_STRIDE;

	writel(rq->ring[0].pos.fill, reg + VMXNET3_REG_RXPROD);
	writel(rq->ring[1].pos.fill, reg + VMXNET3_REG_RXPROD2);
}

/**
 * pvnet_rx_tell - tell the device of new buffers, if it wants to be told
 * @rq: queue
 */
void pvnet_rx_tell(struct pvnet_rxq *rq)
{
	if (unlikely(READ_ONCE(rq->shared->update_rx_prod)))
		pvnet_rx_write_prod(rq);
}

/**
 * pvnet_rx_refill - post buffers in both rings
 * @rq: queue
 * @gfp: how to allocate
 *
 * Context: the queue's NAPI poll, or the queue is not up.
 * Return: 0, or -ENOMEM if a ring could not be filled
 */
int pvnet_rx_refill(struct pvnet_rxq *rq, gfp_t gfp)
{
	bool ok = pvnet_rx_fill(rq, &rq->ring[0], gfp);

	if (ok && rq->ring[1].active)
		ok = pvnet_rx_fill(rq, &rq->ring[1], gfp);
	return ok ? 0 : -ENOMEM;
}

/* No memory in the poll: nothing but time brings it back. */
void pvnet_rx_refill_timer(struct timer_list *t)
{
	struct pvnet_rxq *rq = from_timer(rq, t, refill);

	napi_schedule(rq->napi);
}

/**
 * pvnet_rx_refill_or_retry - post buffers, and come back when memory is short
 * @rq: queue
 *
 * Context: the queue's NAPI poll.
 */
void pvnet_rx_refill_or_retry(struct pvnet_rxq *rq)
{
	if (unlikely(pvnet_rx_refill(rq, GFP_ATOMIC | __GFP_NOWARN))) {
		u64_stats_update_begin(&rq->stats->syncp);
		u64_stats_inc(&rq->stats->alloc_fail);
		u64_stats_update_end(&rq->stats->syncp);
		mod_timer(&rq->refill, jiffies + PVNET_REFILL_RETRY);
	}
	pvnet_rx_tell(rq);
}

/**
 * pvnet_rx_clean - give back every buffer
 * @rq: queue; the device is quiet and nothing else runs on it
 */
void pvnet_rx_clean(struct pvnet_rxq *rq)
{
	unsigned int r;
	u32 i;

	if (rq->busy) {
		rq->busy = false;
		pvnet_rx_discard(rq, &rq->pkt);
	}
	for (r = 0; r < ARRAY_SIZE(rq->ring); r++) {
		struct pvnet_rx_ring *ring = &rq->ring[r];

		for (i = 0; ring->buf && i < ring->pos.size; i++) {
			if (!ring->buf[i].page)
				continue;
			if (rq->xsk)
				xsk_buff_free(ring->buf[i].xsk);
			else
				page_pool_put_full_page(rq->pool,
							ring->buf[i].page,
							false);
			ring->buf[i].page = NULL;
		}
	}
}
