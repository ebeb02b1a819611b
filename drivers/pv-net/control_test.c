// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests against the device model: versions, configuration, a device that fails.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <net/netdev_queues.h>
#include <net/xdp_sock_drv.h>

#include "model_bench.h"
#include "regs.h"
#include "sleep.h"

static void model_uses_what_the_version_has(struct kunit *test)
{
	u32 version = *(const u32 *)test->param_value;
	struct model_bench *b = model_open(test);
	struct vmxnet3_driver_shared *ds = b->m.shared;
	const struct vmxnet3_tx_queue_desc *txd =
		phys_to_virt(le64_to_cpu(ds->misc.queue_desc_pa));
	const struct vmxnet3_rx_queue_desc *rxd =
		(const void *)&txd[ds->misc.num_tx_queues];

	KUNIT_EXPECT_EQ(test, b->m.chosen, 1U << (version - 1));
	KUNIT_EXPECT_EQ(test, ds->misc.num_rx_queues, version >= 2 ? 2 : 1);
	KUNIT_EXPECT_EQ(test, !!(le64_to_cpu(ds->misc.upt_features) & 2),
			version >= 2);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->rss_conf.len),
			version >= 2 ? 176 : 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(txd[0].data_desc_size),
			version >= 3 ? 256 : 128);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(rxd[0].data_desc_size),
			version >= 3 ? 128 : 0);
	KUNIT_EXPECT_EQ(test, b->m.coal_mode, version >= 3 ? 0 : ~0U);
	KUNIT_EXPECT_EQ(test, b->m.rss_fields, version >= 4 ? 3 : 0);
}

static void model_expect_packet(struct kunit *test, struct model_bench *b)
{
	struct model_rx how = { .cnc = true };
	u32 before = b->seen.packets;

	model_frame(b, 500);
	KUNIT_EXPECT_EQ(test, model_rx_deliver(&b->m, 0, b->frame, 500, &how),
			0);
	model_rx_interrupt(b, 0);
	KUNIT_EXPECT_EQ(test, b->seen.packets, before + 1);
}

static void model_keeps_old_rings_when_refused(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	struct pvnet_cfg cfg = b->m.pv->cfg;
	int err;

	cfg.rx_size = 2048;
	b->m.refuse = 1;
	rtnl_lock();
	err = pvnet_reconfigure(b->m.pv, &cfg);
	rtnl_unlock();

	KUNIT_EXPECT_EQ(test, err, -EIO);
	KUNIT_EXPECT_EQ(test, b->m.pv->cfg.rx_size, PVNET_RX_RING_DEFAULT);
	KUNIT_EXPECT_EQ(test, b->m.activations, 2);
	model_expect_packet(test, b);
}

/* The device runs on with what dev->features says. */
static void model_keeps_old_features_when_refused(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	struct net_device *dev = b->m.dev;
	u64 upt = le64_to_cpu(b->m.shared->misc.upt_features);

	b->m.refuse = 1;
	rtnl_lock();
	dev->wanted_features &= ~(NETIF_F_RXCSUM | NETIF_F_HW_VLAN_CTAG_RX);
	netdev_update_features(dev);
	KUNIT_EXPECT_TRUE(test, dev->features & NETIF_F_RXCSUM);
	KUNIT_EXPECT_EQ(test, b->m.activations, 2);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(b->m.shared->misc.upt_features),
			upt);

	netdev_update_features(dev);
	KUNIT_EXPECT_FALSE(test, dev->features & NETIF_F_RXCSUM);
	/* checksums, VLAN tags, merged packets */
	KUNIT_EXPECT_EQ(test, le64_to_cpu(b->m.shared->misc.upt_features),
			upt & ~(1 | 4 | 8));
	rtnl_unlock();
}

static void model_gives_up_on_a_silent_device(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	u32 val;

	b->m.silent = true;
	KUNIT_EXPECT_EQ(test, pvnet_cmd_get(b->m.pv, VMXNET3_CMD_GET_LINK,
					    &val), -ETIMEDOUT);
	KUNIT_EXPECT_TRUE(test, test_bit(PVNET_GONE, &b->m.pv->state));
	rtnl_lock();
	dev_close(b->m.dev);
	KUNIT_EXPECT_EQ(test, dev_open(b->m.dev, NULL), -ENODEV);
	rtnl_unlock();
}

