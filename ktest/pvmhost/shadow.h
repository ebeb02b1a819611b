/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shadow page tables: the pool (shadow.c), keeping them true (sync.c) and
 * filling them (fault.c).
 *
 * Copyright (C) 2026 the pvops developers
 *
 * A shadow page stands for one guest table in one role, and is shared by every
 * root and every vCPU that reaches that table in that role.  Guest tables are
 * not write-protected: the shadow is a TLB, brought up to date at the guest's
 * flushes.
 */
#ifndef PVMHOST_SHADOW_H
#define PVMHOST_SHADOW_H

#include <linux/types.h>
#include "layout.h"
#include "pgtable.h"

struct vcpu;

enum sp_role {
	ROLE_USER,	/* only pages that umod may use; under both roots */
	ROLE_SUPER,	/* all leaves are supervisor pages: some entry above said so */
	ROLE_BOTH,	/* smod's view where no entry above decides: user pages get NX */
	ROLE_KERNEL,	/* the same in the upper half, where supervisor pages are the rule */
	ROLE_DIRECT,	/* part of a huge guest page; the entry above has the rights */
};

struct sp {
	u64 *page;	/* the entries; all of them 0 while the page is free */
	u64 key;	/* guest-physical address of the table, or of the huge page */
	u64 stamp;	/* sync clock of the last visit */
	u64 present[8];	/* which entries are */
	const u64 *table;	/* the guest's, NULL for ROLE_DIRECT */
	u64 private_slots[4];	/* smod PML4: lower slots not shared with umod */
	u32 next;	/* in its hash chain, or in the free list */
	u32 parents;	/* entries that point here; a root counts as one */
	u8 level;
	u8 role;
	bool used;
};

/* The two PML4s of one guest CR3 */
struct root {
	u64 gcr3;
	struct sp *pml4[2];	/* smod, umod */
	u32 users;		/* vCPUs that have it loaded */
	u64 synced;		/* sync clock */
	u64 flushed;		/* addresses of sync.c's log that it has seen, while idle */
	u64 last_use;
	u64 idle_since;		/* TSC */
	bool used;
};

#define MAX_ROOTS	48	/* more than vCPUs, at most 64 */

extern struct root roots[MAX_ROOTS];
extern u64 roots_used;		/* a bit each */
/*
 * Set in leaf entries of the kernel's tables that are not global in the guest's
 * (bit 9 is software's): only those does a flush of one PCID concern.
 */
#define SPTE_LOCAL	(1ULL << 9)
extern u32 local_super_entries;

extern u64 sync_clock;

void shadow_init(u64 pool, u64 size);
u32 shadow_pages_free(void);
u32 shadow_pages_total(void);
/*
 * Sum up the host's text, look at the guard pages, and count every page and
 * every link again; the long form looks at every entry, too.  They panic if
 * something is not as it should be.
 */
void shadow_audit_books(void);
void shadow_audit(void);

/* fault.c: let the new root @r have what @old has of the kernel's half */
void shadow_share_kernel(struct vcpu *v, struct root *r, const struct root *old);

/* Guest CR3 load; @flush: of this PCID's entries */
void shadow_load(struct vcpu *v, u64 gcr3, bool flush);
/* Make the hardware use the current root; sets v->cr3 */
void shadow_enter(struct vcpu *v);
/* At least enough free pages for one fill; may drop anything cached */
void shadow_reserve(void);
/* Drop everything; returns when no processor can still use it */
void shadow_zap_all(void);
/* Drop something at random */
void shadow_drop_random(void);

extern struct sp sps[];
extern u64 shadow_pool;		/* physical address of the page that sps[0] describes */

/* The page that the entry @spte of @sp points to, or NULL */
static inline struct sp *sp_pointed(const struct sp *sp, u64 spte)
{
	if (sp->level == 1 || !(spte & PTE_P) || (spte & PTE_PS))
		return NULL;
	return &sps[((spte & PTE_FRAME) - shadow_pool) >> PAGE_SHIFT];
}

/* Does a flush of one PCID spare all of @sp but SPTE_LOCAL entries? */
static inline bool sp_is_kernel(const struct sp *sp)
{
	return sp->role == ROLE_SUPER || sp->role == ROLE_KERNEL;
}

static inline struct sp *sp_child(const struct sp *sp, u32 index)
{
	return sp_pointed(sp, sp->page[index]);
}

/* Set an entry, with the books: unlinks what was there; @child may be NULL */
void sp_set(struct sp *sp, u32 index, u64 spte, struct sp *child);
/* Find or make; @fresh: it was made, so it is empty and true */
struct sp *sp_get(u64 key, u32 level, u32 role, bool *fresh);

/*
 * The shadow of the last-level table at @key as umod's page tables have it, or
 * NULL; a long search is given up, so NULL may be wrong.
 */
struct sp *sp_find_user_table(u64 key);

/* sync.c */
/* @all: global entries too */
void sync_root(struct root *r, bool all);
void sync_subtree(struct sp *sp);
void sync_address(u64 gva);
/* @pages from @gva on, as far as they are in the tables of @r */
void sync_range(struct root *r, u64 gva, u32 pages);
/* Make entry @index of a last-level table; false: the guest has nothing there */
bool sync_fill(struct sp *sp, u32 index);
/* An idle root: begin to log, and make up for what was logged */
void sync_idle_begin(struct root *r);
void sync_idle_end(struct root *r);
void shadow_flush_all(struct vcpu *v);
void shadow_flush_current(struct vcpu *v);
void shadow_invlpg(struct vcpu *v, u64 gva);

#endif
