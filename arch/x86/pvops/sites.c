// SPDX-License-Identifier: GPL-2.0-only
/*
 * Call sites of pv_ops, counted as they are patched
 *
 * apply_alternatives() turns each "call *pv_ops+x(%rip)" into a direct call of
 * what the slot holds at that moment, or into nothing when that does nothing,
 * and then perhaps into bare hardware's instructions.  The kernel image's list
 * of these sites (.altinstructions) is freed after boot, so they are counted
 * here on the way.  Sites in init text are left out: they are freed as well.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/static_call.h>
#include <linux/unaligned.h>

#include <asm/alternative.h>
#include <asm/paravirt.h>
#include <asm/sections.h>

#include "pvops.h"
#include "trace.h"

/* call *disp32(%rip) */
#define CALL_RIP_OPCODE		0xff
#define CALL_RIP_MODRM		0x15
#define CALL_RIP_SIZE		6

/**
 * struct counts - call sites of the kernel image or of a module
 * @slot: per slot of pv_ops
 * @last: the site that was counted last, and
 * @last_slot: for which slot: a second alternative may replace it once more
 */
struct counts {
	struct pvops_sites slot[PVOPS_NR_SLOTS];
	const u8 *last;
	unsigned int last_slot;
};

/**
 * struct module_counts - call sites of a module
 * @list: in module_list
 * @mod: the module
 * @calls: static call sites of each of pvops_others[], once they are known
 * @counts: call sites of pv_ops
 */
struct module_counts {
	struct list_head list;
	struct module *mod;
	u16 *calls;
	struct counts counts;
};

/* Written before the other CPUs are up, constant afterwards. */
static struct counts image;

/*
 * Modules, newest first: the one that is being patched is found at once.
 * Guarded by module_lock.
 */
static LIST_HEAD(module_list);
static DEFINE_MUTEX(module_lock);

static void count_direct(struct counts *counts, const u8 *instr)
{
	const u8 *slot_address = instr + CALL_RIP_SIZE + get_unaligned((const s32 *)(instr + 2));
	unsigned long offset = slot_address - (const u8 *)&pv_ops;
	unsigned int slot = offset / sizeof(void *);

	counts->last = NULL;
	if (offset >= sizeof(pv_ops) || instr[0] != CALL_RIP_OPCODE || instr[1] != CALL_RIP_MODRM)
		return;

	/* One pass patches a text, so that its sites of a slot have one target. */
	counts->slot[slot].target = ((void **)&pv_ops)[slot];
	counts->slot[slot].direct++;
	counts->last = instr;
	counts->last_slot = slot;
}

/* The site that was counted last got instructions in place of the call. */
static void count_inlined(struct counts *counts)
{
	counts->slot[counts->last_slot].direct--;
	counts->slot[counts->last_slot].inlined++;
	counts->last = NULL;
}

static void count_site(struct counts *counts, const u8 *instr, bool direct_call)
{
	if (direct_call)
		count_direct(counts, instr);
	else if (counts->last == instr)
		count_inlined(counts);
}

static void count_module_site(const u8 *instr, bool direct_call)
{
	struct module_counts *m;
	unsigned long address = (unsigned long)instr;

	mutex_lock(&module_lock);
	list_for_each_entry(m, &module_list, list) {
		if (within_module_init(address, m->mod))
			break;
		if (within_module_core(address, m->mod)) {
			count_site(&m->counts, instr, direct_call);
			break;
		}
	}
	mutex_unlock(&module_lock);
}

/**
 * pvops_count_site - count a call site that is about to be patched
 * @instr: the site, whose instructions are still the old ones
 * @direct_call: with a direct call in place of an indirect one
 *
 * Context: of apply_alternatives(): for the image, boot CPU with interrupts
 * off; for modules, process context.
 */
void __init_or_module pvops_count_site(const u8 *instr, bool direct_call)
{
	unsigned long address = (unsigned long)instr;

	if (is_kernel_inittext(address))
		return;

	if (core_kernel_text(address))
		count_site(&image, instr, direct_call);
	else
		count_module_site(instr, direct_call);
}

