// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checksums and segmentation that are left to the device.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>

#include "tx.h"
#include "tx_post.h"

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

/*
 * Length of all headers of an encapsulated packet, to the end of the inner
 * transport header; 0 if that is not whose checksum is wanted.
 */
static u32 pvnet_tx_inner_hlen(const struct sk_buff *skb)
{
	u32 start = skb_checksum_start_offset(skb), hlen;

	if (start != skb_inner_transport_offset(skb))
		return 0;
	switch (skb->csum_offset) {
	case offsetof(struct tcphdr, check):
		hlen = start + inner_tcp_hdrlen(skb);
		break;
	case offsetof(struct udphdr, check):
		hlen = start + sizeof(struct udphdr);
		break;
	default:
		return 0;
	}
	return hlen <= skb_headlen(skb) && FIELD_FIT(VMXNET3_TXD_HLEN, hlen) ?
	       hlen : 0;
}

/* The device finds the inner headers itself. */
static int pvnet_tx_csum_inner(struct pvnet_txq *tq, struct sk_buff *skb,
			       struct pvnet_tx_meta *meta)
{
	u32 hlen = pvnet_tx_inner_hlen(skb);

	if (unlikely(!hlen))
		return skb_checksum_help(skb);
	meta->dw3 = FIELD_PREP(VMXNET3_TXD_OM, VMXNET3_OM_ENCAP) |
		    FIELD_PREP(VMXNET3_TXD_HLEN, hlen);
	u64_stats_inc(&tq->stats->csum);
	return 0;
}

/**
 * pvnet_tx_csum - leave a packet's checksum to the device, or compute it
 * @tq: queue
 * @skb: packet, CHECKSUM_PARTIAL
 * @meta: gets the descriptor words
 *
 * Context: netdev_queue lock held.
 * Return: 0, or a negative error if the packet cannot be sent
 */
int pvnet_tx_csum(struct pvnet_txq *tq, struct sk_buff *skb,
		  struct pvnet_tx_meta *meta)
{
	u32 start;

	if (skb->encapsulation && tq->pv->ops->om_encap)
		return pvnet_tx_csum_inner(tq, skb, meta);
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

/**
 * pvnet_tx_tso - leave a packet's segmentation to the device
 * @tq: queue
 * @skb: GSO packet
 * @meta: gets the descriptor words, segments and bytes on the wire
 *
 * Context: netdev_queue lock held.
 * Return: 0, or a negative error if the packet cannot be sent
 */
int pvnet_tx_tso(struct pvnet_txq *tq, struct sk_buff *skb,
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

/* Is this a tunnel that the device knows? */
static bool pvnet_tx_tunnel_known(struct sk_buff *skb)
{
	u8 proto;

	switch (vlan_get_protocol(skb)) {
	case htons(ETH_P_IP):
		proto = ip_hdr(skb)->protocol;
		break;
	case htons(ETH_P_IPV6):
		proto = ipv6_hdr(skb)->nexthdr;
		break;
	default:
		return false;
	}
	if (proto != IPPROTO_UDP)
		return false;

	switch (udp_hdr(skb)->dest) {
	case htons(VMXNET3_PORT_VXLAN):
	case htons(VMXNET3_PORT_VXLAN_OLD):
	case htons(VMXNET3_PORT_GENEVE):
		return true;
	default:
		return false;
	}
}

/**
 * pvnet_features_check - ndo_features_check
 * @skb: packet that is about to be sent
 * @dev: network device
 * @features: what the device can do for packets of its kind
 *
 * Return: what it can do for this one
 */
netdev_features_t pvnet_features_check(struct sk_buff *skb,
				       struct net_device *dev,
				       netdev_features_t features)
{
	features = vlan_features_check(skb, features);
	if (unlikely(skb->encapsulation) && !pvnet_tx_tunnel_known(skb))
		features &= ~(NETIF_F_CSUM_MASK | NETIF_F_GSO_MASK);
	return features;
}
