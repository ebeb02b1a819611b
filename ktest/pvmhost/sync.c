// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's TLB flushes: bring shadow entries in line with the guest's
 * tables, or drop them.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Only present entries are looked at; what is not there is not cached.
 */
#include "host.h"
#include "legs.h"
#include "pcpu.h"
#include "pgtable.h"
#include "shadow.h"
#include "stats.h"
#include "walk.h"
#include "want.h"
#include "x86.h"

/*
 * Is it what want_page() would make of it?  In short for what most entries are:
 * pages of umod's in plain memory that have not changed.
 */
static inline bool user_page_is_true(const struct sp *sp, u32 index, u64 spte)
{
	u64 e = __atomic_load_n(&sp->table[index], __ATOMIC_RELAXED);

	return (e & (PTE_P | PTE_U | PTE_A)) == (PTE_P | PTE_U | PTE_A) &&
	       !((e ^ spte) & (PTE_FRAME | PTE_NX)) &&
	       (e & e / (PTE_D / PTE_W) & PTE_W) == (spte & PTE_W) &&
	       mem_is_ram_2m(e & PTE_FRAME);
}

static inline void sync_entry(struct sp *sp, u32 index)
{
	u64 spte = sp->page[index];
	struct sp_want w;
	struct sp *child;

	if (sp->level == 1 && sp->role == ROLE_USER && user_page_is_true(sp, index, spte))
		return;
	if (!sp_want(sp, index, &w)) {
		failed(LEG_SYNC_GONE);
		sp_set(sp, index, 0, NULL);
		return;
	}
	if (w.leaf) {
		if (spte != w.bits)
			sp_set(sp, index, w.bits, NULL);
		return;
	}
	child = sp_pointed(sp, spte);
	if (!child || child->key != w.key || child->role != w.role) {
		failed(LEG_SYNC_OTHER_TABLE);
		sp_set(sp, index, 0, NULL);
		return;
	}
	if (spte != ((spte & PTE_FRAME) | w.bits))
		sp_set(sp, index, w.bits, child);
}

/*
 * Every path of at most four levels; the stamp keeps shared pages to one visit.
 * Not @all: only what a flush of one PCID concerns, which leaves the
 * kernel's tables alone as long as all their leaves are global.
 */
static void sync_tree(struct sp *sp, u64 stamp, bool all)
{
	u32 word;

	if (sp->stamp == stamp || sp->role == ROLE_DIRECT)
		return;
	sp->stamp = stamp;
	for (word = 0; word < 8; word++) {
		u64 bits = sp->present[word];

		while (bits) {
			u32 index = word * 64 + __builtin_ctzll(bits);
			struct sp *child;

			bits &= bits - 1;
			stats.synced_entries++;
			sync_entry(sp, index);
			child = sp_child(sp, index);
			if (child && (all || !sp_is_kernel(child) || local_super_entries))
				sync_tree(child, stamp, all);
		}
	}
}

void sync_subtree(struct sp *sp)
{
	sync_tree(sp, ++sync_clock, true);
}

void sync_root(struct root *r, bool all)
{
	u64 stamp = ++sync_clock;

	stats.syncs++;
	walk_flush_ad();
	if (all)
		r->synced = stamp;
	sync_tree(r->pml4[0], stamp, all);
	sync_tree(r->pml4[1], stamp, all);
}

static void sync_path(struct sp *sp, u64 gva)
{
	while (sp && sp->role != ROLE_DIRECT) {
		u32 index = pt_index(gva, sp->level);

		if (!(sp->present[index / 64] & 1ULL << (index % 64)))
			return;
		sync_entry(sp, index);
		sp = sp_child(sp, index);
	}
}

/* The table below a PML4 that @gva is in, when the PML4's entry is true again */
static struct sp *top_entry(struct sp *pml4, u64 gva)
{
	u32 index = pt_index(gva, 4);

	if (!(pml4->page[index] & PTE_P) || index == HOST_SLOT)
		return NULL;
	sync_entry(pml4, index);
	return sp_child(pml4, index);
}

