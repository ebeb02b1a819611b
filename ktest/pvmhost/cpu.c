// SPDX-License-Identifier: GPL-2.0-only
/*
 * One processor's control registers, descriptor tables and system call MSRs.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include "host.h"
#include "pcpu.h"
#include "mem.h"
#include "pgtable.h"
#include "x86.h"

struct pcpu pcpus[MAX_PCPUS] __attribute__((aligned(PAGE_SIZE)));
u32 nr_pcpus;

struct gate {
	u16 offset_low, selector;
	u8 ist, type;
	u16 offset_mid;
	u32 offset_high, reserved;
};

static struct gate idt[256] __attribute__((aligned(16)));

extern char idt_stubs[], syscall_entry[], syscall32_entry[];

#define IST_NMI	1
#define IST_DF	2
#define IST_MC	3
#define IST_DB	4

static void set_gate(u32 vector, u32 ist, u32 dpl)
{
	u64 addr = (u64)idt_stubs + vector * 16;

	idt[vector] = (struct gate){
		.offset_low = addr,
		.offset_mid = addr >> 16,
		.offset_high = addr >> 32,
		.selector = HOST_CS,
		.ist = ist,
		.type = 0x8e | dpl << 5,	/* present interrupt gate */
	};
}

static void idt_init(void)
{
	u32 i;

	for (i = 0; i < 256; i++)
		set_gate(i, 0, 0);
	set_gate(VECTOR_DB, IST_DB, 0);
	set_gate(VECTOR_NMI, IST_NMI, 0);
	set_gate(VECTOR_DF, IST_DF, 0);
	set_gate(VECTOR_MC, IST_MC, 0);
	/* The three that INT n may reach (section 3 of the ABI) */
	set_gate(VECTOR_BP, 0, 3);
	set_gate(VECTOR_OF, 0, 3);
	set_gate(0x80, 0, 3);
}

static void gdt_init(struct pcpu *p)
{
	u64 tss = (u64)&p->tss;

	p->gdt[1] = 0x00cf9b000000ffff;
	p->gdt[HOST_CS / 8] = 0x00af9b000000ffff;
	p->gdt[HOST_DS / 8] = 0x00cf93000000ffff;
	p->gdt[USER32_CS / 8] = 0x00cffb000000ffff;
	p->gdt[USER_DS / 8] = 0x00cff3000000ffff;
	p->gdt[USER_CS / 8] = 0x00affb000000ffff;
	/* the processor's number as the limit, as Linux has it for LSL (node 0) */
	p->gdt[GDT_CPUNODE] = 0x0040f50000000000 | p->id;
	p->gdt[HOST_TSS / 8] = (sizeof(p->tss) - 1) | (tss & 0xffffff) << 16 |
			       0x89ULL << 40 | (tss >> 24 & 0xff) << 56;
	p->gdt[HOST_TSS / 8 + 1] = tss >> 32;
}

static void load_tables(struct pcpu *p)
{
	struct {
		u16 limit;
		u64 base;
	} __attribute__((packed)) gdtr = { sizeof(p->gdt) - 1, (u64)p->gdt },
				  idtr = { sizeof(idt) - 1, (u64)idt };

	asm volatile("lgdt %0" : : "m" (gdtr));
	asm volatile("lidt %0" : : "m" (idtr));
	asm volatile("pushq %0\n\t"
		     "leaq 1f(%%rip), %%rax\n\t"
		     "pushq %%rax\n\t"
		     "lretq\n"
		     "1:" : : "i" (HOST_CS) : "rax", "memory");
	asm volatile("mov %0, %%ss" : : "r" (HOST_DS));
	asm volatile("mov %0, %%ds\n\tmov %0, %%es\n\tmov %0, %%fs\n\tmov %0, %%gs" : : "r" (0));
	asm volatile("lldt %w0" : : "r" (0));
	asm volatile("ltr %w0" : : "r" (HOST_TSS));
}

void cpu_set_gs(struct vcpu *v)
{
	wrmsr(MSR_GS_BASE, (u64)v);
}

void cpu_set_rsp0(struct pcpu *p, struct vcpu *v)
{
	p->tss.rsp0 = v->regs_end;
	v->host_stack = (u64)p->stack + sizeof(p->stack);
}

static void syscall_init(void)
{
	wrmsr(MSR_STAR, (u64)HOST_CS << 32 | (u64)USER32_CS << 48);
	wrmsr(MSR_LSTAR, (u64)syscall_entry);
	wrmsr(MSR_CSTAR, (u64)syscall32_entry);
	/* DF, TF, IF, NT, AC and all else off at entry */
	wrmsr(MSR_SYSCALL_MASK, 0x257fd5);
	wrmsr(MSR_IA32_SYSENTER_CS, 0);
}

static void control_init(void)
{
	struct cpuid_regs c1 = cpuid(1, 0), c7 = cpuid(7, 0);
	u64 cr4 = X86_CR4_PAE | X86_CR4_PGE | X86_CR4_FSGSBASE | X86_CR4_DE |
		  X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT;

	if (!(c7.ebx & 1))
		panic("the processor has no FSGSBASE\n");
	if (c1.ecx & (1u << 26))
		cr4 |= X86_CR4_OSXSAVE;
	if (c7.ebx & (1u << 7))
		cr4 |= X86_CR4_SMEP;	/* guest pages are never run at ring 0 */
	write_cr4(cr4);
	write_cr0(X86_CR0_PG | X86_CR0_AM | X86_CR0_WP | X86_CR0_NE | X86_CR0_ET |
		  X86_CR0_MP | X86_CR0_PE);
	if (cr4 & X86_CR4_OSXSAVE)
		xsetbv(0, 1);
}

void cpu_init(struct pcpu *p)
{
	struct vcpu *v = &p->idle_vcpu;
	u32 i;

	if (p == &pcpus[0])
		idt_init();
	control_init();
	gdt_init(p);
	for (i = 0; i < ARRAY_SIZE(p->ist_stack); i++)
		p->tss.ist[i] = (u64)p->ist_stack[i] + IST_STACK_SIZE;
	p->tss.iomap = sizeof(p->tss);	/* beyond the limit: no I/O permission */
	v->self = v;
	v->pcpu = p;
	v->regs_end = (u64)(&v->regs + 1);
	cpu_set_rsp0(p, v);
	load_tables(p);
	cpu_set_gs(v);
	syscall_init();
	p->cr3 = host_cr3;
}
