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
#include "lapic.h"
#include "legs.h"
#include "mem.h"
#include "options.h"
#include "pcpu.h"
#include "pgtable.h"
#include "shadow.h"
#include "stats.h"
#include "walk.h"
#include "x86.h"

#define HASH_BITS	12
#define HASH_SIZE	(1U << HASH_BITS)
#define NONE		0xffffffffu
#define GUARD		0x5a17c0de5a17c0deULL
#define FILL_PAGES	8	/* the most that one fault can need: two paths of four */
#define FIND_MAX	64	/* pages of a hash chain that a mere hint is worth */
#define MAX_POOL	(64 << 20 >> PAGE_SHIFT)

struct root roots[MAX_ROOTS];
u64 roots_used;
u64 sync_clock = 1;

u32 local_super_entries;

struct sp sps[MAX_POOL];
u64 shadow_pool;
static u32 hash[HASH_SIZE];
static u64 checksum;	/* of the host's text, as it was at start */
static u64 *guards[2];	/* pages at both ends of the pool that nothing writes */
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
	return host_to_phys(sp->page);
}

static u32 hash_of(u64 key, u32 level, u32 role)
{
	/* All bits of the key take part: the guest chooses it, and chains are walked to the end */
	return (((key >> PAGE_SHIFT) + level * 7 + role) * 0x9e3779b97f4a7c15ULL) >>
	       (64 - HASH_BITS);
}

static void guards_init(u64 first, u64 last)
{
	u32 i;

	guards[0] = phys_to_host(first);
	guards[1] = phys_to_host(last);
	for (i = 0; i < 512; i++)
		guards[0][i] = guards[1][i] = GUARD;
}

