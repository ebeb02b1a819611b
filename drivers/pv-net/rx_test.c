// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests against the device model: receive path.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include <linux/if_vlan.h>

#include "model_bench.h"
#include "rx.h"

static void model_receives_what_is_delivered(struct kunit *test)
{
	static const u32 lens[] = { 60, 128, 129, 256, 257, 1514, 4000, 9014 };
	struct model_rx how = { .cnc = true };
	struct model_bench *b = model_open(test);
	u32 i, round;

	model_set_mtu(test, b, 9000);
	/* more than once around each ring */
	for (round = 0; round < 200; round++) {
		for (i = 0; i < ARRAY_SIZE(lens); i++) {
			model_frame(b, lens[i]);
			KUNIT_ASSERT_EQ(test, model_rx_deliver(&b->m, 0,
							       b->frame,
							       lens[i], &how),
					0);
			model_rx_interrupt(b, 0);
			KUNIT_ASSERT_EQ(test, b->seen.len, lens[i]);
			KUNIT_ASSERT_EQ(test, memcmp(b->seen.data, b->frame,
						     lens[i]), 0);
		}
	}
	KUNIT_EXPECT_EQ(test, b->seen.packets, 200 * ARRAY_SIZE(lens));
	KUNIT_EXPECT_EQ(test, b->seen.ip_summed, CHECKSUM_NONE);
}

#define MODEL_TCP4_GOOD	(BIT(0) | BIT(2) | BIT(3) | BIT(5) | BIT(7))

static void model_receives_metadata(struct kunit *test)
{
	u32 version = *(const u32 *)test->param_value;
	struct model_rx how = {
		.csum = MODEL_TCP4_GOOD, .rss_type = 2, .rss_hash = 0xabcd1234,
		.vlan = true, .tci = 0x2005,
	};
	struct model_bench *b = model_open(test);

	model_frame(b, 600);
	model_rx_deliver(&b->m, 0, b->frame, 600, &how);
	model_rx_interrupt(b, 0);

	KUNIT_EXPECT_EQ(test, b->seen.packets, 1);
	KUNIT_EXPECT_EQ(test, b->seen.ip_summed, CHECKSUM_UNNECESSARY);
	KUNIT_EXPECT_TRUE(test, b->seen.vlan);
	KUNIT_EXPECT_EQ(test, b->seen.tci, 0x2005);
	KUNIT_EXPECT_EQ(test, b->seen.hash, version >= 2 ? 0xabcd1234 : 0);
}

static void model_receives_merged_packets(struct kunit *test)
{
	u32 version = *(const u32 *)test->param_value;
	struct model_rx how = { .csum = MODEL_TCP4_GOOD };
	struct model_bench *b = model_open(test);
	struct sk_buff *skb = model_tcp_skb(test, b, 14480, 0);

	if (version >= 2) {
		how.segs = 10;
		how.mss = 1448;
	}
	skb_copy_bits(skb, 0, b->frame, skb->len);
	memcpy(b->frame, b->m.dev->dev_addr, ETH_ALEN);
	KUNIT_EXPECT_EQ(test, model_rx_deliver(&b->m, 0, b->frame, skb->len,
					       &how), 0);
	model_rx_interrupt(b, 0);
	KUNIT_EXPECT_EQ(test, b->seen.len, skb->len);
	kfree_skb(skb);

	KUNIT_EXPECT_EQ(test, b->seen.packets, 1);
	KUNIT_EXPECT_EQ(test, b->seen.ip_summed, CHECKSUM_PARTIAL);
	KUNIT_EXPECT_EQ(test, b->seen.gso_size, version >= 2 ? 1448 : 536);
	KUNIT_EXPECT_EQ(test, b->seen.gso_segs, version >= 2 ? 10 : 28);
}

static void model_deliver_merged(struct kunit *test, struct model_bench *b,
				 u32 payload, const struct model_rx *how)
{
	struct sk_buff *skb = model_tcp_skb(test, b, payload, 0);
	u8 *frame = kunit_kmalloc(test, skb->len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, frame);
	skb_copy_bits(skb, 0, frame, skb->len);
	memcpy(frame, b->m.dev->dev_addr, ETH_ALEN);
	KUNIT_EXPECT_EQ(test, model_rx_deliver(&b->m, 0, frame, skb->len, how),
			0);
	model_rx_interrupt(b, 0);
	kfree_skb(skb);
}

