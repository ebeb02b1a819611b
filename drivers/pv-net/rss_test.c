// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests against the device model: receive side scaling.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include <linux/ethtool.h>

#include "model_bench.h"

static int model_set_rxfh(struct model_bench *b, u8 *key, u32 *table)
{
	struct ethtool_rxfh_param rxfh = {
		.hfunc = ETH_RSS_HASH_NO_CHANGE, .key = key, .indir = table,
	};
	int err;

	rtnl_lock();
	err = b->m.dev->ethtool_ops->set_rxfh(b->m.dev, &rxfh, NULL);
	/* as the core does */
	if (!err && table)
		b->m.dev->priv_flags |= IFF_RXFH_CONFIGURED;
	rtnl_unlock();
	return err;
}

static int model_set_key(struct model_bench *b, u8 *key)
{
	return model_set_rxfh(b, key, NULL);
}

/* The device reads the key when it is activated, and so it is. */
static void model_hashes_with_the_key(struct kunit *test)
{
	u32 version = *(const u32 *)test->param_value;
	struct model_bench *b = model_open(test);
	u8 key[UPT1_RSS_KEY_SIZE], other[UPT1_RSS_KEY_SIZE];

	memset(key, 0x5a, sizeof(key));
	memset(other, 0xa5, sizeof(other));
	if (version < 2) {
		KUNIT_EXPECT_EQ(test, model_set_key(b, key), -EOPNOTSUPP);
		return;
	}
	KUNIT_EXPECT_EQ(test, model_set_key(b, key), 0);
	KUNIT_EXPECT_MEMEQ(test, b->m.rss_key, key, sizeof(key));
	KUNIT_EXPECT_EQ(test, b->m.activations, 2);
	KUNIT_EXPECT_EQ(test, model_set_key(b, key), 0);
	KUNIT_EXPECT_EQ(test, b->m.activations, 2);

	b->m.refuse = 1;
	KUNIT_EXPECT_EQ(test, model_set_key(b, other), -EIO);
	flush_delayed_work(&b->m.pv->reset_work);
	KUNIT_EXPECT_MEMEQ(test, b->m.rss_key, key, sizeof(key));
}

static int model_set_table(struct model_bench *b, u32 *table)
{
	return model_set_rxfh(b, NULL, table);
}

/* The device has @table of @n entries, and says so, as often as there is room. */
static void model_expect_table(struct kunit *test, struct model_bench *b,
			       const u32 *table, u32 n)
{
	struct ethtool_rxfh_param rxfh = {};
	u32 i, got[UPT1_RSS_INDIR_MAX];

	rxfh.indir = got;
	rtnl_lock();
	b->m.dev->ethtool_ops->get_rxfh(b->m.dev, &rxfh);
	rtnl_unlock();
	KUNIT_ASSERT_EQ(test, b->m.rss_indir_size, 8);
	for (i = 0; i < 8; i++) {
		KUNIT_EXPECT_EQ(test, b->m.rss_indir[i], table[i % n]);
		KUNIT_EXPECT_EQ(test, got[i], table[i % n]);
	}
}

/* A table that was set before the first opening, or for fewer queues, stays. */
static void model_keeps_the_table(struct kunit *test)
{
	u32 both[] = { 1, 1, 0, 1, 1, 1, 0, 1 }, first[] = { 0, 0, 0, 0 };
	u32 version = *(const u32 *)test->param_value;
	struct model_bench *b = model_probe(test);

	if (version < 2) {
		KUNIT_EXPECT_EQ(test, model_set_table(b, both), -EOPNOTSUPP);
		return;
	}
	KUNIT_EXPECT_EQ(test, model_set_table(b, both), 0);
	model_ifup(test, b);
	model_expect_table(test, b, both, 8);

	KUNIT_EXPECT_EQ(test, model_set_channels(b, 1, 2), 0);
	KUNIT_EXPECT_EQ(test, model_set_table(b, first), 0);
	KUNIT_EXPECT_EQ(test, model_set_channels(b, 2, 2), 0);
	model_expect_table(test, b, first, 4);

	KUNIT_EXPECT_EQ(test, model_set_table(b, both), 0);
	model_expect_table(test, b, both, 8);
}

static int model_set_hash(struct model_bench *b, u32 flow, bool ports)
{
	struct ethtool_rxnfc nfc = {
		.cmd = ETHTOOL_SRXFH, .flow_type = flow,
		.data = RXH_IP_SRC | RXH_IP_DST,
	};
	int err;

	if (ports)
		nfc.data |= RXH_L4_B_0_1 | RXH_L4_B_2_3;
	rtnl_lock();
	err = b->m.dev->ethtool_ops->set_rxnfc(b->m.dev, &nfc);
	rtnl_unlock();
	return err;
}

/* What the device does not hash is refused; the rest outlives activations. */
static void model_hashes_what_it_says(struct kunit *test)
{
	u32 version = *(const u32 *)test->param_value;
	struct model_bench *b = model_open(test);

	if (version < 4) {
		KUNIT_EXPECT_EQ(test, model_set_hash(b, UDP_V4_FLOW, true),
				-EOPNOTSUPP);
		return;
	}
	KUNIT_EXPECT_EQ(test, model_set_hash(b, UDP_V4_FLOW, true), 0);
	KUNIT_EXPECT_EQ(test, b->m.rss_fields, 7);
	KUNIT_EXPECT_EQ(test, model_set_hash(b, ESP_V4_FLOW, true),
			-EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, b->m.rss_fields, 7);
	KUNIT_EXPECT_EQ(test, model_set_hash(b, SCTP_V4_FLOW, true), -EINVAL);
	KUNIT_EXPECT_EQ(test, model_set_hash(b, SCTP_V4_FLOW, false), 0);
	KUNIT_EXPECT_EQ(test, model_set_hash(b, TCP_V4_FLOW, true), 0);
	KUNIT_EXPECT_EQ(test, model_set_hash(b, TCP_V4_FLOW, false), -EINVAL);

	KUNIT_EXPECT_EQ(test, model_set_channels(b, 1, 2), 0);
	KUNIT_EXPECT_EQ(test, b->m.rss_fields, 0);
	KUNIT_EXPECT_EQ(test, model_set_channels(b, 2, 2), 0);
	KUNIT_EXPECT_EQ(test, b->m.rss_fields, 7);
}

static struct kunit_case model_rss_cases[] = {
	MODEL_CASE(model_hashes_with_the_key),
	MODEL_CASE(model_hashes_what_it_says),
	MODEL_CASE(model_keeps_the_table),
	{}
};

static struct kunit_suite model_rss_suite = {
	.name = "pv_net_rss",
	.test_cases = model_rss_cases,
};

kunit_test_suite(model_rss_suite);
