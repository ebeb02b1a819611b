// SPDX-License-Identifier: GPL-2.0-only
/*
 * XDP: running programs, XDP_TX, redirect both ways, metadata.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Frames of XDP share the transmit queues with the stack, under the queue's
 * lock.  XDP_TX collects frames during a poll so that lock and doorbell are
 * paid once for many.
 */
#include <linux/bpf_trace.h>
#include <linux/filter.h>
#include <linux/if_vlan.h>
#include <net/xdp_sock_drv.h>

#include "regs.h"
#include "tx.h"
#include "xdp.h"
#include "xsk.h"

static void pvnet_xdp_lock(struct pvnet_txq *tq)
	__acquires(&tq->nq->_xmit_lock)
{
	__netif_tx_lock(tq->nq, smp_processor_id());
	/* XDP must not make the stack's watchdog believe the queue hangs */
	txq_trans_cond_update(tq->nq);
	u64_stats_update_begin(&tq->stats->syncp);
}

static void pvnet_xdp_unlock(struct pvnet_txq *tq)
	__releases(&tq->nq->_xmit_lock)
{
	u64_stats_update_end(&tq->stats->syncp);
	__netif_tx_unlock(tq->nq);
}

/* Send what XDP_TX has collected. */
static void pvnet_xdp_tx_flush(struct pvnet_rxq *rq)
{
	struct pvnet *pv = rq->pv;
	struct pvnet_txq *tq = pv->txq[rq->idx % pv->queues->cfg.num_txq];
	u32 i, lost = 0;

	pvnet_xdp_lock(tq);
	for (i = 0; i < rq->xdp_tx_n; i++) {
		if (likely(!pvnet_tx_post_xdp(tq, rq->xdp_tx[i], true)))
			continue;
		xdp_return_frame_rx_napi(rq->xdp_tx[i]);
		u64_stats_inc(&tq->stats->xdp_drop);
		lost++;
	}
	pvnet_tx_flush(tq, 1);
	pvnet_xdp_unlock(tq);

	rq->xdp_tx_n = 0;
	if (unlikely(lost)) {
		u64_stats_update_begin(&rq->stats->syncp);
		u64_stats_add(&rq->stats->xdp_err, lost);
		u64_stats_update_end(&rq->stats->syncp);
	}
}

static int pvnet_xdp_tx(struct pvnet_rxq *rq, struct pvnet_xdp_buff *pkt)
{
	struct xdp_frame *xdpf = xdp_convert_buff_to_frame(&pkt->xdp);

	if (unlikely(!xdpf))
		return -ENOSPC;
	if (rq->xdp_tx_n == PVNET_XDP_TX_BULK)
		pvnet_xdp_tx_flush(rq);
	rq->xdp_tx[rq->xdp_tx_n++] = xdpf;
	return 0;
}

/**
 * pvnet_xdp_tx_xsk - XDP_TX of a frame in a socket's memory
 * @rq: queue
 * @xdp: frame; used up on success
 *
 * The frame is copied, because the socket gets its buffer back.
 *
 * Return: 0, or -ENOMEM with the frame still the caller's
 */
int pvnet_xdp_tx_xsk(struct pvnet_rxq *rq, struct xdp_buff *xdp)
{
	struct pvnet *pv = rq->pv;
	struct pvnet_txq *tq = pv->txq[rq->idx % pv->queues->cfg.num_txq];
	struct xdp_frame *xdpf = xdp_convert_zc_to_xdp_frame(xdp);
	int err;

	if (unlikely(!xdpf))
		return -ENOMEM;
	/* the frame is used up from here on, sent or not */
	pvnet_xdp_lock(tq);
	err = pvnet_tx_post_xdp(tq, xdpf, false);
	if (err)
		u64_stats_inc(&tq->stats->xdp_drop);
	else
		pvnet_tx_flush(tq, 1);
	pvnet_xdp_unlock(tq);
	if (err)
		xdp_return_frame(xdpf);
	return 0;
}

/* The packet leaves the ring with its buffer. */
static void pvnet_xdp_detach(struct pvnet_rxq *rq)
{
	if (rq->slot) {
		rq->slot->page = NULL;
		rq->slot = NULL;
	}
}

/* A buffer that is still in the ring just stays there. */
static void pvnet_xdp_discard(struct pvnet_rxq *rq, struct pvnet_xdp_buff *pkt)
{
	if (!rq->slot)
		pvnet_rx_discard(rq, pkt);
}

