// SPDX-License-Identifier: GPL-2.0-only
/*
 * pv_svga: DRM driver for the VMware SVGA II device (PCI 15ad:0405) where
 * vmwgfx cannot drive it, as on QEMU's "-vga vmware".
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <linux/aperture.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/screen_info.h>

#include <drm/drm_atomic_helper.h>
#include <drm/drm_drv.h>
#include <drm/drm_fbdev_shmem.h>
#include <drm/drm_gem_shmem_helper.h>
#include <drm/drm_managed.h>
#include <drm/drm_modeset_helper.h>
#include <drm/drm_module.h>
#include <drm/drm_print.h>

#include "pv_svga.h"

static bool claim;
module_param(claim, bool, 0444);
MODULE_PARM_DESC(claim,
		 "Take a device that vmwgfx could drive as well (default: no)");

DEFINE_DRM_GEM_FOPS(pv_svga_fops);

const struct drm_driver pv_svga_drm_driver = {
	.driver_features = DRIVER_GEM | DRIVER_MODESET | DRIVER_ATOMIC |
			   DRIVER_CURSOR_HOTSPOT,
	.fops = &pv_svga_fops,
	.name = "pv_svga",
	.desc = "VMware SVGA II",
	.date = "20260101",
	.major = 1,
	.minor = 0,
	DRM_GEM_SHMEM_DRIVER_OPS,
};

static bool bar_holds(struct pci_dev *pdev, int bar, unsigned long type, u64 size)
{
	return (pci_resource_flags(pdev, bar) & type) && pci_resource_len(pdev, bar) >= size;
}

static int map_ports_and_fifo(struct pv_svga *svga, struct pci_dev *pdev)
{
	void *fifo;
	int ret;

	if (!bar_holds(pdev, SVGA_BAR_IO, IORESOURCE_IO, SVGA_IO_SIZE) ||
	    !bar_holds(pdev, SVGA_BAR_VRAM, IORESOURCE_MEM, 1) ||
	    !bar_holds(pdev, SVGA_BAR_FIFO, IORESOURCE_MEM, SVGA_FIFO_MIN_SIZE))
		return -ENODEV;

	ret = pcim_request_region(pdev, SVGA_BAR_IO, "pv_svga");
	if (ret)
		return ret;
	ret = pcim_request_region(pdev, SVGA_BAR_FIFO, "pv_svga");
	if (ret)
		return ret;

	svga->io = pci_resource_start(pdev, SVGA_BAR_IO);
	/* Ordinary memory of the host that is made to look like a BAR. */
	fifo = devm_memremap(&pdev->dev, pci_resource_start(pdev, SVGA_BAR_FIFO),
			     pci_resource_len(pdev, SVGA_BAR_FIFO), MEMREMAP_WB);
	if (IS_ERR(fifo))
		return PTR_ERR(fifo);
	svga->fifo.mem = fifo;

	return 0;
}

/* The firmware's frame buffer driver has let go of VRAM by now. */
static int map_vram(struct pv_svga *svga, struct pci_dev *pdev)
{
	int ret;

	ret = pcim_request_region(pdev, SVGA_BAR_VRAM, "pv_svga");
	if (ret)
		return ret;

	svga->vram = devm_ioremap_wc(&pdev->dev,
				     pci_resource_start(pdev, SVGA_BAR_VRAM),
				     pci_resource_len(pdev, SVGA_BAR_VRAM));

	return svga->vram ? 0 : -ENOMEM;
}

/* Only one driver may drive the device; vmwgfx does more where it can. */
static bool leave_to_vmwgfx(const struct pv_svga_claims *claims)
{
	return IS_ENABLED(CONFIG_DRM_VMWGFX) && !claim &&
	       pv_svga_vmwgfx_would_bind(claims);
}

static int read_limits(struct pv_svga *svga, struct pci_dev *pdev)
{
	u64 vram_bar = pci_resource_len(pdev, SVGA_BAR_VRAM);
	u64 fifo_bar = pci_resource_len(pdev, SVGA_BAR_FIFO);
	struct pv_svga_claims claims;
	int ret;

	ret = pv_svga_identify(svga);
	if (ret)
		return ret;

	pv_svga_read_claims(svga, fifo_bar, &claims);
	if (leave_to_vmwgfx(&claims)) {
		drm_dbg(&svga->drm, "left to vmwgfx\n");
		return -ENODEV;
	}

	ret = pv_svga_limits_init(&svga->limits, &claims, vram_bar, fifo_bar);
	if (ret)
		drm_err(&svga->drm, "device states unusable sizes\n");

	return ret;
}

/* A picture of another depth or outside VRAM is not kept. */
static void find_firmware_picture(struct pv_svga *svga, struct pci_dev *pdev)
{
	const struct screen_info *si = &screen_info;
	u64 offset = __screen_info_lfb_base(si) -
		     pci_resource_start(pdev, SVGA_BAR_VRAM);

	if (!__screen_info_has_lfb(screen_info_video_type(si)) ||
	    si->lfb_depth != PV_SVGA_CPP * 8 || offset > U32_MAX)
		return;

	pv_svga_scanout_init(&svga->firmware, &svga->limits, si->lfb_width,
			     si->lfb_height, si->lfb_linelength, offset);
}

