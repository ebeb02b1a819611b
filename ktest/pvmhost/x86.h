/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions and registers of the processor that C cannot say.
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_X86_H
#define PVMHOST_X86_H

#include <linux/types.h>
#include <uapi/asm/processor-flags.h>
#include <asm/msr-index.h>

#define VECTOR_DB	1
#define VECTOR_NMI	2
#define VECTOR_BP	3
#define VECTOR_OF	4
#define VECTOR_UD	6
#define VECTOR_DF	8
#define VECTOR_TS	10
#define VECTOR_NP	11
#define VECTOR_SS	12
#define VECTOR_GP	13
#define VECTOR_PF	14
#define VECTOR_AC	17
#define VECTOR_MC	18

#define PF_P		0x01
#define PF_W		0x02
#define PF_U		0x04
#define PF_RSVD		0x08
#define PF_I		0x10

/* RFLAGS that guest code may have as it likes: all but IF, IOPL, VM, VIF, VIP */
#define USER_RFLAGS \
	(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | \
	 X86_EFLAGS_SF | X86_EFLAGS_TF | X86_EFLAGS_DF | X86_EFLAGS_OF | \
	 X86_EFLAGS_NT | X86_EFLAGS_RF | X86_EFLAGS_AC | X86_EFLAGS_ID)

#undef barrier
#define barrier()	asm volatile("" : : : "memory")

static inline u64 rdmsr(u32 msr)
{
	u32 lo, hi;

	asm volatile("rdmsr" : "=a" (lo), "=d" (hi) : "c" (msr));
	return (u64)hi << 32 | lo;
}

static inline void wrmsr(u32 msr, u64 val)
{
	asm volatile("wrmsr" : : "c" (msr), "a" ((u32)val), "d" ((u32)(val >> 32)) : "memory");
}

static inline u64 rdtsc(void)
{
	u32 lo, hi;

	asm volatile("rdtsc" : "=a" (lo), "=d" (hi));
	return (u64)hi << 32 | lo;
}

struct cpuid_regs {
	u32 eax, ebx, ecx, edx;
};

static inline struct cpuid_regs cpuid(u32 leaf, u32 sub)
{
	struct cpuid_regs r;

	asm volatile("cpuid" : "=a" (r.eax), "=b" (r.ebx), "=c" (r.ecx), "=d" (r.edx)
		     : "a" (leaf), "c" (sub));
	return r;
}

static inline void outb(u16 port, u8 val)
{
	asm volatile("outb %0, %1" : : "a" (val), "Nd" (port));
}

static inline void outw(u16 port, u16 val)
{
	asm volatile("outw %0, %1" : : "a" (val), "Nd" (port));
}

static inline void outl(u16 port, u32 val)
{
	asm volatile("outl %0, %1" : : "a" (val), "Nd" (port));
}

static inline u8 inb(u16 port)
{
	u8 val;

	asm volatile("inb %1, %0" : "=a" (val) : "Nd" (port));
	return val;
}

static inline u16 inw(u16 port)
{
	u16 val;

	asm volatile("inw %1, %0" : "=a" (val) : "Nd" (port));
	return val;
}

static inline u32 inl(u16 port)
{
	u32 val;

	asm volatile("inl %1, %0" : "=a" (val) : "Nd" (port));
	return val;
}

#define CONTROL_REG(name, reg)						\
static inline u64 read_##name(void)					\
{									\
	u64 val;							\
									\
	asm volatile("mov %%" #reg ", %0" : "=r" (val) : : "memory");	\
	return val;							\
}									\
									\
static inline void write_##name(u64 val)				\
{									\
	asm volatile("mov %0, %%" #reg : : "r" (val) : "memory");	\
}

CONTROL_REG(cr0, cr0)
CONTROL_REG(cr2, cr2)
CONTROL_REG(cr3, cr3)
CONTROL_REG(cr4, cr4)
CONTROL_REG(dr0, dr0)
CONTROL_REG(dr1, dr1)
CONTROL_REG(dr2, dr2)
CONTROL_REG(dr3, dr3)
CONTROL_REG(dr6, dr6)
CONTROL_REG(dr7, dr7)

static inline void xsetbv(u32 index, u64 val)
{
	asm volatile("xsetbv" : : "c" (index), "a" ((u32)val), "d" ((u32)(val >> 32)));
}

/* In the host the guest's GS base is the inactive one */
static inline u64 guest_gsbase(void)
{
	u64 val;

	asm volatile("swapgs\n\trdgsbase %0\n\tswapgs" : "=r" (val));
	return val;
}

/* @val must be canonical */
static inline void set_guest_gsbase(u64 val)
{
	asm volatile("swapgs\n\twrgsbase %0\n\tswapgs" : : "r" (val) : "memory");
}

static inline u64 guest_fsbase(void)
{
	u64 val;

	asm volatile("rdfsbase %0" : "=r" (val));
	return val;
}

/* @val must be canonical */
static inline void set_guest_fsbase(u64 val)
{
	asm volatile("wrfsbase %0" : : "r" (val) : "memory");
}

static inline bool is_canonical(u64 addr)
{
	return (u64)((s64)(addr << 16) >> 16) == addr;
}

static inline void cpu_relax(void)
{
	asm volatile("pause" : : : "memory");
}

#endif
