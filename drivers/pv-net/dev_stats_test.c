// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests against the device model: packets that the device lost.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include <linux/ethtool.h>
#include <net/netdev_queues.h>

#include "model_bench.h"

static void model_lose(struct model_bench *b)
{
	b->m.rx[0].out_of_buf = 3;
	b->m.rx[0].error = 5;
	b->m.tx[0].error = 7;
	b->m.tx[0].discard = 11;
}

/* The device starts from 0 at each activation, and says nothing while it is down. */
static void model_keeps_what_was_lost(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	struct net_device *dev = b->m.dev;
	struct rtnl_link_stats64 s;

	model_lose(b);
	dev_get_stats(dev, &s);
	KUNIT_EXPECT_EQ(test, s.rx_missed_errors, 3);
	KUNIT_EXPECT_EQ(test, s.tx_errors, 7);
	KUNIT_EXPECT_EQ(test, s.tx_dropped, 11);

	pvnet_schedule_reset(b->m.pv);
	flush_delayed_work(&b->m.pv->reset_work);
	KUNIT_EXPECT_EQ(test, b->m.activations, 2);
	b->m.rx[0].out_of_buf = 1;
	dev_get_stats(dev, &s);
	KUNIT_EXPECT_EQ(test, s.rx_missed_errors, 4);
	KUNIT_EXPECT_EQ(test, s.tx_errors, 7);

	rtnl_lock();
	dev_close(dev);
	rtnl_unlock();
	b->m.rx[0].out_of_buf = 100;
	dev_get_stats(dev, &s);
	KUNIT_EXPECT_EQ(test, s.rx_missed_errors, 4);
	KUNIT_EXPECT_EQ(test, s.tx_dropped, 11);
}

static void model_says_which_queue_lost_it(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	const struct netdev_stat_ops *ops = b->m.dev->stat_ops;
	struct netdev_queue_stats_rx rx;
	struct netdev_queue_stats_tx tx;

	model_lose(b);
	rtnl_lock();
	ops->get_queue_stats_rx(b->m.dev, 0, &rx);
	ops->get_queue_stats_tx(b->m.dev, 0, &tx);
	rtnl_unlock();

	KUNIT_EXPECT_EQ(test, rx.hw_drop_overruns, 3);
	KUNIT_EXPECT_EQ(test, rx.hw_drops, 8);
	KUNIT_EXPECT_EQ(test, tx.hw_drops, 18);
}

static u64 model_ethtool_value(struct pvnet *pv, const char *names,
			       const u64 *values, const char *name)
{
	int i;

	for (i = 0; i < pvnet_stats_count(pv); i++)
		if (!strcmp(names + i * ETH_GSTRING_LEN, name))
			return values[i];
	return U64_MAX;
}

/* Names and values are in the same order. */
static void model_names_what_was_lost(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	struct pvnet *pv = b->m.pv;
	u8 *names = kunit_kcalloc(test, pvnet_stats_count(pv), ETH_GSTRING_LEN, GFP_KERNEL);
	u64 *values = kunit_kcalloc(test, pvnet_stats_count(pv), sizeof(u64), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, names);
	KUNIT_ASSERT_NOT_NULL(test, values);
	model_lose(b);
	model_xmit(b, model_skb(test, b, 100), false);
	pvnet_stats_strings(pv, names);
	pvnet_stats_values(pv, values);

	KUNIT_EXPECT_EQ(test, model_ethtool_value(pv, names, values, "rx0_dev_out_of_buf"), 3);
	KUNIT_EXPECT_EQ(test, model_ethtool_value(pv, names, values, "rx0_dev_error"), 5);
	KUNIT_EXPECT_EQ(test, model_ethtool_value(pv, names, values, "tx0_dev_error"), 7);
	KUNIT_EXPECT_EQ(test, model_ethtool_value(pv, names, values, "tx0_dev_discard"), 11);
	KUNIT_EXPECT_EQ(test, model_ethtool_value(pv, names, values, "tx0_packets"), 1);
	KUNIT_EXPECT_EQ(test, model_ethtool_value(pv, names, values, "rx1_dev_error"), 0);
}

static struct kunit_case model_dev_stats_cases[] = {
	MODEL_CASE_ENDS(model_keeps_what_was_lost),
	MODEL_CASE_ENDS(model_says_which_queue_lost_it),
	MODEL_CASE_ENDS(model_names_what_was_lost),
	{}
};

static struct kunit_suite model_dev_stats_suite = {
	.name = "pv_net_dev_stats",
	.test_cases = model_dev_stats_cases,
};

kunit_test_suite(model_dev_stats_suite);
