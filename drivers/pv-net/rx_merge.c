// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets that the device merged from several segments (LRO).
 *
 * Copyright (C) 2026 the pvops developers
 *
 * The stack can forward such a packet only if it knows a size to cut it to
 * that no link on the way refuses, so one that the sender's own segments had
 * or exceeded.  From version 2 on the device tells the size; where it does not,
 * or tells one that TCP on this link cannot have had, the smallest that senders
 * use is taken (RFC 9293, 3.7.1, and RFC 8200, 5).  To those who receive the
 * packet it makes no difference.  As the segments may not be those that were
 * sent this is LRO, which the stack switches off where it forwards, and not
 * GRO_HW.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <net/ip6_checksum.h>
#include <net/tcp.h>

#include "rx.h"

#define PVNET_MSS_IPV4	TCP_MSS_DEFAULT
#define PVNET_MSS_IPV6	(IPV6_MIN_MTU - sizeof(struct ipv6hdr) - \
			 sizeof(struct tcphdr))

/* Length of network header if @skb is plain TCP over IPv4, else 0. */
static unsigned int pvnet_merge_ip(struct sk_buff *skb)
{
	const struct iphdr *iph;

	if (!pskb_may_pull(skb, sizeof(*iph)))
		return 0;
	iph = (const struct iphdr *)skb->data;
	if (iph->ihl < 5 || iph->protocol != IPPROTO_TCP ||
	    ip_is_fragment(iph) || ntohs(iph->tot_len) > skb->len)
		return 0;
	return iph->ihl * 4;
}

static unsigned int pvnet_merge_ipv6(struct sk_buff *skb)
{
	const struct ipv6hdr *ip6h;

	if (!pskb_may_pull(skb, sizeof(*ip6h)))
		return 0;
	ip6h = (const struct ipv6hdr *)skb->data;
	if (ip6h->nexthdr != IPPROTO_TCP ||
	    ntohs(ip6h->payload_len) + sizeof(*ip6h) > skb->len)
		return 0;
	return sizeof(*ip6h);
}

/* The form in which the stack expects the checksum of a packet to be cut. */
static void pvnet_merge_checksum(struct sk_buff *skb, bool v4, u32 nhlen)
{
	u32 len = skb->len - nhlen;
	struct tcphdr *th = (struct tcphdr *)(skb->data + nhlen);

	if (v4) {
		const struct iphdr *iph = (const struct iphdr *)skb->data;

		th->check = ~tcp_v4_check(len, iph->saddr, iph->daddr, 0);
	} else {
		const struct ipv6hdr *ip6h = (const struct ipv6hdr *)skb->data;

		th->check = ~tcp_v6_check(len, &ip6h->saddr, &ip6h->daddr, 0);
	}
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_headroom(skb) + nhlen;
	skb->csum_offset = offsetof(struct tcphdr, check);
}

/* Size of the segments of a packet whose headers have @hlen bytes. */
static u32 pvnet_merge_size(struct pvnet_rxq *rq,
			    const struct pvnet_xdp_buff *pkt, bool v4,
			    u32 nhlen, u32 hlen)
{
	const struct pvnet *pv = rq->pv;
	/* its first completion tells, the others are of buffers only */
	u32 dw3 = pkt->dw0 & VMXNET3_RCD_SOP ? pkt->dw3 : rq->sop_dw3;
	u32 size = pv->ops->lro_size ? pv->ops->lro_size(dw3) : 0;

	if (size >= TCP_MIN_SND_MSS && hlen + size <= pv->dev->mtu)
		return size;
	/* the MSS counts TCP options, the size of a segment does not */
	return (v4 ? PVNET_MSS_IPV4 : PVNET_MSS_IPV6) -
	       (hlen - nhlen - sizeof(struct tcphdr));
}

/**
 * pvnet_rx_set_gso - describe a merged packet to the stack
 * @rq: queue
 * @pkt: the words of its last completion
 * @skb: packet longer than the MTU, beginning with the network header
 * @sum: counters of this poll
 *
 * One that cannot be a merged packet stays as it is: the sender's MTU may be
 * larger than ours, or an XDP program may have put something in front.
 */
void pvnet_rx_set_gso(struct pvnet_rxq *rq, const struct pvnet_xdp_buff *pkt,
		      struct sk_buff *skb, struct pvnet_rx_sum *sum)
{
	bool v4 = skb->protocol == htons(ETH_P_IP);
	u32 nhlen = 0, hlen, size;
	const struct tcphdr *th;

	if (v4)
		nhlen = pvnet_merge_ip(skb);
	else if (skb->protocol == htons(ETH_P_IPV6))
		nhlen = pvnet_merge_ipv6(skb);
	if (!nhlen || !pskb_may_pull(skb, nhlen + sizeof(*th)))
		return;

	th = (const struct tcphdr *)(skb->data + nhlen);
	hlen = nhlen + th->doff * 4;
	if (th->doff < 5 || hlen >= skb->len || hlen >= rq->pv->dev->mtu ||
	    !pskb_may_pull(skb, hlen))
		return;

	size = pvnet_merge_size(rq, pkt, v4, nhlen, hlen);
	skb_shinfo(skb)->gso_type = v4 ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6;
	skb_shinfo(skb)->gso_size = size;
	skb_shinfo(skb)->gso_segs = DIV_ROUND_UP(skb->len - hlen, size);
	if (skb->ip_summed == CHECKSUM_UNNECESSARY)
		pvnet_merge_checksum(skb, v4, nhlen);
	sum->lro++;
}
