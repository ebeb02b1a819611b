/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests only: a stand-in for the part of a host that keeps ballooned pages.
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PV_BALLOON_KEEPER_H
#define PV_BALLOON_KEEPER_H

#include <linux/types.h>
#include <linux/xarray.h>

/**
 * struct pvb_keeper - pages that the host has
 * @pages: by PFN
 * @held: how many
 * @faults: what the guest did that it must not
 * @fault: the first of them, in words
 * @fault_pfn: where
 */
struct pvb_keeper {
	struct xarray pages;
	unsigned long held;
	unsigned long faults;
	const char *fault;
	unsigned long fault_pfn;
};

void pvb_keeper_init(struct pvb_keeper *k);
bool pvb_keeper_take(struct pvb_keeper *k, unsigned long pfn, unsigned int order);
bool pvb_keeper_give(struct pvb_keeper *k, unsigned long pfn, unsigned int order);
void pvb_keeper_forget(struct pvb_keeper *k);

#endif /* PV_BALLOON_KEEPER_H */
