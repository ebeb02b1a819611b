// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suspend, wake on LAN and PCI errors.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/if_arp.h>
#include <linux/inetdevice.h>

#include "regs.h"
#include "sleep.h"

/* Filter @n.  They are not counted in @pm_conf, which the device may write to. */
static struct vmxnet3_pm_filter *pvnet_pm_filter(struct pvnet *pv, u8 n,
						 u8 size)
{
	struct vmxnet3_pm_filter *filter = &pv->pm_conf->filters[n];

	filter->pattern_size = size;
	filter->mask_size = DIV_ROUND_UP(size, 8);
	return filter;
}

static void pvnet_pm_match(struct vmxnet3_pm_filter *filter, unsigned int off,
			   const void *data, unsigned int len)
{
	memcpy(filter->pattern + off, data, len);
	for (; len--; off++)
		filter->mask[off / 8] |= BIT(off % 8);
}

/* Add a filter behind the @n there are; returns how many there are then. */
static u8 pvnet_pm_add_ucast(struct pvnet *pv, u8 n)
{
	pvnet_pm_match(pvnet_pm_filter(pv, n, ETH_ALEN), 0, pv->dev->dev_addr,
		       ETH_ALEN);
	return n + 1;
}

/* The same with an ARP request for our first address, if we have one. */
static u8 pvnet_pm_add_arp(struct pvnet *pv, u8 n)
{
	const unsigned int tpa = ETH_HLEN + sizeof(struct arphdr) +
				 2 * ETH_ALEN + sizeof(__be32);
	struct vmxnet3_pm_filter *filter;
	__be16 type = htons(ETH_P_ARP), op = htons(ARPOP_REQUEST);
	__be32 addr = 0;
	struct in_device *in_dev;
	const struct in_ifaddr *ifa;

	rcu_read_lock();
	in_dev = __in_dev_get_rcu(pv->dev);
	ifa = in_dev ? rcu_dereference(in_dev->ifa_list) : NULL;
	if (ifa)
		addr = ifa->ifa_local;
	rcu_read_unlock();
	if (!addr)
		return n;

	filter = pvnet_pm_filter(pv, n, tpa + sizeof(addr));
	pvnet_pm_match(filter, offsetof(struct ethhdr, h_proto), &type,
		       sizeof(type));
	pvnet_pm_match(filter, ETH_HLEN + offsetof(struct arphdr, ar_op), &op,
		       sizeof(op));
	pvnet_pm_match(filter, tpa, &addr, sizeof(addr));
	return n + 1;
}

/* What is to wake the machine; the device is active, but nobody listens to it. */
static void pvnet_pm_arm(struct pvnet *pv)
{
	struct vmxnet3_pm_conf *conf = pv->pm_conf;
	u16 events = 0;
	u8 n = 0;

	memset(conf, 0, sizeof(*conf));
	if (pv->wol & WAKE_UCAST)
		n = pvnet_pm_add_ucast(pv, n);
	if (pv->wol & WAKE_ARP)
		n = pvnet_pm_add_arp(pv, n);
	if (n)
		events |= VMXNET3_PM_WAKEUP_FILTER;
	if (pv->wol & WAKE_MAGIC)
		events |= VMXNET3_PM_WAKEUP_MAGIC;
	conf->num_filters = n;
	conf->wake_up_events = cpu_to_le16(events);

	spin_lock_bh(&pv->cmd_lock);
	pv->shared->pm_conf = (struct vmxnet3_var_conf){
		.ver = cpu_to_le32(1),
		.len = cpu_to_le32(sizeof(*conf)),
		.pa = cpu_to_le64(pv->pm_dma),
	};
	pvnet_cmd(pv, VMXNET3_CMD_UPDATE_PMCFG);
	spin_unlock_bh(&pv->cmd_lock);
}

static int pvnet_suspend(struct device *dev)
{
	struct pvnet *pv = dev_get_drvdata(dev);

	if (pvnet_detach_for_sleep(pv, pv->wol && device_may_wakeup(dev)))
		pvnet_pm_arm(pv);
	return 0;
}

/* Nothing may write to memory while an image of it is made or read back. */
static int pvnet_freeze(struct device *dev)
{
	pvnet_detach_for_sleep(dev_get_drvdata(dev), false);
	return 0;
}

static int pvnet_resume(struct device *dev)
{
	struct pvnet *pv = dev_get_drvdata(dev);
	unsigned int version;
	int err;

	/* a device that lost power has forgotten the chosen version */
	err = pvnet_select_version(pv, pv->ops->version, &version);
	if (!err && version != pv->ops->version)
		err = -ENODEV;
	if (!err)
		err = pvnet_attach_after_sleep(pv);
	if (err)
		netdev_err(pv->dev, "device did not come back: %d\n", err);
	return err;
}

const struct dev_pm_ops pvnet_pm_ops = {
	.suspend = pm_sleep_ptr(pvnet_suspend),
	.resume = pm_sleep_ptr(pvnet_resume),
	.freeze = pm_sleep_ptr(pvnet_freeze),
	.thaw = pm_sleep_ptr(pvnet_resume),
	.poweroff = pm_sleep_ptr(pvnet_suspend),
	.restore = pm_sleep_ptr(pvnet_resume),
};

static pci_ers_result_t pvnet_error_detected(struct pci_dev *pdev,
					     pci_channel_state_t state)
{
	struct pvnet *pv = pci_get_drvdata(pdev);

	/* commands would time out one by one */
	if (state != pci_channel_io_normal)
		set_bit(PVNET_GONE, &pv->state);
	pvnet_detach_for_sleep(pv, false);
	if (state == pci_channel_io_perm_failure)
		return PCI_ERS_RESULT_DISCONNECT;
	/* devres disables the device when it is unbound, and does so once */
	pci_clear_master(pdev);
	return PCI_ERS_RESULT_NEED_RESET;
}

static pci_ers_result_t pvnet_slot_reset(struct pci_dev *pdev)
{
	if (pci_reenable_device(pdev))
		return PCI_ERS_RESULT_DISCONNECT;
	pci_set_master(pdev);
	pci_restore_state(pdev);
	pci_save_state(pdev);
	return PCI_ERS_RESULT_RECOVERED;
}

static void pvnet_error_resume(struct pci_dev *pdev)
{
	struct pvnet *pv = pci_get_drvdata(pdev);

	clear_bit(PVNET_GONE, &pv->state);
	pvnet_resume(&pdev->dev);
}

/* A reset that somebody asked for, through sysfs for example. */
static void pvnet_reset_prepare(struct pci_dev *pdev)
{
	pvnet_detach_for_sleep(pci_get_drvdata(pdev), false);
}

static void pvnet_reset_done(struct pci_dev *pdev)
{
	pvnet_resume(&pdev->dev);
}

const struct pci_error_handlers pvnet_err_handlers = {
	.error_detected = pvnet_error_detected,
	.slot_reset = pvnet_slot_reset,
	.resume = pvnet_error_resume,
	.reset_prepare = pvnet_reset_prepare,
	.reset_done = pvnet_reset_done,
};
