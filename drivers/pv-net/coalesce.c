// SPDX-License-Identifier: GPL-2.0-only
/*
 * Coalescing: moderation in software, and the device's own from version 3 on.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * The device's own is switched off where it can be, because it can hold
 * packets for milliseconds and tells nobody; moderation in software is then
 * the only one, is set for each queue, and reads back as it was set.
 */
#include "coalesce.h"
#include "moderation.h"
#include "regs.h"

/**
 * pvnet_coalesce_init - defaults
 * @pv: device
 */
void pvnet_coalesce_init(struct pvnet *pv)
{
	pv->coal_conf->mode = cpu_to_le32(VMXNET3_COALESCE_DISABLED);
}

/**
 * pvnet_coalesce_activate - tell the device
 * @pv: device, active
 */
void pvnet_coalesce_activate(struct pvnet *pv)
{
	if (!pv->ops->device_coalesce)
		return;
	spin_lock_bh(&pv->cmd_lock);
	pv->shared->cmd_info.var_conf = (struct vmxnet3_var_conf){
		.ver = cpu_to_le32(1),
		.len = cpu_to_le32(sizeof(*pv->coal_conf)),
		.pa = cpu_to_le64(pv->coal_dma),
	};
	pvnet_cmd(pv, VMXNET3_CMD_SET_COALESCE);
	spin_unlock_bh(&pv->cmd_lock);
}

/* A queue's receive moderation; the same for the event-less tx vectors. */
int pvnet_get_per_queue_coalesce(struct net_device *dev, u32 queue,
				 struct ethtool_coalesce *ec)
{
	struct pvnet *pv = netdev_priv(dev);
	const struct pvnet_moderation *mod;

	if (queue >= pv->cfg.num_rxq)
		return -EINVAL;
	mod = &pvnet_irq_rx_vector(pv, queue)->mod;
	ec->rx_coalesce_usecs = mod->usecs;
	ec->use_adaptive_rx_coalesce = mod->adaptive;
	return 0;
}

int pvnet_set_per_queue_coalesce(struct net_device *dev, u32 queue,
				 struct ethtool_coalesce *ec)
{
	struct pvnet *pv = netdev_priv(dev);

	if (queue >= pv->cfg.num_rxq || ec->rx_coalesce_usecs > PVNET_USECS_MAX)
		return -EINVAL;
	pvnet_moderation_set(pvnet_irq_rx_vector(pv, queue),
			     ec->use_adaptive_rx_coalesce,
			     ec->rx_coalesce_usecs);
	return 0;
}

int pvnet_get_coalesce(struct net_device *dev, struct ethtool_coalesce *ec,
		       struct kernel_ethtool_coalesce *kec,
		       struct netlink_ext_ack *extack)
{
	return pvnet_get_per_queue_coalesce(dev, 0, ec);
}

int pvnet_set_coalesce(struct net_device *dev, struct ethtool_coalesce *ec,
		       struct kernel_ethtool_coalesce *kec,
		       struct netlink_ext_ack *extack)
{
	struct pvnet *pv = netdev_priv(dev);
	unsigned int i;

	if (ec->rx_coalesce_usecs > PVNET_USECS_MAX) {
		NL_SET_ERR_MSG_FMT_MOD(extack, "rx-usecs is limited to %u",
				       PVNET_USECS_MAX);
		return -EINVAL;
	}
	/* of all possible queues, so that later ones have it too */
	for (i = 0; i < pv->max_queues; i++)
		pvnet_moderation_set(pvnet_irq_rx_vector(pv, i),
				     ec->use_adaptive_rx_coalesce,
				     ec->rx_coalesce_usecs);
	return 0;
}
