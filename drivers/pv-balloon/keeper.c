// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests only: a stand-in for the part of a host that keeps ballooned pages.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * A page that goes to the host is filled with a pattern of its own.  When it
 * comes back the pattern must be whole: a guest that wrote to a page it had
 * given away, gave it twice, or took back what it had not given, is found out.
 */

#include <linux/mm.h>
#include <linux/string.h>

#include "keeper.h"

#define KEEPER_WORDS	(PAGE_SIZE / sizeof(u64))

static u64 pvb_keeper_pattern(unsigned long pfn)
{
	return 0x9e3779b97f4a7c15ULL * (pfn + 1);
}

static void pvb_keeper_fault(struct pvb_keeper *k, const char *what, unsigned long pfn)
{
	if (!k->faults++) {
		k->fault = what;
		k->fault_pfn = pfn;
	}
}

void pvb_keeper_init(struct pvb_keeper *k)
{
	memset(k, 0, sizeof(*k));
	xa_init(&k->pages);
}

static bool pvb_keeper_take_one(struct pvb_keeper *k, unsigned long pfn)
{
	if (xa_load(&k->pages, pfn)) {
		pvb_keeper_fault(k, "given twice", pfn);
		return true;
	}
	/* No reclaim: the balloon is locked. */
	if (xa_err(xa_store(&k->pages, pfn, xa_mk_value(1), GFP_NOWAIT | __GFP_NOWARN)))
		return false;
	memset64(pfn_to_kaddr(pfn), pvb_keeper_pattern(pfn), KEEPER_WORDS);
	k->held++;
	return true;
}

static void pvb_keeper_give_one(struct pvb_keeper *k, unsigned long pfn)
{
	u64 *word = pfn_to_kaddr(pfn);
	u64 pattern = pvb_keeper_pattern(pfn);
	unsigned int i;

	if (!xa_erase(&k->pages, pfn)) {
		pvb_keeper_fault(k, "taken back but never given", pfn);
		return;
	}
	k->held--;
	for (i = 0; i < KEEPER_WORDS; i++) {
		if (word[i] != pattern) {
			pvb_keeper_fault(k, "written to while it was the host's", pfn);
			return;
		}
	}
}

/**
 * pvb_keeper_take() - the guest gives a unit
 * @k: the keeper
 * @pfn: first page
 * @order: size
 *
 * Return: false if it cannot be kept, for want of memory for the books.
 */
bool pvb_keeper_take(struct pvb_keeper *k, unsigned long pfn, unsigned int order)
{
	unsigned long i;

	for (i = 0; i < 1UL << order; i++) {
		if (pvb_keeper_take_one(k, pfn + i))
			continue;
		while (i--)
			pvb_keeper_give_one(k, pfn + i);
		return false;
	}
	return true;
}

/**
 * pvb_keeper_give() - the guest takes a unit back
 * @k: the keeper
 * @pfn: first page
 * @order: size
 *
 * Return: true; what is wrong is counted in @k.
 */
bool pvb_keeper_give(struct pvb_keeper *k, unsigned long pfn, unsigned int order)
{
	unsigned long i;

	for (i = 0; i < 1UL << order; i++)
		pvb_keeper_give_one(k, pfn + i);
	return true;
}

/**
 * pvb_keeper_forget() - the host is reset: every page is the guest's again
 * @k: the keeper
 */
void pvb_keeper_forget(struct pvb_keeper *k)
{
	xa_destroy(&k->pages);
	k->held = 0;
}
