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

#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/slab.h>

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

static unsigned long pvb_keeper_end_pfn(void)
{
	unsigned long end = 0;
	int nid;

	for_each_online_node(nid)
		end = max(end, node_end_pfn(nid));
	return end;
}

KUNIT_DEFINE_ACTION_WRAPPER(pvb_keeper_free, kvfree, const void *);

/**
 * pvb_keeper_init() - a keeper that has nothing yet
 * @test: the case, which frees its memory at the end
 * @k: the keeper
 */
void pvb_keeper_init(struct kunit *test, struct pvb_keeper *k)
{
	memset(k, 0, sizeof(*k));
	k->stride = 1;
	k->end_pfn = pvb_keeper_end_pfn();
	k->pages = kvcalloc(BITS_TO_LONGS(k->end_pfn), sizeof(long), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, k->pages);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, pvb_keeper_free, k->pages), 0);
}

static void pvb_keeper_take_one(struct pvb_keeper *k, unsigned long pfn)
{
	u64 *word = pfn_to_kaddr(pfn);
	u64 pattern = pvb_keeper_pattern(pfn);
	unsigned int i;

	if (pfn >= k->end_pfn || __test_and_set_bit(pfn, k->pages)) {
		pvb_keeper_fault(k, "given twice, or no memory", pfn);
		return;
	}
	for (i = 0; i < KEEPER_WORDS; i += k->stride)
		word[i] = pattern;
	k->held++;
}

static void pvb_keeper_give_one(struct pvb_keeper *k, unsigned long pfn)
{
	u64 *word = pfn_to_kaddr(pfn);
	u64 pattern = pvb_keeper_pattern(pfn);
	unsigned int i;

	if (pfn >= k->end_pfn || !__test_and_clear_bit(pfn, k->pages)) {
		pvb_keeper_fault(k, "taken back but never given", pfn);
		return;
	}
	k->held--;
	for (i = 0; i < KEEPER_WORDS; i += k->stride) {
		if (word[i] != pattern) {
			pvb_keeper_fault(k, "written to while it was the host's", pfn);
			return;
		}
	}
}

/**
 * pvb_keeper_take() - the guest gives a unit
 * @k: the keeper; what is wrong is counted there
 * @pfn: first page
 * @order: size
 */
void pvb_keeper_take(struct pvb_keeper *k, unsigned long pfn, unsigned int order)
{
	unsigned long i;

	for (i = 0; i < 1UL << order; i++)
		pvb_keeper_take_one(k, pfn + i);
}

/**
 * pvb_keeper_give() - the guest takes a unit back
 * @k: the keeper; what is wrong is counted there
 * @pfn: first page
 * @order: size
 */
void pvb_keeper_give(struct pvb_keeper *k, unsigned long pfn, unsigned int order)
{
	unsigned long i;

	for (i = 0; i < 1UL << order; i++)
		pvb_keeper_give_one(k, pfn + i);
}

/**
 * pvb_keeper_forget() - the host is reset: every page is the guest's again
 * @k: the keeper
 */
void pvb_keeper_forget(struct pvb_keeper *k)
{
	bitmap_zero(k->pages, k->end_pfn);
	k->held = 0;
}
