// SPDX-License-Identifier: GPL-2.0-only
/*
 * PVM: CR2, CR3 and the TLB
 *
 * Copyright (C) 2026 the pvops developers
 *
 * The guest's page tables are ordinary memory and are written natively.  The
 * hypervisor shadows them; to the guest the shadow is a TLB and is flushed by
 * the rules of one (ABI section 9).
 */
#include <linux/bits.h>
#include <linux/init.h>
#include <linux/percpu.h>
#include <linux/pgtable.h>

#include <asm/paravirt.h>
#include <asm/processor-flags.h>
#include <asm/special_insns.h>

#include "hypercall.h"
#include "pvm.h"

/* CR3 as it reads: without the no-flush bit */
static DEFINE_PER_CPU(unsigned long, pvm_cr3);

static noinstr void pvm_write_cr2(unsigned long cr2)
{
	this_cpu_write(pvm_vcpu_struct.pvcs.cr2, cr2);
}

static unsigned long pvm_read_cr3(void)
{
	unsigned long cr3 = this_cpu_read(pvm_cr3);

	/* 0: not written since start-up code did.  MOV traps. */
	return cr3 ?: __native_read_cr3();
}

/**
 * pvm_forget_cr3 - this CPU's start-up code has loaded CR3 by itself
 *
 * Context: start-up code of the CPU, interrupts off.
 */
void pvm_forget_cr3(void)
{
	this_cpu_write(pvm_cr3, 0);
}

static void pvm_write_cr3(unsigned long cr3)
{
	unsigned long flags = cr3 & X86_CR3_PCID_NOFLUSH ? 0 : PVM_LOAD_PGTBL_FLUSH;

	cr3 &= ~X86_CR3_PCID_NOFLUSH;

	this_cpu_write(pvm_cr3, cr3);
	pvm_hypercall2(PVM_HC_LOAD_PGTBL, flags, cr3);
}

static void pvm_flush_tlb_user(void)
{
	pvm_hypercall0(PVM_HC_TLB_FLUSH_CURRENT);
}

static void pvm_flush_tlb_kernel(void)
{
	pvm_hypercall0(PVM_HC_TLB_FLUSH);
}

static void pvm_flush_tlb_one_user(unsigned long addr)
{
	pvm_hypercall1(PVM_HC_TLB_INVLPG, addr);
}

void __init pvm_init_mmu_ops(void)
{
	pv_ops.mmu.read_cr2 = __PV_IS_CALLEE_SAVE(pvm_read_cr2);
	pv_ops.mmu.write_cr2 = pvm_write_cr2;
	pv_ops.mmu.read_cr3 = pvm_read_cr3;
	pv_ops.mmu.write_cr3 = pvm_write_cr3;
	pv_ops.mmu.flush_tlb_user = pvm_flush_tlb_user;
	pv_ops.mmu.flush_tlb_kernel = pvm_flush_tlb_kernel;
	pv_ops.mmu.flush_tlb_one_user = pvm_flush_tlb_one_user;
}
