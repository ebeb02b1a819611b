// SPDX-License-Identifier: GPL-2.0-only
/*
 * The intent extension: what its page does, and what rubbish in it does not.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include "guest.h"

#define MSR_FEATURES	0x4b564dfe
#define MSR_INTENT	0x4b564dff
#define INTENT_FLUSH	HC(16)
#define MSR_DEADLINE	0x6e0
#define X2APIC_EOI	0x80b
#define X2APIC_TIMER	0x832

#define TABLES		1
#define DEADLINE	2
#define FILL		1
#define REMOVE		2
#define ENTRIES		56

#define TIMER_VECTOR	0x43
#define TICKS		200000000UL	/* long enough for a machine that is busy with other things */

static struct {
	u32 count, reserved0;
	u64 deadline, armed, reserved1[5], entry[ENTRIES];
	u8 rest[4096 - 512];
} page __attribute__((aligned(4096)));

bool intent_offered(void)
{
	return hypercall(RDMSR, MSR_FEATURES, 0, 0, 0);
}

static void queue(u64 entry)
{
	page.entry[page.count++] = entry;
}

static u64 remove(u32 slot)
{
	return USER_BASE + slot * 0x1000 + REMOVE;
}

static void test_msrs(void)
{
	check("intent features", hypercall(RDMSR, MSR_FEATURES, 0, 0, 0), TABLES | DEADLINE);
	check("features are read only", !hypercall(WRMSR, MSR_FEATURES, 3, 0, 0), 0);
	check("no such feature", !hypercall(WRMSR, MSR_INTENT, (u64)&page | 4, 0, 0), 0);
	check("a page of the host's", !hypercall(WRMSR, MSR_INTENT, 0x100000 | TABLES, 0, 0), 0);
	page.count = 7;
	check("intent page", hypercall(WRMSR, MSR_INTENT, (u64)&page | TABLES | DEADLINE, 0, 0), 0);
	check("count at the start", page.count, 0);
	check("it reads back", hypercall(RDMSR, MSR_INTENT, 0, 0, 0), (u64)&page | 3);
}

static void test_queue(void)
{
	struct frame f = { 0 };

	/* mov %eax, 0x40002000; syscall: ERETU has the entry made */
	user_table[2] = user_table[1];
	queue((u64)&user_table[2] | FILL);
	check("named entry", USER(&f, 0x89, 0x04, 0x25, 0, 0x20, 0, 0x40, 0x0f, 0x05), 0);
	check("queue is drained", page.count, 0);
	user_table[2] &= ~2UL;
	queue(remove(2));
	hypercall(INTENT_FLUSH, 1, 0, 0, 0);
	check("queue is drained by the call", page.count, 0);
	check("named removal", USER(&f, 0x89, 0x04, 0x25, 0, 0x20, 0, 0x40), STD_BIT | 14);
	check("its error", pvcs.event_errcode, 7);
	/* Nothing is named, as if the entry had been lost */
	user_table[2] = 0;
	hypercall(INTENT_FLUSH, 1, 0, 0, 0);
	check("unnamed removal", USER(&f, 0x8b, 0x04, 0x25, 0, 0x20, 0, 0x40), STD_BIT | 14);
	check("its error", pvcs.event_errcode, 4);
	/* Another page is named, and more removals are said to be */
	user_table[2] = user_table[1];
	check("mapped again", USER(&f, 0x89, 0x04, 0x25, 0, 0x20, 0, 0x40, 0x0f, 0x05), 0);
	user_table[2] = 0;
	queue(remove(3));
	hypercall(INTENT_FLUSH, 2, 0, 0, 0);
	check("missing removal", USER(&f, 0x8b, 0x04, 0x25, 0, 0x20, 0, 0x40), STD_BIT | 14);
	/* A range of 512 pages from the first on, which crosses into no other table */
	user_table[2] = user_table[1];
	check("mapped again", USER(&f, 0x89, 0x04, 0x25, 0, 0x20, 0, 0x40, 0x0f, 0x05), 0);
	user_table[2] = 0;
	queue((USER_BASE + REMOVE) | 511 << 3);
	hypercall(INTENT_FLUSH, 1, 0, 0, 0);
	check("removal of a range", USER(&f, 0x8b, 0x04, 0x25, 0, 0x20, 0, 0x40), STD_BIT | 14);
}