/* Runs when no commit can touch the device any more. */
static void hw_fini(void *data)
{
	pv_svga_screen_stop(data);
}

static int hw_init(struct pv_svga *svga, struct pci_dev *pdev)
{
	int ret;

	ret = pcim_enable_device(pdev);
	if (ret)
		return ret;
	ret = map_ports_and_fifo(svga, pdev);
	if (ret)
		return ret;
	ret = read_limits(svga, pdev);
	if (ret)
		return ret;
	find_firmware_picture(svga, pdev);
	/* Nothing on screen has changed so far; from here on it is ours. */
	ret = aperture_remove_conflicting_pci_devices(pdev, "pv_svga");
	if (ret)
		return ret;
	ret = map_vram(svga, pdev);
	if (ret)
		return ret;

	ret = devm_add_action_or_reset(&pdev->dev, hw_fini, svga);
	if (ret)
		return ret;
	ret = pv_svga_fence_init(svga, pdev);
	if (ret)
		return ret;
	ret = pv_svga_gmr_init(svga, pdev);
	if (ret)
		return ret;

	return pv_svga_fifo_start(svga);
}

static int pv_svga_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct pv_svga *svga;
	int ret;

	svga = devm_drm_dev_alloc(&pdev->dev, &pv_svga_drm_driver,
				  struct pv_svga, drm);
	if (IS_ERR(svga))
		return PTR_ERR(svga);
	pci_set_drvdata(pdev, svga);
	spin_lock_init(&svga->reg_lock);
	ret = drmm_mutex_init(&svga->drm, &svga->fifo.lock);
	if (ret)
		return ret;
	ret = drmm_mutex_init(&svga->drm, &svga->fb_lock);
	if (ret)
		return ret;

	ret = hw_init(svga, pdev);
	if (ret)
		return ret;
	ret = pv_svga_modeset_init(svga);
	if (ret)
		return ret;
	ret = drm_dev_register(&svga->drm, 0);
	if (ret)
		return ret;

	drm_info(&svga->drm, "%u KiB VRAM, modes up to %ux%u\n",
		 svga->limits.vram_size / 1024, svga->limits.max_width,
		 svga->limits.max_height);
	drm_fbdev_shmem_setup(&svga->drm, PV_SVGA_CPP * 8);

	return 0;
}

static void pv_svga_remove(struct pci_dev *pdev)
{
	struct pv_svga *svga = pci_get_drvdata(pdev);

	drm_dev_unplug(&svga->drm);
	/*
	 * A frame buffer that is given up from now on does not ask the device
	 * whether it has read all. One that is late must not read its pages later.
	 */
	devm_release_action(&pdev->dev, hw_fini, svga);
	drm_atomic_helper_shutdown(&svga->drm);
}

static void pv_svga_shutdown(struct pci_dev *pdev)
{
	struct pv_svga *svga = pci_get_drvdata(pdev);

	drm_atomic_helper_shutdown(&svga->drm);
}

static int pv_svga_suspend(struct device *dev)
{
	struct pv_svga *svga = dev_get_drvdata(dev);
	int ret;

	ret = drm_mode_config_helper_suspend(&svga->drm);
	if (ret)
		return ret;

	pv_svga_irq_enable(svga, false);
	pv_svga_screen_stop(svga);

	return 0;
}

static int pv_svga_resume(struct device *dev)
{
	struct pv_svga *svga = dev_get_drvdata(dev);
	int ret;

	/* The device may have been reset, and remembers nothing. */
	pv_svga_gmr_forget(svga);

	ret = pv_svga_identify(svga);
	if (ret) {
		drm_err(&svga->drm, "device does not answer after sleep\n");
	} else {
		pv_svga_irq_enable(svga, true);
		/* Tried again with the mode if it fails. */
		pv_svga_fifo_start(svga);
	}

	/* The picture is restored as far as there is a device to show it. */
	return drm_mode_config_helper_resume(&svga->drm) ?: ret;
}

static DEFINE_SIMPLE_DEV_PM_OPS(pv_svga_pm_ops, pv_svga_suspend,
				pv_svga_resume);

static const struct pci_device_id pv_svga_ids[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_VMWARE, 0x0405) },
	{ }
};
MODULE_DEVICE_TABLE(pci, pv_svga_ids);

static struct pci_driver pv_svga_pci_driver = {
	.name = "pv_svga",
	.id_table = pv_svga_ids,
	.probe = pv_svga_probe,
	.remove = pv_svga_remove,
	.shutdown = pv_svga_shutdown,
	.driver.pm = pm_sleep_ptr(&pv_svga_pm_ops),
};

drm_module_pci_driver(pv_svga_pci_driver);

MODULE_AUTHOR("The pvops developers");
MODULE_DESCRIPTION("DRM driver for the VMware SVGA II device");
MODULE_LICENSE("GPL");
