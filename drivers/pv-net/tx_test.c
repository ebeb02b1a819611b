// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests against the device model: transmit path.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include "model_bench.h"
#include "tx.h"

static void model_sends_what_it_is_given(struct kunit *test)
{
	static const u32 lens[] = { 14, 60, 128, 129, 256, 257, 1514, 9014,
				    20000 };
	struct model_bench *b = model_open(test);
	u8 *want = b->frame;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		struct sk_buff *skb = model_skb(test, b, lens[i]);

		memcpy(want, skb->data, lens[i]);
		KUNIT_EXPECT_EQ(test, model_xmit(b, skb, false), NETDEV_TX_OK);
		model_tx_run(&b->m, 0);
		KUNIT_EXPECT_EQ(test, b->m.packet.len, lens[i]);
		KUNIT_EXPECT_MEMEQ(test, b->m.packet.data, want, lens[i]);
		KUNIT_EXPECT_EQ(test, b->m.packet.om, 0);
	}
	KUNIT_EXPECT_EQ(test, b->m.packets, ARRAY_SIZE(lens));
}

static void model_sends_fragments(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	struct sk_buff *skb = model_skb(test, b, 200);
	u8 *want = b->frame;
	u32 i;

	for (i = 0; i < 5; i++) {
		struct page *page = alloc_page(GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, page);
		memset(page_address(page), 'a' + i, PAGE_SIZE);
		skb_add_rx_frag(skb, i, page, 100, 1000 + i, PAGE_SIZE);
	}
	skb_copy_bits(skb, 0, want, skb->len);
	i = skb->len;
	model_xmit(b, skb, false);
	model_tx_run(&b->m, 0);

	KUNIT_EXPECT_EQ(test, b->m.packet.len, i);
	KUNIT_EXPECT_EQ(test, b->m.packet.descs, 6);
	KUNIT_EXPECT_MEMEQ(test, b->m.packet.data, want, i);
}

static u32 model_doorbell(struct model_bench *b)
{
	return *(u32 *)(b->m.bar0 + 0x600);
}

static u32 model_mask(struct model_bench *b, u32 vec)
{
	return *(u32 *)(b->m.bar0 + 8 * vec);
}

static void model_doorbell_follows_xmit_more(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	u32 i;

	for (i = 0; i < 8; i++) {
		model_xmit(b, model_skb(test, b, 100), i < 7);
		KUNIT_EXPECT_EQ(test, model_doorbell(b), i < 7 ? 0 : 8);
	}
	model_tx_run(&b->m, 0);
	KUNIT_EXPECT_EQ(test, b->m.packets, 8);
}

/* Only what the doorbell did not complete needs the interrupt. */
static void model_unmasks_for_late_completions(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	struct pvnet_txq *tq = b->m.pv->txq[0];

	KUNIT_EXPECT_EQ(test, model_mask(b, 1), 1);
	model_xmit(b, model_skb(test, b, 100), false);
	KUNIT_EXPECT_EQ(test, model_mask(b, 1), 0);
	KUNIT_EXPECT_FALSE(test, pvnet_cmd_empty(&tq->pos));

	model_tx_run(&b->m, 0);
	*(u32 *)(b->m.bar0 + 8) = 1;	/* auto mask */
	model_tx_interrupt(b, 0);
	KUNIT_EXPECT_TRUE(test, pvnet_cmd_empty(&tq->pos));
	KUNIT_EXPECT_EQ(test, model_mask(b, 1), 1);
}

static void model_stops_before_the_ring_is_full(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	struct pvnet_txq *tq = b->m.pv->txq[0];
	u32 i, sent = 0;

	b->m.manual = true;
	while (!netif_tx_queue_stopped(tq->nq) && sent < tq->pos.size) {
		model_xmit(b, model_skb(test, b, 100), false);
		sent++;
	}
	KUNIT_EXPECT_TRUE(test, netif_tx_queue_stopped(tq->nq));
	KUNIT_EXPECT_GE(test, pvnet_cmd_space(&tq->pos), VMXNET3_MAX_TSO_TXD_PER_PKT);
	KUNIT_EXPECT_EQ(test, u64_stats_read(&tq->stats->dropped), 0);

	model_tx_run(&b->m, 0);
	model_tx_complete(&b->m, 0);
	model_tx_interrupt(b, 0);
	KUNIT_EXPECT_FALSE(test, netif_tx_queue_stopped(tq->nq));
	KUNIT_EXPECT_EQ(test, b->m.packets, sent);
	for (i = 0; i < 3; i++)
		model_xmit(b, model_skb(test, b, 100), false);
	model_tx_run(&b->m, 0);
	KUNIT_EXPECT_EQ(test, b->m.packets, sent + 3);
}

