// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/hypervisor/pvops/: one value a file
 *
 * Documentation/ABI/testing/sysfs-hypervisor-pvops describes them.
 *
 * Copyright (C) 2026 the pvops developers
 */

#define pr_fmt(fmt) "pvops: " fmt

#include <linux/init.h>
#include <linux/kobject.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string_choices.h>
#include <linux/sysfs.h>

#include "pvops.h"

static ssize_t platform_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", pvops_state.backend->name);
}

static struct kobj_attribute platform_attr = __ATTR_RO(platform);

static struct attribute *top_attrs[] = {
	&platform_attr.attr,
	NULL
};

static const struct attribute_group top_group = {
	.attrs = top_attrs,
};

static ssize_t show_area(enum pvops_area area, char *buf)
{
	char owners[PVOPS_OWNERS_LEN];

	pvops_format_owners(owners, sizeof(owners), pvops_observe_area(area));
	return sysfs_emit(buf, "%s\n", owners);
}

#define AREA_ATTR(_name, _area)							\
	static ssize_t _name##_show(struct kobject *kobj,			\
				    struct kobj_attribute *attr, char *buf)	\
	{									\
		return show_area(_area, buf);					\
	}									\
	static struct kobj_attribute _name##_attr = __ATTR_RO(_name)

AREA_ATTR(cpu, PVOPS_CPU);
AREA_ATTR(mmu, PVOPS_MMU);
AREA_ATTR(irq, PVOPS_IRQ);
AREA_ATTR(timer, PVOPS_TIMER);

static struct attribute *owners_attrs[] = {
	&cpu_attr.attr,
	&mmu_attr.attr,
	&irq_attr.attr,
	&timer_attr.attr,
	NULL
};

static const struct attribute_group owners_group = {
	.name = "owners",
	.attrs = owners_attrs,
};

/**
 * struct feature_attr - file of a feature
 * @attr: the file
 * @found: measured: what to look at; NULL for
 * @bit: negotiated: which feature of the backend
 */
struct feature_attr {
	struct kobj_attribute attr;
	const struct pvops_found *found;
	unsigned int bit;
};

static ssize_t feature_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	const struct feature_attr *f = container_of_const(attr, struct feature_attr, attr);
	bool on = pvops_state.features & BIT(f->bit);

	if (f->found)
		on = pvops_found_on(f->found);

	return sysfs_emit(buf, "%s\n", str_on_off(on));
}

static struct attribute * __init init_feature(struct feature_attr *f, const char *name)
{
	sysfs_attr_init(&f->attr.attr);
	f->attr.attr.name = name;
	f->attr.attr.mode = 0444;
	f->attr.show = feature_show;
	return &f->attr.attr;
}

/* The files live as long as the kernel does: nothing frees them. */
static int __init add_features(struct kobject *dir)
{
	const struct pvops_backend *b = pvops_state.backend;
	unsigned int n = b->nr_features + pvops_nr_found;
	struct attribute_group group = { .name = "features" };
	struct feature_attr *files = kcalloc(n, sizeof(*files), GFP_KERNEL);
	struct attribute **attrs = kcalloc(n + 1, sizeof(*attrs), GFP_KERNEL);
	int ret = -ENOMEM;

	if (!files || !attrs)
		goto free;

	for (unsigned int i = 0; i < b->nr_features; i++) {
		files[i].bit = i;
		attrs[i] = init_feature(&files[i], b->features[i].name);
	}
	for (unsigned int i = b->nr_features; i < n; i++) {
		files[i].found = &pvops_found[i - b->nr_features];
		attrs[i] = init_feature(&files[i], files[i].found->name);
	}

	group.attrs = attrs;
	ret = sysfs_create_group(dir, &group);
	if (ret)
		goto free;

	kfree(attrs);
	return 0;

free:
	kfree(attrs);
	kfree(files);
	return ret;
}

static int __init add_files(struct kobject *dir)
{
	int ret = sysfs_create_group(dir, &top_group);

	if (!ret)
		ret = sysfs_create_group(dir, &owners_group);
	if (!ret)
		ret = add_features(dir);

	return ret;
}

/* After the late steps, which may install something. */
static int __init pvops_sysfs_init(void)
{
	struct kobject *dir = kobject_create_and_add("pvops", hypervisor_kobj);
	int ret = dir ? add_files(dir) : -ENOMEM;

	if (!ret)
		return 0;

	pr_warn("no files in /sys/hypervisor/pvops (%d)\n", ret);
	kobject_put(dir);
	return ret;
}
late_initcall_sync(pvops_sysfs_init);
