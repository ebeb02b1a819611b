// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transmit completions.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * They are device output and are not trusted: each must name the last slot of
 * a packet that was posted, or the queue is marked broken and reset.
 */
#include <net/xdp_sock_drv.h>

#include "regs.h"
#include "tx.h"
#include "tx_post.h"

/* What one completion pass collected. */
struct pvnet_tx_done {
	unsigned int packets;
	unsigned int bytes;
	unsigned int xsk;
	unsigned int slots;
};

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

/*
 * Is everything up to slot @idx the stack's?  Then it may be released without
 * a budget, that is by netpoll, where nothing of XDP or of a page pool may be.
 */
static bool pvnet_tx_is_skbs(const struct pvnet_txq *tq, u32 idx)
{
	u32 i = tq->pos.comp;

	if (!pvnet_cmd_holds(&tq->pos, idx))
		return true;	/* pvnet_tx_complete() says what that means */
	for (;; i = pvnet_ring_next(i, tq->pos.size)) {
		if (tq->buf[i].kind > PVNET_TX_SKB)
			return false;
		if (i == idx)
			return true;
	}
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
 * @budget: NAPI budget, or 0 for netpoll, which leaves frames of XDP alone
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
		if (unlikely(!budget) && !pvnet_tx_is_skbs(tq, idx))
			break;
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
 * pvnet_tx_poll_reap - release what is completed, and see that the device works
 * @tq: queue
 * @budget: NAPI budget, or 0 for netpoll
 *
 * Context: a NAPI poll, netdev_queue lock held.
 */
void pvnet_tx_poll_reap(struct pvnet_txq *tq, int budget)
{
	u64_stats_update_begin(&tq->stats->syncp);
	if (pvnet_tx_reap(tq, budget))
		tq->nudged = false;
	u64_stats_update_end(&tq->stats->syncp);
}

/**
 * pvnet_tx_poll - NAPI poll of a transmit queue
 * @tq: queue
 * @budget: NAPI budget, or 0 for netpoll
 *
 * Netpoll does not wait for the queue: who has it may be about to print, and so
 * wait for netpoll to let go of the console.
 */
void pvnet_tx_poll(struct pvnet_txq *tq, int budget)
{
	if (unlikely(!budget)) {
		if (!__netif_tx_trylock(tq->nq))
			return;
	} else {
		__netif_tx_lock(tq->nq, smp_processor_id());
	}
	/* The vector is masked, by the device or because it never was not. */
	tq->vec->armed = false;
	pvnet_tx_poll_reap(tq, budget);
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