static int model_post_xdp(struct kunit *test, struct pvnet_txq *tq)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	struct xdp_frame *xdpf;
	int err;

	KUNIT_ASSERT_NOT_NULL(test, page);
	xdpf = page_address(page);
	xdpf->data = xdpf + 1;
	xdpf->len = 100;
	xdpf->frame_sz = PAGE_SIZE;
	xdpf->mem.type = MEM_TYPE_PAGE_SHARED;
	__netif_tx_lock_bh(tq->nq);
	u64_stats_update_begin(&tq->stats->syncp);
	err = pvnet_tx_post_xdp(tq, xdpf, false);
	u64_stats_update_end(&tq->stats->syncp);
	__netif_tx_unlock_bh(tq->nq);
	if (err)
		xdp_return_frame(xdpf);
	return err;
}

/* XDP does not stop the stack, and so leaves it room. */
static void model_keeps_room_for_the_stack(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	struct pvnet_txq *tq = b->m.pv->txq[0];
	u32 sent = 0;

	b->m.manual = true;
	while (!model_post_xdp(test, tq) && sent < tq->pos.size)
		sent++;
	KUNIT_EXPECT_GT(test, sent, 0);
	KUNIT_EXPECT_LT(test, sent, tq->pos.size);
	KUNIT_EXPECT_FALSE(test, netif_tx_queue_stopped(tq->nq));
	model_xmit(b, model_skb(test, b, 100), false);
	KUNIT_EXPECT_EQ(test, u64_stats_read(&tq->stats->dropped), 0);
	KUNIT_EXPECT_TRUE(test, netif_tx_queue_stopped(tq->nq));

	model_tx_run(&b->m, 0);
	model_tx_complete(&b->m, 0);
	model_tx_interrupt(b, 0);
	KUNIT_EXPECT_EQ(test, b->m.packets, sent + 1);
	KUNIT_EXPECT_FALSE(test, netif_tx_queue_stopped(tq->nq));
	KUNIT_EXPECT_EQ(test, u64_stats_read(&tq->stats->xdp_xmit), sent);
	KUNIT_EXPECT_EQ(test, u64_stats_read(&tq->stats->packets), sent + 1);
	KUNIT_EXPECT_EQ(test, u64_stats_read(&tq->stats->bytes),
			100 * (sent + 1));
}

static void model_poll_without_budget(struct model_bench *b)
{
	local_bh_disable();
	pvnet_poll(pvnet_irq_tx_vector(b->m.pv, 0)->napi, 0);
	local_bh_enable();
}

/* Netpoll has no budget, and takes completions up to the first of XDP. */
static void model_spares_xdp_without_budget(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	struct pvnet_txq *tq = b->m.pv->txq[0];

	model_xmit(b, model_skb(test, b, 100), false);
	KUNIT_EXPECT_EQ(test, model_post_xdp(test, tq), 0);
	model_xmit(b, model_skb(test, b, 100), false);
	model_tx_run(&b->m, 0);
	model_poll_without_budget(b);
	KUNIT_EXPECT_EQ(test, pvnet_cmd_used(&tq->pos), 2);
	model_tx_interrupt(b, 0);
	KUNIT_EXPECT_TRUE(test, pvnet_cmd_empty(&tq->pos));

	/* one completion for all */
	b->m.manual = true;
	model_xmit(b, model_skb(test, b, 100), false);
	KUNIT_EXPECT_EQ(test, model_post_xdp(test, tq), 0);
	model_xmit(b, model_skb(test, b, 100), false);
	model_tx_run(&b->m, 0);
	model_tx_complete(&b->m, 0);
	model_poll_without_budget(b);
	KUNIT_EXPECT_EQ(test, pvnet_cmd_used(&tq->pos), 3);
	model_tx_interrupt(b, 0);
	KUNIT_EXPECT_TRUE(test, pvnet_cmd_empty(&tq->pos));
	KUNIT_EXPECT_EQ(test, u64_stats_read(&tq->stats->bad_comp), 0);
}

