// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page faults: the guest's own go to the guest, misses fill the shadow, and
 * accesses to trapped pages are emulated.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include "event.h"
#include "fault.h"
#include "host.h"
#include "legs.h"
#include "mem.h"
#include "mmio.h"
#include "pcpu.h"
#include "pgtable.h"
#include "shadow.h"
#include "standin_vmware.h"
#include "stats.h"
#include "vcpu.h"
#include "walk.h"
#include "want.h"
#include "x86.h"

/*
 * The child that entry @index of @sp should have.  One that exists already may
 * be out of date below another parent, as a freed and reused table is.  What
 * all guest roots have in common in the upper half is as true as a TLB has to
 * be, unless all PCIDs were flushed since it was last looked at.
 */
static struct sp *link_child(struct vcpu *v, struct sp *sp, u32 index, const struct sp_want *w)
{
	u64 spte = sp->page[index];
	struct sp *child = sp_pointed(sp, spte);
	bool fresh;

	if (child && child->key == w->key && child->role == w->role) {
		if (spte != ((spte & PTE_FRAME) | w->bits))
			sp_set(sp, index, w->bits, child);
		return child;
	}
	child = sp_get(w->key, sp->level - 1, w->role, &fresh);
	sp_set(sp, index, w->bits, child);
	if (!fresh && (sp->level < 4 || index < 256 || child->stamp < v->flush_all))
		sync_subtree(child);
	return child;
}

/* The child that entry @index of a table of umod's has, if the guest agrees */
static inline struct sp *linked(const struct sp *sp, u32 index)
{
	u64 e = __atomic_load_n(&sp->table[index], __ATOMIC_RELAXED), spte = sp->page[index];
	struct sp *child;

	if ((e & (PTE_P | PTE_U | PTE_A | PTE_PS)) != (PTE_P | PTE_U | PTE_A) ||
	    ((spte ^ e) & (PTE_P | PTE_W | PTE_NX)))
		return NULL;
	/* What is there may be a large page still */
	child = sp_pointed(sp, spte);
	return child && child->key == (e & PTE_FRAME) && child->role == ROLE_USER ? child : NULL;
}

/* Make the entries that lead to @gva; false: not to be had in this role */
static bool fill(struct vcpu *v, struct sp *sp, u64 gva)
{
	struct sp *child;

	/* Most often only the last one is missing, and in umod's root */
	while (sp->role == ROLE_USER && sp->level > 1 &&
	       (child = linked(sp, pt_index(gva, sp->level))))
		sp = child;
	for (;;) {
		u32 index = pt_index(gva, sp->level);
		struct sp_want w;

		if (!sp_want(sp, index, &w))
			return false;
		if (w.leaf) {
			sp_set(sp, index, w.bits, NULL);
			return true;
		}
		sp = link_child(v, sp, index, &w);
	}
}

/* Let @to have what @from has in a slot, if their guests' entries agree */
static struct sp *share_slot(struct sp *to, const struct sp *from, u32 slot)
{
	struct sp *child = sp_child(from, slot);
	struct sp_want w;

	if (!child || (to->page[slot] & PTE_P) || !sp_want(to, slot, &w) || w.leaf ||
	    w.key != child->key || w.role != child->role)
		return NULL;
	sp_set(to, slot, w.bits, child);
	return child;
}

void shadow_share_kernel(struct vcpu *v, struct root *r, const struct root *old)
{
	u32 word;

	for (word = 4; word < 8; word++) {
		u64 bits = old->pml4[0]->present[word];

		for (; bits; bits &= bits - 1) {
			struct sp *child = share_slot(r->pml4[0], old->pml4[0],
						      word * 64 + __builtin_ctzll(bits));

			if (child && child->stamp < v->flush_all)
				sync_subtree(child);
		}
	}
}

/* What umod has, smod will soon want: system calls that it gives pointers to */
static bool fill_user(struct vcpu *v, u64 gva)
{
	struct root *r = v->root;

	if (!fill(v, r->pml4[1], gva))
		return false;
	if (pt_index(gva, 4) < 256)
		share_slot(r->pml4[0], r->pml4[1], pt_index(gva, 4));
	return true;
}

static bool fill_root(struct vcpu *v, u64 gva, const struct walk *w)
{
	struct sp *pml4 = v->root->pml4[0];
	u32 slot = pt_index(gva, 4);

	shadow_reserve();
	if (v->umod)
		return fill_user(v, gva);
	if (fill(v, pml4, gva))
		return true;
	if (slot >= 256 || w->user)
		return false;
	/* A supervisor page among user tables: this slot cannot be shared */
	stats.private_slots++;
	pml4->private_slots[slot / 64] |= 1ULL << (slot % 64);
	sp_set(pml4, slot, 0, NULL);
	v->pcpu->need_flush = true;
	return fill(v, pml4, gva);
}

static inline u32 access_of(const struct vcpu *v, u32 error)
{
	return (error & (PF_W | PF_I)) | (v->umod ? PF_U : 0);
}

bool fault_in_memory(struct vcpu *v, u64 addr, u32 error)
{
	enum page_kind kind;
	struct walk w;
	u32 result;

	if (!gva_legal(v, addr))
		return false;
	result = guest_walk(v, addr, access_of(v, error), &w);
	if (result != WALK_OK) {
		failed(LEG_FAULT_OF_GUEST);
		event_page_fault(v, addr, result);
		return true;
	}
	kind = mem_kind(w.gpa);
	if (kind != PAGE_RAM && kind != PAGE_DEVICE)
		return false;
	stats.shadow_fills++;
	/* Not filled: another vCPU has just changed the tables; the guest tries again */
	if (!fill_root(v, addr, &w))
		failed(LEG_FAULT_CHANGED);
	return true;
}

void fault_handle(struct vcpu *v, u64 addr, u32 error)
{
	u32 access = access_of(v, error), result;
	struct walk w;

	if (fault_in_memory(v, addr, error))
		return;
	if (!gva_legal(v, addr)) {
		failed(LEG_FAULT_ILLEGAL);
		event_page_fault(v, addr, access);
		return;
	}
	result = guest_walk(v, addr, access, &w);
	if (result != WALK_OK) {	/* changed meanwhile, by another vCPU */
		event_page_fault(v, addr, result);
		return;
	}
	failed(LEG_FAULT_TRAPPED);
	if (mem_kind(w.gpa) == PAGE_LOCKED)
		standin_touched(v, addr, w.gpa);
	mmio_fault(v, addr, &w, error & PF_W);
}

/* Entries that the guest has not made, or not accessed, are not filled */
void fault_prefetch(struct vcpu *v)
{
	u64 addr = v->prefetch;

	v->prefetch = 0;
	if (!gva_legal(v, addr)) {
		failed(LEG_PREFETCH_ILLEGAL);
		return;
	}
	shadow_reserve();
	if (fill_user(v, addr))
		stats.prefetches++;
	else
		failed(LEG_PREFETCH_NOT_MAPPED);
}
