// SPDX-License-Identifier: GPL-2.0-only
/*
 * AF_XDP with zero copy.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * A socket's pool takes the place of the page pool of its queue: the device
 * writes received frames to the socket's memory, and sends from it.
 */
#include <linux/bpf_trace.h>
#include <linux/filter.h>
#include <net/xdp_sock_drv.h>

#include "regs.h"
#include "tx.h"
#include "xdp.h"
#include "xsk.h"

/* What the buffers of a socket name while no queue is there for it. */
static struct xdp_rxq_info pvnet_xsk_no_rxq;

static int pvnet_xsk_enable(struct pvnet *pv, struct xsk_buff_pool *pool,
			    u16 qid)
{
	int err;

	if (qid >= pv->cfg.num_rxq || qid >= pv->cfg.num_txq)
		return -EINVAL;
	if (pv->xsk[qid])
		return -EBUSY;
	if (pvnet_cfg_frame(&pv->cfg) > xsk_pool_get_rx_frame_size(pool))
		return -EOPNOTSUPP;	/* a frame must fit one buffer */
	err = xsk_pool_dma_map(pool, pv->dma_dev, 0);
	if (err)
		return err;

	xsk_pool_set_rxq_info(pool, &pvnet_xsk_no_rxq);
	pv->xsk[qid] = pool;
	err = pvnet_reconfigure(pv, &pv->cfg);
	if (err) {
		pv->xsk[qid] = NULL;
		xsk_pool_dma_unmap(pool, 0);
	}
	return err;
}

static int pvnet_xsk_disable(struct pvnet *pv, u16 qid)
{
	struct xsk_buff_pool *pool;
	int err;

	if (qid >= PVNET_MAX_QUEUES || !pv->xsk[qid])
		return -EINVAL;
	pool = pv->xsk[qid];
	pv->xsk[qid] = NULL;
	err = pvnet_reconfigure(pv, &pv->cfg);
	if (err) {
		/* the socket goes away regardless: so must its rings */
		netdev_err(pv->dev, "no memory to leave AF_XDP, closing\n");
		dev_close(pv->dev);
	}
	xsk_pool_dma_unmap(pool, 0);
	return 0;
}

/**
 * pvnet_xsk_fits - are the sockets' buffers large enough?
 * @pv: device
 * @cfg: configuration
 *
 * Context: rtnl.
 * Return: false if a frame of @cfg would not fit one buffer of some socket
 */
bool pvnet_xsk_fits(struct pvnet *pv, const struct pvnet_cfg *cfg)
{
	u32 i;

	for (i = 0; i < PVNET_MAX_QUEUES; i++)
		if (pv->xsk[i] &&
		    pvnet_cfg_frame(cfg) > xsk_pool_get_rx_frame_size(pv->xsk[i]))
			return false;
	return true;
}

/**
 * pvnet_xsk_attach - have the sockets' buffers name their receive queues
 * @pv: device, whose rings are to run next
 *
 * Not when the rings are made: then others may still run, and these may be
 * given up again.  With or without an XDP program: a sendto() that polls the
 * queue follows the name to its NAPI ID, under RCU alone.
 *
 * Context: rtnl, no poll runs.
 */
void pvnet_xsk_attach(struct pvnet *pv)
{
	u32 i;

	for (i = 0; i < pv->queues->cfg.num_rxq; i++)
		if (pv->xsk[i])
			xsk_pool_set_rxq_info(pv->xsk[i],
					      &pv->queues->rx[i]->xdp_rxq);
}

/**
 * pvnet_xsk_detach - have the sockets' buffers name no receive queue
 * @pv: device, whose rings ran last
 *
 * Context: rtnl, no poll runs.
 */
void pvnet_xsk_detach(struct pvnet *pv)
{
	u32 i;

	for (i = 0; i < PVNET_MAX_QUEUES; i++)
		if (pv->xsk[i])
			xsk_pool_set_rxq_info(pv->xsk[i], &pvnet_xsk_no_rxq);
}

/**
 * pvnet_xsk_setup - XDP_SETUP_XSK_POOL
 * @dev: network device
 * @pool: pool to use, or NULL to stop using one
 * @qid: queue number
 *
 * Context: rtnl.
 * Return: 0 or a negative error
 */
int pvnet_xsk_setup(struct net_device *dev, struct xsk_buff_pool *pool,
		    u16 qid)
{
	struct pvnet *pv = netdev_priv(dev);

	return pool ? pvnet_xsk_enable(pv, pool, qid) :
		      pvnet_xsk_disable(pv, qid);
}