static void test_deadline(void)
{
	struct frame f = { 0 };
	u64 start = rdtsc();

	check("timer", hypercall(WRMSR, X2APIC_TIMER, TIMER_VECTOR | 2 << 17, 0, 0), 0);
	page.deadline = start + TICKS;
	hypercall(WRMSR, MSR_DEADLINE, page.deadline, 0, 0);
	check("armed", page.armed, start + TICKS);
	page.deadline = start + 4 * TICKS;
	check("timer in umod", USER(&f, 0xeb, 0xfe), STD_BIT | TIMER_VECTOR);	/* jmp . */
	check("not before the later deadline", rdtsc() >= start + 4 * TICKS, 1);
	check("armed no more", page.armed, 0);
	hypercall(WRMSR, X2APIC_EOI, 0, 0, 0);
	/* Off, while the halt waits for another interrupt */
	start = rdtsc();
	page.deadline = start + TICKS;
	hypercall(WRMSR, MSR_DEADLINE, page.deadline, 0, 0);
	page.deadline = 0;
	while (rdtsc() < start + 2 * TICKS)
		;
	check("switched off", page.armed, 0);
	check("no interrupt", pvcs.event_flags & IP_BIT, 0);
}

void test_intent(bool lossy)
{
	test_msrs();
	test_queue();
	if (!lossy)
		test_deadline();
	check("the end", hypercall(WRMSR, MSR_INTENT, 0, 0, 0), 0);
	page.count = 1;
	hypercall(INTENT_FLUSH, 0, 0, 0, 0);
	check("page is left alone", page.count, 1);
}

static u64 rubbish(struct random *r)
{
	switch (rnd(r) & 7) {
	case 0: return ((u64)user_table + (rnd(r) & 0xff8)) | FILL;
	case 1: return ((u64)top_table + (rnd(r) & 0xff8)) | FILL;
	case 2: return (0x100000 + (rnd(r) & 0xffff8)) | FILL;	/* the host */
	case 3: return (value(r) & ~7UL) | FILL;
	case 4: return (USER_BASE + (rnd(r) & 0xf000)) | (rnd(r) & 0xff8) | REMOVE;
	case 5: return (value(r) & ~7UL) | REMOVE;
	default: return value(r);
	}
}

/* Rubbish in the page, drained by ERETU or by the call; user pages come and go meanwhile */
void case_intent(struct random *r)
{
	struct frame f = { 0 };
	u32 slot = 4 + (rnd(r) & 3), i, n = rnd(r) % (ENTRIES + 1);

	hypercall(WRMSR, MSR_INTENT, rnd(r) & 7 ? (u64)&page | TABLES : value(r), 0, 0);
	hypercall(WRMSR, MSR_INTENT, (u64)&page | TABLES, 0, 0);
	user_table[slot] = rnd(r) & 1 ? user_table[1] : (rnd(r) & 0xffff000) | (rnd(r) & 0x1ff);
	for (i = 0; i < n; i++)
		page.entry[i] = rubbish(r);
	page.count = rnd(r) & 3 ? n : value(r);
	if (rnd(r) & 1)
		hypercall(INTENT_FLUSH, rnd(r) & 1 ? n : value(r), 0, 0, 0);
	f.rdi = USER_BASE + slot * 0x1000 + (rnd(r) & 0xffc);
	USER(&f, 0x8b, 0x07, 0x0f, 0x05);	/* mov (%rdi), %eax; syscall */
	/* Whatever was drained, what is gone must be gone after the call */
	user_table[slot] = 0;
	page.count = 0;
	if (rnd(r) & 1)
		queue(remove(slot));
	hypercall(INTENT_FLUSH, 1, 0, 0, 0);
	if (USER(&f, 0x8b, 0x07, 0x0f, 0x05) != (STD_BIT | 14))
		fail("page is still there", slot, 0);
	hypercall(WRMSR, MSR_INTENT, 0, 0, 0);
}