/* The stack passes all values unset, and drops a device that leaves them so. */
static void model_reports_base_stats(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	struct netdev_queue_stats_rx rx;
	struct netdev_queue_stats_tx tx;

	memset(&rx, 0xff, sizeof(rx));
	memset(&tx, 0xff, sizeof(tx));
	rtnl_lock();
	b->m.dev->stat_ops->get_base_stats(b->m.dev, &rx, &tx);
	rtnl_unlock();

	KUNIT_EXPECT_EQ(test, rx.packets, 0);
	KUNIT_EXPECT_EQ(test, rx.bytes, 0);
	KUNIT_EXPECT_EQ(test, tx.packets, 0);
	KUNIT_EXPECT_EQ(test, tx.bytes, 0);
}

static void model_time_out(struct model_bench *b, u32 q)
{
	local_bh_disable();
	b->m.dev->netdev_ops->ndo_tx_timeout(b->m.dev, q);
	local_bh_enable();
}

/* First a queue's doorbell is rung again; only then the device is reset. */
static void model_recovers_from_timeouts(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	struct pvnet_txq *tq = b->m.pv->txq[0];
	u32 *doorbell = (u32 *)(b->m.bar0 + 0x600);

	b->m.manual = true;
	model_xmit(b, model_skb(test, b, 100), false);
	*doorbell = 0;
	model_time_out(b, 0);
	KUNIT_EXPECT_EQ(test, *doorbell, 1);
	KUNIT_EXPECT_FALSE(test, test_bit(PVNET_RESET_PENDING,
					  &b->m.pv->state));

	model_time_out(b, 0);
	KUNIT_EXPECT_TRUE(test, test_bit(PVNET_RESET_PENDING,
					 &b->m.pv->state));
	flush_delayed_work(&b->m.pv->reset_work);
	KUNIT_EXPECT_EQ(test, b->m.activations, 2);
	KUNIT_EXPECT_TRUE(test, pvnet_cmd_empty(&tq->pos));
	KUNIT_EXPECT_EQ(test, u64_stats_read(&tq->stats->timeouts), 2);

	model_xmit(b, model_skb(test, b, 100), false);
	model_tx_run(&b->m, 0);
	KUNIT_EXPECT_EQ(test, b->m.packets, 1);
}

/* With a carrier a stopped queue is one that the watchdog believes to hang. */
static void model_has_no_stopped_queue_with_a_link(struct kunit *test)
{
	struct model_bench *b = model_open(test);

	b->m.link_stopped = true;
	pvnet_schedule_reset(b->m.pv);
	flush_delayed_work(&b->m.pv->reset_work);
	KUNIT_EXPECT_EQ(test, b->m.activations, 2);
	KUNIT_EXPECT_FALSE(test, b->m.link_stopped);
	KUNIT_EXPECT_TRUE(test, netif_carrier_ok(b->m.dev));
}

/* The watchdog also looks at queues that have no ring any more. */
static void model_has_no_timeout_without_ring(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	struct netdev_queue *nq = netdev_get_tx_queue(b->m.dev, 1);

	set_bit(__QUEUE_STATE_STACK_XOFF, &nq->state);
	KUNIT_EXPECT_EQ(test, model_set_channels(b, 1, 1), 0);
	KUNIT_EXPECT_FALSE(test, netif_xmit_stopped(nq));
	model_time_out(b, 1);
	KUNIT_EXPECT_FALSE(test, test_bit(PVNET_RESET_PENDING,
					  &b->m.pv->state));
}

/* The device says that a queue stopped. */
static void model_stop_queue(struct model_bench *b)
{
	b->m.shared->ecr = cpu_to_le32(1 << 1);
	schedule_work(&b->m.pv->event_work);
	flush_work(&b->m.pv->event_work);
}

static void model_recovers_from_queue_errors(struct kunit *test)
{
	struct model_bench *b = model_open(test);

	model_stop_queue(b);
	flush_delayed_work(&b->m.pv->reset_work);
	KUNIT_EXPECT_EQ(test, b->m.activations, 2);
	KUNIT_EXPECT_EQ(test, b->m.ecr, 1 << 1);

	/* the next reset waits; until then there is one report */
	model_stop_queue(b);
	model_stop_queue(b);
	KUNIT_EXPECT_EQ(test, b->m.status_reads, 2);
}

/* A packet that comes before its interrupt can have an effect. */
static void model_receive_early(struct pvnet_model *m)
{
	struct model_bench *b = container_of(m, struct model_bench, m);
	struct model_rx how = { .cnc = true };

	model_frame(b, 500);
	model_rx_deliver(m, 0, b->frame, 500, &how);
}

static void model_polls_what_came_early(struct kunit *test)
{
	struct model_bench *b = model_open(test);

	b->m.activated = model_receive_early;
	pvnet_schedule_reset(b->m.pv);
	flush_delayed_work(&b->m.pv->reset_work);
	KUNIT_EXPECT_EQ(test, b->m.activations, 2);
	KUNIT_EXPECT_EQ(test, b->seen.packets, 1);
}

