// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the device lets through: MAC address, multicast list, VLANs.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>

#include "regs.h"

/**
 * pvnet_write_mac - set the address the device filters by
 * @pv: device
 * @mac: address
 *
 * An activation puts the permanent address back, so this follows each.
 */
void pvnet_write_mac(struct pvnet *pv, const u8 *mac)
{
	pvnet_write(pv, VMXNET3_REG_MACL, get_unaligned_le32(mac));
	pvnet_write(pv, VMXNET3_REG_MACH, get_unaligned_le16(mac + 4));
}

/* Copy the multicast list to the device's table; false if it is too long. */
static bool pvnet_fill_mc(struct pvnet *pv)
{
	struct net_device *dev = pv->dev;
	struct netdev_hw_addr *ha;
	u32 n = 0;

	if (netdev_mc_count(dev) > PVNET_MC_MAX)
		return false;
	netdev_for_each_mc_addr(ha, dev)
		ether_addr_copy(pv->mc + ETH_ALEN * n++, ha->addr);
	pv->shared->rx_filter.mf_table_len = cpu_to_le16(n * ETH_ALEN);
	pv->shared->rx_filter.mf_table_pa = cpu_to_le64(pv->mc_dma);
	return true;
}

static u32 pvnet_fill_rx_mode(struct pvnet *pv)
{
	const struct net_device *dev = pv->dev;
	u32 mode = VMXNET3_RXM_UCAST;

	/* the device has one unicast address; more need everything */
	if ((dev->flags & IFF_PROMISC) || !netdev_uc_empty(dev))
		mode |= VMXNET3_RXM_PROMISC;
	if (dev->flags & IFF_BROADCAST)
		mode |= VMXNET3_RXM_BCAST;
	if (dev->flags & IFF_ALLMULTI)
		mode |= VMXNET3_RXM_ALL_MULTI;
	else if (!netdev_mc_empty(dev))
		mode |= pvnet_fill_mc(pv) ? VMXNET3_RXM_MCAST :
					    VMXNET3_RXM_ALL_MULTI;
	if (!(mode & VMXNET3_RXM_MCAST)) {
		pv->shared->rx_filter.mf_table_len = 0;
		pv->shared->rx_filter.mf_table_pa = 0;
	}
	return mode;
}

/*
 * An empty table lets every VLAN through, but with some devices, QEMU's among
 * them, only while they are promiscuous.
 */
static void pvnet_fill_vlans(struct pvnet *pv)
{
	__le32 *table = pv->shared->rx_filter.vf_table;
	unsigned int vid;

	memset(table, 0, VMXNET3_VFT_WORDS * sizeof(*table));
	if (pv->dev->flags & IFF_PROMISC)
		return;
	/* untagged frames count as VLAN 0 */
	table[0] |= cpu_to_le32(1);
	for_each_set_bit(vid, pv->vlans, VLAN_N_VID)
		table[vid / 32] |= cpu_to_le32(BIT(vid % 32));
}

static void pvnet_filter_update(struct pvnet *pv)
{
	lockdep_assert_held(&pv->cmd_lock);
	pv->shared->rx_filter.rx_mode = cpu_to_le32(pvnet_fill_rx_mode(pv));
	pvnet_fill_vlans(pv);
	pvnet_cmd(pv, VMXNET3_CMD_UPDATE_RX_MODE);
	pvnet_cmd(pv, VMXNET3_CMD_UPDATE_VLAN_FILTERS);
	pvnet_cmd(pv, VMXNET3_CMD_UPDATE_MAC_FILTERS);
}

/**
 * pvnet_set_rx_mode - ndo_set_rx_mode
 * @dev: network device
 *
 * Context: bottom halves off, address list lock held.
 */
void pvnet_set_rx_mode(struct net_device *dev)
{
	struct pvnet *pv = netdev_priv(dev);

	spin_lock_bh(&pv->cmd_lock);
	/* when the device is not active, activation brings it all */
	if (test_bit(PVNET_UP, &pv->state))
		pvnet_filter_update(pv);
	spin_unlock_bh(&pv->cmd_lock);
}

/**
 * pvnet_filter_restore - set all filters after an activation
 * @pv: device
 *
 * Context: rtnl.
 */
void pvnet_filter_restore(struct pvnet *pv)
{
	pvnet_write_mac(pv, pv->dev->dev_addr);
	netif_addr_lock_bh(pv->dev);
	spin_lock_bh(&pv->cmd_lock);
	pvnet_filter_update(pv);
	spin_unlock_bh(&pv->cmd_lock);
	netif_addr_unlock_bh(pv->dev);
}

static void pvnet_vlan_update(struct pvnet *pv)
{
	spin_lock_bh(&pv->cmd_lock);
	if (test_bit(PVNET_UP, &pv->state)) {
		pvnet_fill_vlans(pv);
		pvnet_cmd(pv, VMXNET3_CMD_UPDATE_VLAN_FILTERS);
	}
	spin_unlock_bh(&pv->cmd_lock);
}

int pvnet_vlan_add(struct net_device *dev, __be16 proto, u16 vid)
{
	struct pvnet *pv = netdev_priv(dev);

	set_bit(vid, pv->vlans);
	pvnet_vlan_update(pv);
	return 0;
}

int pvnet_vlan_kill(struct net_device *dev, __be16 proto, u16 vid)
{
	struct pvnet *pv = netdev_priv(dev);

	clear_bit(vid, pv->vlans);
	pvnet_vlan_update(pv);
	return 0;
}
