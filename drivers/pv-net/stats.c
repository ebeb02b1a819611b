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

#define PVNET_DEV_STAT(dir, name) \
	{ "dev_" #name, offsetof(struct pvnet_dev_stats, dir##_##name) }

static const struct pvnet_stat pvnet_dev_tx_stat[] = {
	PVNET_DEV_STAT(tx, error),
	PVNET_DEV_STAT(tx, discard),
};

static const struct pvnet_stat pvnet_dev_rx_stat[] = {
	PVNET_DEV_STAT(rx, out_of_buf),
	PVNET_DEV_STAT(rx, error),
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
 *
 * Context: does not sleep; takes pvnet.cmd_lock.
 */
void pvnet_get_stats64(struct net_device *dev, struct rtnl_link_stats64 *s)
{
	struct pvnet_dev_stats lost[PVNET_MAX_QUEUES];
	struct pvnet *pv = netdev_priv(dev);
	u32 i;

	pvnet_dev_stats_get(pv, lost);
	for (i = 0; i < PVNET_MAX_QUEUES; i++) {
		const struct pvnet_tx_stats *tx = &pv->tx_stats[i];
		const struct pvnet_rx_stats *rx = &pv->rx_stats[i];

		s->tx_packets += PVNET_READ(tx, tx, packets);
		s->tx_bytes += PVNET_READ(tx, tx, bytes);
		s->tx_dropped += PVNET_READ(tx, tx, dropped) +
				 lost[i].tx_discard;
		s->tx_errors += PVNET_READ(tx, tx, timeouts) + lost[i].tx_error;
		s->rx_packets += PVNET_READ(rx, rx, packets);
		s->rx_bytes += PVNET_READ(rx, rx, bytes);
		s->rx_errors += PVNET_READ(rx, rx, errors) +
				PVNET_READ(rx, rx, bad_comp);
		s->rx_dropped += PVNET_READ(rx, rx, dropped);
		s->rx_missed_errors += lost[i].rx_out_of_buf;
	}
}

static void pvnet_queue_stats_rx(struct net_device *dev, int idx,
				 struct netdev_queue_stats_rx *stats)
{
	struct pvnet_dev_stats lost[PVNET_MAX_QUEUES];
	struct pvnet *pv = netdev_priv(dev);
	const struct pvnet_rx_stats *rx = &pv->rx_stats[idx];

	pvnet_dev_stats_get(pv, lost);
	stats->packets = PVNET_READ(rx, rx, packets);
	stats->bytes = PVNET_READ(rx, rx, bytes);
	stats->alloc_fail = PVNET_READ(rx, rx, alloc_fail) +
			    PVNET_READ(rx, rx, dropped);
	stats->csum_unnecessary = PVNET_READ(rx, rx, csum_good);
	stats->hw_drops = lost[idx].rx_out_of_buf + lost[idx].rx_error;
	stats->hw_drop_overruns = lost[idx].rx_out_of_buf;
}

static void pvnet_queue_stats_tx(struct net_device *dev, int idx,
				 struct netdev_queue_stats_tx *stats)
{
	struct pvnet_dev_stats lost[PVNET_MAX_QUEUES];
	struct pvnet *pv = netdev_priv(dev);
	const struct pvnet_tx_stats *tx = &pv->tx_stats[idx];

	pvnet_dev_stats_get(pv, lost);
	stats->packets = PVNET_READ(tx, tx, packets);
	stats->bytes = PVNET_READ(tx, tx, bytes);
	stats->hw_drops = lost[idx].tx_error + lost[idx].tx_discard;
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
	rx->hw_drops = 0;
	rx->hw_drop_overruns = 0;
	tx->packets = 0;
	tx->bytes = 0;
	tx->hw_drops = 0;
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
				 ARRAY_SIZE(pvnet_dev_tx_stat) +
				 ARRAY_SIZE(pvnet_rx_stat) +
				 ARRAY_SIZE(pvnet_dev_rx_stat)) + 1;
}

static void pvnet_queue_strings(u8 **data, const char *dir, u32 q,
				const struct pvnet_stat *stat, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		ethtool_sprintf(data, "%s%u_%s", dir, q, stat[i].name);
}

/**
 * pvnet_stats_strings - names of ethtool -S values
 * @pv: device
 * @data: room for pvnet_stats_count() names
 */
void pvnet_stats_strings(struct pvnet *pv, u8 *data)
{
	u32 q;

	ethtool_puts(&data, "resets");
	for (q = 0; q < pv->max_queues; q++) {
		pvnet_queue_strings(&data, "tx", q, pvnet_tx_stat,
				    ARRAY_SIZE(pvnet_tx_stat));
		pvnet_queue_strings(&data, "tx", q, pvnet_dev_tx_stat,
				    ARRAY_SIZE(pvnet_dev_tx_stat));
		pvnet_queue_strings(&data, "rx", q, pvnet_rx_stat,
				    ARRAY_SIZE(pvnet_rx_stat));
		pvnet_queue_strings(&data, "rx", q, pvnet_dev_rx_stat,
				    ARRAY_SIZE(pvnet_dev_rx_stat));
	}
}

static u64 pvnet_dev_stat(const struct pvnet_dev_stats *lost,
			  const struct pvnet_stat *stat)
{
	return *(const u64 *)((const void *)lost + stat->offset);
}

/**
 * pvnet_stats_values - ethtool -S values
 * @pv: device
 * @data: room for pvnet_stats_count() values
 *
 * Context: does not sleep; takes pvnet.cmd_lock.
 */
void pvnet_stats_values(struct pvnet *pv, u64 *data)
{
	struct pvnet_dev_stats lost[PVNET_MAX_QUEUES];
	u32 q, i;

	pvnet_dev_stats_get(pv, lost);
	*data++ = pv->resets;
	for (q = 0; q < pv->max_queues; q++) {
		const struct pvnet_tx_stats *tx = &pv->tx_stats[q];
		const struct pvnet_rx_stats *rx = &pv->rx_stats[q];

		for (i = 0; i < ARRAY_SIZE(pvnet_tx_stat); i++)
			*data++ = pvnet_read_stat(tx, &tx->syncp,
						  &pvnet_tx_stat[i]);
		for (i = 0; i < ARRAY_SIZE(pvnet_dev_tx_stat); i++)
			*data++ = pvnet_dev_stat(&lost[q], &pvnet_dev_tx_stat[i]);
		for (i = 0; i < ARRAY_SIZE(pvnet_rx_stat); i++)
			*data++ = pvnet_read_stat(rx, &rx->syncp,
						  &pvnet_rx_stat[i]);
		for (i = 0; i < ARRAY_SIZE(pvnet_dev_rx_stat); i++)
			*data++ = pvnet_dev_stat(&lost[q], &pvnet_dev_rx_stat[i]);
	}
}