/**
 * pvnet_xdp_run - run the XDP program on a packet and do what it says
 * @rq: queue
 * @prog: program
 * @pkt: packet; used up unless XDP_PASS is returned
 * @sum: counters of this poll
 *
 * Context: the queue's NAPI poll.
 * Return: XDP_PASS if the packet goes on to the stack, else the verdict
 */
u32 pvnet_xdp_run(struct pvnet_rxq *rq, struct bpf_prog *prog,
		  struct pvnet_xdp_buff *pkt, struct pvnet_rx_sum *sum)
{
	struct net_device *dev = rq->pv->dev;
	u32 act;

	act = bpf_prog_run_xdp(prog, &pkt->xdp);
	switch (act) {
	case XDP_DROP:
		sum->xdp_drop++;
		pvnet_xdp_discard(rq, pkt);
		return act;
	case XDP_PASS:
		sum->xdp_pass++;
		pvnet_xdp_detach(rq);
		return act;
	case XDP_TX:
		pvnet_xdp_detach(rq);
		if (unlikely(pvnet_xdp_tx(rq, pkt)))
			break;
		sum->xdp_tx++;
		return act;
	case XDP_REDIRECT:
		pvnet_xdp_detach(rq);
		if (unlikely(xdp_do_redirect(dev, &pkt->xdp, prog)))
			break;
		sum->xdp_redirect++;
		sum->redirect = true;
		return act;
	case XDP_ABORTED:
		break;
	default:
		bpf_warn_invalid_xdp_action(dev, prog, act);
		break;
	}

	trace_xdp_exception(dev, prog, act);
	sum->xdp_err++;
	pvnet_xdp_discard(rq, pkt);
	return act;
}

/**
 * pvnet_xdp_finish - end of a poll that ran an XDP program
 * @rq: queue
 * @sum: counters of this poll
 */
void pvnet_xdp_finish(struct pvnet_rxq *rq, struct pvnet_rx_sum *sum)
{
	if (rq->xdp_tx_n)
		pvnet_xdp_tx_flush(rq);
	if (sum->redirect)
		xdp_do_flush();

	u64_stats_update_begin(&rq->stats->syncp);
	u64_stats_add(&rq->stats->xdp_pass, sum->xdp_pass);
	u64_stats_add(&rq->stats->xdp_drop, sum->xdp_drop);
	u64_stats_add(&rq->stats->xdp_tx, sum->xdp_tx);
	u64_stats_add(&rq->stats->xdp_redirect, sum->xdp_redirect);
	u64_stats_add(&rq->stats->xdp_err, sum->xdp_err);
	u64_stats_update_end(&rq->stats->syncp);
}

/**
 * pvnet_xdp_xmit - ndo_xdp_xmit: send frames redirected from another device
 * @dev: network device
 * @n: number of @frames
 * @frames: frames; those not counted in the result stay the caller's
 * @flags: XDP_XMIT_FLUSH
 *
 * Context: bottom halves off, under RCU.
 * Return: frames sent, or a negative error
 */
int pvnet_xdp_xmit(struct net_device *dev, int n, struct xdp_frame **frames,
		   u32 flags)
{
	struct pvnet *pv = netdev_priv(dev);
	struct pvnet_txq *tq;
	int sent = 0;

	if (unlikely(flags & ~XDP_XMIT_FLAGS_MASK))
		return -EINVAL;
	/* pvnet_down() clears the bit and then waits for RCU readers */
	if (unlikely(!test_bit(PVNET_UP, &pv->state)))
		return -ENETDOWN;

	tq = pv->txq[smp_processor_id() % pv->queues->cfg.num_txq];
	pvnet_xdp_lock(tq);
	while (sent < n && !pvnet_tx_post_xdp(tq, frames[sent], false))
		sent++;
	u64_stats_add(&tq->stats->xdp_drop, n - sent);
	if (flags & XDP_XMIT_FLUSH)
		pvnet_tx_flush(tq, 1);
	pvnet_xdp_unlock(tq);
	return sent;
}

static int pvnet_xdp_attach(struct net_device *dev, struct bpf_prog *prog,
			    struct netlink_ext_ack *extack)
{
	struct pvnet *pv = netdev_priv(dev);
	struct pvnet_cfg cfg = pv->cfg;
	struct bpf_prog *old;
	int err;

