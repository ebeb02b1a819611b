// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters: netlink queue statistics, totals, ethtool -S.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include <linux/ethtool.h>
#include <net/netdev_queues.h>

#include "pvnet.h"

#define PVNET_STAT(type, name) \
	{ #name, offsetof(struct pvnet_##type##_stats, name) }

struct pvnet_stat {
	const char *name;
	size_t offset;
};

static const struct pvnet_stat pvnet_tx_stat[] = {
	PVNET_STAT(tx, packets),
	PVNET_STAT(tx, bytes),
	PVNET_STAT(tx, doorbells),
	PVNET_STAT(tx, tso),
	PVNET_STAT(tx, csum),
	PVNET_STAT(tx, copied),
	PVNET_STAT(tx, linearized),
	PVNET_STAT(tx, dropped),
	PVNET_STAT(tx, stopped),
	PVNET_STAT(tx, woken),
	PVNET_STAT(tx, timeouts),
	PVNET_STAT(tx, bad_comp),
	PVNET_STAT(tx, xdp_xmit),
	PVNET_STAT(tx, xdp_drop),
	PVNET_STAT(tx, xsk_xmit),
};

static const struct pvnet_stat pvnet_rx_stat[] = {
	PVNET_STAT(rx, packets),
	PVNET_STAT(rx, bytes),
	PVNET_STAT(rx, csum_good),
	PVNET_STAT(rx, lro),
	PVNET_STAT(rx, copied),
	PVNET_STAT(rx, errors),
	PVNET_STAT(rx, dropped),
	PVNET_STAT(rx, alloc_fail),
	PVNET_STAT(rx, skipped),
	PVNET_STAT(rx, bad_comp),
	PVNET_STAT(rx, resets),
	PVNET_STAT(rx, xdp_pass),
	PVNET_STAT(rx, xdp_drop),
	PVNET_STAT(rx, xdp_tx),
	PVNET_STAT(rx, xdp_redirect),
	PVNET_STAT(rx, xdp_err),
};

static u64 pvnet_read_stat(const void *stats, const struct u64_stats_sync *sync,
			   const struct pvnet_stat *stat)
{
	unsigned int start;
	u64 val;

	do {
		start = u64_stats_fetch_begin(sync);
		val = u64_stats_read((const u64_stats_t *)(stats +
							   stat->offset));
	} while (u64_stats_fetch_retry(sync, start));
	return val;
}

#define PVNET_READ(stats, type, name) ({				\
	const struct pvnet_##type##_stats *__s = (stats);		\
									\
	pvnet_read_stat(__s, &__s->syncp,				\
			&(const struct pvnet_stat)PVNET_STAT(type, name)); \
})

/**
 * pvnet_get_stats64 - ndo_get_stats64
 * @dev: network device
 * @s: totals over all queues there ever were
 */
void pvnet_get_stats64(struct net_device *dev, struct rtnl_link_stats64 *s)
{
	const struct pvnet *pv = netdev_priv(dev);
	u32 i;

	for (i = 0; i < PVNET_MAX_QUEUES; i++) {
		const struct pvnet_tx_stats *tx = &pv->tx_stats[i];
		const struct pvnet_rx_stats *rx = &pv->rx_stats[i];

		s->tx_packets += PVNET_READ(tx, tx, packets);
		s->tx_bytes += PVNET_READ(tx, tx, bytes);
		s->tx_dropped += PVNET_READ(tx, tx, dropped);
		s->tx_errors += PVNET_READ(tx, tx, timeouts);
		s->rx_packets += PVNET_READ(rx, rx, packets);
		s->rx_bytes += PVNET_READ(rx, rx, bytes);
		s->rx_errors += PVNET_READ(rx, rx, errors) +
				PVNET_READ(rx, rx, bad_comp);
		s->rx_dropped += PVNET_READ(rx, rx, dropped);
	}
}

static void pvnet_queue_stats_rx(struct net_device *dev, int idx,
				 struct netdev_queue_stats_rx *stats)
{
	const struct pvnet *pv = netdev_priv(dev);
	const struct pvnet_rx_stats *rx = &pv->rx_stats[idx];