bool sync_fill(struct sp *sp, u32 index)
{
	struct sp_want w;

	if (!sp_want(sp, index, &w))
		return false;
	if (sp->page[index] != w.bits)
		sp_set(sp, index, w.bits, NULL);
	return true;
}

/* Entries that one table of the last level has between @index and @end */
static void sync_entries(struct sp *sp, u32 index, u32 end)
{
	while (index < end) {
		u64 bits = sp->present[index / 64] >> (index % 64);

		if (!bits) {
			index = (index | 63) + 1;
			continue;
		}
		index += __builtin_ctzll(bits);
		if (index < end)
			sync_entry(sp, index);
		index++;
	}
}

/* As sync_path(), for pages of one last-level table */
static void sync_table(struct sp *sp, u64 gva, u32 pages)
{
	while (sp && sp->role != ROLE_DIRECT) {
		u32 index = pt_index(gva, sp->level);

		if (sp->level == 1) {
			sync_entries(sp, index, index + pages);
			return;
		}
		if (!(sp->present[index / 64] & 1ULL << (index % 64)))
			return;
		sync_entry(sp, index);
		sp = sp_child(sp, index);
	}
}

void sync_range(struct root *r, u64 gva, u32 pages)
{
	walk_flush_ad();
	while (pages) {
		u32 part = min(pages, 512 - pt_index(gva, 1)), i;
		struct sp *done = NULL;

		for (i = 0; i < 2; i++) {
			struct sp *pml4 = r->pml4[i], *child = top_entry(pml4, gva);

			if (child && child != done)
				sync_table(child, gva, part);
			done = child;
		}
		gva += (u64)part * PAGE_SIZE;
		pages -= part;
	}
}

/*
 * Addresses below the kernel's half that INVLPG has flushed, in a ring.  A root
 * that no vCPU has loaded looks at them when it is loaded again; most never are.
 */
#define LOG_SIZE	256
static u64 flush_log[LOG_SIZE];
static u64 log_end;

/* What the two roots share below their PML4s is looked at once */
static struct sp *sync_in_root(struct root *r, u64 gva, struct sp *done)
{
	u32 i;

	for (i = 0; i < 2; i++) {
		struct sp *child = top_entry(r->pml4[i], gva);

		if (child && child != done)
			sync_path(child, gva);
		done = child;
	}
	return done;
}

/* In every root: the guest's INVLPG reaches all PCIDs */
void sync_address(u64 gva)
{
	bool kernel = pt_index(gva, 4) >= 256;
	u64 bits = roots_used;
	struct sp *done = NULL;

	walk_flush_ad();
	if (!kernel)
		flush_log[log_end++ % LOG_SIZE] = gva;
	for (; bits; bits &= bits - 1) {
		struct root *r = &roots[__builtin_ctzll(bits)];

		if (kernel || r->users)
			done = sync_in_root(r, gva, done);
	}
}

void sync_idle_begin(struct root *r)
{
	r->flushed = log_end;
}

void sync_idle_end(struct root *r)
{
	if (log_end - r->flushed > LOG_SIZE) {
		failed(LEG_SYNC_LOG_OVERRUN);
		sync_root(r, true);
		return;
	}
	for (; r->flushed < log_end; r->flushed++)
		sync_in_root(r, flush_log[r->flushed % LOG_SIZE], NULL);
}

/* Other roots are brought up to date when this vCPU next loads them */
void shadow_flush_all(struct vcpu *v)
{
	v->flush_all = ++sync_clock;
	v->pcpu->need_flush = true;
	sync_root(v->root, true);
}

void shadow_flush_current(struct vcpu *v)
{
	v->pcpu->need_flush = true;
	sync_root(v->root, !(v->cr4 & X86_CR4_PGE));
}

/* The other root of this processor is flushed when it is loaded */
void shadow_invlpg(struct vcpu *v, u64 gva)
{
	if (!gva_legal(v, gva))
		return;
	sync_address(gva);
	asm volatile("invlpg (%0)" : : "r" (gva) : "memory");
}
