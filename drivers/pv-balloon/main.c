// SPDX-License-Identifier: GPL-2.0-only
/*
 * Module entry: parameters, the class, the transports.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <linux/debugfs.h>
#include <linux/device/class.h>
#include <linux/init.h>
#include <linux/module.h>

#include "balloon.h"
#include "params.h"
#include "transports.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

unsigned int pvb_param_floor_mib;
module_param_named(floor_mib, pvb_param_floor_mib, uint, 0644);
MODULE_PARM_DESC(floor_mib, "Memory that no host can take, in MiB (0: computed from the size)");

unsigned int pvb_param_pressure = 10;
module_param_named(pressure, pvb_param_pressure, uint, 0644);
MODULE_PARM_DESC(pressure,
		 "Percent of time stalled on memory above which the balloon does not grow (0: off)");

bool pvb_param_shrinker;
module_param_named(shrinker, pvb_param_shrinker, bool, 0644);
MODULE_PARM_DESC(shrinker, "Give ballooned pages to tasks in direct reclaim");

const struct class pvb_class = {
	.name = "pv_balloon",
};

struct dentry *pvb_debugfs_root;

static int __init pvb_init(void)
{
	int err;

	err = class_register(&pvb_class);
	if (err)
		return err;
	pvb_debugfs_root = debugfs_create_dir("pv_balloon", NULL);

	err = pvb_virtio_init();
	if (err)
		goto err_class;
	err = pvb_xen_init();
	if (err)
		goto err_virtio;
	err = pvb_vmware_init();
	if (err)
		goto err_xen;
	return 0;

err_xen:
	pvb_xen_exit();
err_virtio:
	pvb_virtio_exit();
err_class:
	debugfs_remove_recursive(pvb_debugfs_root);
	class_unregister(&pvb_class);
	return err;
}
module_init(pvb_init);

static void __exit pvb_exit(void)
{
	pvb_vmware_exit();
	pvb_xen_exit();
	pvb_virtio_exit();
	debugfs_remove_recursive(pvb_debugfs_root);
	class_unregister(&pvb_class);
}
module_exit(pvb_exit);

MODULE_DESCRIPTION("Memory balloon for every hypervisor");
MODULE_AUTHOR("The pvops developers");
MODULE_LICENSE("GPL");
