/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One line at load time about what a module leaves out on a stock kernel.  Put
 * before the file with module_init(), with LEFT_OUT defined.
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PV_DKMS_LEFT_OUT_H
#define PV_DKMS_LEFT_OUT_H

#include <linux/module.h>
#include <linux/printk.h>

#undef module_init
#define module_init(init)						\
	int __init init_module(void)					\
	{								\
		pr_info(KBUILD_MODNAME ": without " LEFT_OUT		\
			", which need more than a stock kernel\n");	\
		return init();						\
	}								\
	___ADDRESSABLE(init_module, __initdata)

#endif /* PV_DKMS_LEFT_OUT_H */