	cfg.xdp = !!prog;
	if (prog && !prog->aux->xdp_has_frags &&
	    pvnet_cfg_frame(&cfg) > pvnet_cfg_head_len(&cfg)) {
		NL_SET_ERR_MSG_FMT_MOD(extack,
				       "MTU %u needs a program with multi-buffer support (xdp.frags)",
				       cfg.mtu);
		return -EOPNOTSUPP;
	}

	/* off goes the program before the buffers that it needs, and on after */
	old = rtnl_dereference(pv->prog);
	if (!prog)
		rcu_assign_pointer(pv->prog, NULL);
	if (cfg.xdp != pv->cfg.xdp) {
		if (cfg.xdp)
			cfg.lro = false;
		else
			cfg.lro = pvnet_fix_features(dev, dev->wanted_features) &
				  NETIF_F_LRO;
		err = pvnet_reconfigure(pv, &cfg);
		if (err) {
			rcu_assign_pointer(pv->prog, old);
			NL_SET_ERR_MSG_MOD(extack, "no memory for new rings");
			return err;
		}
	}
	rcu_assign_pointer(pv->prog, prog);
	if (old)
		bpf_prog_put(old);
	netdev_update_features(dev);
	return 0;
}

/**
 * pvnet_xdp - ndo_bpf
 * @dev: network device
 * @bpf: command
 *
 * Context: rtnl.
 * Return: 0 or a negative error
 */
int pvnet_xdp(struct net_device *dev, struct netdev_bpf *bpf)
{
	switch (bpf->command) {
	case XDP_SETUP_PROG:
		return pvnet_xdp_attach(dev, bpf->prog, bpf->extack);
	case XDP_SETUP_XSK_POOL:
		return pvnet_xsk_setup(dev, bpf->xsk.pool, bpf->xsk.queue_id);
	default:
		return -EINVAL;
	}
}

static const enum xdp_rss_hash_type pvnet_xdp_rss[VMXNET3_RSS_TYPES] = {
	[VMXNET3_RSS_TYPE_IPV4] = XDP_RSS_TYPE_L3_IPV4,
	[VMXNET3_RSS_TYPE_TCPIPV4] = XDP_RSS_TYPE_L4_IPV4_TCP,
	[VMXNET3_RSS_TYPE_IPV6] = XDP_RSS_TYPE_L3_IPV6,
	[VMXNET3_RSS_TYPE_TCPIPV6] = XDP_RSS_TYPE_L4_IPV6_TCP,
	[VMXNET3_RSS_TYPE_UDPIPV4] = XDP_RSS_TYPE_L4_IPV4_UDP,
	[VMXNET3_RSS_TYPE_UDPIPV6] = XDP_RSS_TYPE_L4_IPV6_UDP,
	[VMXNET3_RSS_TYPE_ESPIPV4] = XDP_RSS_TYPE_L4_IPV4_IPSEC,
	[VMXNET3_RSS_TYPE_ESPIPV6] = XDP_RSS_TYPE_L4_IPV6_IPSEC,
};

static int pvnet_xdp_rx_hash(const struct xdp_md *ctx, u32 *hash,
			     enum xdp_rss_hash_type *rss_type)
{
	const struct pvnet_xdp_buff *pkt = (const void *)ctx;
	u32 type = FIELD_GET(VMXNET3_RCD_RSS_TYPE, pkt->dw0);

	if (!type || type >= VMXNET3_RSS_TYPES ||
	    FIELD_GET(VMXNET3_CD_TYPE, pkt->dw3) == VMXNET3_CDTYPE_RXCOMP_LRO)
		return -ENODATA;
	*hash = pkt->dw1;
	*rss_type = pvnet_xdp_rss[type];
	return 0;
}

static int pvnet_xdp_rx_vlan(const struct xdp_md *ctx, __be16 *proto, u16 *tci)
{
	const struct pvnet_xdp_buff *pkt = (const void *)ctx;

	if (!(pkt->dw2 & VMXNET3_RCD_TS))
		return -ENODATA;
	*proto = htons(ETH_P_8021Q);
	*tci = FIELD_GET(VMXNET3_RCD_TCI, pkt->dw2);
	return 0;
}

const struct xdp_metadata_ops pvnet_xdp_metadata_ops = {
	.xmo_rx_hash = pvnet_xdp_rx_hash,
	.xmo_rx_vlan_tag = pvnet_xdp_rx_vlan,
};
