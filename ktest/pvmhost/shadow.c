// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pool of shadow pages, the roots, and what an entry should be.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Page N of the pool is described by sps[N].  A page whose last link goes is
 * put on the limbo list: processors in the guest may still walk it.  When the
 * free list runs out every processor is made to leave the guest and flush, and
 * the limbo list becomes the free list.
 */
#include "host.h"
#include "mem.h"
#include "options.h"
#include "pcpu.h"
#include "pgtable.h"
#include "shadow.h"
#include "stats.h"
#include "walk.h"
#include "x86.h"

#define HASH_SIZE	4096
#define NONE		0xffffffffu
#define FILL_PAGES	8	/* the most that one fault can need: two paths of four */
#define MAX_POOL	(64 << 20 >> PAGE_SHIFT)

struct root roots[MAX_ROOTS];
u64 sync_clock = 1;

u32 local_super_entries;

static struct sp sps[MAX_POOL];
static u32 hash[HASH_SIZE];
static u64 pool_start;
static u32 checksum;	/* of the host's text, as it was at start */
static u32 nr_pages, nr_free, nr_limbo;
static u32 free_list = NONE, limbo_list = NONE;

u32 shadow_pages_free(void)
{
	return nr_free + nr_limbo;
}

u32 shadow_pages_total(void)
{
	return nr_pages;
}

static u32 sp_index(const struct sp *sp)
{
	return sp - sps;
}

static u64 sp_phys(const struct sp *sp)
{
	return pool_start + (u64)sp_index(sp) * PAGE_SIZE;
}

u64 *sp_page(const struct sp *sp)
{
	return phys_to_host(sp_phys(sp));
}

static u32 hash_of(u64 key, u32 level, u32 role)
{
	return ((key >> PAGE_SHIFT) * 0x9e3779b1u + level * 7 + role) & (HASH_SIZE - 1);
}

void shadow_init(u64 pool, u64 size)
{
	u32 i;

	checksum = host_checksum();
	pool_start = pool;
	nr_pages = min(size >> PAGE_SHIFT, (u64)MAX_POOL);
	for (i = 0; i < HASH_SIZE; i++)
		hash[i] = NONE;
	for (i = 0; i < nr_pages; i++) {
		sps[i].next = free_list;
		free_list = i;
	}
	nr_free = nr_pages;
}

static void limbo_to_free(void)
{
	u32 last;

	if (limbo_list == NONE)
		return;
	pcpus_leave_guest();
	stats.limbo_flushes++;
	for (last = limbo_list; sps[last].next != NONE; last = sps[last].next)
		;
	sps[last].next = free_list;
	free_list = limbo_list;
	limbo_list = NONE;
	nr_free += nr_limbo;
	nr_limbo = 0;
}

static struct sp *sp_alloc(void)
{
	struct sp *sp;

	if (free_list == NONE)
		limbo_to_free();
	if (free_list == NONE)
		panic("shadow pages: shadow_reserve() was not called\n");
	sp = &sps[free_list];
	free_list = sp->next;
	nr_free--;
	memset(sp, 0, sizeof(*sp));
	memset(sp_page(sp), 0, PAGE_SIZE);
	sp->used = true;
	return sp;
}

static void hash_remove(struct sp *sp)
{
	u32 *p = &hash[hash_of(sp->key, sp->level, sp->role)];

	while (*p != sp_index(sp))
		p = &sps[*p].next;
	*p = sp->next;
}

static void sp_drop_all(struct sp *sp)
{
	u32 i;

	for (i = 0; i < 512; i++) {
		if (sp->present[i / 64] & 1ULL << (i % 64))
			sp_set(sp, i, 0, NULL);
	}
}

/* Recursion is bounded by the four levels */
static void sp_unlink(struct sp *sp)
{
	if (--sp->parents)
		return;
	sp_drop_all(sp);
	if (sp->level < 4)	/* PML4s are not shared, so not hashed */
		hash_remove(sp);
	sp->used = false;
	sp->next = limbo_list;
	limbo_list = sp_index(sp);
	nr_limbo++;
}

struct sp *sp_child(const struct sp *sp, u32 index)
{
	u64 e = sp_page(sp)[index];

	if (sp->level == 1 || !(e & PTE_P) || (e & PTE_PS))
		return NULL;
	return &sps[((e & PTE_FRAME) - pool_start) >> PAGE_SHIFT];
}

void sp_set(struct sp *sp, u32 index, u64 spte, struct sp *child)
{
	struct sp *old = sp_child(sp, index);

	if (child) {
		child->parents++;
		spte |= sp_phys(child);
	}
	local_super_entries += !!(spte & SPTE_LOCAL) - !!(sp_page(sp)[index] & SPTE_LOCAL);
	__atomic_store_n(&sp_page(sp)[index], spte, __ATOMIC_RELEASE);
	if (spte & PTE_P)
		sp->present[index / 64] |= 1ULL << (index % 64);
	else
		sp->present[index / 64] &= ~(1ULL << (index % 64));
	if (old)
		sp_unlink(old);
}

