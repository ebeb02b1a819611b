/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Receive side scaling, versions 2 to 4.
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef _PVNET_RSS_H
#define _PVNET_RSS_H

#include <linux/ethtool.h>

#include "pvnet.h"

/* The table has four entries for each receive queue, as in-tree vmxnet3's. */
static inline u32 pvnet_rss_indir_size(const struct pvnet *pv)
{
	return min(4 * pv->cfg.num_rxq, UPT1_RSS_INDIR_MAX);
}

void pvnet_rss_init(struct pvnet *pv);
void pvnet_rss_fill(struct pvnet *pv, const struct pvnet_cfg *cfg);
void pvnet_rss_activate(struct pvnet *pv);
int pvnet_rss_get(struct net_device *dev, struct ethtool_rxfh_param *rxfh);
int pvnet_rss_set(struct net_device *dev, struct ethtool_rxfh_param *rxfh,
		  struct netlink_ext_ack *extack);
int pvnet_rss_get_nfc(struct net_device *dev, struct ethtool_rxnfc *nfc,
		      u32 *rules);
int pvnet_rss_set_nfc(struct net_device *dev, struct ethtool_rxnfc *nfc);

#endif /* _PVNET_RSS_H */
