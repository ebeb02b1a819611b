// SPDX-License-Identifier: GPL-2.0-only
/*
 * Module entry of the host's clock.
 *
 * Copyright (C) 2026 the pvops developers
 */

#define pr_fmt(fmt) "pv_ptp: " fmt

#include <linux/cc_platform.h>
#include <linux/cpufeature.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include <asm/alternative.h>
#include <asm/tsc.h>

#include "ptp.h"
#include "ptp_abi.h"
#include "vmware_host.h"

static struct pvp_clock pvp_clock;
static struct platform_device *pvp_pdev;

static void pvp_real_door(void *host, struct pvp_regs *regs)
{
	/* The same instruction as asm/vmware.h uses, with all registers both ways. */
	asm volatile(ALTERNATIVE_2("movw %[port], %%dx\n\tinl (%%dx), %%eax",
				   "vmcall", X86_FEATURE_VMCALL,
				   "vmmcall", X86_FEATURE_VMW_VMMCALL)
		     : "+a" (regs->ax), "+b" (regs->bx), "+c" (regs->cx),
		       "+d" (regs->dx), "+S" (regs->si), "+D" (regs->di)
		     : [port] "i" (VMW_BACKDOOR_PORT)
		     : "cc", "memory");
}

static ssize_t error_ns_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", READ_ONCE(pvp_clock.error_ns));
}
static DEVICE_ATTR_RO(error_ns);

static ssize_t command_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", pvp_clock.cmd);
}
static DEVICE_ATTR_RO(command);

static ssize_t accepted_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%lu\n", READ_ONCE(pvp_clock.accepted));
}
static DEVICE_ATTR_RO(accepted);

static ssize_t rejected_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%lu\n", READ_ONCE(pvp_clock.rejected));
}
static DEVICE_ATTR_RO(rejected);

static struct attribute *pvp_attrs[] = {
	&dev_attr_error_ns.attr,
	&dev_attr_command.attr,
	&dev_attr_accepted.attr,
	&dev_attr_rejected.attr,
	NULL
};

ATTRIBUTE_GROUPS(pvp);

/*
 * The width of a sample is measured with the TSC.  Encrypted guests are left
 * out: what the host says about time must not be believed there, and the call
 * needs a shared register file.
 */
static bool __init pvp_usable(void)
{
	return vmware_host_present() && tsc_khz &&
	       boot_cpu_has(X86_FEATURE_TSC) &&
	       !cc_platform_has(CC_ATTR_GUEST_MEM_ENCRYPT);
}

static int __init pvp_register(void)
{
	int err;

	pvp_pdev = platform_device_alloc("pv_ptp", PLATFORM_DEVID_NONE);
	if (!pvp_pdev)
		return -ENOMEM;
	/* With the device, so that udev's rules find the files. */
	pvp_pdev->dev.groups = pvp_groups;
	err = platform_device_add(pvp_pdev);
	if (err)
		goto err_put;

	pvp_clock_info_init(&pvp_clock);
	pvp_clock.ptp = ptp_clock_register(&pvp_clock.info, &pvp_pdev->dev);
	if (IS_ERR_OR_NULL(pvp_clock.ptp)) {
		err = pvp_clock.ptp ? PTR_ERR(pvp_clock.ptp) : -ENODEV;
		goto err_del;
	}
	return 0;

err_del:
	platform_device_del(pvp_pdev);
err_put:
	platform_device_put(pvp_pdev);
	return err;
}

static int __init pvp_init(void)
{
	int err;

	if (!pvp_usable())
		return -ENODEV;
	err = pvp_probe(&pvp_clock, pvp_real_door, NULL);
	if (err) {
		pr_info("the host has none of the time commands 55, 46 and 23\n");
		return -ENODEV;
	}
	err = pvp_register();
	if (!err)
		pr_info("ptp%d is the host's clock, read by command %u\n",
			ptp_clock_index(pvp_clock.ptp), pvp_clock.cmd);
	return err;
}
module_init(pvp_init);

static void __exit pvp_exit(void)
{
	ptp_clock_unregister(pvp_clock.ptp);
	platform_device_unregister(pvp_pdev);
}
module_exit(pvp_exit);

/* As vmw_balloon has it: udev loads this on VMware's machines. */
MODULE_ALIAS("dmi:*:svnVMware*:*");
MODULE_DESCRIPTION("PTP clock of VMware hosts");
MODULE_AUTHOR("The pvops developers");
MODULE_LICENSE("GPL");
