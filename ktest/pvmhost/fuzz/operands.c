// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions that the host emulates for smod, with random operands: what it
 * refuses must come back as #GP.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include "guest.h"

#define CODE_MAX	24
#define PORT		0x80	/* POST codes: no one listens */
#define SCRATCH_SLOT	20	/* of user_table */
#define LAPIC_SLOT	21
#define CODE_SLOT	22
#define LEAF		0x67
#define SUPERVISOR_LEAF	0x63
#define ADDRESS(slot)	(USER_BASE + (slot) * 0x1000UL)
#define CR4_PCIDE	(1UL << 17)
/* TSD, DE, PSE, PAE, MCE, PGE, PCE, FSGSBASE, PCIDE, SMEP */
#define CR4_BITS	0x1301fcUL

/* Loaded before the instruction */
struct regs {
	u64 rax, rcx, rdx, rbx, rsi, rdi;
};

struct insn {
	u8 len;
	u8 code[CODE_MAX];
	void (*prepare)(struct random *r, struct regs *g);	/* may be 0 */
};

static u8 page[4096] __attribute__((aligned(4096)));
static u8 code_page[4096] __attribute__((aligned(4096)));
static u8 buffer[CODE_MAX + 2] __attribute__((aligned(32)));

/* Run @code, which ends in UD2, in smod; any event ends it */
static void run(const u8 *code, const struct regs *g)
{
	asm volatile("pushq %%rbx\n\tpushq %%rbp\n\t"
		     "lea 1f(%%rip), %%rax\n\tmov %%rax, recover(%%rip)\n\t"
		     "mov %%rsp, %%r15\n\tmov %0, %%r13\n\tmov %1, %%r14\n\t"
		     "mov (%%r14), %%rax\n\tmov 8(%%r14), %%rcx\n\tmov 16(%%r14), %%rdx\n\t"
		     "mov 24(%%r14), %%rbx\n\tmov 32(%%r14), %%rsi\n\tmov 40(%%r14), %%rdi\n\t"
		     "jmp *%%r13\n"
		     "1:\tmov %%r15, %%rsp\n\tpopq %%rbp\n\tpopq %%rbx"
		     : : "D" (code), "S" (g)
		     : "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
		       "memory", "cc");
	recover = 0;
}

/* An address that may be read and written, one that traps, or a bad one */
static u64 address(struct random *r)
{
	switch (rnd(r) & 3) {
	case 0: return ADDRESS(SCRATCH_SLOT) + (rnd(r) & 0xfff);
	case 1: return ADDRESS(LAPIC_SLOT) + (rnd(r) & 0xfff);
	case 2: return 0x7fffffffff00 + (rnd(r) & 0xff);
	default: return 0x8000000000000000 | rnd(r);
	}
}

static void at_address(struct random *r, struct regs *g)
{
	g->rdi = address(r);
	g->rsi = address(r);
	g->rdx = PORT;
	g->rcx = rnd(r) & 0x1ff;
}

static void at_lapic(struct random *r, struct regs *g)
{
	g->rdi = ADDRESS(LAPIC_SLOT) + (rnd(r) & 0xff0);
	g->rsi = g->rdi;
	g->rcx = 1;
}

/* The last word of the page */
static void at_lapic_end(struct random *r, struct regs *g)
{
	g->rdi = ADDRESS(LAPIC_SLOT) + 0xffc;
}

/* The loaded tables, now and then with the bit that keeps their translations */
static void cr3_value(struct random *r, struct regs *g)
{
	g->rax = (u64)top_table | (rnd(r) & 7) | (rnd(r) & 1) << 63;
}

static void cr4_value(struct random *r, struct regs *g)
{
	g->rax = rnd(r) & 1 ? value(r) : (rnd(r) & CR4_BITS) | (rnd(r) & 7 ? 0x20 : 0);
}

/* No breakpoint is enabled: it would come where nothing expects it */
static void dr7_value(struct random *r, struct regs *g)
{
	g->rax = value(r) & ~0xffUL;
}

static void msr_value(struct random *r, struct regs *g)
{
	static const u32 msrs[] = { 0x12345, 0x277, 0xc0000103, 0x8ff, 0x400 };

	g->rcx = msrs[rnd(r) % (sizeof(msrs) / sizeof(msrs[0]))];
}

