// SPDX-License-Identifier: GPL-2.0-only
/*
 * ethtool.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include <linux/ethtool.h>
#include <linux/log2.h>

#include "coalesce.h"
#include "regs.h"
#include "rss.h"
#include "selftest.h"

#define PVNET_REGS_VERSION	1
#define PVNET_REGS_HEAD		14
#define PVNET_REGS_TX		9
#define PVNET_REGS_RX		11

static void pvnet_get_drvinfo(struct net_device *dev,
			      struct ethtool_drvinfo *info)
{
	struct pvnet *pv = netdev_priv(dev);

	strscpy(info->driver, PVNET_NAME);
	strscpy(info->bus_info, pci_name(pv->pdev));
	snprintf(info->fw_version, sizeof(info->fw_version),
		 "vmxnet3 version %u", pv->ops->version);
}

static int pvnet_get_link_ksettings(struct net_device *dev,
				    struct ethtool_link_ksettings *cmd)
{
	struct pvnet *pv = netdev_priv(dev);

	ethtool_link_ksettings_zero_link_mode(cmd, supported);
	ethtool_link_ksettings_zero_link_mode(cmd, advertising);
	cmd->base.port = PORT_OTHER;
	cmd->base.speed = netif_carrier_ok(dev) ? pv->speed : SPEED_UNKNOWN;
	cmd->base.duplex = netif_carrier_ok(dev) ? DUPLEX_FULL :
						   DUPLEX_UNKNOWN;
	return 0;
}

static void pvnet_get_ringparam(struct net_device *dev,
				struct ethtool_ringparam *ring,
				struct kernel_ethtool_ringparam *kring,
				struct netlink_ext_ack *extack)
{
	struct pvnet *pv = netdev_priv(dev);

	ring->tx_max_pending = VMXNET3_TX_RING_MAX;
	ring->rx_max_pending = VMXNET3_RX_RING_MAX;
	ring->rx_jumbo_max_pending = VMXNET3_RX_RING_MAX;
	ring->tx_pending = pv->cfg.tx_size;
	ring->rx_pending = pv->cfg.rx_size;
	ring->rx_jumbo_pending = pv->cfg.rx2_size;
}

static u32 pvnet_ring_size(u32 wanted)
{
	return ALIGN(max(wanted, PVNET_MIN_RING), VMXNET3_RING_SIZE_ALIGN);
}

static int pvnet_set_ringparam(struct net_device *dev,
			       struct ethtool_ringparam *ring,
			       struct kernel_ethtool_ringparam *kring,
			       struct netlink_ext_ack *extack)
{
	struct pvnet *pv = netdev_priv(dev);
	struct pvnet_cfg cfg = pv->cfg;

	if (ring->rx_mini_pending) {
		NL_SET_ERR_MSG_MOD(extack, "there is no mini ring");
		return -EINVAL;
	}
	cfg.tx_size = pvnet_ring_size(ring->tx_pending);
	cfg.rx_size = pvnet_ring_size(ring->rx_pending);
	cfg.rx2_size = pvnet_ring_size(ring->rx_jumbo_pending);
	if (!memcmp(&cfg, &pv->cfg, sizeof(cfg)))
		return 0;
	return pvnet_reconfigure(pv, &cfg);
}

static void pvnet_get_channels(struct net_device *dev,
			       struct ethtool_channels *ch)
{
	struct pvnet *pv = netdev_priv(dev);

	ch->max_rx = min(pv->max_queues, pv->ops->max_rxq);
	ch->max_tx = pv->max_queues;
	ch->rx_count = pv->cfg.num_rxq;
	ch->tx_count = pv->cfg.num_txq;
	if (pv->irq_mode != PVNET_IRQ_SHARED) {
		ch->max_other = 1;
		ch->other_count = 1;
	}
}

static int pvnet_set_channels(struct net_device *dev,
			      struct ethtool_channels *ch)
{
	struct pvnet *pv = netdev_priv(dev);
	struct pvnet_cfg cfg = pv->cfg;
	unsigned int i;

	/* what devices below version 6 want, as in-tree vmxnet3 has it */
	if (!is_power_of_2(ch->rx_count) || !is_power_of_2(ch->tx_count))
		return -EINVAL;
	for (i = 0; i < PVNET_MAX_QUEUES; i++)
		if (pv->xsk[i] && (i >= ch->rx_count || i >= ch->tx_count))
			return -EBUSY;
	cfg.num_rxq = ch->rx_count;
	cfg.num_txq = ch->tx_count;
	if (cfg.num_rxq == pv->cfg.num_rxq && cfg.num_txq == pv->cfg.num_txq)
		return 0;
	return pvnet_reconfigure(pv, &cfg);
}

