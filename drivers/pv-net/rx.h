/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Receive path.
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef _PVNET_RX_H
#define _PVNET_RX_H

#include <linux/if_vlan.h>

#include "pvnet.h"

/* What one poll adds to the queue's counters. */
struct pvnet_rx_sum {
	u32 packets;
	u32 bytes;
	u32 csum_good;
	u32 copied;
	u32 lro;
	u32 errors;
	u32 dropped;
	u32 xdp_pass;
	u32 xdp_drop;
	u32 xdp_tx;
	u32 xdp_redirect;
	u32 xdp_err;
	bool redirect;		/* xdp_do_flush() is due */
};

/* Room that the stack needs behind a packet's head. */
#define PVNET_RX_TAILROOM	SKB_DATA_ALIGN(sizeof(struct skb_shared_info))
#define PVNET_RX_HALF		(PAGE_SIZE / 2)

/* Longest frame of a link with this MTU: Ethernet header and two VLAN tags. */
static inline u32 pvnet_cfg_frame(const struct pvnet_cfg *cfg)
{
	return cfg->mtu + ETH_HLEN + 2 * VLAN_HLEN;
}

static inline u32 pvnet_cfg_headroom(const struct pvnet_cfg *cfg)
{
	return cfg->xdp ? XDP_PACKET_HEADROOM : NET_SKB_PAD;
}

/*
 * Memory of a head buffer.  Two share a page where a frame fits; XDP programs
 * get a page for each packet.
 */
static inline u32 pvnet_cfg_truesize(const struct pvnet_cfg *cfg)
{
	if (!cfg->xdp && pvnet_cfg_frame(cfg) + NET_SKB_PAD +
			 PVNET_RX_TAILROOM <= PVNET_RX_HALF)
		return PVNET_RX_HALF;
	return PAGE_SIZE;
}

/* Bytes that the device may write to a head buffer. */
static inline u32 pvnet_cfg_head_len(const struct pvnet_cfg *cfg)
{
	return pvnet_cfg_truesize(cfg) - pvnet_cfg_headroom(cfg) -
	       PVNET_RX_TAILROOM;
}

/* Body buffers that a packet may need. */
static inline u32 pvnet_cfg_bodies(const struct pvnet_cfg *cfg)
{
	u32 frame = pvnet_cfg_frame(cfg), head = pvnet_cfg_head_len(cfg);

	if (cfg->lro)
		return MAX_SKB_FRAGS;
	return frame > head ? DIV_ROUND_UP(frame - head, PAGE_SIZE) : 0;
}

/* Receive queues follow the transmit queues in the table. */
static inline struct vmxnet3_rx_queue_desc *
pvnet_rx_shared(struct pvnet *pv, const struct pvnet_cfg *cfg, u32 idx)
{
	return (struct vmxnet3_rx_queue_desc *)(pv->txd + cfg->num_txq) + idx;
}

/* The AF_XDP pool that receive queue @idx is to use, if any. */
static inline struct xsk_buff_pool *
pvnet_cfg_xsk(struct pvnet *pv, const struct pvnet_cfg *cfg, u32 idx)
{
	return cfg->xdp ? pv->xsk[idx] : NULL;
}

/* rx.c */
int pvnet_rx_poll(struct pvnet_rxq *rq, int budget);
struct pvnet_rx_buf *pvnet_rx_claim_head(struct pvnet_rxq *rq);
void pvnet_rx_account(struct pvnet_rxq *rq, const struct pvnet_rx_sum *sum);

/* rx_post.c */
int pvnet_rx_refill(struct pvnet_rxq *rq, gfp_t gfp);
void pvnet_rx_refill_or_retry(struct pvnet_rxq *rq);
void pvnet_rx_refill_timer(struct timer_list *t);
void pvnet_rx_write_prod(struct pvnet_rxq *rq);
void pvnet_rx_tell(struct pvnet_rxq *rq);
void pvnet_rx_clean(struct pvnet_rxq *rq);

/* rx_deliver.c */
void pvnet_rx_deliver(struct pvnet_rxq *rq, struct sk_buff *skb,
		      struct pvnet_rx_sum *sum);
struct sk_buff *pvnet_rx_build(struct pvnet_rxq *rq,
			       struct pvnet_xdp_buff *pkt);
void pvnet_rx_discard(struct pvnet_rxq *rq, struct pvnet_xdp_buff *pkt);

/**
 * pvnet_rx_next - copy the next completion into @rq->pkt
 * @rq: queue
 *
 * Return: false if there is none
 */
static inline bool pvnet_rx_next(struct pvnet_rxq *rq)
{
	const struct vmxnet3_rx_comp *c = &rq->comp[rq->cpos.next];
	struct pvnet_xdp_buff *pkt = &rq->pkt;
	u32 dw3 = le32_to_cpu(READ_ONCE(c->dw3));

	if (dw3 >> VMXNET3_CD_GEN_SHIFT != rq->cpos.gen)
		return false;
	/* the generation bit says that the rest is valid: read it first */
	dma_rmb();
	pkt->dw0 = le32_to_cpu(READ_ONCE(c->dw0));
	pkt->dw1 = le32_to_cpu(READ_ONCE(c->dw1));
	pkt->dw2 = le32_to_cpu(READ_ONCE(c->dw2));
	pkt->dw3 = dw3;
	pvnet_comp_advance(&rq->cpos);
	return true;
}

/* rx_merge.c */
void pvnet_rx_set_gso(struct pvnet_rxq *rq, const struct pvnet_xdp_buff *pkt,
		      struct sk_buff *skb, struct pvnet_rx_sum *sum);

#endif /* _PVNET_RX_H */