/* A size that no sender on this link has is not believed. */
static void model_distrusts_segment_sizes(struct kunit *test)
{
	static const struct {
		u32 mss;
		u32 size;
	} sizes[] = {
		{ 1, 536 }, { 47, 536 }, { 48, 48 }, { 1460, 1460 },
		{ 1461, 536 }, { 0xffff, 536 },
	};
	u32 version = *(const u32 *)test->param_value;
	struct model_bench *b = model_open(test);
	u32 i;

	if (version < 2)
		kunit_skip(test, "tells no size");
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct model_rx how = {
			.csum = MODEL_TCP4_GOOD, .segs = 3, .mss = sizes[i].mss,
		};

		model_deliver_merged(test, b, 14480, &how);
		KUNIT_EXPECT_EQ(test, b->seen.packets, i + 1);
		KUNIT_EXPECT_EQ(test, b->seen.gso_size, sizes[i].size);
		KUNIT_EXPECT_EQ(test, b->seen.gso_segs,
				DIV_ROUND_UP(14480, sizes[i].size));
	}
}

/* What the buffers have room for may be longer than any packet. */
static void model_merges_no_more_than_a_packet(struct kunit *test)
{
	struct model_rx how = { .csum = MODEL_TCP4_GOOD };
	struct model_bench *b = model_open(test);
	struct pvnet_rx_stats *stats = &b->m.pv->rx_stats[0];

	model_deliver_merged(test, b, 65535 - 40, &how);
	KUNIT_EXPECT_EQ(test, b->seen.packets, 1);
	KUNIT_EXPECT_EQ(test, u64_stats_read(&stats->errors), 0);
	model_deliver_merged(test, b, 65536 - 40, &how);
	KUNIT_EXPECT_EQ(test, b->seen.packets, 1);
	KUNIT_EXPECT_EQ(test, u64_stats_read(&stats->errors), 1);
}

static void model_set_proto(struct model_bench *b, u32 at, u16 proto)
{
	b->frame[at] = proto >> 8;
	b->frame[at + 1] = proto;
}

/*
 * The stack gets the frame as it is, and not as one that was merged; but it takes
 * off the first tag itself before we see it.
 */
static void model_expect_as_it_is(struct kunit *test, struct model_bench *b,
				  u32 len)
{
	bool tagged = eth_type_vlan(((struct ethhdr *)b->frame)->h_proto);
	struct model_rx how = { .cnc = true };
	u32 before = b->seen.packets;

	model_rx_deliver(&b->m, 0, b->frame, len, &how);
	model_rx_interrupt(b, 0);
	KUNIT_EXPECT_EQ(test, b->seen.packets, before + 1);
	KUNIT_EXPECT_EQ(test, b->seen.len, tagged ? len - VLAN_HLEN : len);
	KUNIT_EXPECT_EQ(test, b->seen.gso_size, 0);
	KUNIT_EXPECT_EQ(test, b->seen.gso_segs, 0);
}

/* Not all that is longer than our MTU was merged: others may have a larger. */
static void model_passes_on_long_packets(struct kunit *test)
{
	struct model_bench *b = model_open(test);

	model_frame(b, 4000);
	model_expect_as_it_is(test, b, 1515);
	model_set_proto(b, 12, ETH_P_8021AD);
	model_set_proto(b, 16, ETH_P_8021Q);
	model_expect_as_it_is(test, b, 1522);

	model_frame(b, 4000);
	model_set_proto(b, 12, ETH_P_IP);
	b->frame[14] = 0x45;
	b->frame[23] = IPPROTO_UDP;
	model_expect_as_it_is(test, b, 4000);
	KUNIT_EXPECT_EQ(test, u64_stats_read(&b->m.pv->rx_stats[0].errors), 0);
	KUNIT_EXPECT_EQ(test, u64_stats_read(&b->m.pv->rx_stats[0].lro), 0);
}

static u32 model_bar0(struct model_bench *b, u32 reg)
{
	return *(u32 *)(b->m.bar0 + reg);
}

/* A device that does not look at the rings itself has to know of the buffers. */
static void model_is_told_of_buffers(struct kunit *test)
{
	u32 version = *(const u32 *)test->param_value;
	struct model_bench *b = model_open(test);

	KUNIT_EXPECT_EQ(test, model_bar0(b, 0x800), PVNET_RX_RING_DEFAULT - 1);
	KUNIT_EXPECT_EQ(test, model_bar0(b, 0xa00), PVNET_RX2_RING_DEFAULT - 1);
	/* a version 1 device has one receive queue */
	KUNIT_EXPECT_EQ(test, model_bar0(b, 0x808),
			version >= 2 ? PVNET_RX_RING_DEFAULT - 1 : 0);
}

static bool model_merges(struct model_bench *b)
{
	return le64_to_cpu(b->m.shared->misc.upt_features) & 8;
}

