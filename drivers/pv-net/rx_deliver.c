// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receive path: from a packet's buffers to the stack.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <net/xdp_sock_drv.h>

#include "rx.h"

static void pvnet_rx_checksum(struct pvnet_rxq *rq,
			      const struct pvnet_xdp_buff *pkt,
			      struct sk_buff *skb, struct pvnet_rx_sum *sum)
{
	u32 dw3 = pkt->dw3, need = VMXNET3_RCD_TUC;

	if ((pkt->dw0 & VMXNET3_RCD_CNC) || (dw3 & VMXNET3_RCD_FRG) ||
	    !(dw3 & (VMXNET3_RCD_TCP | VMXNET3_RCD_UDP)) ||
	    !(rq->pv->dev->features & NETIF_F_RXCSUM))
		return;
	if (dw3 & VMXNET3_RCD_V4)
		need |= VMXNET3_RCD_IPC;
	else if (!(dw3 & VMXNET3_RCD_V6))
		return;
	if ((dw3 & need) != need)
		return;

	skb->ip_summed = CHECKSUM_UNNECESSARY;
	skb->csum_level = !!(pkt->dw0 & VMXNET3_RCD_INNER);
	sum->csum_good++;
}

static const u8 pvnet_rss_l4[VMXNET3_RSS_TYPES] = {
	[VMXNET3_RSS_TYPE_IPV4] = PKT_HASH_TYPE_L3,
	[VMXNET3_RSS_TYPE_IPV6] = PKT_HASH_TYPE_L3,
	[VMXNET3_RSS_TYPE_TCPIPV4] = PKT_HASH_TYPE_L4,
	[VMXNET3_RSS_TYPE_TCPIPV6] = PKT_HASH_TYPE_L4,
	[VMXNET3_RSS_TYPE_UDPIPV4] = PKT_HASH_TYPE_L4,
	[VMXNET3_RSS_TYPE_UDPIPV6] = PKT_HASH_TYPE_L4,
	[VMXNET3_RSS_TYPE_ESPIPV4] = PKT_HASH_TYPE_L4,
	[VMXNET3_RSS_TYPE_ESPIPV6] = PKT_HASH_TYPE_L4,
};

static void pvnet_rx_hash(struct pvnet_rxq *rq,
			  const struct pvnet_xdp_buff *pkt, struct sk_buff *skb)
{
	u32 type = FIELD_GET(VMXNET3_RCD_RSS_TYPE, pkt->dw0);

	/* the segment count takes the hash's place in a merged packet */
	if (likely(!type) || type >= VMXNET3_RSS_TYPES ||
	    FIELD_GET(VMXNET3_CD_TYPE, pkt->dw3) == VMXNET3_CDTYPE_RXCOMP_LRO ||
	    !(rq->pv->dev->features & NETIF_F_RXHASH))
		return;
	skb_set_hash(skb, pkt->dw1, pvnet_rss_l4[type]);
}

/* Anything but IPv4 that is not TCP; @skb begins with the network header. */
static bool pvnet_rx_may_be_tcp(const struct sk_buff *skb)
{
	return skb->protocol != htons(ETH_P_IP) ||
	       skb_headlen(skb) < sizeof(struct iphdr) ||
	       ((const struct iphdr *)skb->data)->protocol == IPPROTO_TCP;
}

/**
 * pvnet_rx_deliver - give a packet to the stack
 * @rq: queue; the words of @rq->pkt describe the packet
 * @skb: packet, beginning with the Ethernet header
 * @sum: counters of this poll
 */
void pvnet_rx_deliver(struct pvnet_rxq *rq, struct sk_buff *skb,
		      struct pvnet_rx_sum *sum)
{
	const struct pvnet_xdp_buff *pkt = &rq->pkt;
	struct net_device *dev = rq->pv->dev;

	skb_record_rx_queue(skb, rq->idx);
	pvnet_rx_checksum(rq, pkt, skb, sum);
	pvnet_rx_hash(rq, pkt, skb);
	if (unlikely(pkt->dw2 & VMXNET3_RCD_TS))
		__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q),
				       FIELD_GET(VMXNET3_RCD_TCI, pkt->dw2));
	skb->protocol = eth_type_trans(skb, dev);
	if (unlikely(skb->len > dev->mtu)) {
		/* no link has packets of that size */
		if (skb->len >= GRO_LEGACY_MAX_SIZE) {
			sum->errors++;
			dev_kfree_skb_any(skb);
			return;
		}
		pvnet_rx_set_gso(rq, pkt, skb, sum);
	}
	/*
	 * GRO merges what has a good checksum; to compute one here for it does
	 * not pay except for TCP, which needs it anyway.
	 */
	if (skb->ip_summed != CHECKSUM_NONE || pvnet_rx_may_be_tcp(skb))
		napi_gro_receive(rq->napi, skb);
	else
		netif_receive_skb(skb);
}

/**
 * pvnet_rx_discard - give back the buffers of a packet
 * @rq: queue
 * @pkt: packet, whole or in part
 */
void pvnet_rx_discard(struct pvnet_rxq *rq, struct pvnet_xdp_buff *pkt)
{
	struct skb_shared_info *info;
	unsigned int i;

	if (rq->xsk) {
		xsk_buff_free(&pkt->xdp);
		return;
	}
	if (xdp_buff_has_frags(&pkt->xdp)) {
		info = xdp_get_shared_info_from_buff(&pkt->xdp);
		for (i = 0; i < info->nr_frags; i++)
			page_pool_put_full_page(rq->pool,
						skb_frag_page(&info->frags[i]),
						true);
	}
	page_pool_put_full_page(rq->pool,
				virt_to_head_page(pkt->xdp.data_hard_start),
				true);
}

/**
 * pvnet_rx_build - build a socket buffer around a packet's buffers
 * @rq: queue
 * @pkt: packet; its buffers are used up on success
 *
 * Return: the socket buffer, or NULL with the buffers still the caller's
 */
struct sk_buff *pvnet_rx_build(struct pvnet_rxq *rq,
			       struct pvnet_xdp_buff *pkt)
{
	struct xdp_buff *xdp = &pkt->xdp;
	unsigned int frags = 0, size = 0;
	struct skb_shared_info *info;
	struct sk_buff *skb;

	if (unlikely(xdp_buff_has_frags(xdp))) {
		info = xdp_get_shared_info_from_buff(xdp);
		frags = info->nr_frags;
		size = info->xdp_frags_size;
	}

	skb = napi_build_skb(xdp->data_hard_start, xdp->frame_sz);
	if (unlikely(!skb))
		return NULL;
	skb_mark_for_recycle(skb);
	skb_reserve(skb, xdp->data - xdp->data_hard_start);
	__skb_put(skb, xdp->data_end - xdp->data);
	if (xdp->data > xdp->data_meta)
		skb_metadata_set(skb, xdp->data - xdp->data_meta);
	if (unlikely(frags))
		xdp_update_skb_shared_info(skb, frags, size, frags * PAGE_SIZE,
					   xdp_buff_is_frag_pfmemalloc(xdp));
	return skb;
}
