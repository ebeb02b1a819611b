// SPDX-License-Identifier: GPL-2.0-only
/*
 * The intent extension: a page in which the guest says what it has done to its
 * tables and when it wants its timer.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Everything in the page is a guest's word and may be changed by other vCPUs
 * while it is read: each word is read once, and names where to look, never what
 * is there.  A shadow entry is made from the guest's table as it is now.
 */
#include "intent.h"
#include "host.h"
#include "mem.h"
#include "options.h"
#include "pcpu.h"
#include "pgtable.h"
#include "shadow.h"
#include "stats.h"
#include "x86.h"

#define FEATURES	(PVM_INTENT_FEATURE_TABLES | PVM_INTENT_FEATURE_DEADLINE)

/* More pages in one removal than this are flushed with the whole TLB */
#define INVLPG_MAX	16

/*
 * A drain looks at no more pages than this; what a removal names beyond counts
 * as lost.  With PVM_INTENT_ENTRIES it bounds the time under host_lock.
 */
#define DRAIN_PAGES	1024

struct pvm_intent no_intent;

bool intent_msr_read(struct vcpu *v, u32 msr, u64 *val)
{
	if (!options.intent)
		return false;
	*val = msr == MSR_PVM_INTENT ? v->intent_gpa | v->intent_use : FEATURES;
	return true;
}

bool intent_msr_write(struct vcpu *v, u32 msr, u64 val)
{
	struct pvm_intent *page = &no_intent;

	if (!options.intent || msr != MSR_PVM_INTENT || (val & ~(PTE_FRAME | FEATURES)))
		return false;
	if (val & FEATURES) {
		page = guest_ptr(val & PTE_FRAME, PAGE_SIZE);
		if (!page)
			return false;
		page->count = 0;
		page->armed = 0;
	}
	v->intent = page;
	v->intent_gpa = val & PTE_FRAME;
	v->intent_use = val & FEATURES;
	return true;
}

static bool lost(void)
{
	if (!options.intent_drop || (random() & 1))
		return false;
	stats.intent_dropped++;
	return true;
}

/* Does umod get to the table of the address that it has last faulted at? */
static bool reachable(const struct vcpu *v)
{
	u32 slot = pt_index(v->prefetch, 4);

	return v->root->pml4[1]->present[slot / 64] & 1ULL << (slot % 64);
}

/*
 * A table that has no shadow gets none: whether it is part of any page tables
 * is not known.  Whatever the guest's entry says is as good as a TLB miss there.
 */
static struct sp *fill(struct vcpu *v, u64 gpa, struct sp *sp)
{
	/* Most often the next entry is in the same table */
	if (!sp || sp->key != (gpa & PTE_FRAME))
		sp = sp_find_user_table(gpa & PTE_FRAME);
	if (sp && sync_fill(sp, gpa / sizeof(u64) % 512)) {
		stats.intent_fills++;
		if (reachable(v))
			v->prefetch = 0;	/* the guest has said what could be guessed */
	} else {
		stats.intent_useless++;
	}
	return sp;
}

/* Returns the number of pages looked at, 0 if the removal was not carried out */
static u32 remove(struct vcpu *v, u64 entry, u32 budget)
{
	u32 pages = (entry >> PVM_INTENT_REMOVE_SHIFT) % PVM_INTENT_REMOVE_MAX + 1, i;
	u64 gva = entry & ~(u64)(PAGE_SIZE - 1);

	if (pages > budget || !is_canonical(gva) || !is_canonical(gva + pages * PAGE_SIZE))
		return 0;
	stats.intent_removed += pages;
	sync_range(v->root, gva, pages);
	if (pages > INVLPG_MAX)
		v->pcpu->need_flush = true;
	else
		for (i = 0; i < pages; i++)
			asm volatile("invlpg (%0)" : : "r" (gva + i * PAGE_SIZE) : "memory");
	return pages;
}

u32 intent_drain(struct vcpu *v, u64 last)
{
	struct pvm_intent *page = v->intent;
	u32 count = __atomic_load_n(&page->count, __ATOMIC_RELAXED);
	u32 budget = DRAIN_PAGES, removals = 0, pages, i;
	struct sp *table = NULL;

	if (!count)
		return 0;
	page->count = 0;
	count = min(count, (u32)PVM_INTENT_ENTRIES);
	stats.intent_drains++;
	for (i = 0; i < count; i++) {
		u64 entry = __atomic_load_n(&page->entry[i], __ATOMIC_RELAXED);

		if (lost())
			continue;
		switch (entry & PVM_INTENT_KIND) {
		case PVM_INTENT_FILL:
			table = fill(v, entry & ~PVM_INTENT_KIND, table);
			break;
		case PVM_INTENT_REMOVE:
			table = NULL;	/* may be freed */
			pages = remove(v, entry, budget);
			budget -= pages;
			removals += pages != 0 && count - i <= last;
			break;
		default:
			stats.intent_useless++;
		}
	}
	return removals;
}

void intent_flush(struct vcpu *v, u64 removals)
{
	if (intent_drain(v, removals) == removals)
		return;
	stats.intent_resyncs++;
	shadow_flush_current(v);
}

bool intent_postponed(struct vcpu *v, u64 now)
{
	u64 deadline;

	if (!(v->intent_use & PVM_INTENT_FEATURE_DEADLINE) || lost())
		return false;
	deadline = __atomic_load_n(&v->intent->deadline, __ATOMIC_RELAXED);
	if (deadline && deadline <= now)
		return false;
	stats.intent_postponed++;
	v->apic.deadline = deadline;
	return true;
}