static int pvnet_get_sset_count(struct net_device *dev, int sset)
{
	struct pvnet *pv = netdev_priv(dev);

	switch (sset) {
	case ETH_SS_STATS:
		return pvnet_stats_count(pv);
	case ETH_SS_TEST:
		return pvnet_selftest_count();
	default:
		return -EOPNOTSUPP;
	}
}

static void pvnet_get_strings(struct net_device *dev, u32 sset, u8 *data)
{
	struct pvnet *pv = netdev_priv(dev);

	if (sset == ETH_SS_STATS)
		pvnet_stats_strings(pv, data);
	else if (sset == ETH_SS_TEST)
		pvnet_selftest_strings(data);
}

static void pvnet_get_ethtool_stats(struct net_device *dev,
				    struct ethtool_stats *stats, u64 *data)
{
	pvnet_stats_values(netdev_priv(dev), data);
}

static int pvnet_get_regs_len(struct net_device *dev)
{
	struct pvnet *pv = netdev_priv(dev);

	return (PVNET_REGS_HEAD + pv->num_vec +
		pv->cfg.num_txq * PVNET_REGS_TX +
		pv->cfg.num_rxq * PVNET_REGS_RX) * sizeof(u32);
}

static u32 *pvnet_regs_txq(const struct pvnet_txq *tq, u32 *p)
{
	*p++ = tq->pos.size;
	*p++ = tq->pos.fill;
	*p++ = tq->pos.comp;
	*p++ = tq->pos.gen;
	*p++ = tq->cpos.next;
	*p++ = tq->cpos.gen;
	*p++ = tq->deferred;
	*p++ = tq->data_size;
	*p++ = tq->broken;
	return p;
}

static u32 *pvnet_regs_rxq(const struct pvnet_rxq *rq, u32 *p)
{
	unsigned int r;

	for (r = 0; r < ARRAY_SIZE(rq->ring); r++) {
		*p++ = rq->ring[r].pos.size;
		*p++ = rq->ring[r].pos.fill;
		*p++ = rq->ring[r].pos.comp;
		*p++ = rq->ring[r].pos.gen;
	}
	*p++ = rq->cpos.next;
	*p++ = rq->cpos.gen;
	*p++ = rq->broken;
	return p;
}

/*
 * ICR is left out: reading it acknowledges an interrupt.  The layout is that
 * of Documentation/networking/device_drivers/ethernet/vmware/pv_net.rst.
 */
static void pvnet_get_regs(struct net_device *dev, struct ethtool_regs *regs,
			   void *data)
{
	static const u32 list[] = {
		VMXNET3_REG_VRRS, VMXNET3_REG_UVRS, VMXNET3_REG_DSAL,
		VMXNET3_REG_DSAH, VMXNET3_REG_CMD, VMXNET3_REG_MACL,
		VMXNET3_REG_MACH, VMXNET3_REG_ECR,
	};
	struct pvnet *pv = netdev_priv(dev);
	u32 *p = data;
	unsigned int i;

	memset(data, 0, regs->len);
	regs->version = PVNET_REGS_VERSION;
	for (i = 0; i < ARRAY_SIZE(list); i++)
		*p++ = pvnet_read(pv, list[i]);
	*p++ = pv->ops->version;
	*p++ = pv->irq_mode;
	*p++ = pv->auto_mask;
	*p++ = pv->num_vec;
	*p++ = pv->cfg.num_txq;
	*p++ = pv->cfg.num_rxq;
	for (i = 0; i < pv->num_vec; i++)
		*p++ = readl(pv->bar0 + VMXNET3_REG_IMR +
			     i * VMXNET3_REG_STRIDE);
	if (!pv->queues)
		return;
	for (i = 0; i < pv->cfg.num_txq; i++)
		p = pvnet_regs_txq(pv->queues->tx[i], p);
	for (i = 0; i < pv->cfg.num_rxq; i++)
		p = pvnet_regs_rxq(pv->queues->rx[i], p);
}