static void null_selector(struct random *r, struct regs *g)
{
	g->rax = rnd(r) & 3;
}

/* A kernel selector, a privileged one for user mode, or rubbish beyond the GDT's end */
static void kernel_selector(struct random *r, struct regs *g)
{
	static const u16 selectors[] = { 0x10, 0x18, 0x13, 0x1b, 0x7ff8, 0x7ffb };

	g->rax = selectors[rnd(r) % (sizeof(selectors) / sizeof(selectors[0]))];
}

/*
 * A frame for RET and IRET to a kernel selector, in the scratch page; the way back
 * is UD2.  Now and then the page is taken away from under it: what the processor
 * still translates the host cannot read.
 */
static void return_frame(struct random *r, struct regs *g)
{
	u64 *frame = (u64 *)(ADDRESS(SCRATCH_SLOT) + 0xf00);

	frame[0] = rnd(r) & 3 ? (u64)buffer + CODE_MAX : value(r) | 1UL << 63;
	frame[1] = rnd(r) & 3 ? 0x10 : 0x13;
	frame[2] = 2 | (rnd(r) & 0x200);
	frame[3] = (u64)frame;
	frame[4] = 0x18;
	g->rdx = (u64)frame;
	if (!(rnd(r) & 3))
		user_table[SCRATCH_SLOT] = 0;
}

static const struct insn insns[] = {
	{ 3, { 0x0f, 0x20, 0xc8 }, 0 },			/* mov %cr1, %rax */
	{ 3, { 0x0f, 0x20, 0xc0 }, 0 },			/* mov %cr0, %rax */
	{ 3, { 0x0f, 0x22, 0xc8 }, 0 },			/* mov %rax, %cr1 */
	{ 3, { 0x0f, 0x22, 0xc0 }, 0 },			/* mov %rax, %cr0 */
	{ 3, { 0x0f, 0x22, 0xd0 }, 0 },			/* mov %rax, %cr2 */
	{ 3, { 0x0f, 0x22, 0xd8 }, cr3_value },
	{ 3, { 0x0f, 0x22, 0xe0 }, cr4_value },
	{ 3, { 0x0f, 0x23, 0xc0 }, 0 },			/* mov %rax, %dr0 */
	{ 3, { 0x0f, 0x23, 0xf0 }, 0 },			/* mov %rax, %dr6 */
	{ 3, { 0x0f, 0x23, 0xf8 }, dr7_value },
	{ 4, { 0x44, 0x0f, 0x21, 0xc0 }, 0 },		/* mov %dr8, %rax */
	{ 2, { 0x0f, 0x32 }, 0 },			/* rdmsr */
	{ 2, { 0x0f, 0x30 }, msr_value },		/* wrmsr */
	{ 3, { 0x0f, 0x01, 0x17 }, at_address },	/* lgdt (%rdi) */
	{ 3, { 0x0f, 0x01, 0x1f }, at_address },	/* lidt (%rdi) */
	{ 3, { 0x0f, 0x01, 0x37 }, at_address },	/* lmsw (%rdi) */
	{ 3, { 0x0f, 0x01, 0xf0 }, 0 },			/* lmsw %ax */
	{ 3, { 0x0f, 0x01, 0x3f }, at_address },	/* invlpg (%rdi) */
	{ 3, { 0x0f, 0x01, 0xd1 }, 0 },			/* xsetbv */
	{ 3, { 0x0f, 0x00, 0xd0 }, null_selector },	/* lldt %ax */
	{ 3, { 0x0f, 0x00, 0xd8 }, 0 },			/* ltr %ax */
	{ 3, { 0x0f, 0x00, 0x1f }, at_address },	/* ltr (%rdi) */
	{ 1, { 0x6e }, at_address },			/* outsb */
	{ 2, { 0xf3, 0x6e }, at_address },		/* rep outsb */
	{ 1, { 0x6c }, at_address },			/* insb */
	{ 2, { 0xf3, 0x6c }, at_address },		/* rep insb */
	{ 2, { 0x67, 0x6e }, at_address },		/* outsb, 32-bit address */
	{ 2, { 0x8e, 0xd8 }, kernel_selector },		/* mov %eax, %ds */
	{ 2, { 0x8e, 0xc0 }, kernel_selector },		/* mov %eax, %es */
	{ 2, { 0x8e, 0xe0 }, kernel_selector },		/* mov %eax, %fs */
	{ 2, { 0x8e, 0x1f }, at_address },		/* mov (%rdi), %ds */
	{ 5, { 0x48, 0x89, 0xd4, 0x48, 0xcb }, return_frame },		/* mov %rdx, %rsp; lretq */
	{ 7, { 0x48, 0x89, 0xd4, 0x48, 0xca, 0x08, 0x00 }, return_frame },	/* lretq $8 */
	{ 5, { 0x48, 0x89, 0xd4, 0x48, 0xcf }, return_frame },		/* iretq */
	{ 4, { 0x48, 0x89, 0xd4, 0xcb }, return_frame },		/* lretl */
	{ 2, { 0x8b, 0x07 }, at_address },		/* mov (%rdi), %eax */
	{ 4, { 0x0f, 0x38, 0xf0, 0x07 }, at_address },	/* movbe (%rdi), %eax */
	{ 16, { 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
		0x66, 0x90 }, 0 },			/* one byte too long */
	/* Of the local APIC's page, which no one may reach */
	{ 2, { 0x8b, 0x07 }, at_lapic },		/* mov (%rdi), %eax */
	{ 3, { 0x48, 0x89, 0x07 }, at_lapic },		/* mov %rax, (%rdi) */
	{ 3, { 0x0f, 0xb7, 0x07 }, at_lapic },		/* movzwl (%rdi), %eax */
	{ 3, { 0x0f, 0xbe, 0x07 }, at_lapic },		/* movsbl (%rdi), %eax */
	{ 2, { 0x01, 0x07 }, at_lapic },		/* add %eax, (%rdi) */
	{ 2, { 0xf3, 0xa4 }, at_lapic },		/* rep movsb */
	{ 4, { 0x0f, 0x38, 0xf0, 0x07 }, at_lapic },	/* movbe (%rdi), %eax */
	{ 3, { 0x48, 0x8b, 0x07 }, at_lapic_end },	/* mov (%rdi), %rax */
};

