// SPDX-License-Identifier: GPL-2.0-only
/*
 * pv_net: a driver for the vmxnet3 network device.  PCI side.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/module.h>

#include "coalesce.h"
#include "regs.h"
#include "rss.h"
#include "rx.h"
#include "sleep.h"
#include "xdp.h"

static bool claim_all;
module_param(claim_all, bool, 0444);
MODULE_PARM_DESC(claim_all, "Also take devices that state version 2 or more, which are left to vmxnet3 otherwise (default: no)");

/* What the module is loaded for. */
static const struct pci_device_id pvnet_alias_ids[] = {
	{ PCI_VDEVICE(VMWARE, VMXNET3_PCI_DEVICE) },
	{ }
};
MODULE_DEVICE_TABLE(pci, pvnet_alias_ids);

/*
 * What it is bound to.  The first entry matches only a device whose
 * driver_override names this driver, and so tells probe of that choice.
 */
#define PVNET_ID_CHOSEN		1
static const struct pci_device_id pvnet_ids[] = {
	{
		PCI_DEVICE_DRIVER_OVERRIDE(PCI_VENDOR_ID_VMWARE,
					   VMXNET3_PCI_DEVICE, true),
		.driver_data = PVNET_ID_CHOSEN,
	},
	{ PCI_VDEVICE(VMWARE, VMXNET3_PCI_DEVICE) },
	{ }
};

/*
 * Versions 2 and up have not run on a real host yet: in-tree vmxnet3 keeps
 * those devices if it is there, unless the administrator says otherwise.
 */
static bool pvnet_is_ours(struct pci_dev *pdev, unsigned int version,
			  bool chosen)
{
	if (version < 2 || claim_all || chosen || !IS_ENABLED(CONFIG_VMXNET3))
		return true;
	dev_info(&pdev->dev,
		 "device version %u is left to vmxnet3; %s.claim_all=1 or driver_override takes it\n",
		 version, PVNET_NAME);
	return false;
}

static void pvnet_set_features_of(struct pvnet *pv)
{
	struct net_device *dev = pv->dev;

	dev->hw_features = NETIF_F_SG | NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM |
			   NETIF_F_RXCSUM | NETIF_F_TSO | NETIF_F_TSO6 |
			   NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_HW_VLAN_CTAG_RX |
			   pv->ops->features;
	dev->hw_enc_features = pv->ops->enc_features;
	dev->vlan_features = dev->hw_features &
			     ~(NETIF_F_HW_VLAN_CTAG_TX |
			       NETIF_F_HW_VLAN_CTAG_RX);
	dev->hw_features |= NETIF_F_LRO;
	/* the filter of VLANs cannot be switched off, see filter.c */
	dev->features = dev->hw_features | NETIF_F_HIGHDMA |
			NETIF_F_HW_VLAN_CTAG_FILTER;
	dev->xdp_features = NETDEV_XDP_ACT_BASIC | NETDEV_XDP_ACT_REDIRECT |
			    NETDEV_XDP_ACT_NDO_XMIT | NETDEV_XDP_ACT_RX_SG |
			    NETDEV_XDP_ACT_NDO_XMIT_SG |
			    NETDEV_XDP_ACT_XSK_ZEROCOPY;
	dev->xdp_zc_max_segs = 1;
	dev->min_mtu = VMXNET3_MIN_MTU;
	dev->max_mtu = VMXNET3_MAX_MTU;
}

static void pvnet_default_cfg(struct pvnet *pv)
{
	pv->cfg = (struct pvnet_cfg){
		.num_txq = pv->max_queues,
		.num_rxq = min(pv->max_queues, pv->ops->max_rxq),
		.tx_size = PVNET_TX_RING_DEFAULT,
		.rx_size = PVNET_RX_RING_DEFAULT,
		.rx2_size = PVNET_RX2_RING_DEFAULT,
		.mtu = ETH_DATA_LEN,
		.lro = true,
		.rxcsum = true,
		.rxvlan = true,
	};
	pv->rx_copybreak = PVNET_RX_COPYBREAK;
}

static void pvnet_set_address(struct pvnet *pv)
{
	u8 mac[ETH_ALEN];

	put_unaligned_le32(pvnet_read(pv, VMXNET3_REG_MACL), mac);
	put_unaligned_le16(pvnet_read(pv, VMXNET3_REG_MACH), mac + 4);
	if (is_valid_ether_addr(mac)) {
		eth_hw_addr_set(pv->dev, mac);
		ether_addr_copy(pv->dev->perm_addr, mac);
		return;
	}
	eth_hw_addr_random(pv->dev);
	netdev_warn(pv->dev, "device has no valid address, using %pM\n",
		    pv->dev->dev_addr);
}

static int pvnet_map(struct pvnet *pv)
{
	struct pci_dev *pdev = pv->pdev;
	int err;

	err = pcim_enable_device(pdev);
	if (err)
		return err;
	err = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (err)
		return err;
	if (pci_resource_len(pdev, 0) < VMXNET3_BAR0_SIZE ||
	    pci_resource_len(pdev, 1) < VMXNET3_BAR1_SIZE)
		return dev_err_probe(&pdev->dev, -ENODEV, "BARs too small\n");
	pv->bar0 = pcim_iomap_region(pdev, 0, PVNET_NAME);
	if (IS_ERR(pv->bar0))
		return PTR_ERR(pv->bar0);
	pv->bar1 = pcim_iomap_region(pdev, 1, PVNET_NAME);
	if (IS_ERR(pv->bar1))
		return PTR_ERR(pv->bar1);
	pci_set_master(pdev);
	return 0;
}

