/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a shadow entry should be, from the guest's entry.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Inline, because every fill and every flush asks for each entry it touches.
 */
#ifndef PVMHOST_WANT_H
#define PVMHOST_WANT_H

#include <linux/types.h>
#include "legs.h"
#include "mem.h"
#include "options.h"
#include "pgtable.h"
#include "shadow.h"

struct sp_want {
	u64 bits;	/* of the entry; without the address if there is a child */
	bool leaf;
	u64 key;	/* the child's */
	u8 role;
};

/* The guest's entry; a huge page's part looks like an entry with all rights */
static inline u64 guest_entry(const struct sp *sp, u32 index)
{
	if (sp->role == ROLE_DIRECT)
		return (sp->key + index * pt_size(sp->level)) | PTE_P | PTE_W | PTE_U |
		       PTE_A | PTE_D | (sp->level > 1 ? PTE_PS : 0);
	return sp->table ? __atomic_load_n(&sp->table[index], __ATOMIC_RELAXED) : 0;
}

/* Rights of a guest leaf: dirty decides about writing, so that it gets noticed */
static inline u64 leaf_rights(const struct sp *sp, u64 e)
{
	u64 bits = PTE_P | PTE_U | PTE_A | PTE_D | (e & PTE_NX);

	if ((e & PTE_W) && (e & PTE_D))
		bits |= PTE_W;
	if ((sp->role == ROLE_BOTH || sp->role == ROLE_KERNEL) && (e & PTE_U))
		bits |= PTE_NX;
	if (sp_is_kernel(sp) && !(e & PTE_G))
		bits |= SPTE_LOCAL;
	return bits;
}

static inline bool want_page(const struct sp *sp, u64 e, struct sp_want *w)
{
	u64 frame = e & PTE_FRAME;

	w->bits = leaf_rights(sp, e) | frame;
	w->leaf = true;
	if (!mem_is_ram_2m(frame)) {
		enum page_kind kind = mem_kind(frame);

		if (kind == PAGE_DEVICE)
			w->bits |= PTE_PCD;
		return kind == PAGE_RAM || kind == PAGE_DEVICE || failed(LEG_WANT_NOT_MAPPABLE);
	}
	return true;
}

#define PHYS_BITS	40
#define PTE_RESERVED	(PTE_FRAME & ~((1ULL << PHYS_BITS) - 1))

/* Bits that an entry of this level must not have */
static inline bool entry_reserved(u64 entry, u32 level)
{
	if (entry & PTE_RESERVED)
		return !failed(LEG_WALK_PHYSICAL_BITS);
	if (level == 1 || !(entry & PTE_PS))
		return false;
	if (level == 4)
		return !failed(LEG_WALK_HUGE_LEVEL4);
	return (entry & (pt_size(level) - 1) & PTE_FRAME & ~(u64)PAGE_SIZE) &&
	       !failed(LEG_WALK_HUGE_ALIGNMENT);
}

static inline void want_huge(const struct sp *sp, u64 e, struct sp_want *w)
{
	u64 frame = e & PTE_FRAME & ~(pt_size(sp->level) - 1);

	w->bits = leaf_rights(sp, e);
	w->leaf = true;
	if (sp->level == 2 && mem_is_ram_2m(frame)) {
		w->bits |= frame | PTE_PS;
		return;
	}
	w->leaf = false;
	w->key = frame;
	w->role = ROLE_DIRECT;
}

static inline bool slot_is_private(const struct sp *pml4, u32 index)
{
	return pml4->private_slots[index / 64] & 1ULL << (index % 64);
}

static inline bool want_table(const struct sp *sp, u32 index, u64 e, struct sp_want *w)
{
	w->leaf = false;
	w->key = e & PTE_FRAME;
	w->bits = PTE_P | PTE_U | PTE_A | (e & (PTE_W | PTE_NX));
	w->role = sp->role;
	if ((sp->role == ROLE_BOTH || sp->role == ROLE_KERNEL) && !(e & PTE_U)) {
		w->role = ROLE_SUPER;
	} else if (sp->role == ROLE_BOTH && sp->level == 4 && index >= 256) {
		w->role = ROLE_KERNEL;
	} else if (sp->role == ROLE_BOTH && sp->level == 4 && !slot_is_private(sp, index)) {
		/* umod's tables serve here too; what they map must not execute */
		w->role = ROLE_USER;
		w->bits |= PTE_NX;
	}
	return guest_page(w->key) || failed(LEG_WANT_TABLE_NOT_MEMORY);
}

/* false: nothing that may be in a shadow */
static inline bool sp_want(const struct sp *sp, u32 index, struct sp_want *w)
{
	u64 e = guest_entry(sp, index);

	if (!(e & PTE_P))
		return failed(LEG_WANT_NOT_PRESENT);
	if (!(e & PTE_A) && !options.late_ad)
		return failed(LEG_WANT_NOT_ACCESSED);
	if (sp->role == ROLE_USER && !(e & PTE_U))
		return failed(LEG_WANT_SUPERVISOR);
	if (entry_reserved(e, sp->level))
		return failed(LEG_WANT_RESERVED);
	if (sp->level == 1)
		return want_page(sp, e, w);
	if (!(e & PTE_PS))
		return want_table(sp, index, e, w);
	want_huge(sp, e, w);
	return true;
}

#endif
