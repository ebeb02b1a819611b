// SPDX-License-Identifier: GPL-2.0-only
/*
 * Call sites in modules, counted as they are patched and while they are there
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <linux/init.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/slab.h>

#include "pvops.h"
#include "sites.h"
#include "trace.h"

/**
 * struct module_counts - call sites of a module
 * @list: in module_list
 * @mod: the module
 * @calls: static call sites of each of pvops_others[], NULL for none
 * @counts: call sites of pv_ops
 */
struct module_counts {
	struct list_head list;
	struct module *mod;
	u16 *calls;
	struct pvops_counts counts;
};

/*
 * Newest first: the module that is being patched is found at once.  Guarded by
 * module_lock, under which nothing of the module loader is called.
 */
static LIST_HEAD(module_list);
static DEFINE_MUTEX(module_lock);

/**
 * pvops_count_module_site - count a call site that is not the kernel image's
 * @instr: the site, whose instructions are still the old ones
 * @direct_call: it gets a direct call in place of an indirect one
 *
 * Sites in a module's init text and in the vDSO do not count.
 *
 * Context: process context; may sleep.
 */
void pvops_count_module_site(const u8 *instr, bool direct_call)
{
	struct module_counts *m;

	mutex_lock(&module_lock);
	list_for_each_entry(m, &module_list, list) {
		if (within_module_core((unsigned long)instr, m->mod)) {
			pvops_add_site(&m->counts, instr, direct_call);
			break;
		}
	}
	mutex_unlock(&module_lock);
}

/**
 * pvops_sum_module_slot - add the modules' call sites of a slot to a sum
 * @slot: the slot
 * @now: the function that it holds
 * @sum: to add to
 *
 * Context: process context; may sleep.
 */
void pvops_sum_module_slot(unsigned int slot, void *now, struct pvops_site_sum *sum)
{
	const struct module_counts *m;

	mutex_lock(&module_lock);
	list_for_each_entry(m, &module_list, list) {
		const struct pvops_sites *sites = &m->counts.slot[slot];

		pvops_sum_counts(sites, now, sum);
		sum->modules += sites->direct + sites->inlined;
	}
	mutex_unlock(&module_lock);
}

/**
 * pvops_module_calls - the modules' sites of a static call
 * @op: the static call, one of pvops_others[]
 *
 * Context: process context; may sleep.
 * Return: how many there are.
 */
unsigned int pvops_module_calls(const struct pvops_op *op)
{
	const struct module_counts *m;
	unsigned int n = 0;

	mutex_lock(&module_lock);
	list_for_each_entry(m, &module_list, list) {
		if (m->calls)
			n += m->calls[op - pvops_others];
	}
	mutex_unlock(&module_lock);

	return n;
}

/**
 * pvops_module_begin - a module's text is about to be patched
 * @mod: the module
 *
 * Without memory for it this module's sites are not counted.
 *
 * Context: module_finalize(); may sleep.
 */
void pvops_module_begin(struct module *mod)
{
	struct module_counts *m = kzalloc(sizeof(*m), GFP_KERNEL);

	if (!m)
		return;

	m->mod = mod;
	mutex_lock(&module_lock);
	list_add(&m->list, &module_list);
	mutex_unlock(&module_lock);
}

/**
 * pvops_module_gone - a module's text is about to be freed
 * @mod: the module
 *
 * Context: module_arch_cleanup(); may sleep.
 */
void pvops_module_gone(struct module *mod)
{
	struct module_counts *m, *next;

	mutex_lock(&module_lock);
	list_for_each_entry_safe(m, next, &module_list, list) {
		if (m->mod != mod)
			continue;

		list_del(&m->list);
		kfree(m->calls);
		kfree(m);
	}
	mutex_unlock(&module_lock);
}

/*
 * Static call sites are listed in the module and need not be counted on the way.
 * Without memory for it they are not counted.
 */
static void count_calls(struct module_counts *m)
{
#ifdef CONFIG_HAVE_STATIC_CALL_INLINE
	const struct static_call_site *site = m->mod->static_call_sites;

	if (!m->mod->num_static_call_sites)
		return;

	m->calls = kcalloc(pvops_nr_others, sizeof(*m->calls), GFP_KERNEL);
	if (!m->calls)
		return;

	for (unsigned int i = 0; i < pvops_nr_others; i++) {
		if (pvops_others[i].key)
			m->calls[i] = pvops_count_calls(pvops_others[i].key, site,
							site + m->mod->num_static_call_sites);
	}
#endif
}

static void trace_module(const struct module_counts *m)
{
	unsigned int direct = 0, inlined = 0;

	for (unsigned int i = 0; i < PVOPS_NR_SLOTS; i++) {
		direct += m->counts.slot[i].direct;
		inlined += m->counts.slot[i].inlined;
	}

	trace_pvops_module_sites(m->mod->name, direct, inlined);
}

static int module_coming(struct notifier_block *nb, unsigned long state, void *data)
{
	struct module_counts *m;

	if (state != MODULE_STATE_COMING)
		return NOTIFY_DONE;

	mutex_lock(&module_lock);
	list_for_each_entry(m, &module_list, list) {
		if (m->mod == data) {
			count_calls(m);
			trace_module(m);
			break;
		}
	}
	mutex_unlock(&module_lock);

	return NOTIFY_OK;
}

/* After static_call's own notifier, which resolves the keys of the sites. */
static struct notifier_block module_notifier = {
	.notifier_call = module_coming,
	.priority = INT_MIN,
};

static int __init watch_modules(void)
{
	return register_module_notifier(&module_notifier);
}
early_initcall(watch_modules);
