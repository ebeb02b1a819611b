// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random shapes of page tables: a path of four entries, one of them bent, and
 * accesses of both modes through it before and after.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include "guest.h"

#define TABLE		0x27		/* present, writable, user, accessed */
#define LEAF		0x67		/* the same, dirty */
#define HUGE		0x80UL
#define NO_EXECUTE	(1UL << 63)
#define FIRST_SLOT	1		/* of the top table; in slot 0 the guest itself runs */
#define SLOTS		4
#define DEVICES		0xc0000000UL	/* not memory, aligned to 1 GB */
#define OUTSIDE		0x8000000000UL	/* more than the host maps, fewer than 40 bits */

/* Levels 3, 2 and 1, and a second set with the same path */
static u64 tables[2][3][512] __attribute__((aligned(4096)));
static u8 page[4096] __attribute__((aligned(4096)));

struct path {
	u64 *entry[5];	/* by level */
	u64 address;
};

static struct path straighten(struct random *r)
{
	u64 slot = FIRST_SLOT + rnd(r) % SLOTS, i3 = rnd(r) & 1, i2 = rnd(r) & 1, i1 = rnd(r) & 1;
	struct path p = { .address = slot << 39 | i3 << 30 | i2 << 21 | i1 << 12 };

	p.entry[4] = &top_table[slot];
	p.entry[3] = &tables[0][0][i3];
	p.entry[2] = &tables[0][1][i2];
	p.entry[1] = &tables[0][2][i1];
	*p.entry[4] = (u64)tables[0][0] | TABLE;
	*p.entry[3] = (u64)tables[0][1] | TABLE;
	*p.entry[2] = (u64)tables[0][2] | TABLE;
	*p.entry[1] = (u64)page | LEAF;
	tables[1][0][i3] = (u64)tables[1][1] | TABLE;
	tables[1][1][i2] = (u64)tables[1][2] | TABLE;
	tables[1][2][i1] = (u64)page | LEAF;
	return p;
}

/* Never a frame of this guest's own but @page: accesses write */
static u64 frame(struct random *r)
{
	static const u64 frames[] = {
		0x100000, 0xfee00000, 0xfec00000, 0xb0000000, 0x7000000, OUTSIDE,
	};

	return frames[rnd(r) % (sizeof(frames) / sizeof(frames[0]))];
}

static void bend(struct random *r, const struct path *p)
{
	u32 level = 1 + rnd(r) % 4;
	u64 *entry = p->entry[level];

	switch (rnd(r) % 8) {
	case 0: *entry = 0; break;
	case 1: *entry &= ~(1UL << rnd(r) % 9); break;
	case 2: *entry |= NO_EXECUTE; break;
	case 3: *entry |= 1UL << (40 + rnd(r) % 12); break;
	case 4: *entry |= HUGE; break;	/* never aligned: see check_tables() */
	case 5: *entry = frame(r) | LEAF; break;
	case 6: *entry = (rnd(r) & 1 ? OUTSIDE : DEVICES) | LEAF | HUGE; break;
	default:
		*entry = level == 1 ? *entry & ~2UL : (u64)tables[1][4 - level] | TABLE;
	}
}

/* The page holds JMP *%RDX, so that executing it comes back or faults */
static void access_user(struct random *r, u64 address)
{
	struct frame f = { .rdi = address };

	switch (rnd(r) % 3) {
	case 0:
		USER(&f, 0x8b, 0x07, 0x0f, 0x05);	/* mov (%rdi), %eax; syscall */
		break;
	case 1:
		USER(&f, 0x89, 0x07, 0x0f, 0x05);	/* mov %eax, (%rdi); syscall */
		break;
	default:
		USER(&f, 0xff, 0xe7);			/* jmp *%rdi */
	}
}