static void sum_counts(const struct pvops_sites *sites, void *now, struct pvops_site_sum *sum)
{
	if (sites->target == now)
		sum->direct += sites->direct;
	else
		sum->stale += sites->direct;
	sum->inlined += sites->inlined;
}

/**
 * pvops_sum_slot - how were the call sites of a slot patched?
 * @slot: the slot
 * @now: the function that it holds
 * @sum: is filled in
 *
 * Context: process context; may sleep.
 */
void pvops_sum_slot(unsigned int slot, void *now, struct pvops_site_sum *sum)
{
	const struct module_counts *m;

	memset(sum, 0, sizeof(*sum));
	sum_counts(&image.slot[slot], now, sum);

	mutex_lock(&module_lock);
	list_for_each_entry(m, &module_list, list) {
		sum_counts(&m->counts.slot[slot], now, sum);
		sum->modules += m->counts.slot[slot].direct + m->counts.slot[slot].inlined;
	}
	mutex_unlock(&module_lock);
}

#ifdef CONFIG_HAVE_STATIC_CALL_INLINE

static const struct static_call_key *key_of(const struct static_call_site *site)
{
	unsigned long key = (unsigned long)&site->key + site->key;

	return (const struct static_call_key *)(key & ~STATIC_CALL_SITE_FLAGS);
}

static unsigned int count_calls(const struct static_call_key *key,
				const struct static_call_site *site,
				const struct static_call_site *end)
{
	unsigned int n = 0;

	for (; site < end; site++)
		n += key_of(site) == key && !(site->key & STATIC_CALL_SITE_INIT);

	return n;
}

/**
 * pvops_sum_static_call - how many sites does a static call have?
 * @op: the static call
 * @sum: is filled in
 *
 * static_call_update() patches all of them, so that none is ever stale.
 *
 * Context: process context; may sleep.
 */
void pvops_sum_static_call(const struct pvops_op *op, struct pvops_site_sum *sum)
{
	const struct module_counts *m;

	memset(sum, 0, sizeof(*sum));
	sum->direct = count_calls(op->key, __start_static_call_sites, __stop_static_call_sites);

	mutex_lock(&module_lock);
	list_for_each_entry(m, &module_list, list) {
		if (m->calls)
			sum->modules += m->calls[op - pvops_others];
	}
	mutex_unlock(&module_lock);
	sum->direct += sum->modules;
}

static void count_module_calls(struct module_counts *m)
{
	const struct static_call_site *site = m->mod->static_call_sites;

	if (!m->mod->num_static_call_sites)
		return;

	m->calls = kcalloc(pvops_nr_others, sizeof(*m->calls), GFP_KERNEL);
	if (!m->calls)
		return;

	for (unsigned int i = 0; i < pvops_nr_others; i++) {
		if (pvops_others[i].key)
			m->calls[i] = count_calls(pvops_others[i].key, site,
						  site + m->mod->num_static_call_sites);
	}
}

#else

void pvops_sum_static_call(const struct pvops_op *op, struct pvops_site_sum *sum)
{
	memset(sum, 0, sizeof(*sum));
}

static void count_module_calls(struct module_counts *m) { }

#endif /* CONFIG_HAVE_STATIC_CALL_INLINE */

/**
 * pvops_module_begin - a module's text is about to be patched
 * @mod: the module
 *
 * Context: module_finalize(); sleeps.
 * Return: 0 or -ENOMEM.
 */
int pvops_module_begin(struct module *mod)
{
	struct module_counts *m = kzalloc(sizeof(*m), GFP_KERNEL);

	if (!m)
		return -ENOMEM;

	m->mod = mod;
	mutex_lock(&module_lock);
	list_add(&m->list, &module_list);
	mutex_unlock(&module_lock);
	return 0;
}

/**
 * pvops_module_gone - a module's text is about to be freed
 * @mod: the module
 *
 * Context: module_arch_cleanup(); sleeps.
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
			count_module_calls(m);
			trace_module(m);
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
