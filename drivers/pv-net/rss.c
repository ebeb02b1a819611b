// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receive side scaling, versions 2 to 4.  Not yet run on a real ESXi host.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include "regs.h"
#include "rss.h"

/**
 * pvnet_rss_init - default key and hash fields
 * @pv: device
 */
void pvnet_rss_init(struct pvnet *pv)
{
	struct upt1_rss_conf *conf = pv->rss_conf;

	if (!pv->ops->rss)
		return;
	conf->hash_type = cpu_to_le16(UPT1_RSS_HASH_TYPE_IPV4 |
				      UPT1_RSS_HASH_TYPE_TCP_IPV4 |
				      UPT1_RSS_HASH_TYPE_IPV6 |
				      UPT1_RSS_HASH_TYPE_TCP_IPV6);
	conf->hash_func = cpu_to_le16(UPT1_RSS_HASH_FUNC_TOEPLITZ);
	conf->key_size = cpu_to_le16(sizeof(conf->key));
	netdev_rss_key_fill(conf->key, sizeof(conf->key));
	pv->rss_fields = VMXNET3_RSS_FIELDS_TCPIP4 | VMXNET3_RSS_FIELDS_TCPIP6;
}

/*
 * Entry @i of the table for @num_rxq queues.  A table that was set for another
 * number is repeated or cut off, so that it still means the same queues.
 */
static u32 pvnet_rss_entry(const struct pvnet *pv, u32 i, u32 num_rxq)
{
	u32 queue;

	if (netif_is_rxfh_configured(pv->dev) && pv->rss_indir_size) {
		queue = pv->rss_indir[i % pv->rss_indir_size];
		if (queue < num_rxq)
			return queue;
	}
	return ethtool_rxfh_indir_default(i, num_rxq);
}

/**
 * pvnet_rss_fill - point the device to the table before an activation
 * @pv: device
 * @cfg: configuration being activated
 *
 * Context: rtnl.
 */
void pvnet_rss_fill(struct pvnet *pv, const struct pvnet_cfg *cfg)
{
	struct upt1_rss_conf *conf = pv->rss_conf;
	u32 i, n = min(4 * cfg->num_rxq, UPT1_RSS_INDIR_MAX);

	if (!pv->ops->rss || cfg->num_rxq < 2)
		return;
	for (i = 0; i < n; i++)
		conf->indir[i] = pvnet_rss_entry(pv, i, cfg->num_rxq);
	conf->indir_size = cpu_to_le16(n);
	pv->shared->rss_conf = (struct vmxnet3_var_conf){
		.ver = cpu_to_le32(1),
		.len = cpu_to_le32(sizeof(*conf)),
		.pa = cpu_to_le64(pv->rss_dma),
	};
}

/* Does the device spread packets by its table now? */
static bool pvnet_rss_runs(const struct pvnet *pv)
{
	return test_bit(PVNET_UP, &pv->state) &&
	       pv->queues->cfg.num_rxq > 1;
}

/* Write @fields; an error if the device did not take those of @must. */
static int pvnet_rss_write_fields(struct pvnet *pv, u32 fields, u32 must)
{
	u32 got;
	int err;

	spin_lock_bh(&pv->cmd_lock);
	pv->shared->cmd_info.rss_fields = cpu_to_le32(fields);
	pvnet_cmd(pv, VMXNET3_CMD_SET_RSS_FIELDS);
	spin_unlock_bh(&pv->cmd_lock);

	err = pvnet_cmd_get(pv, VMXNET3_CMD_GET_RSS_FIELDS, &got);
	if (!err && ((got ^ fields) & must))
		err = -EOPNOTSUPP;
	return err;
}

/**
 * pvnet_rss_activate - settings that need an active device
 * @pv: device, with PVNET_UP set
 *
 * Context: rtnl.
 */
void pvnet_rss_activate(struct pvnet *pv)
{
	if (!pv->ops->rss_fields || !pvnet_rss_runs(pv))
		return;
	if (pvnet_rss_write_fields(pv, pv->rss_fields, pv->rss_fields) ==
	    -EOPNOTSUPP)
		netdev_warn(pv->dev, "device does not hash all of fields %#x\n",
			    pv->rss_fields);
}

int pvnet_rss_get(struct net_device *dev, struct ethtool_rxfh_param *rxfh)
{
	struct pvnet *pv = netdev_priv(dev);
	u32 i;

	rxfh->hfunc = ETH_RSS_HASH_TOP;
	if (rxfh->indir)
		for (i = 0; i < pvnet_rss_indir_size(pv); i++)
			rxfh->indir[i] = pvnet_rss_entry(pv, i,
							 pv->cfg.num_rxq);
	if (rxfh->key)
		memcpy(rxfh->key, pv->rss_conf->key, UPT1_RSS_KEY_SIZE);
	return 0;
}

