/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests only: a stand-in for the part of a host that keeps ballooned pages.
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PV_BALLOON_KEEPER_H
#define PV_BALLOON_KEEPER_H

#include <linux/types.h>

struct kunit;

/**
 * struct pvb_keeper - pages that the host has
 * @pages: a bit for each PFN
 * @end_pfn: bits in @pages
 * @stride: every so manieth word of a page carries the pattern; 1 after
 *	pvb_keeper_init(), more where a test has many pages to move
 * @held: how many pages
 * @faults: what the guest did that it must not
 * @fault: the first of them, in words
 * @fault_pfn: where
 */
struct pvb_keeper {
	unsigned long *pages;
	unsigned long end_pfn;
	unsigned int stride;
	unsigned long held;
	unsigned long faults;
	const char *fault;
	unsigned long fault_pfn;
};

void pvb_keeper_init(struct kunit *test, struct pvb_keeper *k);
void pvb_keeper_take(struct pvb_keeper *k, unsigned long pfn, unsigned int order);
void pvb_keeper_give(struct pvb_keeper *k, unsigned long pfn, unsigned int order);
void pvb_keeper_forget(struct pvb_keeper *k);

#endif /* PV_BALLOON_KEEPER_H */
