// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random cases against the host, from a seed that the command line gives.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Each case must leave the guest able to go on; what the ABI answers with a
 * triple fault is left out.  The host is asked through port 0xea to check itself.
 */
#include "guest.h"

#define AUDIT_EVERY	4096

/* After each case the host's text, guard pages and accounts, now and then every entry */
void audit(u32 n)
{
	outb(0xea, n % AUDIT_EVERY ? 'B' : 'A');
}

u64 rnd(struct random *r)
{
	r->state ^= r->state << 13;
	r->state ^= r->state >> 7;
	r->state ^= r->state << 17;
	return r->state;
}

u64 value(struct random *r)
{
	switch (rnd(r) & 7) {
	case 0: return 0;
	case 1: return rnd(r) & 0xffff;
	case 2: return 1UL << (rnd(r) & 63);
	case 3: return ~0UL;
	case 4: return 0x7ffffffff000 + (rnd(r) & 0x1fff);
	case 5: return 0xffff800000000000 + (rnd(r) & 0xffffffff);
	case 6: return rnd(r) & 0xffffffff;
	default: return rnd(r);
	}
}

#define SEND_IPI	10		/* KVM's; its last argument is an ICR */
#define ICR_MODE	0x700
#define ICR_MODE_INIT	0x500

static void case_hypercall(struct random *r)
{
	static const u32 numbers[] = {
		TLB_FLUSH, TLB_CURRENT, TLB_INVLPG, LOAD_GS, RDMSR, LOAD_TLS, HC(10), HC(16), HC(255),
		1, 9, 10, 11, 12, 0xffffffff,
	};
	u32 nr = numbers[rnd(r) % (sizeof(numbers) / sizeof(numbers[0]))];
	u64 a = value(r), b = value(r), c = value(r), d = value(r);

	/* INIT and SIPI would start the second vCPU anew, at an address of no meaning */
	if (nr == SEND_IPI && (d & ICR_MODE) >= ICR_MODE_INIT)
		d &= ~(u64)ICR_MODE;
	hypercall(nr, a, b, c, d);
}

/* MSRs whose bad values are errors and not triple faults; none that end this test */
static void case_msr(struct random *r)
{
	static const u32 msrs[] = {
		0x4b564df2, 0x4b564df3, 0x4b564df6, 0x4b564dfe, 0x4b564d01, 0x4b564d03, 0x10, 0x1b, 0x3b,
		0x174, 0x175, 0x176, 0x179, 0x17a, 0x1a0, 0x1d9, 0x277, 0x400, 0x401, 0xc0000080,
		0xc0000081, 0xc0000083, 0xc0000084, 0xc0000103, 0x802, 0x803, 0x808, 0x80d, 0x828,
		0x838, 0x839, 0x83e, 0x8ff,
	};
	u32 msr = msrs[rnd(r) % (sizeof(msrs) / sizeof(msrs[0]))];

	if (rnd(r) & 1)
		hypercall(RDMSR, rnd(r) & 1 ? msr : (u32)value(r), 0, 0, 0);
	else
		hypercall(WRMSR, msr, value(r), 0, 0);
	/* Host-written structures must not land in this guest's own memory */
	hypercall(WRMSR, 0x4b564d01, 0, 0, 0);
	hypercall(WRMSR, 0x4b564d03, 0, 0, 0);
	hypercall(WRMSR, 0x808, 0, 0, 0);
}

/* A random entry, and an access of umod through it; any outcome but a crash will do */
static void case_tables(struct random *r)
{
	static const u64 frames[] = {
		0x100000, 0x101000, 0xfee00000, 0xfec00000, 0xfed00000, 0xb0000000, 0xe0000,
		0x1ffff000, 0x20000000, 0x8000000000, 0x90000, 0xa0000,
	};
	struct frame f = { 0 };
	u32 slot = 4 + (rnd(r) & 3);
	u64 frame = rnd(r) & 1 ? frames[rnd(r) % (sizeof(frames) / sizeof(frames[0]))] :
				rnd(r) & 0xffffff000;

	/* Never this guest's own memory, which the access could overwrite */
	if (frame >= 0x1000000 && frame < 0x2000000)
		frame = 0x100000;
	user_table[slot] = frame | (rnd(r) & 0x1ff) | (rnd(r) & 7 ? 0 : 1UL << (52 + rnd(r) % 12));
	if (rnd(r) & 1)
		hypercall(TLB_INVLPG, USER_BASE + slot * 0x1000, 0, 0, 0);
	f.rdi = USER_BASE + slot * 0x1000 + (rnd(r) & 0xffc);
	USER(&f, 0x8b, 0x07, 0x0f, 0x05);	/* mov (%rdi), %eax; syscall */
	user_table[slot] = 0;
	hypercall(TLB_CURRENT, 0, 0, 0, 0);
}