/* Rings that are changed while the device is away run when it is back. */
static void model_changes_rings_asleep(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	struct pvnet_cfg cfg = b->m.pv->cfg;

	cfg.rx_size = 2048;
	cfg.num_txq = 1;
	pvnet_detach_for_sleep(b->m.pv, false);
	rtnl_lock();
	KUNIT_EXPECT_EQ(test, pvnet_reconfigure(b->m.pv, &cfg), 0);
	rtnl_unlock();
	KUNIT_EXPECT_EQ(test, b->m.activations, 1);
	KUNIT_EXPECT_FALSE(test, b->m.active);

	KUNIT_EXPECT_EQ(test, pvnet_attach_after_sleep(b->m.pv), 0);
	KUNIT_EXPECT_EQ(test, b->m.activations, 2);
	KUNIT_EXPECT_EQ(test, b->m.shared->misc.num_tx_queues, 1);
	model_expect_packet(test, b);
}

/* Devices of these versions want powers of two. */
static void model_has_powers_of_two_queues(struct kunit *test)
{
	struct model_bench *b = model_open(test);

	KUNIT_EXPECT_EQ(test, model_set_channels(b, 1, 3), -EINVAL);
	KUNIT_EXPECT_EQ(test, model_set_channels(b, 0, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, b->m.activations, 1);
	KUNIT_EXPECT_EQ(test, model_set_channels(b, 1, 1), 0);
	KUNIT_EXPECT_EQ(test, b->m.activations, 2);
	KUNIT_EXPECT_EQ(test, b->m.shared->misc.num_tx_queues, 1);
	model_expect_packet(test, b);
}

/* One queue's time is its own, and one that is set outlives what DIM chose. */
static void model_moderates_each_queue(struct kunit *test)
{
	u32 version = *(const u32 *)test->param_value;
	struct model_bench *b = model_open(test);
	const struct ethtool_ops *ops = b->m.dev->ethtool_ops;
	struct ethtool_coalesce ec = { .use_adaptive_rx_coalesce = 1 };
	struct dim *dim = &pvnet_irq_rx_vector(b->m.pv, 0)->mod.dim;

	rtnl_lock();
	KUNIT_EXPECT_EQ(test, ops->set_coalesce(b->m.dev, &ec, NULL, NULL), 0);
	schedule_work(&dim->work);
	ec = (struct ethtool_coalesce){ .rx_coalesce_usecs = 77 };
	KUNIT_EXPECT_EQ(test, ops->set_per_queue_coalesce(b->m.dev, 0, &ec),
			0);
	flush_work(&dim->work);
	KUNIT_EXPECT_EQ(test, ops->get_per_queue_coalesce(b->m.dev, 0, &ec),
			0);
	KUNIT_EXPECT_EQ(test, ec.rx_coalesce_usecs, 77);
	KUNIT_EXPECT_EQ(test, ec.use_adaptive_rx_coalesce, 0);
	/* a version 1 device has one receive queue */
	KUNIT_EXPECT_EQ(test, ops->get_per_queue_coalesce(b->m.dev, 1, &ec),
			version >= 2 ? 0 : -EINVAL);
	if (version >= 2)
		KUNIT_EXPECT_EQ(test, ec.use_adaptive_rx_coalesce, 1);
	ec.rx_coalesce_usecs = 10001;
	KUNIT_EXPECT_EQ(test, ops->set_per_queue_coalesce(b->m.dev, 0, &ec),
			-EINVAL);
	rtnl_unlock();
}

/* The device goes on listening for what wakes the machine, and knows what. */
static void model_listens_asleep(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	struct device *dma_dev = b->m.pv->dma_dev;

	dev_set_drvdata(dma_dev, b->m.pv);
	device_init_wakeup(dma_dev, true);
	b->m.pv->wol = WAKE_UCAST | WAKE_MAGIC;
	KUNIT_EXPECT_EQ(test, pvnet_pm_ops.suspend(dma_dev), 0);
	KUNIT_EXPECT_TRUE(test, b->m.active);
	KUNIT_ASSERT_NOT_NULL(test, b->m.pm);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(b->m.pm->wake_up_events), 3);
	KUNIT_EXPECT_EQ(test, b->m.pm->num_filters, 1);
	KUNIT_EXPECT_EQ(test, b->m.pm->filters[0].pattern_size, ETH_ALEN);
	KUNIT_EXPECT_EQ(test, b->m.pm->filters[0].mask[0], 0x3f);
	KUNIT_EXPECT_MEMEQ(test, b->m.pm->filters[0].pattern,
			   b->m.dev->dev_addr, ETH_ALEN);

	KUNIT_EXPECT_EQ(test, pvnet_pm_ops.resume(dma_dev), 0);
	KUNIT_EXPECT_EQ(test, b->m.activations, 2);
	KUNIT_EXPECT_NULL(test, b->m.pm);
	model_expect_packet(test, b);

	b->m.pv->wol = 0;
	KUNIT_EXPECT_EQ(test, pvnet_pm_ops.suspend(dma_dev), 0);
	KUNIT_EXPECT_FALSE(test, b->m.active);
	KUNIT_EXPECT_EQ(test, pvnet_pm_ops.resume(dma_dev), 0);
	model_expect_packet(test, b);
	device_init_wakeup(dma_dev, false);
}

