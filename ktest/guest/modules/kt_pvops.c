// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test equipment: replaces an op of pv_ops while it is loaded
 *
 * The report must follow: another function, another owner, and call sites that
 * still go to the old one.  The op is one that any function of its type can
 * serve at any time.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <linux/io.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

#include <asm/paravirt.h>

/* Stands for code that the inventory cannot know. */
static void kt_io_delay(void)
{
}

/* Stands for a hypervisor's code: the prefix is what owners are known by. */
static void vmware_kt_io_delay(void)
{
}

static bool as_vmware;
module_param(as_vmware, bool, 0444);
MODULE_PARM_DESC(as_vmware, "replace it by a function with VMware's prefix");

static bool replace = true;
module_param(replace, bool, 0444);
MODULE_PARM_DESC(replace, "replace the op; else only have call sites of it");

static void (*before)(void);

static int __init kt_pvops_init(void)
{
	before = pv_ops.cpu.io_delay;
	if (replace)
		WRITE_ONCE(pv_ops.cpu.io_delay, as_vmware ? vmware_kt_io_delay : kt_io_delay);

	return 0;
}

/* Has a call site of the op that is not in init text. */
static void __exit kt_pvops_exit(void)
{
	WRITE_ONCE(pv_ops.cpu.io_delay, before);
	slow_down_io();
}

module_init(kt_pvops_init);
module_exit(kt_pvops_exit);
MODULE_DESCRIPTION("Test module that replaces an op of pv_ops");
MODULE_LICENSE("GPL");
