// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two vCPUs that load CR3, flush, and change the same tables at once.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * The second one only makes hypercalls and writes tables; the first also
 * accesses memory through what it finds there.
 */
#include "guest.h"

#define ROOTS		4
#define FIRST_SLOT	8
#define SLOTS		8

/* Half of the roots have upper tables of their own above the same user_table */
static u64 roots[ROOTS][512] __attribute__((aligned(4096)));
static u64 upper[ROOTS / 2][2][512] __attribute__((aligned(4096)));

static volatile u32 running, stop, done_by_second;

static void make_roots(void)
{
	u32 i, j;

	for (i = 0; i < ROOTS; i++) {
		for (j = 0; j < 512; j++)
			roots[i][j] = top_table[j];
		if (i & 1)
			tables_copy(roots[i], upper[i / 2][0], upper[i / 2][1]);
	}
}

static void one(struct random *r)
{
	u32 slot = FIRST_SLOT + rnd(r) % SLOTS;

	switch (rnd(r) & 7) {
	case 0: case 1:
		hypercall(LOAD_PGTBL, rnd(r) & 1, (u64)roots[rnd(r) % ROOTS] | (rnd(r) & 7), 0, 0);
		break;
	case 2: case 3:
		hypercall(TLB_INVLPG, USER_BASE + slot * 0x1000, 0, 0, 0);
		break;
	case 4:
		hypercall(TLB_CURRENT, 0, 0, 0, 0);
		break;
	case 5:
		hypercall(TLB_FLUSH, 0, 0, 0, 0);
		break;
	default:
		user_table[slot] = (rnd(r) & 0xffffff000) | (rnd(r) & 0x1ff);
	}
}

void race_second_vcpu(void)
{
	struct random r = { 0x2545f4914f6cdd1d };

	while (!running)
		asm volatile("pause");
	while (!stop) {
		one(&r);
		done_by_second++;
	}
	hypercall(LOAD_PGTBL, 1, (u64)top_table, 0, 0);
	running = 0;
}

static void read_through(struct random *r)
{
	struct frame f = { 0 };

	f.rdi = USER_BASE + (FIRST_SLOT + rnd(r) % SLOTS) * 0x1000 + (rnd(r) & 0xffc);
	USER(&f, 0x8b, 0x07, 0x0f, 0x05);	/* mov (%rdi), %eax; syscall */
}

u32 race(struct random *r, u32 cases)
{
	u32 i, n = 0;

	make_roots();
	running = 1;
	while (n < cases || done_by_second < cases) {
		one(r);
		read_through(r);
		audit(++n);
	}
	stop = 1;
	while (running)
		hypercall(SCHED_YIELD, 0, 0, 0, 0);	/* it may have no processor */
	hypercall(LOAD_PGTBL, 1, (u64)top_table, 0, 0);
	for (i = 0; i < SLOTS; i++)
		user_table[FIRST_SLOT + i] = 0;
	hypercall(TLB_FLUSH, 0, 0, 0, 0);
	return n;
}
