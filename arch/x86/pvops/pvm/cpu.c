// SPDX-License-Identifier: GPL-2.0-only
/*
 * PVM: registration of CPUs, segments
 *
 * Copyright (C) 2026 the pvops developers
 */
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/processor.h>
#include <linux/smp.h>
#include <linux/string.h>

#include <asm/desc.h>
#include <asm/fsgsbase.h>
#include <asm/msr.h>
#include <asm/paravirt.h>

#include "hypercall.h"
#include "pvm.h"

/* Written by the hypervisor while the vCPU is out of guest mode. */
DEFINE_PER_CPU_PAGE_ALIGNED(struct pvm_vcpu_page, pvm_vcpu_struct);

/* What the hypervisor holds in its GDT for this CPU */
static DEFINE_PER_CPU(struct desc_struct [GDT_ENTRY_TLS_ENTRIES], loaded_tls);

/*
 * Per-CPU data is in the image at first, when init_mm has no page tables and
 * KASAN no shadow yet, which is_vmalloc_addr() would need; then in the direct
 * map or in the vmalloc area.
 */
static phys_addr_t pvcs_phys(void)
{
	void *pvcs = this_cpu_ptr(&pvm_vcpu_struct);
	unsigned long addr = (unsigned long)pvcs;

	if (addr >= VMALLOC_START && addr < VMALLOC_END)
		return slow_virt_to_phys(pvcs);

	return __pa(pvcs);
}

static void must_wrmsr(u32 msr, u64 value)
{
	if (!pvm_hc_wrmsr(msr, value))
		return;

	pvm_puts("pvm: the hypervisor refuses a PVM MSR, stopping\n");
	pvm_stop();
}

/*
 * The hypervisor loads its own copy of MSR_KERNEL_GS_BASE on entry from user
 * mode, so it must be set before the first ERETU and whenever GS base moves.
 */
static void register_pvcs(void)
{
	must_wrmsr(MSR_KERNEL_GS_BASE, rdgsbase());
	must_wrmsr(MSR_PVM_VCPU_STRUCT, pvcs_phys());
}

/**
 * pvm_register_cpu - let this CPU take events
 *
 * Once VCPU_STRUCT is set faults are delivered; until then each one is a triple
 * fault.  A CPU that comes (back) up starts with an idle PVCS, and without TLS
 * descriptors.
 *
 * Context: start-up code of the CPU, interrupts off.
 */
void pvm_register_cpu(void)
{
	struct pvm_vcpu_struct *pvcs = this_cpu_ptr(&pvm_vcpu_struct.pvcs);

	must_wrmsr(MSR_PVM_VCPU_STRUCT, 0);
	pvcs->event_flags = 0;
	pvcs->event_vector = 0;
	memset(this_cpu_ptr(loaded_tls), 0, sizeof(loaded_tls));
	pvm_hypercall3(PVM_HC_LOAD_TLS, 0, 0, 0);
	pvm_forget_cr3();
	pvm_intent_forget();

	must_wrmsr(MSR_PVM_EVENT_ENTRY, (unsigned long)pvm_event_entry);
	must_wrmsr(MSR_PVM_RETU_RIP, (unsigned long)pvm_retu);
	must_wrmsr(MSR_LSTAR, (unsigned long)pvm_entry_SYSCALL_64);
	register_pvcs();
}

/**
 * pvm_unregister_cpu - this CPU takes no events any more: each is a triple fault
 *
 * Context: interrupts off.
 */
void pvm_unregister_cpu(void)
{
	must_wrmsr(MSR_PVM_VCPU_STRUCT, 0);
}

/**
 * pvm_move_gs_base - point GS to another copy of this CPU's per-CPU data
 * @base: the new base
 *
 * The PVCS moves along.  Between the two no event can be delivered: NMI is
 * masked while no PVCS is registered, and the code here does not fault.
 *
 * Context: boot, interrupts off; the new copy has the old one's contents.
 */
void pvm_move_gs_base(unsigned long base)
{
	if (base == rdgsbase())
		return;

	must_wrmsr(MSR_PVM_VCPU_STRUCT, 0);
	wrgsbase(base);
	register_pvcs();
}

/*
 * The hypervisor loads GS for user mode and says what the base is; it comes
 * into effect with the next ERETU.  An invalid selector becomes null.
 */
static void pvm_load_gs_index(unsigned int selector)
{
	unsigned long flags, base;

	local_irq_save(flags);
	base = pvm_hypercall1(PVM_HC_LOAD_GS, selector);
	this_cpu_write(pvm_vcpu_struct.pvcs.user_gsbase, base);
	local_irq_restore(flags);
}

/* Called with preemption off; most tasks have no TLS descriptors at all. */
static void pvm_load_tls(struct thread_struct *t, unsigned int cpu)
{
	struct desc_struct *loaded = per_cpu(loaded_tls, cpu);
	u64 desc[GDT_ENTRY_TLS_ENTRIES];

	BUILD_BUG_ON(sizeof(desc) != sizeof(t->tls_array));

	if (!memcmp(loaded, t->tls_array, sizeof(desc)))
		return;

	memcpy(loaded, t->tls_array, sizeof(desc));
	memcpy(desc, t->tls_array, sizeof(desc));
	pvm_hypercall3(PVM_HC_LOAD_TLS, desc[0], desc[1], desc[2]);
}

/* GDTR, TR and LDTR have no effect; the guest never has an LDT. */
static void pvm_load_gdt(const struct desc_ptr *dtr)
{
}

static void pvm_load_tr_desc(void)
{
}

static void pvm_set_ldt(const void *addr, unsigned int entries)
{
}

static void pvm_load_sp0(unsigned long sp0)
{
}

void __init pvm_init_cpu_ops(void)
{
	pv_ops.cpu.cpuid = pvm_cpuid;
	pv_ops.cpu.read_msr = pvm_read_msr;
	pv_ops.cpu.write_msr = pvm_write_msr;
	pv_ops.cpu.write_msr_safe = pvm_write_msr_safe;
	/* read_msr_safe stays native: the hypercall cannot report an error */

	pv_ops.cpu.load_gdt = pvm_load_gdt;
	pv_ops.cpu.load_tr_desc = pvm_load_tr_desc;
	pv_ops.cpu.set_ldt = pvm_set_ldt;
	pv_ops.cpu.load_sp0 = pvm_load_sp0;
	pv_ops.cpu.load_tls = pvm_load_tls;
	pv_ops.cpu.load_gs_index = pvm_load_gs_index;
#ifdef CONFIG_X86_IOPL_IOPERM
	pv_ops.cpu.invalidate_io_bitmap = paravirt_nop;
	pv_ops.cpu.update_io_bitmap = paravirt_nop;
#endif
}
