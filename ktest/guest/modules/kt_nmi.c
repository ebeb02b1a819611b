// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test equipment: takes every NMI as its own and counts it
 *
 * For tests that inject NMIs: without a handler the kernel says for each that it
 * is dazed and confused.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <linux/atomic.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

#include <asm/nmi.h>

static atomic_t nmis;

static int kt_nmi_count(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%d\n", atomic_read(&nmis));
}

static const struct kernel_param_ops count_ops = { .get = kt_nmi_count };

module_param_cb(count, &count_ops, NULL, 0444);
MODULE_PARM_DESC(count, "NMIs so far");

static int kt_nmi_handler(unsigned int type, struct pt_regs *regs)
{
	atomic_inc(&nmis);
	return NMI_HANDLED;
}

static int __init kt_nmi_init(void)
{
	return register_nmi_handler(NMI_LOCAL, kt_nmi_handler, 0, "kt_nmi");
}

static void __exit kt_nmi_exit(void)
{
	unregister_nmi_handler(NMI_LOCAL, "kt_nmi");
}

module_init(kt_nmi_init);
module_exit(kt_nmi_exit);
MODULE_DESCRIPTION("Test module that takes every NMI");
MODULE_LICENSE("GPL");