/* Netpoll does not wait for who has the queue, and may itself be waited for. */
static void model_waits_for_no_queue_without_budget(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	struct pvnet_txq *tq = b->m.pv->txq[0];

	model_xmit(b, model_skb(test, b, 100), false);
	model_tx_run(&b->m, 0);
	__netif_tx_lock_bh(tq->nq);
	model_poll_without_budget(b);
	__netif_tx_unlock_bh(tq->nq);
	KUNIT_EXPECT_EQ(test, pvnet_cmd_used(&tq->pos), 1);
	model_poll_without_budget(b);
	KUNIT_EXPECT_TRUE(test, pvnet_cmd_empty(&tq->pos));
}

static void model_offloads_checksum_and_tso(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	struct sk_buff *skb;

	model_xmit(b, model_tcp_skb(test, b, 500, 0), false);
	model_tx_run(&b->m, 0);
	KUNIT_EXPECT_EQ(test, b->m.packet.om, 2);
	KUNIT_EXPECT_EQ(test, b->m.packet.hlen, 34);
	KUNIT_EXPECT_EQ(test, b->m.packet.msscof, 50);

	skb = model_tcp_skb(test, b, 20000, 1448);
	__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q), 0x123);
	model_xmit(b, skb, false);
	model_tx_run(&b->m, 0);
	KUNIT_EXPECT_EQ(test, b->m.packet.om, 3);
	KUNIT_EXPECT_EQ(test, b->m.packet.hlen, 54);
	KUNIT_EXPECT_EQ(test, b->m.packet.msscof, 1448);
	KUNIT_EXPECT_EQ(test, b->m.packet.descs, 2);
	KUNIT_EXPECT_TRUE(test, b->m.packet.ti);
	KUNIT_EXPECT_EQ(test, b->m.packet.tci, 0x123);
}

/* The device would look for it elsewhere: the driver computes it. */
static void model_computes_checksums_of_others(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	struct sk_buff *skb = model_tcp_skb(test, b, 500, 0);
	__wsum sum;

	ip_hdr(skb)->protocol = IPPROTO_SCTP;
	model_xmit(b, skb, false);
	model_tx_run(&b->m, 0);

	KUNIT_EXPECT_EQ(test, b->m.packet.om, 0);
	sum = csum_partial(b->m.packet.data + 34, b->m.packet.len - 34, 0);
	KUNIT_EXPECT_EQ(test, (__force u16)csum_fold(sum), 0);
}

/* What aborts QEMU must never be sent to a version that does not have it. */
static void model_encapsulates_only_from_version_4(struct kunit *test)
{
	u32 version = *(const u32 *)test->param_value;
	struct model_bench *b = model_open(test);
	struct sk_buff *skb = model_tcp_skb(test, b, 4000, 1000);

	skb->encapsulation = 1;
	skb_set_inner_network_header(skb, ETH_HLEN);
	skb_set_inner_transport_header(skb, ETH_HLEN + 20);
	skb_shinfo(skb)->gso_type |= SKB_GSO_UDP_TUNNEL_CSUM;
	model_xmit(b, skb, false);
	model_tx_run(&b->m, 0);

	if (version < 4) {
		KUNIT_EXPECT_EQ(test, b->m.packets, 0);
		KUNIT_EXPECT_FALSE(test, b->m.dev->hw_enc_features &
				   NETIF_F_ALL_TSO);
	} else {
		KUNIT_EXPECT_EQ(test, b->m.packet.om, 1);
		KUNIT_EXPECT_TRUE(test, b->m.packet.oco);
	}
}

