// SPDX-License-Identifier: GPL-2.0-only
/*
 * PVM: from the kernel's first C code to the ordinary boot
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Runs on the boot CPU at the kernel's virtual addresses, with the early page
 * tables and the initial per-CPU data.  Until the PVCS is registered any fault
 * is a triple fault.  .bss is cleared again after this.
 */
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/pgtable.h>

#include <asm/cpufeatures.h>
#include <asm/page.h>
#include <asm/paravirt.h>
#include <asm/processor-flags.h>
#include <asm/pvops.h>
#include <asm/segment.h>
#include <asm/setup.h>
#include <asm/special_insns.h>

#include "../pvops.h"
#include "hypercall.h"
#include "pvm.h"

#define PML4_SLOT(addr)	(((addr) >> 39) & (PTRS_PER_PGD - 1))

/* Read by this_cpu_cmpxchg16b_emu().  Not in .bss, which is cleared again. */
int pvm_running __ro_after_init;

static void __init __noreturn refuse(const char *line)
{
	pvm_puts(line);
	for (;;)
		pvm_stop();
}

static void __init check_generation(void)
{
	struct pvm_cpuid_answer answer = {};
	u32 eax, ebx, ecx, edx;

	eax = PVM_CPUID_SIGNATURE;
	ecx = 0;
	pvm_synthetic_cpuid(&eax, &ebx, &ecx, &edx);
	answer.max_leaf = eax;

	eax = PVM_CPUID_R_VENDOR_FEATURES;
	ecx = 0;
	pvm_synthetic_cpuid(&eax, &answer.vendor_ebx, &ecx, &edx);

	eax = PVM_CPUID_V1_SIGNATURE;
	ecx = 0;
	pvm_synthetic_cpuid(&eax, &answer.v1_signature[0], &ecx, &answer.v1_signature[2]);
	answer.v1_signature[1] = ecx;

	switch (pvm_generation(&answer)) {
	case PVM_GENERATION_R:
		refuse("pvm: this host speaks ABI generation R, not L, stopping\n");
	case PVM_GENERATION_V1:
		refuse("pvm: this host speaks ABI version 1, not L, stopping\n");
	case PVM_GENERATION_L:
		break;
	}

	/* There is no PVCS yet, so that 0 changes nothing.  V1 has it elsewhere. */
	if (pvm_hc_wrmsr(MSR_PVM_VCPU_STRUCT, 0))
		refuse("pvm: this host has no MSR_PVM_VCPU_STRUCT of ABI generation L, stopping\n");
}

/*
 * The kernel runs with the hypervisor's user segments, and its own have the same
 * selectors in every frame and in MSR_STAR.
 */
static void __init check_segments(void)
{
	u16 cs, ss;

	savesegment(cs, cs);
	savesegment(ss, ss);
	if (cs != __USER_CS || ss != __USER_DS)
		refuse("pvm: this host's user segments are not Linux's, stopping\n");
}

/* The fallback for CMPXCHG16B needs a POPF that sets IF */
static void __init check_cpu(void)
{
	if (!(native_cpuid_ecx(1) & BIT(X86_FEATURE_CX16 & 31)))
		refuse("pvm: this CPU has no CMPXCHG16B, stopping\n");
}

/*
 * The image is at its link address, and everything else where it is natively:
 * from the direct map, or its lowest random place, to the last slot.
 */
static void __init check_range(void)
{
	u64 range = pvm_hc_rdmsr(MSR_PVM_LINEAR_ADDRESS_RANGE);

	if (!pvm_range_is_legal(range))
		refuse("pvm: this host has no valid MSR_PVM_LINEAR_ADDRESS_RANGE, stopping\n");

	if (native_read_cr4() & X86_CR4_LA57)
		refuse("pvm: 5-level page tables are not supported, stopping\n");

	if (!pvm_range_has_slots(range, PML4_SLOT(__PAGE_OFFSET_BASE_L4),
				 PML4_SLOT(__START_KERNEL_map)))
		refuse("pvm: this host keeps addresses this image is linked to, stopping\n");
}

/**
 * pvm_start_kernel - C entry of the boot CPU of a PVM guest
 * @real_mode_data: physical address of boot_params
 *
 * Entered instead of x86_64_start_kernel() when startup_64 found PVM.
 */
asmlinkage __visible void __init __noreturn pvm_start_kernel(char *real_mode_data)
{
	check_generation();
	check_segments();
	check_range();
	check_cpu();

	pvm_running = 1;
	pv_info.name = "PVM";
	pvm_init_cpu_ops();
	pvm_init_irq_ops();
	pvm_init_mmu_ops();
	pvm_init_entry_ops();
	pvm_register_cpu();

	pvops_announce(&pvops_pvm_backend);
	x86_64_start_kernel(real_mode_data);
}