static void pvnet_get_wol(struct net_device *dev, struct ethtool_wolinfo *wol)
{
	struct pvnet *pv = netdev_priv(dev);

	if (!device_can_wakeup(&pv->pdev->dev))
		return;
	wol->supported = WAKE_UCAST | WAKE_ARP | WAKE_MAGIC;
	wol->wolopts = pv->wol;
}

static int pvnet_set_wol(struct net_device *dev, struct ethtool_wolinfo *wol)
{
	struct pvnet *pv = netdev_priv(dev);

	if (wol->wolopts & ~(WAKE_UCAST | WAKE_ARP | WAKE_MAGIC))
		return -EOPNOTSUPP;
	if (!device_can_wakeup(&pv->pdev->dev))
		return wol->wolopts ? -EOPNOTSUPP : 0;
	pv->wol = wol->wolopts;
	return device_set_wakeup_enable(&pv->pdev->dev, pv->wol);
}

static int pvnet_get_tunable(struct net_device *dev,
			     const struct ethtool_tunable *tuna, void *data)
{
	struct pvnet *pv = netdev_priv(dev);

	if (tuna->id != ETHTOOL_RX_COPYBREAK)
		return -EOPNOTSUPP;
	*(u32 *)data = pv->rx_copybreak;
	return 0;
}

static int pvnet_set_tunable(struct net_device *dev,
			     const struct ethtool_tunable *tuna,
			     const void *data)
{
	struct pvnet *pv = netdev_priv(dev);
	u32 val = *(const u32 *)data;

	if (tuna->id != ETHTOOL_RX_COPYBREAK)
		return -EOPNOTSUPP;
	if (val > PVNET_RX_COPYBREAK_MAX)
		return -EINVAL;
	WRITE_ONCE(pv->rx_copybreak, val);
	return 0;
}

static u32 pvnet_rxfh_indir_size(struct net_device *dev)
{
	struct pvnet *pv = netdev_priv(dev);

	return pv->ops->rss ? pvnet_rss_indir_size(pv) : 0;
}

static u32 pvnet_rxfh_key_size(struct net_device *dev)
{
	struct pvnet *pv = netdev_priv(dev);

	return pv->ops->rss ? UPT1_RSS_KEY_SIZE : 0;
}

const struct ethtool_ops pvnet_ethtool_ops = {
	.supported_coalesce_params = ETHTOOL_COALESCE_RX_USECS |
				     ETHTOOL_COALESCE_USE_ADAPTIVE_RX,
	.get_drvinfo = pvnet_get_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_link_ksettings = pvnet_get_link_ksettings,
	.get_ringparam = pvnet_get_ringparam,
	.set_ringparam = pvnet_set_ringparam,
	.get_channels = pvnet_get_channels,
	.set_channels = pvnet_set_channels,
	.get_coalesce = pvnet_get_coalesce,
	.set_coalesce = pvnet_set_coalesce,
	.get_per_queue_coalesce = pvnet_get_per_queue_coalesce,
	.set_per_queue_coalesce = pvnet_set_per_queue_coalesce,
	.get_sset_count = pvnet_get_sset_count,
	.get_strings = pvnet_get_strings,
	.get_ethtool_stats = pvnet_get_ethtool_stats,
	.get_regs_len = pvnet_get_regs_len,
	.get_regs = pvnet_get_regs,
	.get_wol = pvnet_get_wol,
	.set_wol = pvnet_set_wol,
	.get_tunable = pvnet_get_tunable,
	.set_tunable = pvnet_set_tunable,
	.get_rxfh_indir_size = pvnet_rxfh_indir_size,
	.get_rxfh_key_size = pvnet_rxfh_key_size,
	.get_rxfh = pvnet_rss_get,
	.set_rxfh = pvnet_rss_set,
	.get_rxnfc = pvnet_rss_get_nfc,
	.set_rxnfc = pvnet_rss_set_nfc,
	.self_test = pvnet_selftest,
	.get_ts_info = ethtool_op_get_ts_info,
};