/* TCP in a tunnel of 50 bytes: IPv4, UDP to @port, 8 bytes, Ethernet. */
static struct sk_buff *model_tunnel_skb(struct kunit *test,
					struct model_bench *b, u16 port)
{
	struct sk_buff *skb = model_skb(test, b, 50 + 54 + 200);
	struct iphdr *outer = ip_hdr(skb), *inner;

	skb->protocol = htons(ETH_P_IP);
	outer->protocol = IPPROTO_UDP;
	skb_set_transport_header(skb, 34);
	udp_hdr(skb)->dest = htons(port);
	skb->encapsulation = 1;
	skb_set_inner_mac_header(skb, 50);
	skb_set_inner_network_header(skb, 64);
	skb_set_inner_transport_header(skb, 84);
	inner = inner_ip_hdr(skb);
	inner->ihl = 5;
	inner->protocol = IPPROTO_TCP;
	inner_tcp_hdr(skb)->doff = 8;
	inner_tcp_hdr(skb)->check = 0;
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_headroom(skb) + 84;
	skb->csum_offset = offsetof(struct tcphdr, check);
	return skb;
}

static void model_offloads_checksums_in_tunnels(struct kunit *test)
{
	u32 version = *(const u32 *)test->param_value;
	struct model_bench *b = model_open(test);
	__wsum sum;

	model_xmit(b, model_tunnel_skb(test, b, 4789), false);
	model_tx_run(&b->m, 0);
	if (version >= 4) {
		KUNIT_EXPECT_EQ(test, b->m.packet.om, 1);
		KUNIT_EXPECT_EQ(test, b->m.packet.hlen, 84 + 32);
		KUNIT_EXPECT_EQ(test, b->m.packet.msscof, 0);
		return;
	}
	KUNIT_EXPECT_EQ(test, b->m.packet.om, 0);
	sum = csum_partial(b->m.packet.data + 84, b->m.packet.len - 84, 0);
	KUNIT_EXPECT_EQ(test, (__force u16)csum_fold(sum), 0);
}

/* The device knows tunnels by their ports, and leaves others as they are. */
static void model_offloads_for_known_tunnels(struct kunit *test)
{
	static const struct {
		u16 port;
		bool known;
	} ports[] = { { 4789, true }, { 8472, true }, { 6081, true },
		      { 4790, false }, { 53, false } };
	const netdev_features_t all = NETIF_F_IP_CSUM | NETIF_F_TSO |
				      NETIF_F_SG;
	struct model_bench *b = model_open(test);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(ports); i++) {
		struct sk_buff *skb = model_tunnel_skb(test, b, ports[i].port);

		KUNIT_EXPECT_EQ(test, pvnet_features_check(skb, b->m.dev, all),
				ports[i].known ? all : NETIF_F_SG);
		/* not a tunnel over UDP */
		ip_hdr(skb)->protocol = IPPROTO_GRE;
		KUNIT_EXPECT_EQ(test, pvnet_features_check(skb, b->m.dev, all),
				NETIF_F_SG);
		kfree_skb(skb);
	}
}

static struct kunit_case model_tx_cases[] = {
	MODEL_CASE(model_sends_what_it_is_given),
	MODEL_CASE_ENDS(model_sends_fragments),
	MODEL_CASE_ENDS(model_doorbell_follows_xmit_more),
	MODEL_CASE_ENDS(model_unmasks_for_late_completions),
	MODEL_CASE_ENDS(model_stops_before_the_ring_is_full),
	MODEL_CASE_ENDS(model_keeps_room_for_the_stack),
	MODEL_CASE_ENDS(model_spares_xdp_without_budget),
	MODEL_CASE_ENDS(model_waits_for_no_queue_without_budget),
	MODEL_CASE_ENDS(model_offloads_checksum_and_tso),
	MODEL_CASE_ENDS(model_computes_checksums_of_others),
	MODEL_CASE(model_encapsulates_only_from_version_4),
	MODEL_CASE_ENDS(model_offloads_checksums_in_tunnels),
	MODEL_CASE_ENDS(model_offloads_for_known_tunnels),
	{}
};

static struct kunit_suite model_tx_suite = {
	.name = "pv_net_tx",
	.test_cases = model_tx_cases,
};

kunit_test_suite(model_tx_suite);
