// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test equipment: hides MSI-X, or MSI-X and MSI, of a PCI device from its
 * driver while it is loaded.  QEMU's vmxnet3 always has both.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>

static char *device;
module_param(device, charp, 0444);
MODULE_PARM_DESC(device, "PCI device, as 0000:00:03.0; no driver may be bound to it");

static bool msi;
module_param(msi, bool, 0444);
MODULE_PARM_DESC(msi, "hide MSI too, so that INTx is left (default: no)");

static struct pci_dev *pdev;
static u8 msix_cap, msi_cap;

static int __init kt_msi_init(void)
{
	struct device *dev = bus_find_device_by_name(&pci_bus_type, NULL, device);

	if (!dev)
		return -ENODEV;

	pdev = to_pci_dev(dev);
	msix_cap = pdev->msix_cap;
	msi_cap = pdev->msi_cap;
	pdev->msix_cap = 0;
	if (msi)
		pdev->msi_cap = 0;

	return 0;
}

static void __exit kt_msi_exit(void)
{
	pdev->msix_cap = msix_cap;
	pdev->msi_cap = msi_cap;
	pci_dev_put(pdev);
}

module_init(kt_msi_init);
module_exit(kt_msi_exit);
MODULE_DESCRIPTION("Test module that hides MSI-X and MSI of a PCI device");
MODULE_LICENSE("GPL");