/* A device reads the key only when it is activated. */
static int pvnet_rss_set_key(struct pvnet *pv, const u8 *key)
{
	u8 old[UPT1_RSS_KEY_SIZE];
	int err;

	memcpy(old, pv->rss_conf->key, sizeof(old));
	if (!memcmp(old, key, sizeof(old)))
		return 0;
	memcpy(pv->rss_conf->key, key, sizeof(old));
	if (!pvnet_rss_runs(pv))
		return 0;
	err = pvnet_reconfigure(pv, &pv->cfg);
	if (err) {
		memcpy(pv->rss_conf->key, old, sizeof(old));
		/* the old rings may have been activated again, and with it */
		pvnet_schedule_reset(pv);
	}
	return err;
}

static void pvnet_rss_set_indir(struct pvnet *pv, const u32 *indir)
{
	u32 i, n = pvnet_rss_indir_size(pv);

	spin_lock_bh(&pv->cmd_lock);
	for (i = 0; i < n; i++) {
		pv->rss_indir[i] = indir[i];
		pv->rss_conf->indir[i] = indir[i];
	}
	pv->rss_indir_size = n;
	if (test_bit(PVNET_UP, &pv->state))
		pvnet_cmd(pv, VMXNET3_CMD_UPDATE_RSSIDT);
	spin_unlock_bh(&pv->cmd_lock);
}

int pvnet_rss_set(struct net_device *dev, struct ethtool_rxfh_param *rxfh,
		  struct netlink_ext_ack *extack)
{
	struct pvnet *pv = netdev_priv(dev);
	int err;

	if (!pv->ops->rss)
		return -EOPNOTSUPP;
	if (rxfh->hfunc != ETH_RSS_HASH_NO_CHANGE &&
	    rxfh->hfunc != ETH_RSS_HASH_TOP) {
		NL_SET_ERR_MSG_MOD(extack, "only the Toeplitz hash is there");
		return -EOPNOTSUPP;
	}

	if (rxfh->key) {
		err = pvnet_rss_set_key(pv, rxfh->key);
		if (err)
			return err;
	}
	if (rxfh->indir)
		pvnet_rss_set_indir(pv, rxfh->indir);
	return 0;
}

/* The bit of a flow type whose ports may be hashed or not, 0 for others. */
static u32 pvnet_rss_field(u32 flow_type)
{
	switch (flow_type) {
	case UDP_V4_FLOW:
		return VMXNET3_RSS_FIELDS_UDPIP4;
	case UDP_V6_FLOW:
		return VMXNET3_RSS_FIELDS_UDPIP6;
	case ESP_V4_FLOW:
	case AH_V4_FLOW:
	case AH_ESP_V4_FLOW:
		return VMXNET3_RSS_FIELDS_ESPIP4;
	case ESP_V6_FLOW:
	case AH_V6_FLOW:
	case AH_ESP_V6_FLOW:
		return VMXNET3_RSS_FIELDS_ESPIP6;
	default:
		return 0;
	}
}

#define PVNET_RXH_IP	(RXH_IP_SRC | RXH_IP_DST)
#define PVNET_RXH_L4	(PVNET_RXH_IP | RXH_L4_B_0_1 | RXH_L4_B_2_3)

/* What the hash of a flow type is made of. */
static u64 pvnet_rss_hashed(const struct pvnet *pv, u32 flow_type)
{
	if (flow_type == TCP_V4_FLOW || flow_type == TCP_V6_FLOW ||
	    (pvnet_rss_field(flow_type) & pv->rss_fields))
		return PVNET_RXH_L4;
	return PVNET_RXH_IP;
}

int pvnet_rss_get_nfc(struct net_device *dev, struct ethtool_rxnfc *nfc,
		      u32 *rules)
{
	struct pvnet *pv = netdev_priv(dev);

	switch (nfc->cmd) {
	case ETHTOOL_GRXRINGS:
		nfc->data = pv->cfg.num_rxq;
		return 0;
	case ETHTOOL_GRXFH:
		if (!pv->ops->rss)
			return -EOPNOTSUPP;
		nfc->data = pvnet_rss_hashed(pv, nfc->flow_type);
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

int pvnet_rss_set_nfc(struct net_device *dev, struct ethtool_rxnfc *nfc)
{
	struct pvnet *pv = netdev_priv(dev);
	u32 field = pvnet_rss_field(nfc->flow_type), fields = pv->rss_fields;
	int err;

	if (nfc->cmd != ETHTOOL_SRXFH || !pv->ops->rss_fields)
		return -EOPNOTSUPP;
	/* there is no choice: it may be set to what it is */
	if (!field)
		return nfc->data == pvnet_rss_hashed(pv, nfc->flow_type) ?
			0 : -EINVAL;
	if (nfc->data == PVNET_RXH_L4)
		fields |= field;
	else if (nfc->data == PVNET_RXH_IP)
		fields &= ~field;
	else
		return -EINVAL;

	if (pvnet_rss_runs(pv)) {
		err = pvnet_rss_write_fields(pv, fields, field);
		if (err) {
			pvnet_rss_write_fields(pv, pv->rss_fields, 0);
			return err;
		}
	}
	pv->rss_fields = fields;
	return 0;
}