/* ERETU with rubbish in the PVCS: comes back as an event of umod */
static void case_eretu(struct random *r)
{
	struct frame f = { 0 };

	f.rip = rnd(r) & 1 ? USER_BASE : value(r);
	f.cs = rnd(r) & 1 ? 0x33 : rnd(r) & 0xffff;
	f.ss = rnd(r) & 1 ? 0x2b : rnd(r) & 0xffff;
	/* No single-step: it would outlive the case */
	f.rflags = value(r) & ~0x100UL;
	f.rsp = value(r);
	*(u16 *)USER_BASE = 0x050f;
	pvcs.user_gsbase = value(r);
	run_user(&f);
}

/*
 * A privileged instruction of smod with random operands, then UD2.
 */
static u8 insn_buffer[32] __attribute__((aligned(32)));

static void case_instruction(struct random *r)
{
	static const struct {
		u8 op;
		bool modrm;
	} second[] = {
		{ 0x00, true }, { 0x01, true }, { 0x06, false }, { 0x08, false }, { 0x09, false },
		{ 0x20, true }, { 0x21, true }, { 0x32, false }, { 0x0b, false },
	};
	u32 which = rnd(r) % (sizeof(second) / sizeof(second[0])), n = 2, i;
	u8 modrm = rnd(r) | 0xc0;	/* register forms: memory forms of some store */

	for (i = 0; i < 16; i++)
		insn_buffer[i] = rnd(r);
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
static void case_pci(struct random *r)
{
	u32 address = 0x80000000 | (rnd(r) & 0xff00) | (rnd(r) & 0xfc);

	outl(0xcf8, address);
	if ((address & 0xfc) < 0x40 || !(rnd(r) & 1)) {
		inl(0xcfc);
		return;
	}
	/* Only capabilities: other registers could take the console away */
	outl(0xcf8, (address & ~0xfcU) | 0x34);
	outl(0xcf8, (address & ~0xfcU) | (inl(0xcfc) & 0xfc));
	if ((inl(0xcfc) & 0xff) == 0x05 || (inl(0xcfc) & 0xff) == 0x11)
		outl(0xcfc, value(r));
}

static const struct {
	const char *name;
	void (*run)(struct random *r);
	enum needs needs;
} classes[] = {
	{ "hypercall", case_hypercall, 0 },
	{ "msr", case_msr, 0 },
	{ "tables", case_tables, 0 },
	{ "eretu", case_eretu, 0 },
	{ "instruction", case_instruction, 0 },
	{ "operands", case_operands, 0 },
	{ "shapes", case_shapes, 0 },
	{ "roots", case_roots, 0 },
	{ "pci", case_pci, 0 },
	{ "ioapic", case_ioapic, 0 },
	{ "msix", case_msix, NEEDS_MSIX },
	{ "dma", case_dma, NEEDS_NIC },
	{ "intent", case_intent, NEEDS_INTENT },
	{ "race", 0, NEEDS_SECOND_VCPU },
};

static void report(const char *name, u32 cases, u64 seed)
{
	put("pvmguest: class ");
	put(name);
	put(" cases ");
	put_hex(cases);
	put(" seed ");
	put_hex(seed);
	put("\n");
}

void random_cases(u64 seed, u32 cases, u32 have)
{
	struct random r;
	u32 i, n;

	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (classes[i].needs & ~have)
			continue;
		r.state = seed * 0x9e3779b97f4a7c15 + i + 1;
		if (!classes[i].run) {
			report(classes[i].name, race(&r, cases), seed);
			continue;
		}
		for (n = 1; n <= cases; n++) {
			classes[i].run(&r);
			audit(n);
		}
		outb(0xea, 'A');
		report(classes[i].name, cases, seed);
	}
	outb(0xea, 'A');
}
