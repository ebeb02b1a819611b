/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one door to the PVM hypervisor: the SYSCALL instruction in supervisor
 * mode, and the synthetic CPUID.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * A hypercall has its number in RAX and its arguments in RBX, R10, RDX and
 * RSI; the result comes in RAX.  RCX and R11 are lost (SYSCALL writes them),
 * all else is kept.  It needs no registered PVCS, and never faults.
 *
 * pvm_hypercall() in entry_64.S holds the instruction; nothing else does but
 * the two places there whose address means something.
 */
#ifndef _PVOPS_PVM_HYPERCALL_H
#define _PVOPS_PVM_HYPERCALL_H

#include <linux/compiler.h>
#include <linux/stringify.h>
#include <linux/types.h>

#include <asm/asm.h>

#include "abi.h"

/* Not a C function: arguments and clobbers as above. */
void pvm_hypercall(void);

static __always_inline long pvm_hypercall0(unsigned int nr)
{
	long ret;

	asm volatile("call pvm_hypercall"
		     : "=a" (ret), ASM_CALL_CONSTRAINT
		     : "a" (nr)
		     : "rcx", "r11", "memory");
	return ret;
}

static __always_inline long pvm_hypercall1(unsigned int nr, unsigned long p1)
{
	long ret;

	asm volatile("call pvm_hypercall"
		     : "=a" (ret), ASM_CALL_CONSTRAINT
		     : "a" (nr), "b" (p1)
		     : "rcx", "r11", "memory");
	return ret;
}

static __always_inline long pvm_hypercall2(unsigned int nr, unsigned long p1,
					   unsigned long p2)
{
	register unsigned long r10 asm("r10") = p2;
	long ret;

	asm volatile("call pvm_hypercall"
		     : "=a" (ret), ASM_CALL_CONSTRAINT
		     : "a" (nr), "b" (p1), "r" (r10)
		     : "rcx", "r11", "memory");
	return ret;
}

static __always_inline long pvm_hypercall3(unsigned int nr, unsigned long p1,
					   unsigned long p2, unsigned long p3)
{
	register unsigned long r10 asm("r10") = p2;
	long ret;

	asm volatile("call pvm_hypercall"
		     : "=a" (ret), ASM_CALL_CONSTRAINT
		     : "a" (nr), "b" (p1), "r" (r10), "d" (p3)
		     : "rcx", "r11", "memory");
	return ret;
}

/**
 * pvm_hc_rdmsr() - read an MSR
 * @msr: index
 *
 * Return: the value, or 0 for an MSR that the hypervisor does not know; this
 * call cannot report an error.  Use the trapped RDMSR where that matters.
 */
static __always_inline u64 pvm_hc_rdmsr(u32 msr)
{
	return pvm_hypercall1(PVM_HC_RDMSR, msr);
}

/**
 * pvm_hc_wrmsr() - write an MSR
 * @msr: index
 * @value: value
 *
 * Return: 0 or not 0.  Hosts differ in the error number they give (-EINVAL in
 * the specification, -EIO in the code), so only its presence means something.
 */
static __always_inline long pvm_hc_wrmsr(u32 msr, u64 value)
{
	return pvm_hypercall2(PVM_HC_WRMSR, msr, value);
}

/**
 * pvm_synthetic_cpuid() - CPUID as the hypervisor answers it
 * @eax: leaf in, EAX out
 * @ebx: EBX out
 * @ecx: subleaf in, ECX out
 * @edx: EDX out
 *
 * Plain CPUID shows the physical CPU and is no substitute.  Supervisor mode
 * only; executed at CPL 0 it would drop one TLB entry and be a plain CPUID.
 */
static __always_inline void pvm_synthetic_cpuid(u32 *eax, u32 *ebx, u32 *ecx,
						u32 *edx)
{
	asm volatile(".byte " __stringify(PVM_SYNTHETIC_CPUID_BYTES)
		     : "=a" (*eax), "=b" (*ebx), "=c" (*ecx), "=d" (*edx)
		     : "0" (*eax), "2" (*ecx)
		     : "memory");
}

#endif /* _PVOPS_PVM_HYPERCALL_H */
