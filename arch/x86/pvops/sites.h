/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Call sites: what the kernel image's and the modules' counting share
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef _X86_PVOPS_SITES_H
#define _X86_PVOPS_SITES_H

#include <linux/static_call.h>
#include <linux/types.h>

#include "pvops.h"

/**
 * struct pvops_sites - call sites of one slot in one text, as patched
 * @target: the function that the direct calls go to
 * @direct: how many call @target, or do nothing when @target is nop_func
 * @inlined: how many were replaced by the instructions of bare hardware
 */
struct pvops_sites {
	void *target;
	u32 direct;
	u32 inlined;
};

/**
 * struct pvops_counts - call sites of the kernel image or of a module
 * @slot: per slot of pv_ops
 * @last: the site that was counted last, if another alternative may replace it
 * @last_slot: its slot
 */
struct pvops_counts {
	struct pvops_sites slot[PVOPS_NR_SLOTS];
	const u8 *last;
	unsigned int last_slot;
};

void pvops_add_site(struct pvops_counts *counts, const u8 *instr, bool direct_call);
void pvops_sum_counts(const struct pvops_sites *sites, void *now, struct pvops_site_sum *sum);

#ifdef CONFIG_HAVE_STATIC_CALL_INLINE
/* All static call sites of the kernel image, from include/asm-generic/vmlinux.lds.h */
extern struct static_call_site __start_static_call_sites[], __stop_static_call_sites[];

unsigned int pvops_count_calls(const struct static_call_key *key,
			       const struct static_call_site *site,
			       const struct static_call_site *end);
#endif

#ifdef CONFIG_MODULES
void pvops_count_module_site(const u8 *instr, bool direct_call);
void pvops_sum_module_slot(unsigned int slot, void *now, struct pvops_site_sum *sum);
unsigned int pvops_module_calls(const struct pvops_op *op);
#else
static inline void pvops_count_module_site(const u8 *instr, bool direct_call) { }

static inline void pvops_sum_module_slot(unsigned int slot, void *now,
					 struct pvops_site_sum *sum) { }

static inline unsigned int pvops_module_calls(const struct pvops_op *op)
{
	return 0;
}
#endif

#endif /* _X86_PVOPS_SITES_H */