/* Merged packets with a tag in front of their headers could not be described. */
static void model_merges_only_without_tags(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	struct net_device *dev = b->m.dev;

	KUNIT_EXPECT_TRUE(test, model_merges(b));
	rtnl_lock();
	dev->wanted_features &= ~NETIF_F_HW_VLAN_CTAG_RX;
	netdev_update_features(dev);
	KUNIT_EXPECT_FALSE(test, model_merges(b));
	dev->wanted_features |= NETIF_F_HW_VLAN_CTAG_RX;
	netdev_update_features(dev);
	KUNIT_EXPECT_TRUE(test, model_merges(b));
	rtnl_unlock();
}

/* A router passes on segments as they were sent. */
static void model_merges_nothing_for_a_router(struct kunit *test)
{
	struct model_bench *b = model_open(test);

	KUNIT_EXPECT_TRUE(test, model_merges(b));
	rtnl_lock();
	dev_disable_lro(b->m.dev);
	rtnl_unlock();
	KUNIT_EXPECT_FALSE(test, model_merges(b));
}

/* What an XDP program can ask of a packet. */
static void model_tells_programs_of_packets(struct kunit *test)
{
	struct model_rx how = {
		.csum = MODEL_TCP4_GOOD, .rss_type = 2, .rss_hash = 0xabcd1234,
		.vlan = true, .tci = 0x2005,
	};
	struct model_bench *b = model_open(test);
	const struct xdp_metadata_ops *ops = b->m.dev->xdp_metadata_ops;
	const struct xdp_md *ctx =
		(const void *)&b->m.pv->queues->rx[0]->pkt;
	enum xdp_rss_hash_type type;
	__be16 proto;
	u32 hash;
	u16 tci;

	model_frame(b, 600);
	model_rx_deliver(&b->m, 0, b->frame, 600, &how);
	model_rx_interrupt(b, 0);
	KUNIT_EXPECT_EQ(test, ops->xmo_rx_hash(ctx, &hash, &type), 0);
	KUNIT_EXPECT_EQ(test, hash, 0xabcd1234);
	KUNIT_EXPECT_EQ(test, type, XDP_RSS_TYPE_L4_IPV4_TCP);
	KUNIT_EXPECT_EQ(test, ops->xmo_rx_vlan_tag(ctx, &proto, &tci), 0);
	KUNIT_EXPECT_EQ(test, ntohs(proto), ETH_P_8021Q);
	KUNIT_EXPECT_EQ(test, tci, 0x2005);

	how = (struct model_rx){ .cnc = true };
	model_rx_deliver(&b->m, 0, b->frame, 600, &how);
	model_rx_interrupt(b, 0);
	KUNIT_EXPECT_EQ(test, ops->xmo_rx_hash(ctx, &hash, &type), -ENODATA);
	KUNIT_EXPECT_EQ(test, ops->xmo_rx_vlan_tag(ctx, &proto, &tci),
			-ENODATA);
}

/* The device passes over a buffer. */
static void model_skip(struct model_ring *ring, u32 size)
{
	if (++ring->idx == size) {
		ring->idx = 0;
		ring->gen ^= 1;
	}
}

static void model_passes_over_skipped_buffers(struct kunit *test)
{
	struct model_rx how = { .cnc = true };
	struct model_bench *b = model_open(test);
	u32 i;

	for (i = 0; i < 1500; i++) {
		struct model_ring *ring = &b->m.rx[0].ring[0];

		if (i % 3 == 0)
			model_skip(ring, b->m.pv->cfg.rx_size);
		model_frame(b, 700);
		KUNIT_ASSERT_EQ(test, model_rx_deliver(&b->m, 0, b->frame, 700,
						       &how), 0);
		model_rx_interrupt(b, 0);
		KUNIT_ASSERT_EQ(test, b->seen.packets, i + 1);
	}
	KUNIT_EXPECT_EQ(test, u64_stats_read(&b->m.pv->rx_stats[0].skipped),
			500);
}

static struct kunit_case model_rx_cases[] = {
	MODEL_CASE(model_receives_what_is_delivered),
	MODEL_CASE(model_receives_metadata),
	MODEL_CASE(model_receives_merged_packets),
	MODEL_CASE(model_distrusts_segment_sizes),
	MODEL_CASE_ENDS(model_merges_no_more_than_a_packet),
	MODEL_CASE_ENDS(model_passes_on_long_packets),
	MODEL_CASE_ENDS(model_is_told_of_buffers),
	MODEL_CASE_ENDS(model_merges_only_without_tags),
	MODEL_CASE_ENDS(model_merges_nothing_for_a_router),
	MODEL_CASE_ENDS(model_tells_programs_of_packets),
	MODEL_CASE_ENDS(model_passes_over_skipped_buffers),
	{}
};

static struct kunit_suite model_rx_suite = {
	.name = "pv_net_rx",
	.test_cases = model_rx_cases,
};

kunit_test_suite(model_rx_suite);
