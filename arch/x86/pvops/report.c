// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is installed, said in words: the boot line and debugfs
 *
 * Every line is measured when it is read.
 *
 * Copyright (C) 2026 the pvops developers
 */

#define pr_fmt(fmt) "pvops: " fmt

#include <linux/debugfs.h>
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/seq_buf.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "pvops.h"
#include "trace.h"

static const char *const owner_names[PVOPS_NR_OWNERS] = {
	[PVOPS_OWNER_NATIVE]	= "native",
	[PVOPS_OWNER_PVM]	= "pvops-pvm",
	[PVOPS_OWNER_KVM]	= "kvm",
	[PVOPS_OWNER_XEN]	= "xen",
	[PVOPS_OWNER_HYPERV]	= "hyperv",
	[PVOPS_OWNER_VMWARE]	= "vmware",
	[PVOPS_OWNER_UNKNOWN]	= "unknown",
};

const char *const pvops_area_names[PVOPS_NR_AREAS] = {
	[PVOPS_CPU]	= "cpu",
	[PVOPS_MMU]	= "mmu",
	[PVOPS_IRQ]	= "irq",
	[PVOPS_TIMER]	= "timer",
};

/**
 * pvops_format_owners - write a set of owners, joined by "+"
 * @buf: where to
 * @size: of @buf; %PVOPS_OWNERS_LEN is always enough
 * @owners: bit mask of &enum pvops_owner
 */
void pvops_format_owners(char *buf, size_t size, unsigned int owners)
{
	struct seq_buf s;

	seq_buf_init(&s, buf, size);
	for (unsigned int i = 0; i < PVOPS_NR_OWNERS; i++) {
		if (owners & BIT(i))
			seq_buf_printf(&s, "%s%s", seq_buf_used(&s) ? "+" : "", owner_names[i]);
	}
	seq_buf_str(&s);
}

/**
 * pvops_observe_area - owners of an area, for a reader of the report
 * @area: the area
 *
 * Traces a change since it was last read.
 *
 * Context: process context; may sleep.
 * Return: bit mask of &enum pvops_owner.
 */
unsigned int pvops_observe_area(enum pvops_area area)
{
	static DEFINE_MUTEX(lock);	/* guards last[], and that it is the latest */
	static unsigned int last[PVOPS_NR_AREAS];
	unsigned int owners;

	mutex_lock(&lock);
	owners = pvops_area_owners(area);
	if (last[area] && last[area] != owners)
		trace_pvops_owner_changed(pvops_area_names[area], last[area], owners);
	last[area] = owners;
	mutex_unlock(&lock);

	return owners;
}

static void print_features(struct seq_buf *s)
{
	const struct pvops_backend *b = pvops_state.backend;
	size_t before = seq_buf_used(s);

	for (unsigned int i = 0; i < b->nr_features; i++) {
		if (pvops_state.features & BIT(i))
			seq_buf_printf(s, " %s", b->features[i].name);
	}
	for (unsigned int i = 0; i < pvops_nr_found; i++) {
		if (pvops_found_on(&pvops_found[i]))
			seq_buf_printf(s, " %s", pvops_found[i].name);
	}
	if (seq_buf_used(s) == before)
		seq_buf_puts(s, " none");
}

/* The symbol in one word: "function[module]" */
static void show_function(struct seq_file *m, void *function)
{
	char symbol[KSYM_SYMBOL_LEN];
	char *module;

	if (!function) {
		seq_puts(m, "-");
		return;
	}

	sprint_symbol_no_offset(symbol, (unsigned long)function);
	module = strchr(symbol, ' ');
	if (module)
		*module++ = '\0';
	seq_printf(m, "%s%s", symbol, module ?: "");
}

static void show_op(struct seq_file *m, const struct pvops_op *op)
{
	void *function = pvops_op_function(op);
	struct pvops_site_sum sum;

	seq_printf(m, "%-5s %s.%s ", pvops_area_names[op->area], op->group, op->name);
	show_function(m, function);
	seq_printf(m, " %s", owner_names[pvops_op_owner(op)]);

	if (op->slot)
		pvops_sum_slot(op - pvops_slots, function, &sum);
	else if (op->key)
		pvops_sum_static_call(op, &sum);

	if (op->slot || op->key)
		seq_printf(m, " %u %u %u %u\n", sum.direct, sum.inlined, sum.stale, sum.modules);
	else
		seq_puts(m, " - - - -\n");
}

static int ops_show(struct seq_file *m, void *unused)
{
	seq_puts(m, "# area op function owner direct inlined stale modules\n");
	for (unsigned int i = 0; i < PVOPS_NR_SLOTS; i++)
		show_op(m, &pvops_slots[i]);
	for (unsigned int i = 0; i < pvops_nr_others; i++)
		show_op(m, &pvops_others[i]);

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(ops);

/* Say in one line what this machine is and who serves it. */
static void __init print_boot_line(void)
{
	static char line[256] __initdata;
	char owners[PVOPS_OWNERS_LEN];
	struct seq_buf s;

	seq_buf_init(&s, line, sizeof(line));
	for (unsigned int i = 0; i < PVOPS_NR_AREAS; i++) {
		pvops_format_owners(owners, sizeof(owners), pvops_observe_area(i));
		seq_buf_printf(&s, ", %s %s", pvops_area_names[i], owners);
	}
	seq_buf_puts(&s, ", features");
	print_features(&s);

	pr_info("platform %s%s\n", pvops_state.backend->name, seq_buf_str(&s));
}

/* After the late steps, which may install something. */
static int __init report(void)
{
	debugfs_create_file("ops", 0400, debugfs_create_dir("pvops", NULL), NULL, &ops_fops);
	print_boot_line();
	return 0;
}
late_initcall_sync(report);
