/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Coalescing: moderation in software, and the device's own from version 3 on.
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef _PVNET_COALESCE_H
#define _PVNET_COALESCE_H

#include <linux/ethtool.h>

#include "pvnet.h"

void pvnet_coalesce_init(struct pvnet *pv);
void pvnet_coalesce_activate(struct pvnet *pv);
int pvnet_get_coalesce(struct net_device *dev, struct ethtool_coalesce *ec,
		       struct kernel_ethtool_coalesce *kec,
		       struct netlink_ext_ack *extack);
int pvnet_set_coalesce(struct net_device *dev, struct ethtool_coalesce *ec,
		       struct kernel_ethtool_coalesce *kec,
		       struct netlink_ext_ack *extack);
int pvnet_get_per_queue_coalesce(struct net_device *dev, u32 queue,
				 struct ethtool_coalesce *ec);
int pvnet_set_per_queue_coalesce(struct net_device *dev, u32 queue,
				 struct ethtool_coalesce *ec);

#endif /* _PVNET_COALESCE_H */