/*
 * CLI in a page of its own: at its end, so that the host cannot fetch more, or in
 * one that has been unmapped without a flush, so that it cannot fetch it at all.
 */
static void case_fetch(struct random *r, const struct regs *g)
{
	u64 code = ADDRESS(CODE_SLOT) + 0xff0;

	code_page[0xff0] = 0xeb;	/* jmp to the last byte */
	code_page[0xff1] = 0x0d;
	code_page[0xfff] = 0xfa;	/* cli */
	user_table[CODE_SLOT] = (u64)code_page | SUPERVISOR_LEAF;
	user_table[CODE_SLOT + 1] = 0;
	run((u8 *)code, g);
	if (rnd(r) & 1) {
		user_table[CODE_SLOT] = 0;
		run((u8 *)code, g);
	}
	user_table[CODE_SLOT] = 0;
	hypercall(TLB_INVLPG, code, 0, 0, 0);
}

static void restore(void)
{
	user_table[SCRATCH_SLOT] = (u64)page | LEAF;
	user_table[LAPIC_SLOT] = 0xfee00000 | LEAF;
	hypercall(TLB_CURRENT, 0, 0, 0, 0);
	asm volatile("mov %0, %%cr4" : : "r" (0x620UL));	/* OSXMMEXCPT, OSFXSR, PAE */
	page[0xfff] = 0;
	*(volatile u64 *)(ADDRESS(SCRATCH_SLOT) + 0xf00) = 0;	/* its shadow entry */
	pvcs.event_flags &= ~(u64)IF_BIT;
}

void case_operands(struct random *r)
{
	struct regs g = { value(r), value(r), value(r), value(r), value(r), value(r) };
	const struct insn *insn = &insns[rnd(r) % (sizeof(insns) / sizeof(insns[0]))];
	u32 i;

	restore();
	if (!(rnd(r) & 31)) {
		case_fetch(r, &g);
		return;
	}
	for (i = 0; i < CODE_MAX; i++)
		buffer[i] = i < insn->len ? insn->code[i] : 0x90;
	buffer[CODE_MAX] = 0x0f;	/* UD2 */
	buffer[CODE_MAX + 1] = 0x0b;
	if (insn->prepare)
		insn->prepare(r, &g);
	run(buffer, &g);
}
