// SPDX-License-Identifier: GPL-2.0-only
/*
 * PVM: CPUID, and what the ABI does not offer
 *
 * Copyright (C) 2026 the pvops developers
 */
#include <linux/bits.h>
#include <linux/cpufeature.h>
#include <linux/init.h>
#include <linux/kernel.h>

#include <asm/cpuid.h>
#include <asm/kvm_para.h>
#include <asm/paravirt.h>

#include "hypercall.h"
#include "pvm.h"

/**
 * struct hidden - bits of one CPUID register that the kernel does not see
 * @leaf: EAX
 * @subleaf: ECX, or any
 * @reg: CPUID_EAX to CPUID_EDX
 * @mask: the bits
 */
struct hidden {
	u32 leaf;
	u32 subleaf;
	u8 reg;
	u32 mask;
};

#define ANY_SUBLEAF	(~0u)
#define F(feature)	BIT(X86_FEATURE_##feature & 31)

/*
 * A host should not offer these.  One that passes on what its CPU has would
 * have the kernel use instructions that are forbidden or without effect at
 * CPL 3 (ABI sections 4, 9 and 11).
 */
static const struct hidden hidden[] = {
	{ 1, ANY_SUBLEAF, CPUID_ECX, F(MWAIT) | F(VMX) | F(SMX) | F(PDCM) },
	{ 1, ANY_SUBLEAF, CPUID_EDX, F(SEP) },
	{ 6, ANY_SUBLEAF, CPUID_ECX, BIT(0) /* APERFMPERF */ },
	{ 7, 0, CPUID_EBX, F(SMAP) | F(INVPCID) | F(INTEL_PT) },
	{ 7, 0, CPUID_ECX, F(PKU) | F(OSPKE) | F(SHSTK) | F(ENQCMD) },
	{ 7, 0, CPUID_EDX, F(IBT) | F(ARCH_LBR) | F(PCONFIG) | F(SPEC_CTRL) |
		F(INTEL_STIBP) | F(SPEC_CTRL_SSBD) | F(FLUSH_L1D) |
		F(AMX_BF16) | F(AMX_TILE) | F(AMX_INT8) },
	{ 7, 1, CPUID_EAX, F(FRED) | F(LKGS) | F(WRMSRNS) | F(LAM) | BIT(6) /* LASS */ },
	{ 7, 2, CPUID_EDX, GENMASK(4, 0) /* controls in MSR_IA32_SPEC_CTRL */ },
	{ 0xa, ANY_SUBLEAF, CPUID_EAX, ~0u },
	/* XFD's #NM tells its cause by an MSR, which the ABI does not have, and AMX needs XFD */
	{ 0xd, 1, CPUID_EAX, F(XSAVES) | F(XFD) },
	{ 0x80000001, ANY_SUBLEAF, CPUID_ECX, F(SVM) | F(PERFCTR_CORE) | F(PERFCTR_NB) |
		F(MWAITX) | F(IBS) },
	/* AMD_IBPB stays: it is a write-only MSR, and no control that follows the mode */
	{ 0x80000008, ANY_SUBLEAF, CPUID_EBX, F(AMD_IBRS) | F(AMD_STIBP) |
		F(AMD_SSBD) | F(VIRT_SSBD) },
	{ 0x8000001f, ANY_SUBLEAF, CPUID_EAX, ~0u },
	/* What tells CPLs apart protects nothing: guest user space is at the kernel's */
	{ 0x80000021, ANY_SUBLEAF, CPUID_EAX, F(AUTOIBRS) | F(SBPB) | F(IBPB_BRTYPE) |
		F(SRSO_USER_KERNEL_NO) },
	{ 0x80000022, ANY_SUBLEAF, CPUID_EAX, ~0u },
	/* The #PF protocol of asynchronous page faults has no place in PVM's */
	{ KVM_CPUID_FEATURES, ANY_SUBLEAF, CPUID_EAX,
		BIT(KVM_FEATURE_ASYNC_PF) | BIT(KVM_FEATURE_ASYNC_PF_INT) |
		BIT(KVM_FEATURE_ASYNC_PF_VMEXIT) },
};

/**
 * pvm_filter_cpuid - take away what a PVM guest must not use
 * @leaf: leaf
 * @subleaf: subleaf
 * @eax: EAX, and so on
 * @ebx: EBX
 * @ecx: ECX
 * @edx: EDX
 *
 * Context: any.
 */
void pvm_filter_cpuid(u32 leaf, u32 subleaf, u32 *eax, u32 *ebx, u32 *ecx, u32 *edx)
{
	u32 *const regs[] = {
		[CPUID_EAX] = eax, [CPUID_EBX] = ebx, [CPUID_ECX] = ecx, [CPUID_EDX] = edx,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(hidden); i++) {
		const struct hidden *h = &hidden[i];

		if (h->leaf == leaf && (h->subleaf == subleaf || h->subleaf == ANY_SUBLEAF))
			*regs[h->reg] &= ~h->mask;
	}

	/* 5-level tables exist only if the kernel was entered with them */
	if (leaf == 7 && subleaf == 0 && !(native_read_cr4() & X86_CR4_LA57))
		*ecx &= ~F(LA57);
}

/**
 * pvm_cpuid - CPUID
 * @eax: leaf in, EAX out
 * @ebx: EBX out
 * @ecx: subleaf in, ECX out
 * @edx: EDX out
 *
 * Context: any.
 */
void pvm_cpuid(unsigned int *eax, unsigned int *ebx, unsigned int *ecx, unsigned int *edx)
{
	u32 leaf = *eax, subleaf = *ecx;

	pvm_synthetic_cpuid(eax, ebx, ecx, edx);
	pvm_filter_cpuid(leaf, subleaf, eax, ebx, ecx, edx);
}

/**
 * pvm_init_cpu_caps - set the feature bits that no CPUID leaf has
 *
 * Context: boot CPU, after .bss has been cleared.
 */
void __init pvm_init_cpu_caps(void)
{
	setup_force_cpu_cap(X86_FEATURE_DEPRIV);
	setup_force_cpu_cap(X86_FEATURE_PVM_GUEST);
	/*
	 * CR4.FSGSBASE is always set (ABI section 3), also with "nofsgsbase": what
	 * user mode writes must be switched.
	 */
	setup_force_cpu_cap(X86_FEATURE_FSGSBASE);

	/* Set by vendor code, not from CPUID; compat tasks use INT 0x80 */
	setup_clear_cpu_cap(X86_FEATURE_SYSENTER32);
	setup_clear_cpu_cap(X86_FEATURE_SYSCALL32);
}