static int pvnet_choose_version(struct pvnet *pv, bool chosen)
{
	unsigned int version;
	int err;

	err = pvnet_select_version(pv, PVNET_MAX_VERSION, &version);
	if (err)
		return dev_err_probe(&pv->pdev->dev, err,
				     "no common device version\n");
	if (!pvnet_is_ours(pv->pdev, version, chosen))
		return -ENODEV;
	pv->ops = pvnet_dev_ops_get(version);
	return 0;
}

/**
 * pvnet_init_netdev - set up what does not depend on the device
 * @pv: device
 */
void pvnet_init_netdev(struct pvnet *pv)
{
	struct net_device *dev = pv->dev;
	unsigned int i;

	dev->netdev_ops = &pvnet_netdev_ops;
	dev->ethtool_ops = &pvnet_ethtool_ops;
	dev->stat_ops = &pvnet_stat_ops;
	dev->xdp_metadata_ops = &pvnet_xdp_metadata_ops;
	dev->watchdog_timeo = 5 * HZ;
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE;
	spin_lock_init(&pv->cmd_lock);
	INIT_WORK(&pv->event_work, pvnet_event_work);
	INIT_DELAYED_WORK(&pv->reset_work, pvnet_reset_work);
	for (i = 0; i < PVNET_MAX_QUEUES; i++) {
		u64_stats_init(&pv->tx_stats[i].syncp);
		u64_stats_init(&pv->rx_stats[i].syncp);
	}
}

/**
 * pvnet_init_settings - features and defaults, from version and vectors
 * @pv: device, with its shared memory
 */
void pvnet_init_settings(struct pvnet *pv)
{
	pvnet_default_cfg(pv);
	pvnet_set_features_of(pv);
	pvnet_rss_init(pv);
	pvnet_coalesce_init(pv);
}

static int pvnet_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct net_device *dev;
	struct pvnet *pv;
	int err;

	dev = alloc_etherdev_mqs(sizeof(*pv), PVNET_MAX_QUEUES,
				 PVNET_MAX_QUEUES);
	if (!dev)
		return -ENOMEM;
	SET_NETDEV_DEV(dev, &pdev->dev);
	pv = netdev_priv(dev);
	pv->dev = dev;
	pv->pdev = pdev;
	pv->dma_dev = &pdev->dev;
	pv->bus = &pvnet_pci_bus_ops;
	pci_set_drvdata(pdev, pv);
	pvnet_init_netdev(pv);

	err = pvnet_map(pv);
	if (err)
		goto free_netdev;
	err = pvnet_choose_version(pv, id->driver_data == PVNET_ID_CHOSEN);
	if (err)
		goto free_netdev;
	/* whoever had the device before may have left it running */
	pvnet_cmd(pv, VMXNET3_CMD_RESET_DEV);

	err = pvnet_share_alloc(pv);
	if (err)
		goto free_netdev;
	err = pvnet_irq_alloc(pv);
	if (err)
		goto free_share;

	pvnet_init_settings(pv);
	pvnet_set_address(pv);
	device_set_wakeup_capable(&pdev->dev, pci_pme_capable(pdev, PCI_D3hot));
	netif_carrier_off(dev);
	err = register_netdev(dev);
	if (err)
		goto free_irq;
	/* what a slot reset is to restore */
	pci_save_state(pdev);
	netdev_dbg(dev, "device version %u, %u vectors, up to %u queue pairs\n",
		   pv->ops->version, pv->num_vec, pv->max_queues);
	return 0;

free_irq:
	pvnet_irq_free(pv);
free_share:
	pvnet_share_free(pv);
free_netdev:
	free_netdev(dev);
	return err;
}

static void pvnet_remove(struct pci_dev *pdev)
{
	struct pvnet *pv = pci_get_drvdata(pdev);

	if (!pci_device_is_present(pdev))
		set_bit(PVNET_GONE, &pv->state);
	/* closes the interface, so that nothing schedules work any more */
	unregister_netdev(pv->dev);
	cancel_delayed_work_sync(&pv->reset_work);
	cancel_work_sync(&pv->event_work);
	pvnet_irq_free(pv);
	pvnet_share_free(pv);
	free_netdev(pv->dev);
}

static void pvnet_shutdown(struct pci_dev *pdev)
{
	struct pvnet *pv = pci_get_drvdata(pdev);

	/* the next kernel must not find its memory written to */
	pvnet_detach_for_sleep(pv, false);
	pci_disable_device(pdev);
}

static struct pci_driver pvnet_driver = {
	.name = PVNET_NAME,
	.id_table = pvnet_ids,
	.probe = pvnet_probe,
	.remove = pvnet_remove,
	.shutdown = pvnet_shutdown,
	.driver.pm = &pvnet_pm_ops,
	.err_handler = &pvnet_err_handlers,
};

/*
 * Only hypervisors have this device: on bare metal nothing is registered, and
 * nothing can appear later.
 */
static int __init pvnet_init(void)
{
	if (!boot_cpu_has(X86_FEATURE_HYPERVISOR) && !pci_dev_present(pvnet_alias_ids))
		return -ENODEV;
	return pci_register_driver(&pvnet_driver);
}
module_init(pvnet_init);

static void __exit pvnet_exit(void)
{
	pci_unregister_driver(&pvnet_driver);
}
module_exit(pvnet_exit);

MODULE_AUTHOR("the pvops developers");
MODULE_DESCRIPTION("Network driver for the vmxnet3 device");
MODULE_LICENSE("GPL");
