// SPDX-License-Identifier: GPL-2.0-only
/*
 * STAND-IN for a VMware host: the balloon at port 0x5670.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Source of the protocol: drivers/misc/vmw_balloon.c of Linux 6.12.
 *
 * A locked page is really gone: no shadow table leads to it and it is filled
 * with a pattern.  At unlock the pattern must be whole, and the page that the
 * guest gets is a fresh one, full of zeroes.  Guest-physical addresses are
 * machine addresses here, so it lies in the same place.
 */
#include "host.h"
#include "mem.h"
#include "options.h"
#include "shadow.h"
#include "standin_vmware.h"
#include "vcpu.h"

enum balloon_command {
	CMD_START = 0,
	CMD_GET_TARGET = 1,
	CMD_LOCK = 2,
	CMD_UNLOCK = 3,
	CMD_GUEST_ID = 4,
	CMD_BATCHED_LOCK = 6,
	CMD_BATCHED_UNLOCK = 7,
	CMD_BATCHED_2M_LOCK = 8,
	CMD_BATCHED_2M_UNLOCK = 9,
};

#define CAP_BATCHED	(1u << 2)
#define CAP_BATCHED_2M	(1u << 3)

enum balloon_status {
	OK = 0,
	CMD_INVALID = 1,
	PPN_INVALID = 2,
	PPN_LOCKED = 3,
	PPN_UNLOCKED = 4,
	PPN_PINNED = 5,
	RESET = 7,
	OK_WITH_CAPS = 0x03000000,
};

#define GUEST_LINUX	1
#define BATCH_ENTRIES	512
#define ENTRY_FLAGS	0xfffull
#define ORDER_2M	9

/* Only what lies below 4 GB can be locked */
#define MAX_PAGES	(4ULL << 30 >> PAGE_SHIFT)
#define CHUNK_PAGES	512

static u64 locked[MAX_PAGES / 64];
static u32 chunk_locked[MAX_PAGES / CHUNK_PAGES];
static u8 chunk_was_ram[MAX_PAGES / CHUNK_PAGES];
static u32 nr_locked, most_locked, nr_fresh;
static u32 calls, refused, resets, refuse_every;
static u64 target;
static bool started, forget;

bool standin_page_locked(u64 gpa)
{
	u64 page = gpa >> PAGE_SHIFT;

	return page < MAX_PAGES && (locked[page / 64] & 1ULL << (page % 64));
}

/* As long as a page of a chunk is locked the chunk is not all memory */
static void mark(u64 page, bool lock)
{
	u64 chunk = page / CHUNK_PAGES;

	locked[page / 64] ^= 1ULL << (page % 64);
	if (lock && !chunk_locked[chunk]++) {
		chunk_was_ram[chunk] = mem_chunk_is_ram[chunk];
		mem_chunk_is_ram[chunk] = 0;
	} else if (!lock && !--chunk_locked[chunk]) {
		mem_chunk_is_ram[chunk] = chunk_was_ram[chunk];
	}
}

void standin_target(u64 pages)
{
	target = pages;
}

void standin_refuse(u32 every)
{
	refuse_every = every;
}

void standin_reset(void)
{
	forget = true;
}

u64 standin_some_locked(void)
{
	u64 page;

	for (page = 0; page < MAX_PAGES; page++) {
		if (locked[page / 64] & 1ULL << (page % 64))
			return page << PAGE_SHIFT;
	}
	return 0;
}

void standin_balloon_report(void)
{
	printk("standin: balloon: %u pages locked, at most %u, %u fresh, %u calls, %u refused, %u resets\n",
	       nr_locked, most_locked, nr_fresh, calls, refused, resets);
}

static void end_test(const char *why, u64 gpa)
{
	printk("standin: FAIL: page %llx: %s\n", gpa, why);
	machine_end(END_GUEST_STOPPED);
}

void standin_touched(struct vcpu *v, u64 gva, u64 gpa)
{
	printk("standin: vCPU %u at %llx reaches for %llx\n", v->id, v->regs.rip, gva);
	end_test("the guest touches a locked page", gpa);
	__builtin_unreachable();
}

/* Bit 0 clear: not a present entry, should a stale table be read */
static u64 pattern(u64 page)
{
	return (page * 0x9e3779b97f4a7c15ULL) & ~1ULL;
}

static void fill(u64 page, u64 word)
{
	u64 *p = phys_to_host(page << PAGE_SHIFT);
	u32 i;

	for (i = 0; i < PAGE_SIZE / sizeof(*p); i++)
		p[i] = word;
}

static void check(u64 page)
{
	const u64 *p = phys_to_host(page << PAGE_SHIFT);
	u32 i;

	for (i = 0; i < PAGE_SIZE / sizeof(*p); i++) {
		if (p[i] != pattern(page))
			end_test("changed while it was locked", page << PAGE_SHIFT);
	}
}