#define KERNEL(insn) \
	asm volatile("lea 1f(%%rip), %%rdx\n\tmov %%rdx, recover(%%rip)\n\t" \
		     "mov %%rsp, %%r15\n\txor %%eax, %%eax\n\t" insn "\n1:\tmov %%r15, %%rsp" \
		     : "+D" (address), "+S" (source) : \
		     : "rax", "rcx", "rdx", "r15", "memory")

static void access_kernel(struct random *r, u64 address)
{
	u64 source = address;

	switch (rnd(r) % 5) {
	case 0: KERNEL("mov (%%rdi), %%al"); break;
	case 1: KERNEL("mov %%al, (%%rdi)"); break;
	case 2: KERNEL("jmp *%%rdi"); break;
	/* Emulated: the host walks the tables by itself */
	case 3: KERNEL("mov $0x80, %%edx\n\toutsb"); break;
	default: KERNEL("mov $0x80, %%edx\n\tinsb");
	}
	recover = 0;
}

static void access(struct random *r, const struct path *p)
{
	page[0] = 0xff;
	page[1] = 0xe2;
	if (rnd(r) & 1)
		access_user(r, rnd(r) & 63 ? p->address : 0xffff800000000000);
	else
		access_kernel(r, p->address);
}

static void flush(struct random *r, const struct path *p)
{
	switch (rnd(r) & 3) {
	case 0: hypercall(TLB_INVLPG, p->address, 0, 0, 0); break;
	case 1: hypercall(TLB_CURRENT, 0, 0, 0, 0); break;
	case 2: hypercall(TLB_FLUSH, 0, 0, 0, 0); break;
	}
}

/* A huge page's low bits are reserved: with a table's address it never maps anything */
static void check_tables(void)
{
	u32 i;

	for (i = 0; i < 6; i++) {
		if (!((u64)tables[i / 3][i % 3] & 0x1fe000))
			fail("a table is aligned like a huge page", (u64)tables[i / 3][i % 3], 0);
	}
}

void case_shapes(struct random *r)
{
	struct path p = straighten(r);
	u32 i;

	check_tables();
	for (i = rnd(r) & 1; i; i--)
		access(r, &p);
	bend(r, &p);
	flush(r, &p);
	for (i = 1 + (rnd(r) & 1); i; i--)
		access(r, &p);
	*p.entry[4] = 0;
	hypercall(rnd(r) & 1 ? TLB_CURRENT : TLB_FLUSH, 0, 0, 0, 0);
}

/*
 * More page tables than the host keeps roots for, and huge pages beyond memory,
 * each of which costs the host a shadow page.
 */
#define ROOTS		64
#define HUGE_SLOT	6
#define BEYOND		0x100000000UL
#define MANY		300	/* more INVLPGs than the host keeps for a root that is not loaded */

static u64 roots[ROOTS][512] __attribute__((aligned(4096)));
static u64 level3[512] __attribute__((aligned(4096)));
static u64 level2[512] __attribute__((aligned(4096)));

static void load_root(const u64 *root, u64 flush)
{
	hypercall(LOAD_PGTBL, flush, (u64)root, 0, 0);
}

void case_roots(struct random *r)
{
	struct frame f = { .rdi = (u64)HUGE_SLOT << 39 | (rnd(r) & 511) << 21 };
	u64 *root = roots[rnd(r) % ROOTS];
	u32 i;

	root[0] = top_table[0];
	root[HUGE_SLOT] = (u64)level3 | TABLE;
	level3[0] = (u64)level2 | TABLE;
	level2[f.rdi >> 21 & 511] = (BEYOND + (rnd(r) % 0x8000 << 21)) | LEAF | HUGE;
	load_root(root, rnd(r) & 1);
	for (i = rnd(r) & 63 ? 1 : MANY; i; i--)
		hypercall(TLB_INVLPG, f.rdi, 0, 0, 0);
	USER(&f, 0x8b, 0x07, 0x0f, 0x05);	/* mov (%rdi), %eax; syscall */
	if (!(rnd(r) & 7))
		load_root(top_table, rnd(r) & 1);
}