/* It may write to its rings as long as it listens. */
static void model_is_stopped_before_its_rings_go(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	struct pvnet_cfg cfg = b->m.pv->cfg;

	cfg.rx_size = 2048;
	KUNIT_EXPECT_TRUE(test, pvnet_detach_for_sleep(b->m.pv, true));
	KUNIT_EXPECT_TRUE(test, b->m.active);
	rtnl_lock();
	KUNIT_EXPECT_EQ(test, pvnet_reconfigure(b->m.pv, &cfg), 0);
	rtnl_unlock();
	KUNIT_EXPECT_FALSE(test, b->m.active);
	KUNIT_EXPECT_EQ(test, pvnet_attach_after_sleep(b->m.pv), 0);
	model_expect_packet(test, b);

	KUNIT_EXPECT_TRUE(test, pvnet_detach_for_sleep(b->m.pv, true));
	KUNIT_EXPECT_TRUE(test, b->m.active);
	rtnl_lock();
	dev_close(b->m.dev);
	rtnl_unlock();
	KUNIT_EXPECT_FALSE(test, b->m.active);
}

/* Nor does the device write to memory while an image of it is made. */
static void model_is_quiet_in_hibernation(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	struct device *dma_dev = b->m.pv->dma_dev;

	dev_set_drvdata(dma_dev, b->m.pv);
	device_init_wakeup(dma_dev, true);
	b->m.pv->wol = WAKE_MAGIC;
	KUNIT_EXPECT_EQ(test, pvnet_pm_ops.freeze(dma_dev), 0);
	KUNIT_EXPECT_FALSE(test, b->m.active);
	KUNIT_EXPECT_EQ(test, pvnet_pm_ops.thaw(dma_dev), 0);
	model_expect_packet(test, b);

	KUNIT_EXPECT_EQ(test, pvnet_pm_ops.poweroff(dma_dev), 0);
	KUNIT_EXPECT_TRUE(test, b->m.active);
	KUNIT_EXPECT_NOT_NULL(test, b->m.pm);
	KUNIT_EXPECT_EQ(test, pvnet_pm_ops.restore(dma_dev), 0);
	model_expect_packet(test, b);
	device_init_wakeup(dma_dev, false);
}

/* Just enough of a pool for queues to be made with it. */
static struct xsk_buff_pool *model_pool(struct kunit *test)
{
	struct xsk_buff_pool *pool;

	pool = kunit_kzalloc(test, sizeof(*pool), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pool);
	pool->heads = kunit_kzalloc(test, sizeof(*pool->heads), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pool->heads);
	pool->heads_cnt = 1;
	INIT_LIST_HEAD(&pool->xsk_tx_list);
	return pool;
}

/* Opens the interface with a socket's pool on queue 0. */
static struct model_bench *model_open_with_pool(struct kunit *test,
						struct xsk_buff_pool **pool)
{
	struct model_bench *b = model_open(test);
	struct pvnet *pv = b->m.pv;

	if (!IS_ENABLED(CONFIG_XDP_SOCKETS))
		kunit_skip(test, "no AF_XDP");
	*pool = model_pool(test);
	rtnl_lock();
	pv->xsk[0] = *pool;
	KUNIT_EXPECT_EQ(test, pvnet_reconfigure(pv, &pv->cfg), 0);
	rtnl_unlock();
	return b;
}

/*
 * A socket that polls finds the NAPI ID through its buffers, and may look while
 * there is no program, or no queue.
 */