static u32 lockable(u64 page, u32 order)
{
	u64 i;

	if (page & ((1ULL << order) - 1) || page + (1ULL << order) > MAX_PAGES)
		return PPN_INVALID;
	for (i = 0; i < 1ULL << order; i++) {
		switch (mem_kind((page + i) << PAGE_SHIFT)) {
		case PAGE_RAM: break;
		case PAGE_LOCKED: return PPN_LOCKED;
		default: return PPN_INVALID;
		}
	}
	if (refuse_every && !(random() % refuse_every)) {
		refused++;
		return PPN_PINNED;
	}
	return OK;
}

/* No table may lead to it when it is filled: the caller drops the shadows in between */
static u32 lock_unit(u64 page, u32 order)
{
	u32 status = lockable(page, order);
	u64 i;

	if (status)
		return status;
	for (i = page; i < page + (1ULL << order); i++)
		mark(i, true);
	nr_locked += 1u << order;
	most_locked = max(most_locked, nr_locked);
	return OK;
}

static void fill_unit(u64 page, u32 order)
{
	u64 i;

	for (i = page; i < page + (1ULL << order); i++)
		fill(i, pattern(i));
}

static void free_page(u64 page)
{
	check(page);
	fill(page, 0);
	mark(page, false);
	nr_locked--;
	nr_fresh++;
}

static u32 unlock_unit(u64 page, u32 order)
{
	u64 i;

	if (page & ((1ULL << order) - 1) || page + (1ULL << order) > MAX_PAGES)
		return PPN_INVALID;
	for (i = page; i < page + (1ULL << order); i++) {
		if (!standin_page_locked(i << PAGE_SHIFT))
			return PPN_UNLOCKED;
	}
	for (i = page; i < page + (1ULL << order); i++)
		free_page(i);
	return OK;
}

static void free_all(void)
{
	u64 page;

	for (page = 0; nr_locked && page < MAX_PAGES; page++) {
		if (standin_page_locked(page << PAGE_SHIFT))
			free_page(page);
	}
}

static u32 one(u64 page, bool lock)
{
	u32 status;

	if (!lock)
		return unlock_unit(page, 0);
	status = lock_unit(page, 0);
	if (status)
		return status;
	shadow_zap_all();
	fill_unit(page, 0);
	return OK;
}

static u32 batch(u64 batch_page, u64 nr, u32 order, bool lock)
{
	/* The guest may change its page meanwhile, or lock it */
	static u64 entry[BATCH_ENTRIES];
	u64 *page_of_guest = guest_ptr(batch_page << PAGE_SHIFT, PAGE_SIZE), i;

	if (!page_of_guest || nr > BATCH_ENTRIES)
		return CMD_INVALID;
	memcpy(entry, page_of_guest, nr * sizeof(*entry));
	for (i = 0; i < nr; i++) {
		if (entry[i] & ENTRY_FLAGS)
			return CMD_INVALID;
	}
	for (i = 0; i < nr; i++) {
		u64 page = entry[i] >> PAGE_SHIFT;

		entry[i] |= lock ? lock_unit(page, order) : unlock_unit(page, order);
		page_of_guest[i] = entry[i];
	}
	if (!lock)
		return OK;
	shadow_zap_all();
	for (i = 0; i < nr; i++) {
		if (!(entry[i] & ENTRY_FLAGS))
			fill_unit(entry[i] >> PAGE_SHIFT, order);
	}
	return OK;
}

static void start(struct guest_regs *r)
{
	free_all();
	started = r->rbx;
	forget = false;
	r->rcx = r->rbx & options.vmw_caps;
	r->rax = options.vmw_caps ? OK_WITH_CAPS : OK;
}

static u32 command(u32 cmd, u64 arg1, u64 arg2)
{
	bool batched = options.vmw_caps & CAP_BATCHED;
	bool batched_2m = options.vmw_caps & CAP_BATCHED_2M;

	switch (cmd) {
	case CMD_GET_TARGET:
		return OK;
	case CMD_LOCK:
	case CMD_UNLOCK:
		return one((u32)arg1, cmd == CMD_LOCK);
	case CMD_GUEST_ID:
		return arg1 == GUEST_LINUX ? OK : CMD_INVALID;
	case CMD_BATCHED_LOCK:
	case CMD_BATCHED_UNLOCK:
		return batched ? batch(arg1, arg2, 0, cmd == CMD_BATCHED_LOCK) : CMD_INVALID;
	case CMD_BATCHED_2M_LOCK:
	case CMD_BATCHED_2M_UNLOCK:
		return batched_2m ? batch(arg1, arg2, ORDER_2M, cmd == CMD_BATCHED_2M_LOCK) :
				    CMD_INVALID;
	}
	return CMD_INVALID;
}

void standin_balloon(struct vcpu *v)
{
	struct guest_regs *r = &v->regs;
	u32 cmd = r->rcx;

	calls++;
	if (cmd == CMD_START) {
		start(r);
		return;
	}
	if (forget || !started) {
		resets += forget;
		free_all();
		started = forget = false;
		r->rax = RESET;
		return;
	}
	r->rax = command(cmd, r->rbx, r->rsi);
	r->rbx = target;
}
