// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random cases against the host, from a seed that the command line gives.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Each case must leave the guest able to go on; what the ABI answers with a
 * triple fault is left out.  The host checks its text and its books when asked
 * through port 0xea.
 */
#include "guest.h"

#define AUDIT_EVERY	4096

static u64 state;

static u64 rnd(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* Mostly edges: 0, small, one bit, all ones, near the ends of the halves */
static u64 value(void)
{
	switch (rnd() & 7) {
	case 0: return 0;
	case 1: return rnd() & 0xffff;
	case 2: return 1UL << (rnd() & 63);
	case 3: return ~0UL;
	case 4: return 0x7ffffffff000 + (rnd() & 0x1fff);
	case 5: return 0xffff800000000000 + (rnd() & 0xffffffff);
	case 6: return rnd() & 0xffffffff;
	default: return rnd();
	}
}

static void case_hypercall(void)
{
	static const u32 numbers[] = {
		TLB_FLUSH, TLB_CURRENT, TLB_INVLPG, LOAD_GS, RDMSR, LOAD_TLS, HC(10), HC(255),
		1, 9, 10, 11, 12, 0xffffffff,
	};
	u32 nr = numbers[rnd() % (sizeof(numbers) / sizeof(numbers[0]))];

	hypercall(nr, value(), value(), value(), value());
}

/* MSRs whose bad values are errors and not triple faults; none that end this test */
static void case_msr(void)
{
	static const u32 msrs[] = {
		0x4b564df2, 0x4b564df3, 0x4b564df6, 0x4b564d01, 0x4b564d03, 0x10, 0x1b, 0x3b,
		0x174, 0x175, 0x176, 0x179, 0x17a, 0x1a0, 0x1d9, 0x277, 0x400, 0x401, 0xc0000080,
		0xc0000081, 0xc0000083, 0xc0000084, 0xc0000103, 0x802, 0x803, 0x808, 0x80d, 0x828,
		0x838, 0x839, 0x83e, 0x8ff,
	};
	u32 msr = msrs[rnd() % (sizeof(msrs) / sizeof(msrs[0]))];

	if (rnd() & 1)
		hypercall(RDMSR, rnd() & 1 ? msr : (u32)value(), 0, 0, 0);
	else
		hypercall(WRMSR, msr, value(), 0, 0);
	/* Host-written structures must not land in this guest's own memory */
	hypercall(WRMSR, 0x4b564d01, 0, 0, 0);
	hypercall(WRMSR, 0x4b564d03, 0, 0, 0);
	hypercall(WRMSR, 0x808, 0, 0, 0);
}

/* A random entry, and an access of umod through it; any outcome but a crash will do */
static void case_tables(void)
{
	static const u64 frames[] = {
		0x100000, 0x101000, 0xfee00000, 0xfec00000, 0xfed00000, 0xb0000000, 0xe0000,
		0x1ffff000, 0x20000000, 0x8000000000, 0x90000, 0xa0000,
	};
	struct frame f = { 0 };
	u32 slot = 4 + (rnd() & 3);
	u8 *code = (u8 *)USER_BASE;
	u64 frame = rnd() & 1 ? frames[rnd() % (sizeof(frames) / sizeof(frames[0]))] :
				rnd() & 0xffffff000;

	/* Never this guest's own memory, which the access could overwrite */
	if (frame >= 0x1000000 && frame < 0x2000000)
		frame = 0x100000;
	user_table[slot] = frame | (rnd() & 0x1ff) | (rnd() & 7 ? 0 : 1UL << (52 + rnd() % 12));
	if (rnd() & 1)
		hypercall(TLB_INVLPG, USER_BASE + slot * 0x1000, 0, 0, 0);
	/* mov (%rdi), %eax; syscall */
	code[0] = 0x8b;
	code[1] = 0x07;
	code[2] = 0x0f;
	code[3] = 0x05;
	f.rdi = USER_BASE + slot * 0x1000 + (rnd() & 0xffc);
	f.rip = USER_BASE;
	f.cs = 0x33;
	f.ss = 0x2b;
	f.rflags = 0x202;
	f.rsp = USER_BASE + 0x2000;
	run_user(&f);
	user_table[slot] = 0;
	hypercall(TLB_CURRENT, 0, 0, 0, 0);
}

/* ERETU with rubbish in the PVCS: comes back as an event of umod */
static void case_eretu(void)
{
	struct frame f = { 0 };

	f.rip = rnd() & 1 ? USER_BASE : value();
	f.cs = rnd() & 1 ? 0x33 : rnd() & 0xffff;
	f.ss = rnd() & 1 ? 0x2b : rnd() & 0xffff;
	/* No single-step: it would outlive the case */
	f.rflags = value() & ~0x100UL;
	f.rsp = value();
	*(u16 *)USER_BASE = 0x050f;
	pvcs.user_gsbase = value();
	run_user(&f);
}

/*
 * A privileged instruction of smod with random operands, then UD2.
 */
static u8 insn_buffer[32] __attribute__((aligned(32)));

static void case_instruction(void)
{
	static const struct {
		u8 op;
		bool modrm;
	} second[] = {
		{ 0x00, true }, { 0x01, true }, { 0x06, false }, { 0x08, false }, { 0x09, false },
		{ 0x20, true }, { 0x21, true }, { 0x32, false }, { 0x0b, false },
	};
	u32 which = rnd() % (sizeof(second) / sizeof(second[0])), n = 2, i;
	u8 modrm = rnd() | 0xc0;	/* register forms: memory forms of some store */

	for (i = 0; i < 16; i++)
		insn_buffer[i] = rnd();
	insn_buffer[0] = 0x0f;
	insn_buffer[1] = second[which].op;
	/* RSP and RBP as the destination stay out; of 0F 01 only XSETBV is tried */
	if ((modrm & 6) == 4)
		modrm ^= 2;
	if (insn_buffer[1] == 0x00)
		modrm &= ~0x10;	/* SLDT, STR, VERR, VERW: no LLDT of rubbish */
	if (second[which].modrm)
		insn_buffer[n++] = insn_buffer[1] == 0x01 ? 0xd1 : modrm;
	insn_buffer[n++] = 0x0f;	/* UD2 */
	insn_buffer[n] = 0x0b;
	asm volatile("pushq %%rbx\n\tpushq %%rbp\n\t"
		     "lea 1f(%%rip), %%rax\n\tmov %%rax, recover(%%rip)\n\t"
		     "mov %%rsp, %%r15\n\t"
		     "xor %%ecx, %%ecx\n\t"
		     "jmp *%%rdi\n"
		     "1:\tmov %%r15, %%rsp\n\tpopq %%rbp\n\tpopq %%rbx"
		     : : "D" (insn_buffer)
		     : "rax", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
		       "r15", "memory");
}

/* MSI capabilities and MSI-X tables through configuration space */
static void case_pci(void)
{
	u32 address = 0x80000000 | (rnd() & 0xff00) | (rnd() & 0xfc);

	outl(0xcf8, address);
	if ((address & 0xfc) < 0x40 || !(rnd() & 1)) {
		inl(0xcfc);
		return;
	}
	/* Only capabilities: other registers could take the console away */
	outl(0xcf8, (address & ~0xfcU) | 0x34);
	outl(0xcf8, (address & ~0xfcU) | (inl(0xcfc) & 0xfc));
	if ((inl(0xcfc) & 0xff) == 0x05 || (inl(0xcfc) & 0xff) == 0x11)
		outl(0xcfc, value());
}

static const struct {
	const char *name;
	void (*run)(void);
} classes[] = {
	{ "hypercall", case_hypercall },
	{ "msr", case_msr },
	{ "tables", case_tables },
	{ "eretu", case_eretu },
	{ "instruction", case_instruction },
	{ "pci", case_pci },
};

void random_cases(u64 seed, u32 cases)
{
	u32 i, n, total = 0;

	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		state = seed * 0x9e3779b97f4a7c15 + i + 1;
		for (n = 0; n < cases; n++) {
			classes[i].run();
			if (!(++total % AUDIT_EVERY))
				outb(0xea, 'A');
		}
		put("pvmguest: class ");
		put(classes[i].name);
		put(" cases ");
		put_hex(cases);
		put(" seed ");
		put_hex(seed);
		put("\n");
	}
	outb(0xea, 'A');
}
