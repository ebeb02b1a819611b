// SPDX-License-Identifier: GPL-2.0-only
/*
 * Device versions: what each adds, as one record chosen at probe.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Version 1 is what QEMU has.  Versions 2 to 4, which VMware hosts offer, are
 * written after drivers/net/vmxnet3 and run against a device model in KUnit;
 * they have not yet run on a real ESXi host.
 */
#include "regs.h"

static u32 pvnet_tx_data_size_v1(struct pvnet *pv)
{
	return VMXNET3_TXDATA_DESC_SIZE;
}

/* From version 3 on the device says how large a slot may be. */
static u32 pvnet_tx_data_size_v3(struct pvnet *pv)
{
	u32 val, size;

	if (pvnet_cmd_get(pv, VMXNET3_CMD_GET_TXDATA_DESC_SIZE, &val))
		return VMXNET3_TXDATA_DESC_SIZE;
	size = val & 0xffff;
	if (size < VMXNET3_TXDATA_DESC_SIZE || size > VMXNET3_DATA_DESC_MAX ||
	    size % VMXNET3_DATA_DESC_ALIGN)
		return VMXNET3_TXDATA_DESC_SIZE;
	return size;
}

static u32 pvnet_lro_size_v2(u32 dw3)
{
	if (FIELD_GET(VMXNET3_CD_TYPE, dw3) != VMXNET3_CDTYPE_RXCOMP_LRO)
		return 0;
	return FIELD_GET(VMXNET3_RCD_CSUM, dw3);
}

static const struct pvnet_dev_ops pvnet_v1_ops = {
	.version = 1,
	.max_rxq = 1,
	.tx_data_size = pvnet_tx_data_size_v1,
};

static const struct pvnet_dev_ops pvnet_v2_ops = {
	.version = 2,
	.features = NETIF_F_RXHASH,
	.max_rxq = PVNET_MAX_QUEUES,
	.rss = true,
	.tx_data_size = pvnet_tx_data_size_v1,
	.lro_size = pvnet_lro_size_v2,
};

static const struct pvnet_dev_ops pvnet_v3_ops = {
	.version = 3,
	.features = NETIF_F_RXHASH,
	.max_rxq = PVNET_MAX_QUEUES,
	.rss = true,
	.rx_data_ring = true,
	.device_coalesce = true,
	.tx_data_size = pvnet_tx_data_size_v3,
	.lro_size = pvnet_lro_size_v2,
};

static const struct pvnet_dev_ops pvnet_v4_ops = {
	.version = 4,
	.features = NETIF_F_RXHASH | NETIF_F_GSO_UDP_TUNNEL |
		    NETIF_F_GSO_UDP_TUNNEL_CSUM,
	.enc_features = NETIF_F_SG | NETIF_F_RXCSUM | NETIF_F_IP_CSUM |
			NETIF_F_IPV6_CSUM | NETIF_F_TSO | NETIF_F_TSO6 |
			NETIF_F_GSO_UDP_TUNNEL | NETIF_F_GSO_UDP_TUNNEL_CSUM,
	.max_rxq = PVNET_MAX_QUEUES,
	.rss = true,
	.rx_data_ring = true,
	.device_coalesce = true,
	.rss_fields = true,
	.om_encap = true,
	.tx_data_size = pvnet_tx_data_size_v3,
	.lro_size = pvnet_lro_size_v2,
};

/**
 * pvnet_dev_ops_get - record of a device version
 * @version: version, 1 to PVNET_MAX_VERSION
 *
 * Return: the record
 */
const struct pvnet_dev_ops *pvnet_dev_ops_get(unsigned int version)
{
	static const struct pvnet_dev_ops * const ops[PVNET_MAX_VERSION] = {
		&pvnet_v1_ops, &pvnet_v2_ops, &pvnet_v3_ops, &pvnet_v4_ops,
	};

	return ops[version - 1];
}
