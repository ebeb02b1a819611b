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

#include <linux/kernel.h>
#include <linux/static_call.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include <asm/paravirt.h>
#include <asm/sections.h>

#include "pvops.h"
#include "sites.h"

/* call *disp32(%rip) */
#define CALL_RIP_OPCODE		0xff
#define CALL_RIP_MODRM		0x15
#define CALL_RIP_SIZE		6

/* Written before the other CPUs are up, constant afterwards. */
static struct pvops_counts image;

static void count_direct(struct pvops_counts *counts, const u8 *instr)
{
	const u8 *slot_address = instr + CALL_RIP_SIZE + get_unaligned((const s32 *)(instr + 2));
	unsigned long offset = slot_address - (const u8 *)&pv_ops;
	unsigned int slot = offset / sizeof(void *);

	counts->last = NULL;
	if (offset >= sizeof(pv_ops) || instr[0] != CALL_RIP_OPCODE || instr[1] != CALL_RIP_MODRM)
		return;

	/* A text is patched in one pass, so that its sites of a slot have one target. */
	counts->slot[slot].target = ((void **)&pv_ops)[slot];
	counts->slot[slot].direct++;
	counts->last = instr;
	counts->last_slot = slot;
}

/* The site that was counted last gets instructions in place of the call. */
static void count_inlined(struct pvops_counts *counts)
{
	counts->slot[counts->last_slot].direct--;
	counts->slot[counts->last_slot].inlined++;
	counts->last = NULL;
}

/**
 * pvops_add_site - count a site of one text
 * @counts: that text's
 * @instr: the site, whose instructions are still the old ones
 * @direct_call: it gets a direct call in place of an indirect one
 *
 * Context: the caller serialises calls with the same @counts.
 */
void pvops_add_site(struct pvops_counts *counts, const u8 *instr, bool direct_call)
{
	if (direct_call)
		count_direct(counts, instr);
	else if (counts->last == instr)
		count_inlined(counts);
}

/**
 * pvops_count_site - count a call site that is about to be patched
 * @instr: the site, whose instructions are still the old ones
 * @direct_call: it gets a direct call in place of an indirect one
 *
 * Context: of apply_alternatives(): for the image, the boot CPU alone; for
 * modules, process context.  May sleep where @instr is not of the image's text.
 */
void __init_or_module pvops_count_site(const u8 *instr, bool direct_call)
{
	unsigned long address = (unsigned long)instr;

	if (is_kernel_inittext(address))
		return;

	if (is_kernel_text(address))
		pvops_add_site(&image, instr, direct_call);
	else
		pvops_count_module_site(instr, direct_call);
}

/**
 * pvops_sum_counts - add the call sites of a text to a sum
 * @sites: of a slot in that text
 * @now: the function that the slot holds
 * @sum: to add to
 */
void pvops_sum_counts(const struct pvops_sites *sites, void *now, struct pvops_site_sum *sum)
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
	memset(sum, 0, sizeof(*sum));
	pvops_sum_counts(&image.slot[slot], now, sum);
	pvops_sum_module_slot(slot, now, sum);
}

#ifdef CONFIG_HAVE_STATIC_CALL_INLINE

static const struct static_call_key *key_of(const struct static_call_site *site)
{
	unsigned long key = (unsigned long)&site->key + site->key;

	return (const struct static_call_key *)(key & ~STATIC_CALL_SITE_FLAGS);
}

/**
 * pvops_count_calls - count sites of a static call
 * @key: the static call
 * @site: sites to look through
 * @end: their end
 *
 * Return: how many are not in init text.
 */
unsigned int pvops_count_calls(const struct static_call_key *key,
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
	memset(sum, 0, sizeof(*sum));
	sum->modules = pvops_module_calls(op);
	sum->direct = sum->modules + pvops_count_calls(op->key, __start_static_call_sites,
						       __stop_static_call_sites);
}

#else

void pvops_sum_static_call(const struct pvops_op *op, struct pvops_site_sum *sum)
{
	memset(sum, 0, sizeof(*sum));
}

#endif /* CONFIG_HAVE_STATIC_CALL_INLINE */