/**
 * pvnet_xsk_wakeup - ndo_xsk_wakeup: a socket has frames or wants some
 * @dev: network device
 * @qid: queue number
 * @flags: XDP_WAKEUP_RX, XDP_WAKEUP_TX
 *
 * Context: under RCU.
 * Return: 0 or a negative error
 */
int pvnet_xsk_wakeup(struct net_device *dev, u32 qid, u32 flags)
{
	struct pvnet *pv = netdev_priv(dev);
	const struct pvnet_queues *q;

	/* pvnet_down() clears the bit and then waits for RCU readers */
	if (!test_bit(PVNET_UP, &pv->state))
		return -ENETDOWN;
	q = READ_ONCE(pv->queues);
	if (qid >= q->cfg.num_rxq || qid >= q->cfg.num_txq)
		return -EINVAL;

	local_bh_disable();
	if (flags & XDP_WAKEUP_TX)
		napi_schedule(q->tx[qid]->vec->napi);
	if (flags & XDP_WAKEUP_RX)
		napi_schedule(q->rx[qid]->napi);
	local_bh_enable();
	return 0;
}

static void pvnet_xsk_tx_one(struct pvnet_txq *tq, const struct xdp_desc *desc)
{
	dma_addr_t dma = xsk_buff_raw_get_dma(tq->xsk, desc->addr);

	xsk_buff_raw_dma_sync_for_device(tq->xsk, dma, desc->len);
	pvnet_tx_post_xsk(tq, dma, desc->len);
}

/**
 * pvnet_xsk_tx - send what a socket has queued
 * @tq: queue
 * @budget: most frames to send
 *
 * Context: NAPI poll.
 * Return: true if more may be waiting
 */
bool pvnet_xsk_tx(struct pvnet_txq *tq, int budget)
{
	struct xdp_desc *descs = tq->xsk->tx_descs;
	u32 room, limit, n, i;
	bool again;

	__netif_tx_lock(tq->nq, smp_processor_id());
	txq_trans_cond_update(tq->nq);
	u64_stats_update_begin(&tq->stats->syncp);
	room = pvnet_cmd_space(&tq->pos);
	/* leave the stack what it needs */
	room = room > PVNET_TX_STOP ? room - PVNET_TX_STOP : 0;
	if (tq->broken)
		room = 0;
	limit = min_t(u32, room, budget);
	n = xsk_tx_peek_release_desc_batch(tq->xsk, limit);
	for (i = 0; i < n; i++)
		pvnet_xsk_tx_one(tq, &descs[i]);
	if (n)
		pvnet_tx_flush(tq, budget);
	/* an interrupt tells when a full ring has room again, not when it has now */
	again = n && n == limit && pvnet_cmd_space(&tq->pos) > PVNET_TX_STOP;
	u64_stats_update_end(&tq->stats->syncp);
	__netif_tx_unlock(tq->nq);

	if (xsk_uses_need_wakeup(tq->xsk))
		xsk_set_tx_need_wakeup(tq->xsk);
	return again;
}

/**
 * pvnet_xsk_tx_beside_rx - complete and send for a socket that polls itself
 * @tq: queue, which has a vector of its own
 * @budget: most frames to send
 *
 * A socket that prefers busy polling wakes nobody: it polls the instance that
 * its buffers name, see pvnet_xsk_attach(), and that is the receive queue's.
 *
 * Context: NAPI poll of the receive queue of the same number.
 * Return: true if more may be waiting
 */
bool pvnet_xsk_tx_beside_rx(struct pvnet_txq *tq, int budget)
{
	__netif_tx_lock(tq->nq, smp_processor_id());
	/* unlike in its own poll, its vector may be armed, and stays so */
	pvnet_tx_poll_reap(tq, budget);
	__netif_tx_unlock(tq->nq);
	return pvnet_xsk_tx(tq, budget);
}

static struct sk_buff *pvnet_xsk_copy(struct pvnet_rxq *rq,
				      struct xdp_buff *xdp)
{
	unsigned int len = xdp->data_end - xdp->data;
	struct sk_buff *skb = napi_alloc_skb(rq->napi, len);

	if (skb)
		skb_put_data(skb, xdp->data, len);
	return skb;
}

static void pvnet_xsk_pass(struct pvnet_rxq *rq, struct xdp_buff *xdp,
			   struct pvnet_rx_sum *sum)
{
	struct sk_buff *skb = pvnet_xsk_copy(rq, xdp);