	stats->packets = PVNET_READ(rx, rx, packets);
	stats->bytes = PVNET_READ(rx, rx, bytes);
	stats->alloc_fail = PVNET_READ(rx, rx, alloc_fail) +
			    PVNET_READ(rx, rx, dropped);
	stats->csum_unnecessary = PVNET_READ(rx, rx, csum_good);
}

static void pvnet_queue_stats_tx(struct net_device *dev, int idx,
				 struct netdev_queue_stats_tx *stats)
{
	const struct pvnet *pv = netdev_priv(dev);
	const struct pvnet_tx_stats *tx = &pv->tx_stats[idx];

	stats->packets = PVNET_READ(tx, tx, packets);
	stats->bytes = PVNET_READ(tx, tx, bytes);
	stats->hw_drop_errors = PVNET_READ(tx, tx, dropped);
	stats->needs_csum = PVNET_READ(tx, tx, csum);
	stats->hw_gso_packets = PVNET_READ(tx, tx, tso);
	stats->stop = PVNET_READ(tx, tx, stopped);
	stats->wake = PVNET_READ(tx, tx, woken);
}

/*
 * What queues counted that are not in use now.  All values come unset, and
 * those that are reported have to start at 0.
 */
static void pvnet_base_stats(struct net_device *dev,
			     struct netdev_queue_stats_rx *rx,
			     struct netdev_queue_stats_tx *tx)
{
	rx->packets = 0;
	rx->bytes = 0;
	rx->alloc_fail = 0;
	rx->csum_unnecessary = 0;
	tx->packets = 0;
	tx->bytes = 0;
	tx->hw_drop_errors = 0;
	tx->needs_csum = 0;
	tx->hw_gso_packets = 0;
	tx->stop = 0;
	tx->wake = 0;
	netdev_stat_queue_sum(dev, dev->real_num_rx_queues, PVNET_MAX_QUEUES,
			      rx, dev->real_num_tx_queues, PVNET_MAX_QUEUES,
			      tx);
}

const struct netdev_stat_ops pvnet_stat_ops = {
	.get_queue_stats_rx = pvnet_queue_stats_rx,
	.get_queue_stats_tx = pvnet_queue_stats_tx,
	.get_base_stats = pvnet_base_stats,
};

/**
 * pvnet_stats_count - number of ethtool -S values
 * @pv: device
 *
 * Return: their number
 */
int pvnet_stats_count(struct pvnet *pv)
{
	return pv->max_queues * (ARRAY_SIZE(pvnet_tx_stat) +
				 ARRAY_SIZE(pvnet_rx_stat)) + 1;
}

/**
 * pvnet_stats_strings - names of ethtool -S values
 * @pv: device
 * @data: room for pvnet_stats_count() names
 */
void pvnet_stats_strings(struct pvnet *pv, u8 *data)
{
	u32 q, i;

	ethtool_puts(&data, "resets");
	for (q = 0; q < pv->max_queues; q++) {
		for (i = 0; i < ARRAY_SIZE(pvnet_tx_stat); i++)
			ethtool_sprintf(&data, "tx%u_%s", q,
					pvnet_tx_stat[i].name);
		for (i = 0; i < ARRAY_SIZE(pvnet_rx_stat); i++)
			ethtool_sprintf(&data, "rx%u_%s", q,
					pvnet_rx_stat[i].name);
	}
}

/**
 * pvnet_stats_values - ethtool -S values
 * @pv: device
 * @data: room for pvnet_stats_count() values
 */
void pvnet_stats_values(struct pvnet *pv, u64 *data)
{
	u32 q, i;

	*data++ = pv->resets;
	for (q = 0; q < pv->max_queues; q++) {
		const struct pvnet_tx_stats *tx = &pv->tx_stats[q];
		const struct pvnet_rx_stats *rx = &pv->rx_stats[q];

		for (i = 0; i < ARRAY_SIZE(pvnet_tx_stat); i++)
			*data++ = pvnet_read_stat(tx, &tx->syncp,
						  &pvnet_tx_stat[i]);
		for (i = 0; i < ARRAY_SIZE(pvnet_rx_stat); i++)
			*data++ = pvnet_read_stat(rx, &rx->syncp,
						  &pvnet_rx_stat[i]);
	}
}