struct sp *sp_get(u64 key, u32 level, u32 role, bool *fresh)
{
	u32 *chain = &hash[hash_of(key, level, role)], i;
	struct sp *sp;

	for (i = *chain; i != NONE; i = sps[i].next) {
		sp = &sps[i];
		if (sp->key == key && sp->level == level && sp->role == role) {
			*fresh = false;
			return sp;
		}
	}
	sp = sp_alloc();
	sp->key = key;
	sp->level = level;
	sp->role = role;
	sp->table = role == ROLE_DIRECT ? NULL : guest_ptr(key, PAGE_SIZE);
	sp->stamp = sync_clock;
	sp->next = *chain;
	*chain = sp_index(sp);
	*fresh = true;
	return sp;
}

/* The guest's entry; a huge page's part looks like an entry with all rights */
static u64 guest_entry(const struct sp *sp, u32 index)
{
	if (sp->role == ROLE_DIRECT)
		return (sp->key + index * pt_size(sp->level)) | PTE_P | PTE_W | PTE_U |
		       PTE_A | PTE_D | (sp->level > 1 ? PTE_PS : 0);
	return sp->table ? __atomic_load_n(&sp->table[index], __ATOMIC_RELAXED) : 0;
}

/* Rights of a guest leaf: dirty decides about writing, so that it gets noticed */
static u64 leaf_rights(const struct sp *sp, u64 e)
{
	u64 bits = PTE_P | PTE_U | PTE_A | PTE_D | (e & PTE_NX);

	if ((e & PTE_W) && (e & PTE_D))
		bits |= PTE_W;
	if (sp->role == ROLE_BOTH && (e & PTE_U))
		bits |= PTE_NX;
	if (sp->role == ROLE_SUPER && !(e & PTE_G))
		bits |= SPTE_LOCAL;
	return bits;
}

static bool want_leaf(const struct sp *sp, u64 e, struct sp_want *w)
{
	u64 frame = e & PTE_FRAME & ~(pt_size(sp->level) - 1);

	w->bits = leaf_rights(sp, e);
	w->leaf = true;
	if (sp->level == 1) {
		enum page_kind kind = mem_kind(frame);

		w->bits |= frame;
		if (kind == PAGE_DEVICE)
			w->bits |= PTE_PCD;
		return kind == PAGE_RAM || kind == PAGE_DEVICE;
	}
	if (sp->level == 2 && mem_is_ram_2m(frame)) {
		w->bits |= frame | PTE_PS;
		return true;
	}
	w->leaf = false;
	w->key = frame;
	w->role = ROLE_DIRECT;
	return true;
}

static bool slot_is_private(const struct sp *pml4, u32 index)
{
	return index >= 256 || (pml4->private_slots[index / 64] & 1ULL << (index % 64));
}

static void want_table(const struct sp *sp, u32 index, u64 e, struct sp_want *w)
{
	w->leaf = false;
	w->key = e & PTE_FRAME;
	w->bits = PTE_P | PTE_U | PTE_A | (e & (PTE_W | PTE_NX));
	w->role = sp->role;
	if (sp->role != ROLE_BOTH)
		return;
	if (!(e & PTE_U)) {
		w->role = ROLE_SUPER;
	} else if (sp->level == 4 && !slot_is_private(sp, index)) {
		/* umod's tables serve here too; what they map must not execute */
		w->role = ROLE_USER;
		w->bits |= PTE_NX;
	}
}

/* false: nothing that may be in a shadow */
bool sp_want(const struct sp *sp, u32 index, struct sp_want *w)
{
	u64 e = guest_entry(sp, index);

	if (!(e & PTE_P) || (!(e & PTE_A) && !options.late_ad))
		return false;
	if (sp->role == ROLE_USER && !(e & PTE_U))
		return false;
	if (sp->level == 1 || (e & PTE_PS))
		return sp->level < 4 && want_leaf(sp, e, w);
	if (!guest_ptr(e & PTE_FRAME, PAGE_SIZE))
		return false;
	want_table(sp, index, e, w);
	return true;
}

static void root_drop(struct root *r)
{
	u32 i;

	for (i = 0; i < 2; i++)
		sp_unlink(r->pml4[i]);
	r->used = false;
	stats.roots_dropped++;
}

static struct root *oldest_idle_root(void)
{
	struct root *best = NULL;
	u32 i;

	for (i = 0; i < MAX_ROOTS; i++) {
		struct root *r = &roots[i];

		if (r->used && !r->users && (!best || r->last_use < best->last_use))
			best = r;
	}
	return best;
}

static struct sp *new_pml4(u64 gcr3, u32 role)
{
	struct sp *sp = sp_alloc();

