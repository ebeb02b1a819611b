// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the administrator sees: /sys/class/pv_balloon/, the same for every host.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Described in Documentation/ABI/testing/sysfs-class-pv_balloon.
 */

#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/seq_file.h>
#include <linux/sysfs.h>

#include "balloon.h"
#include "params.h"

const char * const pvb_state_names[] = {
	[PVB_IDLE] = "idle",
	[PVB_INFLATING] = "inflating",
	[PVB_DEFLATING] = "deflating",
	[PVB_WAITING] = "waiting",
	[PVB_STOPPED] = "stopped",
};

const char * const pvb_reason_names[] = {
	[PVB_WHY_NONE] = "none",
	[PVB_WHY_FLOOR] = "floor",
	[PVB_WHY_PRESSURE] = "pressure",
	[PVB_WHY_NO_MEMORY] = "no-memory",
	[PVB_WHY_RECLAIMED] = "reclaimed",
	[PVB_WHY_HOST_BUSY] = "host-busy",
	[PVB_WHY_HOST_SILENT] = "host-silent",
	[PVB_WHY_HOST_GONE] = "host-gone",
};

static const char * const pvb_counter_names[PVB_N_MAX] = {
	[PVB_N_INFLATED] = "pages_inflated",
	[PVB_N_DEFLATED] = "pages_deflated",
	[PVB_N_EXCHANGES] = "exchanges",
	[PVB_N_REQUESTS] = "requests",
	[PVB_N_KICKS] = "kicks",
	[PVB_N_REFUSED] = "units_refused",
	[PVB_N_ALLOC_FAILED] = "alloc_failed",
	[PVB_N_PRESSURE] = "pressure_backoffs",
	[PVB_N_RECLAIMED] = "pages_reclaimed",
	[PVB_N_MIGRATED] = "pages_migrated",
	[PVB_N_SPLIT] = "blocks_split",
	[PVB_N_TIMEOUTS] = "host_timeouts",
	[PVB_N_RESETS] = "host_resets",
	[PVB_N_REPORTS] = "reports",
	[PVB_N_REPORTED] = "pages_reported",
	[PVB_N_LOST] = "pages_lost",
};

static u64 pvb_kib(u64 pages)
{
	return pages << (PAGE_SHIFT - 10);
}

static ssize_t transport_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct pv_balloon *b = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%s\n", b->ops->name);
}
static DEVICE_ATTR_RO(transport);

static ssize_t size_kib_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", pvb_kib(pvb_size(dev_get_drvdata(dev))));
}
static DEVICE_ATTR_RO(size_kib);

static ssize_t blocks_kib_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct pv_balloon *b = dev_get_drvdata(dev);
	u64 pages = atomic_long_read(&b->nr_blocks) * PVB_BLOCK_PAGES;

	return sysfs_emit(buf, "%llu\n", pvb_kib(pages));
}
static DEVICE_ATTR_RO(blocks_kib);

static ssize_t target_kib_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct pv_balloon *b = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%llu\n", pvb_kib(READ_ONCE(b->target)));
}
static DEVICE_ATTR_RO(target_kib);

static ssize_t host_target_kib_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct pv_balloon *b = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%llu\n", pvb_kib(READ_ONCE(b->host_target)));
}
static DEVICE_ATTR_RO(host_target_kib);

static ssize_t floor_kib_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", pvb_kib(pvb_floor(dev_get_drvdata(dev))));
}

static ssize_t floor_kib_store(struct device *dev, struct device_attribute *attr,
			       const char *buf, size_t count)
{
	struct pv_balloon *b = dev_get_drvdata(dev);
	u64 kib;
	int err = kstrtou64(buf, 0, &kib);

	if (err)
		return err;
	WRITE_ONCE(b->floor, kib >> (PAGE_SHIFT - 10));
	pvb_target_changed(b);
	return count;
}
static DEVICE_ATTR_RW(floor_kib);

static ssize_t state_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct pv_balloon *b = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%s\n", pvb_state_names[READ_ONCE(b->state)]);
}
static DEVICE_ATTR_RO(state);

static ssize_t reason_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct pv_balloon *b = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%s\n", pvb_reason_names[READ_ONCE(b->reason)]);
}
static DEVICE_ATTR_RO(reason);

static struct attribute *pvb_attrs[] = {
	&dev_attr_transport.attr,
	&dev_attr_size_kib.attr,
	&dev_attr_blocks_kib.attr,
	&dev_attr_target_kib.attr,
	&dev_attr_host_target_kib.attr,
	&dev_attr_floor_kib.attr,
	&dev_attr_state.attr,
	&dev_attr_reason.attr,
	NULL
};

static const struct attribute_group pvb_group = {
	.attrs = pvb_attrs,
};

const struct attribute_group *pvb_groups[] = {
	&pvb_group,
	NULL
};

static int counters_show(struct seq_file *m, void *unused)
{
	struct pv_balloon *b = m->private;
	int i;

	for (i = 0; i < PVB_N_MAX; i++)
		seq_printf(m, "%-18s %lu\n", pvb_counter_names[i],
			   atomic_long_read(&b->counters[i]));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(counters);

/**
 * pvb_debugfs_init() - create /sys/kernel/debug/pv_balloon/pv_balloonN
 * @b: the balloon
 */
void pvb_debugfs_init(struct pv_balloon *b)
{
	b->debugfs = debugfs_create_dir(dev_name(&b->dev), pvb_debugfs_root);
	debugfs_create_file("counters", 0400, b->debugfs, b, &counters_fops);
}

/**
 * pvb_debugfs_exit() - undo pvb_debugfs_init(); nobody reads when it returns
 * @b: the balloon
 */
void pvb_debugfs_exit(struct pv_balloon *b)
{
	debugfs_remove_recursive(b->debugfs);
}