	xsk_buff_free(xdp);
	if (likely(skb))
		pvnet_rx_deliver(rq, skb, sum);
	else
		sum->dropped++;
}

static void pvnet_xsk_verdict(struct pvnet_rxq *rq, struct bpf_prog *prog,
			      struct xdp_buff *xdp, struct pvnet_rx_sum *sum)
{
	struct net_device *dev = rq->pv->dev;
	u32 act = bpf_prog_run_xdp(prog, xdp);

	switch (act) {
	case XDP_REDIRECT:
		if (xdp_do_redirect(dev, xdp, prog))
			break;
		sum->xdp_redirect++;
		sum->redirect = true;
		return;
	case XDP_PASS:
		sum->xdp_pass++;
		pvnet_xsk_pass(rq, xdp, sum);
		return;
	case XDP_TX:
		if (pvnet_xdp_tx_xsk(rq, xdp))
			break;
		sum->xdp_tx++;
		return;
	case XDP_DROP:
		sum->xdp_drop++;
		xsk_buff_free(xdp);
		return;
	case XDP_ABORTED:
		break;
	default:
		bpf_warn_invalid_xdp_action(dev, prog, act);
		break;
	}

	trace_xdp_exception(dev, prog, act);
	sum->xdp_err++;
	xsk_buff_free(xdp);
}

/* What the metadata functions look for behind a socket's buffer. */
static void pvnet_xsk_describe(struct xdp_buff *xdp,
			       const struct pvnet_xdp_buff *from)
{
	struct pvnet_xdp_buff *pkt = (struct pvnet_xdp_buff *)xdp;

	XSK_CHECK_PRIV_TYPE(struct pvnet_xdp_buff);
	pkt->dw0 = from->dw0;
	pkt->dw1 = from->dw1;
	pkt->dw2 = from->dw2;
	pkt->dw3 = from->dw3;
}

/* The frame of the completion in @rq->pkt; false if it broke the queue. */
static bool pvnet_xsk_rx_one(struct pvnet_rxq *rq, struct bpf_prog *prog,
			     struct pvnet_rx_sum *sum)
{
	const u32 single = VMXNET3_RCD_SOP | VMXNET3_RCD_EOP;
	u32 len = rq->pkt.dw2 & VMXNET3_RCD_LEN;
	struct pvnet_rx_buf *buf = pvnet_rx_claim_head(rq);
	struct xdp_buff *xdp;

	if (unlikely(!buf))
		return false;
	xdp = buf->xsk;
	buf->xsk = NULL;
	pvnet_xsk_describe(xdp, &rq->pkt);
	xsk_buff_set_size(xdp, len);
	xsk_buff_dma_sync_for_cpu(xdp);
	if (unlikely((rq->pkt.dw0 & single) != single || len < ETH_HLEN ||
		     (rq->pkt.dw2 & VMXNET3_RCD_ERR))) {
		sum->errors++;
		xsk_buff_free(xdp);
		return true;
	}

	sum->packets++;
	sum->bytes += len;
	if (likely(prog))
		pvnet_xsk_verdict(rq, prog, xdp, sum);
	else
		pvnet_xsk_pass(rq, xdp, sum);
	return true;
}

/**
 * pvnet_xsk_rx_poll - receive frames to the memory of a socket
 * @rq: queue
 * @budget: most frames to receive
 *
 * Context: the queue's NAPI poll.
 * Return: frames received
 */
int pvnet_xsk_rx_poll(struct pvnet_rxq *rq, int budget)
{
	struct bpf_prog *prog = rcu_dereference_bh(rq->pv->prog);
	struct pvnet_rx_sum sum = {};
	bool short_of;
	int done = 0;

	while (done < budget && likely(!rq->broken) && pvnet_rx_next(rq)) {
		if (unlikely(!pvnet_xsk_rx_one(rq, prog, &sum)))
			break;
		done++;
	}

	pvnet_xdp_finish(rq, &sum);
	pvnet_rx_account(rq, &sum);
	if (unlikely(rq->broken))
		return done;
	short_of = pvnet_rx_refill(rq, GFP_ATOMIC);
	pvnet_rx_tell(rq);
	if (xsk_uses_need_wakeup(rq->xsk)) {
		/* the socket wakes us when it has given buffers back */
		if (short_of)
			xsk_set_rx_need_wakeup(rq->xsk);
		else
			xsk_clear_rx_need_wakeup(rq->xsk);
	} else if (short_of && pvnet_cmd_empty(&rq->ring[0].pos)) {
		mod_timer(&rq->refill, jiffies + 1);
	}
	return done;
}