	sp->key = gcr3;
	sp->table = guest_ptr(gcr3, PAGE_SIZE);
	sp->level = 4;
	sp->role = role;
	sp->parents = 1;
	/* Not in @present: never compared with the guest's entry, never dropped */
	sp_page(sp)[HOST_SLOT] = host_pml4e;
	return sp;
}

static struct root *root_get(u64 gcr3)
{
	struct root *r, *empty = NULL;
	u32 i;

	for (i = 0; i < MAX_ROOTS; i++) {
		if (roots[i].used && roots[i].gcr3 == gcr3)
			return &roots[i];
		if (!roots[i].used)
			empty = &roots[i];
	}
	shadow_reserve();
	if (!empty) {	/* more roots than vCPUs: there is an idle one */
		r = oldest_idle_root();
		root_drop(r);
		empty = r;
	}
	r = empty;
	r->gcr3 = gcr3;
	r->users = 0;
	r->used = true;
	r->synced = sync_clock;
	r->pml4[0] = new_pml4(gcr3, ROLE_BOTH);
	r->pml4[1] = new_pml4(gcr3, ROLE_USER);
	stats.roots_made++;
	return r;
}

/*
 * As long as there are supervisor entries that are not global every flush has
 * to look at all supervisor tables.  The 1:1 maps of early boot are the ones
 * that have them: those roots are not worth keeping.
 */
static void root_put(struct root *r)
{
	if (!--r->users && local_super_entries)
		root_drop(r);
}

void shadow_load(struct vcpu *v, u64 gcr3, bool flush)
{
	struct root *r = root_get(gcr3 & PTE_FRAME), *old = v->root;

	v->gcr3 = gcr3;
	if (r != old) {
		r->users++;
		v->root = r;
		v->cr3[0] = sp_phys(r->pml4[0]);
		v->cr3[1] = sp_phys(r->pml4[1]);
		/* At once: the host must not stay on a root that may be dropped */
		v->pcpu->cr3 = v->cr3[0];
		v->stats.cr3_loads++;
		write_cr3(v->cr3[0]);
		if (old)
			root_put(old);
	}
	r->last_use = ++sync_clock;
	v->pcpu->need_flush = true;
	if (r->synced < v->flush_all)
		sync_root(r, true);
	else if (flush)
		sync_root(r, !(v->cr4 & X86_CR4_PGE));
}

void shadow_enter(struct vcpu *v)
{
	struct pcpu *p = v->pcpu;
	u64 cr3;

	if (options.drop_shadow && !(random() & 63))
		shadow_drop_random();
	cr3 = v->cr3[v->umod];
	if (cr3 == p->cr3 && !p->need_flush)
		return;
	p->need_flush = false;
	p->cr3 = cr3;
	v->stats.cr3_loads++;
	write_cr3(cr3);
}

void shadow_reserve(void)
{
	struct root *r;

	if (nr_free >= FILL_PAGES)
		return;
	stats.pool_empty++;
	while (nr_free + nr_limbo < nr_pages / 8 + FILL_PAGES) {
		r = oldest_idle_root();
		if (!r) {
			shadow_zap_all();
			return;
		}
		root_drop(r);
	}
	limbo_to_free();
}

void shadow_zap_all(void)
{
	struct root *r;
	u32 i;

	while ((r = oldest_idle_root()))
		root_drop(r);
	for (i = 0; i < MAX_ROOTS; i++) {
		if (!roots[i].used)
			continue;
		sp_drop_all(roots[i].pml4[0]);
		sp_drop_all(roots[i].pml4[1]);
	}
	stats.zaps++;
	limbo_to_free();
	pcpus_leave_guest();
}

void shadow_drop_random(void)
{
	struct sp *sp = &sps[random() % nr_pages];

	stats.random_drops++;
	if (!(random() & 1023))
		shadow_zap_all();
	else if (sp->used)
		sp_drop_all(sp);
	this_pcpu()->need_flush = true;
}

void shadow_audit(void)
{
	static u32 links[MAX_POOL];
	u32 i, j, used = 0;

	if (host_checksum() != checksum)
		panic("the host's text has changed\n");
	memset(links, 0, nr_pages * sizeof(links[0]));
	for (i = 0; i < nr_pages; i++) {
		for (j = 0; sps[i].used && j < 512; j++) {
			struct sp *child = sp_child(&sps[i], j);

			if (child && (sps[i].present[j / 64] & 1ULL << (j % 64)))
				links[sp_index(child)]++;
		}
	}
	for (i = 0; i < nr_pages; i++) {
		if (!sps[i].used)
			continue;
		used++;
		if (sps[i].level < 4 && links[i] != sps[i].parents)
			panic("shadow page %u: %u links, %u counted\n", i, links[i], sps[i].parents);
	}
	if (used + nr_free + nr_limbo != nr_pages)
		panic("shadow pages: %u used, %u free, %u in limbo of %u\n", used, nr_free,
		      nr_limbo, nr_pages);
}
