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
#include "mem.h"
#include "mmio.h"
#include "pcpu.h"
#include "pgtable.h"
#include "shadow.h"
#include "stats.h"
#include "vcpu.h"
#include "walk.h"
#include "x86.h"

/*
 * The child that entry @index of @sp should have.  One that exists already may
 * be out of date below another parent, as a freed and reused table is.  What
 * all guest roots have in common in the upper half is as true as a TLB has to
 * be, unless all PCIDs were flushed since it was last looked at.
 */
static struct sp *link_child(struct vcpu *v, struct sp *sp, u32 index, const struct sp_want *w)
{
	struct sp *child = sp_child(sp, index);
	bool fresh;

	if (child && child->key == w->key && child->role == w->role) {
		if (sp_page(sp)[index] != ((sp_page(sp)[index] & PTE_FRAME) | w->bits))
			sp_set(sp, index, w->bits, child);
		return child;
	}
	child = sp_get(w->key, sp->level - 1, w->role, &fresh);
	sp_set(sp, index, w->bits, child);
	if (!fresh && (sp->level < 4 || index < 256 || child->stamp < v->flush_all))
		sync_subtree(child);
	return child;
}

/* Make the entries that lead to @gva; false: not to be had in this role */
static bool fill(struct vcpu *v, struct sp *sp, u64 gva)
{
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

static bool fill_root(struct vcpu *v, u64 gva, const struct walk *w)
{
	struct sp *pml4 = v->root->pml4[v->umod];
	u32 slot = pt_index(gva, 4);

	shadow_reserve();
	if (fill(v, pml4, gva))
		return true;
	if (v->umod || slot >= 256 || w->user)
		return false;
	/* A supervisor page among user tables: this slot cannot be shared */
	stats.private_slots++;
	pml4->private_slots[slot / 64] |= 1ULL << (slot % 64);
	sp_set(pml4, slot, 0, NULL);
	v->pcpu->need_flush = true;
	return fill(v, pml4, gva);
}

void fault_handle(struct vcpu *v, u64 addr, u32 error)
{
	u32 access = (error & (PF_W | PF_I)) | (v->umod ? PF_U : 0), result;
	enum page_kind kind;
	struct walk w;

	if (!v->root || !gva_legal(v, addr)) {
		stats.illegal_address++;
		event_page_fault(v, addr, access);
		return;
	}
	result = guest_walk(v, addr, access, &w);
	if (result != WALK_OK) {
		event_page_fault(v, addr, result);
		return;
	}
	kind = mem_kind(w.gpa);
	if (kind != PAGE_RAM && kind != PAGE_DEVICE) {
		mmio_fault(v, addr, &w);
		return;
	}
	stats.shadow_fills++;
	/* false: another vCPU has just changed the tables; the guest tries again */
	fill_root(v, addr, &w);
}

void fault_prefetch(struct vcpu *v)
{
	u64 addr = v->prefetch;
	struct walk w;

	v->prefetch = 0;
	if (!v->root || !gva_legal(v, addr) ||
	    guest_walk(v, addr, (v->umod ? PF_U : 0) | WALK_PEEK, &w) != WALK_OK)
		return;
	stats.prefetches++;
	shadow_reserve();
	fill(v, v->root->pml4[v->umod], addr);
}
