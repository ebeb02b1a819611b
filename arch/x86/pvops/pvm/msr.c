// SPDX-License-Identifier: GPL-2.0-only
/*
 * PVM: model specific registers
 *
 * Copyright (C) 2026 the pvops developers
 */
#include <linux/errno.h>
#include <linux/percpu.h>
#include <linux/printk.h>

#include <asm/fsgsbase.h>
#include <asm/msr.h>

#include "hypercall.h"
#include "pvm.h"

/*
 * What is true of the processor at every CPL, and what its microcode does on
 * VERW.  Not IBRS_ALL and BHI_NO, which tell CPLs apart, and none of the bits
 * that offer another MSR.
 */
#define ARCH_CAPS_KNOWN								\
	(ARCH_CAP_RDCL_NO | ARCH_CAP_RSBA | ARCH_CAP_SSB_NO | ARCH_CAP_MDS_NO |	\
	 ARCH_CAP_TAA_NO | ARCH_CAP_SBDR_SSDP_NO | ARCH_CAP_FBSDP_NO |		\
	 ARCH_CAP_PSDP_NO | ARCH_CAP_FB_CLEAR | ARCH_CAP_RRSBA |		\
	 ARCH_CAP_PBRSB_NO | ARCH_CAP_GDS_NO | ARCH_CAP_RFDS_NO |		\
	 ARCH_CAP_RFDS_CLEAR | ARCH_CAP_ITS_NO)

/**
 * pvm_filter_arch_caps - take away what does not hold in a PVM guest
 * @caps: MSR_IA32_ARCH_CAPABILITIES as the host gives it
 *
 * The rest decides on mitigations: without RRSBA and RFDS_CLEAR the kernel
 * would leave out what the processor needs.
 *
 * Context: any.
 * Return: what the kernel may believe.
 */
u64 pvm_filter_arch_caps(u64 caps)
{
	return caps & ARCH_CAPS_KNOWN;
}

/**
 * pvm_read_msr - RDMSR
 * @msr: index
 *
 * The segment bases need no hypercall: FSGSBASE always works (ABI section 3),
 * and the inactive GS base is in the PVCS while the kernel runs.
 *
 * Context: any.
 * Return: the value, 0 for an unknown MSR.
 */
u64 pvm_read_msr(unsigned int msr)
{
	switch (msr) {
	case MSR_FS_BASE:
		return rdfsbase();
	case MSR_KERNEL_GS_BASE:
		return this_cpu_read(pvm_vcpu_struct.pvcs.user_gsbase);
	case MSR_IA32_ARCH_CAPABILITIES:
		return pvm_filter_arch_caps(pvm_hc_rdmsr(msr));
	default:
		return pvm_hc_rdmsr(msr);
	}
}

/* WRFSBASE would fault at what is not canonical, and the others be cut */
static bool is_base(unsigned int msr)
{
	return msr == MSR_FS_BASE || msr == MSR_GS_BASE || msr == MSR_KERNEL_GS_BASE;
}

/**
 * pvm_write_msr_safe - WRMSR that may fail
 * @msr: index
 * @low: EAX
 * @high: EDX
 *
 * Context: any.
 * Return: 0, or -EIO when the hypervisor refuses the MSR or the value.
 */
int pvm_write_msr_safe(unsigned int msr, unsigned int low, unsigned int high)
{
	u64 value = low | (u64)high << 32;

	if (is_base(msr) && !__is_canonical_address(value, __VIRTUAL_MASK_SHIFT + 1))
		return -EIO;

	switch (msr) {
	case MSR_FS_BASE:
		wrfsbase(value);
		return 0;
	case MSR_GS_BASE:
		pvm_move_gs_base(value);
		return 0;
	case MSR_KERNEL_GS_BASE:
		this_cpu_write(pvm_vcpu_struct.pvcs.user_gsbase, value);
		return 0;
	case MSR_LSTAR:
		/* The kernel's entry for hardware SYSCALL; ours replaces it */
		value = (unsigned long)pvm_entry_SYSCALL_64;
		break;
	case MSR_IA32_TSC_DEADLINE:
		if (pvm_intent_move_deadline(value))
			return 0;
		break;
	case MSR_CSTAR:
	case MSR_SYSCALL_MASK:
	case MSR_IA32_SYSENTER_CS:
	case MSR_IA32_SYSENTER_ESP:
	case MSR_IA32_SYSENTER_EIP:
		/* Without effect in a PVM guest */
		return 0;
	}

	return pvm_hc_wrmsr(msr, value) ? -EIO : 0;
}

/**
 * pvm_write_msr - WRMSR
 * @msr: index
 * @low: EAX
 * @high: EDX
 *
 * Context: any.
 */
void pvm_write_msr(unsigned int msr, unsigned int low, unsigned int high)
{
	if (pvm_write_msr_safe(msr, low, high))
		pr_warn_once("pvm: unchecked MSR access error: WRMSR to 0x%x (value 0x%08x%08x) at %pS\n",
			     msr, high, low, __builtin_return_address(0));
}