static void model_names_queues_to_sockets(struct kunit *test)
{
	struct xsk_buff_pool *pool;
	struct model_bench *b = model_open_with_pool(test, &pool);
	struct pvnet *pv = b->m.pv;

	rtnl_lock();
	KUNIT_EXPECT_PTR_EQ(test, pool->heads[0].xdp.rxq,
			    &pv->queues->rx[0]->xdp_rxq);
	dev_close(b->m.dev);
	KUNIT_EXPECT_NOT_NULL(test, pool->heads[0].xdp.rxq);
	if (pool->heads[0].xdp.rxq)
		KUNIT_EXPECT_EQ(test, pool->heads[0].xdp.rxq->napi_id, 0);
	pv->xsk[0] = NULL;
	rtnl_unlock();
}

/* A socket that prefers busy polling polls its receive queue, and no other. */
static void model_completes_for_sockets_that_poll(struct kunit *test)
{
	struct xsk_buff_pool *pool;
	struct model_bench *b = model_open_with_pool(test, &pool);
	struct pvnet *pv = b->m.pv;

	rtnl_lock();
	model_xmit(b, model_skb(test, b, 100), false);
	model_tx_run(&b->m, 0);
	KUNIT_EXPECT_FALSE(test, pvnet_cmd_empty(&pv->txq[0]->pos));
	model_rx_interrupt(b, 0);
	KUNIT_EXPECT_TRUE(test, pvnet_cmd_empty(&pv->txq[0]->pos));
	dev_close(b->m.dev);
	pv->xsk[0] = NULL;
	rtnl_unlock();
}

/* The address changes while the interface is up, and the device is told. */
static void model_changes_its_address(struct kunit *test)
{
	static const u8 mac[] = { 2, 1, 3, 5, 7, 9 };
	struct model_bench *b = model_open(test);
	struct sockaddr addr = { .sa_family = b->m.dev->type };

	memcpy(addr.sa_data, mac, sizeof(mac));
	rtnl_lock();
	KUNIT_EXPECT_EQ(test, dev_set_mac_address(b->m.dev, &addr, NULL), 0);
	rtnl_unlock();
	KUNIT_EXPECT_MEMEQ(test, b->m.mac, mac, sizeof(mac));
}

static bool model_filters_for(struct model_bench *b, u32 vid)
{
	const __le32 *table = b->m.shared->rx_filter.vf_table;

	return le32_to_cpu(table[vid / 32]) & BIT(vid % 32);
}

/* Not every device takes an empty table for one of all VLANs. */
static void model_always_filters_vlans(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	struct net_device *dev = b->m.dev;

	rtnl_lock();
	dev->netdev_ops->ndo_vlan_rx_add_vid(dev, htons(ETH_P_8021Q), 5);
	dev->wanted_features &= ~NETIF_F_HW_VLAN_CTAG_FILTER;
	netdev_update_features(dev);
	rtnl_unlock();
	KUNIT_EXPECT_TRUE(test, dev->features & NETIF_F_HW_VLAN_CTAG_FILTER);
	KUNIT_EXPECT_TRUE(test, model_filters_for(b, 0));
	KUNIT_EXPECT_TRUE(test, model_filters_for(b, 5));
	KUNIT_EXPECT_FALSE(test, model_filters_for(b, 6));
}

static struct kunit_case model_control_cases[] = {
	MODEL_CASE(model_uses_what_the_version_has),
	MODEL_CASE_ENDS(model_keeps_old_rings_when_refused),
	MODEL_CASE_ENDS(model_keeps_old_features_when_refused),
	MODEL_CASE_ENDS(model_gives_up_on_a_silent_device),
	MODEL_CASE_ENDS(model_reports_base_stats),
	MODEL_CASE_ENDS(model_recovers_from_timeouts),
	MODEL_CASE_ENDS(model_has_no_stopped_queue_with_a_link),
	MODEL_CASE_ENDS(model_has_no_timeout_without_ring),
	MODEL_CASE_ENDS(model_recovers_from_queue_errors),
	MODEL_CASE_ENDS(model_polls_what_came_early),
	MODEL_CASE_ENDS(model_changes_rings_asleep),
	MODEL_CASE_ENDS(model_has_powers_of_two_queues),
	MODEL_CASE_ENDS(model_moderates_each_queue),
	MODEL_CASE_ENDS(model_listens_asleep),
	MODEL_CASE_ENDS(model_is_stopped_before_its_rings_go),
	MODEL_CASE_ENDS(model_is_quiet_in_hibernation),
	MODEL_CASE_ENDS(model_names_queues_to_sockets),
	MODEL_CASE_ENDS(model_completes_for_sockets_that_poll),
	MODEL_CASE_ENDS(model_changes_its_address),
	MODEL_CASE_ENDS(model_always_filters_vlans),
	{}
};

static struct kunit_suite model_control_suite = {
	.name = "pv_net_control",
	.test_cases = model_control_cases,
};

kunit_test_suite(model_control_suite);
