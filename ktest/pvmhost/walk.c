// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's own page tables, read as the processor would (SDM volume 3,
 * chapter "Paging", four levels).
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Other vCPUs may change the tables meanwhile: every entry is read once, and
 * accessed and dirty bits are set by compare-and-exchange.
 */
#include "host.h"
#include "legs.h"
#include "mem.h"
#include "options.h"
#include "pgtable.h"
#include "vcpu.h"
#include "walk.h"
#include "want.h"
#include "x86.h"

/* Bits to be set late: where, what the entry was, which bits */
struct late_bits {
	u64 *entry, seen, bits;
};

#define MAX_LATE	16
static struct late_bits late[MAX_LATE];
static u32 nr_late;

static void set_bits(u64 *entry, u64 seen, u64 bits)
{
	__atomic_compare_exchange_n(entry, &seen, seen | bits, false,
				    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

void walk_flush_ad(void)
{
	u32 i;

	for (i = 0; i < nr_late; i++)
		set_bits(late[i].entry, late[i].seen, late[i].bits);
	nr_late = 0;
}

static void mark(u64 *entry, u64 seen, u64 bits)
{
	if ((seen & bits) == bits)
		return;
	/* D decides about writing, and a shadow cannot tell of a write later */
	if (!options.late_ad || (bits & PTE_D)) {
		set_bits(entry, seen, bits);
		return;
	}
	if (nr_late == MAX_LATE)
		walk_flush_ad();
	late[nr_late++] = (struct late_bits){ entry, seen, bits };
}

bool gva_legal(const struct vcpu *v, u64 gva)
{
	u32 slot = pt_index(gva, 4);
	u32 start = v->linear_range & PVM_RANGE_INDEX_MASK;
	u32 end = (v->linear_range >> PVM_RANGE_PML4_END_SHIFT) & PVM_RANGE_INDEX_MASK;

	if (!is_canonical(gva))
		return failed(LEG_GVA_NOT_CANONICAL);
	if (slot < 256)
		return true;
	/* Slot 511 is included if the range was left whole (section 13) */
	if (start == PVM_RANGE_WHOLE_START && end == PVM_RANGE_WHOLE_END)
		end++;
	return (slot >= start && slot < end) || failed(LEG_GVA_OUT_OF_RANGE);
}

/* @all: bits that every entry of the path has; @any: bits that one of them has */
static inline bool allowed(u32 access, u64 all, u64 any)
{
	if ((access & PF_W) && !(all & PTE_W))
		return failed(LEG_WALK_READ_ONLY);
	if ((access & PF_I) && (any & PTE_NX))
		return failed(LEG_WALK_NO_EXECUTE);
	if (access & PF_U)
		return (all & PTE_U) || failed(LEG_WALK_SUPERVISOR);
	/* smod: user pages do not execute, SMEP is always on */
	return !((access & PF_I) && (all & PTE_U)) || failed(LEG_WALK_SMEP);
}

u32 guest_walk(struct vcpu *v, u64 gva, u32 access, struct walk *w)
{
	u64 e = v->gcr3, all = ~0ULL, any = 0, *slot[5], seen[5];
	u32 level, top, fault = access & (PF_W | PF_U | PF_I);

#pragma GCC unroll 4
	for (level = 4; level; level--) {
		u64 *page = guest_page(e & PTE_FRAME);

		if (!page) {
			failed(LEG_WALK_TABLE_NOT_MEMORY);
			return fault;
		}
		slot[level] = &page[pt_index(gva, level)];
		e = __atomic_load_n(slot[level], __ATOMIC_RELAXED);
		seen[level] = e;
		if (!(e & PTE_P)) {
			failed(LEG_WALK_NOT_PRESENT);
			return fault;
		}
		if (entry_reserved(e, level))
			return fault | PF_P | PF_RSVD;
		all &= e;
		any |= e;
		if (level == 1 || (e & PTE_PS))
			break;	/* always, before the condition ends it */
	}
	if (!allowed(access, all, any))
		return fault | PF_P;
	if (!(all & PTE_A) || ((access & PF_W) && !(e & PTE_D))) {
		for (top = 4; top > level; top--)
			mark(slot[top], seen[top], PTE_A);
		mark(slot[level], e, access & PF_W ? PTE_A | PTE_D : PTE_A);
	}
	w->user = all & PTE_U;
	w->gpa = (e & PTE_FRAME & ~(pt_size(level) - 1)) | (gva & (pt_size(level) - 1));
	return WALK_OK;
}

static bool gva_copy(struct vcpu *v, u64 gva, u8 *buf, u32 len, u32 access)
{
	while (len) {
		u32 part = min(len, (u32)(PAGE_SIZE - (gva & (PAGE_SIZE - 1))));
		struct walk w;

		if (!gva_legal(v, gva))
			return failed(LEG_COPY_ILLEGAL);
		if (guest_walk(v, gva, access, &w) != WALK_OK)
			return failed(LEG_COPY_FAULT);
		if (access & PF_W ? !guest_write(w.gpa, buf, part) : !guest_read(w.gpa, buf, part))
			return failed(LEG_COPY_NOT_MEMORY);
		gva += part;
		buf += part;
		len -= part;
	}
	return true;
}

bool gva_read(struct vcpu *v, u64 gva, void *buf, u32 len)
{
	return gva_copy(v, gva, buf, len, 0);
}

bool gva_write(struct vcpu *v, u64 gva, const void *buf, u32 len)
{
	return gva_copy(v, gva, (u8 *)buf, len, PF_W);
}

u32 gva_fetch(struct vcpu *v, u64 gva, u8 *buf, u32 len)
{
	u32 mode = v->umod ? PF_U : 0;
	u32 first = min(len, (u32)(PAGE_SIZE - (gva & (PAGE_SIZE - 1))));

	if (!gva_copy(v, gva, buf, first, PF_I | mode))
		return failed(LEG_FETCH_FIRST_PAGE);
	if (first == len || gva_copy(v, gva + first, buf + first, len - first, PF_I | mode))
		return len;
	failed(LEG_FETCH_SECOND_PAGE);
	return first;
}