void shadow_init(u64 pool, u64 size)
{
	u32 i;

	checksum = host_checksum();
	guards_init(pool, pool + size - PAGE_SIZE);
	pool += PAGE_SIZE;
	shadow_pool = pool;
	nr_pages = min((size >> PAGE_SHIFT) - 2, (u64)MAX_POOL);
	for (i = 0; i < HASH_SIZE; i++)
		hash[i] = NONE;
	for (i = 0; i < nr_pages; i++) {
		sps[i].page = phys_to_host(pool + (u64)i * PAGE_SIZE);
		memset(sps[i].page, 0, PAGE_SIZE);
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
	sp->parents = 0;
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
	u32 word;

	for (word = 0; word < 8; word++) {
		while (sp->present[word])
			sp_set(sp, word * 64 + __builtin_ctzll(sp->present[word]), 0, NULL);
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
	else
		sp->page[HOST_SLOT] = 0;
	sp->used = false;
	sp->next = limbo_list;
	limbo_list = sp_index(sp);
	nr_limbo++;
}

void sp_set(struct sp *sp, u32 index, u64 spte, struct sp *child)
{
	u64 before = sp->page[index], changed;
	struct sp *old = sp_pointed(sp, before);

	if (child) {
		child->parents++;
		spte |= sp_phys(child);
	}
	changed = before ^ spte;
	if (changed & SPTE_LOCAL)
		local_super_entries += spte & SPTE_LOCAL ? 1 : -1;
	if (changed & PTE_P)
		sp->present[index / 64] ^= 1ULL << (index % 64);
	__atomic_store_n(&sp->page[index], spte, __ATOMIC_RELEASE);
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
	sp->table = role == ROLE_DIRECT ? NULL : guest_page(key);
	sp->stamp = sync_clock;
	sp->next = *chain;
	*chain = sp_index(sp);
	*fresh = true;
	return sp;
}

struct sp *sp_find_user_table(u64 key)
{
	u32 i = hash[hash_of(key, 1, ROLE_USER)], n;

	for (n = 0; i != NONE && n < FIND_MAX; n++, i = sps[i].next) {
		if (sps[i].key == key && sps[i].level == 1 && sps[i].role == ROLE_USER)
			return &sps[i];
	}
	return NULL;
}

static void root_drop(struct root *r)
{
	u32 i;

	for (i = 0; i < 2; i++)
		sp_unlink(r->pml4[i]);
	r->used = false;
	roots_used &= ~(1ULL << (r - roots));
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
	sp->table = guest_page(gcr3);
	sp->level = 4;
	sp->role = role;
	sp->parents = 1;
	memset(sp->private_slots, 0, sizeof(sp->private_slots));
	/* Not in @present: never compared with the guest's entry, never dropped */
	sp->page[HOST_SLOT] = host_pml4e;
	return sp;
}

/* A hint, by a hash of the guest's CR3; whatever is there is checked */
static u8 root_hint[64];

static u8 *hint_of(u64 gcr3)
{
	return &root_hint[(gcr3 >> PAGE_SHIFT ^ gcr3 >> (PAGE_SHIFT + 6)) & 63];
}

static struct root *root_find(u64 gcr3)
{
	u64 bits = roots_used;
	u8 *hint = hint_of(gcr3);

	if (roots[*hint].used && roots[*hint].gcr3 == gcr3)
		return &roots[*hint];
	for (; bits; bits &= bits - 1) {
		u32 i = __builtin_ctzll(bits);

		if (roots[i].gcr3 == gcr3) {
			*hint = i;
			return &roots[i];
		}
	}
	return NULL;
}

static struct root *root_make(u64 gcr3)
{
	struct root *r;

	shadow_reserve();
	if (!(~roots_used & ((1ULL << MAX_ROOTS) - 1))) {
		failed(LEG_SHADOW_ROOTS_FULL);
		root_drop(oldest_idle_root());	/* more roots than vCPUs: there is one */
	}
	r = &roots[__builtin_ctzll(~roots_used)];
	r->gcr3 = gcr3;
	r->users = 0;
	sync_idle_begin(r);
	r->used = true;
	r->synced = sync_clock;
	r->pml4[0] = new_pml4(gcr3, ROLE_BOTH);
	r->pml4[1] = new_pml4(gcr3, ROLE_USER);
	roots_used |= 1ULL << (r - roots);
	*hint_of(gcr3) = r - roots;
	stats.roots_made++;
	return r;
}

/*
 * Nobody says that a process has ended, and as long as its root is kept its
 * shadow pages are, too.  One that was not used for a second is as good as ended.
 */
static void roots_drop_stale(u64 now)
{
	static u64 looked;
	u64 second = ns_to_tsc(1000000000);
	u32 i;

	if (now - looked < second)
		return;
	looked = now;
	for (i = 0; i < MAX_ROOTS; i++) {
		if (roots[i].used && !roots[i].users && now - roots[i].idle_since > second)
			root_drop(&roots[i]);
	}
}

/*
 * As long as there are supervisor entries that are not global every flush has
 * to look at all supervisor tables.  The 1:1 maps of early boot are the ones
 * that have them: those roots are not worth keeping.
 */
static void root_put(struct root *r)
{
	if (--r->users)
		return;
	if (local_super_entries) {
		root_drop(r);
		return;
	}
	r->idle_since = rdtsc();
	sync_idle_begin(r);
	roots_drop_stale(r->idle_since);
}

static void root_bring_up_to_date(struct vcpu *v, struct root *r, bool flush)
{
	if (!r->users)
		sync_idle_end(r);
	if (r->synced < v->flush_all)
		sync_root(r, true);
	else if (flush)
		sync_root(r, !(v->cr4 & X86_CR4_PGE));
}

void shadow_load(struct vcpu *v, u64 gcr3, bool flush)
{
	struct root *old = v->root, *r = root_find(gcr3 & PTE_FRAME);

	v->gcr3 = gcr3;
	if (r) {
		root_bring_up_to_date(v, r, flush);
	} else {
		r = root_make(gcr3 & PTE_FRAME);
		if (old)
			shadow_share_kernel(v, r, old);
	}
	r->last_use = ++sync_clock;
	if (r == old) {
		v->pcpu->need_flush = true;
		return;
	}
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
	failed(LEG_SHADOW_POOL_EMPTY);
	while (nr_free + nr_limbo < nr_pages / 8 + FILL_PAGES) {
		r = oldest_idle_root();
		if (!r) {
			failed(LEG_SHADOW_NOTHING_IDLE);
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

static void audit_memory(void)
{
	u32 i;

	if (host_checksum() != checksum)
		panic("the host's text has changed\n");
	for (i = 0; i < 512; i++) {
		if (guards[0][i] != GUARD || guards[1][i] != GUARD)
			panic("a guard page of the pool has changed\n");
	}
}

static void audit_links(const struct sp *sp, u32 *links)
{
	u32 word;

	for (word = 0; word < 8; word++) {
		u64 bits = sp->present[word];

		for (; bits; bits &= bits - 1) {
			struct sp *child = sp_child(sp, word * 64 + __builtin_ctzll(bits));

			if (child)
				links[sp_index(child)]++;
		}
	}
}

/* Entries and @present agree, and a free page is empty; returns entries with SPTE_LOCAL */
static u32 audit_page(const struct sp *sp)
{
	u32 i, local = 0;

	for (i = 0; i < 512; i++) {
		bool present = sp->present[i / 64] & 1ULL << (i % 64);

		if (sp->level == 4 && i == HOST_SLOT && sp->used)
			continue;
		if (present != !!sp->page[i] || (present && !sp->used))
			panic("shadow page %u: entry %u is %llx\n", sp_index(sp), i, sp->page[i]);
		local += !!(sp->page[i] & SPTE_LOCAL);
	}
	return local;
}

void shadow_audit_books(void)
{
	static u32 links[MAX_POOL];
	u32 i, used = 0;

	audit_memory();
	memset(links, 0, nr_pages * sizeof(links[0]));
	for (i = 0; i < nr_pages; i++)
		audit_links(&sps[i], links);
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

void shadow_audit(void)
{
	u32 i, local = 0;

	shadow_audit_books();
	for (i = 0; i < nr_pages; i++)
		local += audit_page(&sps[i]);
	if (local != local_super_entries)
		panic("local entries: %u, %u counted\n", local, local_super_entries);
}
