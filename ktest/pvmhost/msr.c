// SPDX-License-Identifier: GPL-2.0-only
/*
 * Model specific registers.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include "kvm_abi.h"
#include "clock.h"
#include "event.h"
#include "host.h"
#include "intent.h"
#include "mem.h"
#include "msr.h"
#include "options.h"
#include "pcpu.h"
#include "shadow.h"
#include "stats.h"
#include "walk.h"
#include "x86.h"

#define MSR_X2APIC_FIRST	0x800
#define MSR_X2APIC_LAST		0x8ff
#define MSR_IA32_TSC_DEADLINE_	0x6e0

#define XCR0_X87	1ULL
#define XCR0_SSE	2ULL
#define XCR0_AVX	4ULL
#define XCR0_AVX512	0xe0ULL

static bool has_rdtscp(void)
{
	return cpuid(0x80000001, 0).edx & (1u << 27);
}

void msr_load(struct vcpu *v)
{
	if (has_rdtscp())
		wrmsr(MSR_TSC_AUX, v->tsc_aux);
	if (read_cr4() & X86_CR4_OSXSAVE)
		xsetbv(0, v->xcr0);
}

bool msr_xsetbv(struct vcpu *v)
{
	u64 val = (u32)v->regs.rax | v->regs.rdx << 32;
	struct cpuid_regs d = cpuid(0xd, 0);
	u64 supported = (d.eax | (u64)d.edx << 32) & (XCR0_X87 | XCR0_SSE | XCR0_AVX | XCR0_AVX512);

	if ((u32)v->regs.rcx || !(v->cr4 & X86_CR4_OSXSAVE))
		return false;
	if (!(val & XCR0_X87) || (val & ~supported))
		return false;
	if ((val & XCR0_AVX) && !(val & XCR0_SSE))
		return false;
	if ((val & XCR0_AVX512) && ((val & XCR0_AVX512) != XCR0_AVX512 || !(val & XCR0_AVX)))
		return false;
	v->xcr0 = val;
	xsetbv(0, val);
	return true;
}

/* The PVCS; 0 unregisters it */
static bool write_vcpu_struct(struct vcpu *v, u64 gpa)
{
	struct pvm_vcpu_struct *p = NULL;

	if (gpa & (PAGE_SIZE - 1))
		return false;
	if (gpa) {
		p = guest_ptr(gpa, PAGE_SIZE);
		if (!p) {
			event_triple_fault(v, "the PVCS is not in memory");
			return true;
		}
	}
	v->pvcs = p;
	v->pvcs_gpa = gpa;
	return true;
}

static bool write_event_entry(struct vcpu *v, u64 val)
{
	if (!is_canonical(val) || !is_canonical(val + 256) || !is_canonical(val + 512)) {
		event_triple_fault(v, "MSR_PVM_EVENT_ENTRY is not canonical");
		return true;
	}
	v->event_entry = val;
	return true;
}

static u32 range_index(u64 val, u32 shift)
{
	return (val >> shift) & PVM_RANGE_INDEX_MASK;
}

/* A write may only narrow what the host offers; there is no LA57 here */
static bool write_range(struct vcpu *v, u64 val)
{
	u32 start = range_index(val, PVM_RANGE_PML4_START_SHIFT);
	u32 end = range_index(val, PVM_RANGE_PML4_END_SHIFT);

	if ((val & PVM_RANGE_LEGAL_MASK) != PVM_RANGE_LEGAL_MASK)
		return false;
	if (range_index(val, PVM_RANGE_PML5_START_SHIFT) != 0x1ff ||
	    range_index(val, PVM_RANGE_PML5_END_SHIFT) != 0x1ff)
		return false;
	if (start < PVM_RANGE_WHOLE_START || end > PVM_RANGE_WHOLE_END || start > end)
		return false;
	if (start == end && start != 0x1ff)
		return false;
	if (v->linear_range != val)
		shadow_zap_all();
	v->linear_range = val;
	return true;
}

static bool write_star(struct vcpu *v, u64 val)
{
	u16 kernel = val >> 32, user = ((val >> 48) | 3) + 16;

	if (!kernel || user != USER_CS)
		return false;
	v->star = val;
	v->vcs = kernel & ~3;
	v->vss = v->vcs + 8;
	return true;
}

static bool pvm_read(struct vcpu *v, u32 msr, u64 *val)
{
	switch (msr) {
	case MSR_PVM_LINEAR_ADDRESS_RANGE: *val = v->linear_range; return true;
	case MSR_PVM_VCPU_STRUCT: *val = v->pvcs_gpa; return true;
	case MSR_PVM_EVENT_ENTRY: *val = v->event_entry; return true;
	case MSR_PVM_RETU_RIP: *val = v->retu_rip; return true;
	case MSR_PVM_RETS_RIP: *val = v->rets_rip; return options.generation == GEN_L1;
	case MSR_PVM_INTENT_FEATURES:
	case MSR_PVM_INTENT: return intent_msr_read(v, msr, val);
	}
	return false;
}

static bool pvm_write(struct vcpu *v, u32 msr, u64 val)
{
	switch (msr) {
	case MSR_PVM_LINEAR_ADDRESS_RANGE: return write_range(v, val);
	case MSR_PVM_VCPU_STRUCT: return write_vcpu_struct(v, val);
	case MSR_PVM_EVENT_ENTRY: return write_event_entry(v, val);
	case MSR_PVM_RETU_RIP:
		v->retu_rip = val;
		v->retu_after = val ? val + 2 : ~0ULL;
		return true;
	case MSR_PVM_RETS_RIP:
		v->rets_rip = val;
		return options.generation == GEN_L1;
	case MSR_PVM_INTENT_FEATURES:
	case MSR_PVM_INTENT: return intent_msr_write(v, msr, val);
	}
	return false;
}

static bool is_pvm(u32 msr)
{
	return msr >= MSR_PVM_LINEAR_ADDRESS_RANGE && msr <= MSR_PVM_LINEAR_ADDRESS_RANGE + 15 &&
	       options.generation != GEN_V1;
}

bool msr_read(struct vcpu *v, u32 msr, u64 *val)
{
	stats.msr_reads++;
	*val = 0;
	if (is_pvm(msr))
		return pvm_read(v, msr, val);
	if (msr >= MSR_X2APIC_FIRST && msr <= MSR_X2APIC_LAST)
		return vapic_read(v, msr, val);
	if (clock_msr_read(v, msr, val))
		return true;
	switch (msr) {
	case MSR_EFER: *val = v->efer; return true;
	case MSR_STAR: *val = v->star; return true;
	case MSR_LSTAR: *val = v->lstar; return true;
	case MSR_CSTAR: *val = v->cstar; return true;
	case MSR_SYSCALL_MASK: *val = v->sfmask; return true;
	case MSR_FS_BASE: *val = guest_fsbase(); return true;
	case MSR_GS_BASE: *val = guest_gsbase(); return true;
	case MSR_KERNEL_GS_BASE: *val = v->kernel_gs_base; return true;
	case MSR_TSC_AUX: *val = v->tsc_aux; return true;
	case MSR_IA32_TSC: *val = rdtsc(); return true;
	case MSR_IA32_TSC_ADJUST: *val = v->tsc_adjust; return true;
	case MSR_IA32_APICBASE: *val = v->apic.base; return true;
	case MSR_IA32_TSC_DEADLINE_: *val = v->apic.deadline; return true;
	case MSR_IA32_CR_PAT: *val = v->pat; return true;
	case MSR_IA32_MISC_ENABLE: *val = v->misc_enable; return true;
	case MSR_IA32_SYSENTER_EIP: *val = v->sysenter_eip; return true;
	case MSR_IA32_SYSENTER_ESP: *val = v->sysenter_esp; return true;
	case MSR_IA32_MCG_CAP: *val = 1; return true;	/* one bank */
	case MSR_IA32_MCG_STATUS: *val = v->mcg_status; return true;
	case MSR_IA32_MCx_STATUS(0): *val = v->mci_status; return true;
	case MSR_IA32_SYSENTER_CS:
	case MSR_IA32_DEBUGCTLMSR:
	case MSR_IA32_MCx_CTL(0):
	case MSR_IA32_MCx_ADDR(0):
	case MSR_IA32_MCx_MISC(0):
	case MSR_IA32_UCODE_REV:
	case MSR_IA32_PLATFORM_ID:
	case MSR_AMD64_SYSCFG:
	case MSR_K7_HWCR:
	case MSR_VM_CR:
	case MSR_AMD64_OSVW_ID_LENGTH:
	case MSR_AMD64_DE_CFG:
	case MSR_AMD64_LS_CFG:
	case MSR_AMD64_NB_CFG:
	case MSR_FAM10H_MMIO_CONF_BASE:
	case MSR_K8_TSEG_ADDR:
		return true;
	}
	stats.msr_unknown++;
	return false;
}

static bool write_canonical(u64 val, void (*set)(u64))
{
	if (!is_canonical(val))
		return false;
	set(val);
	return true;
}

static bool write_base(u64 val, u64 *field)
{
	if (!is_canonical(val))
		return false;
	*field = val;
	return true;
}

static bool write_pat(struct vcpu *v, u64 val)
{
	u32 i;

	for (i = 0; i < 8; i++) {
		u8 type = val >> i * 8;

		if (type > 7 || type == 2 || type == 3)
			return false;
	}
	v->pat = val;	/* memory types are the host's business: see shadow.c */
	return true;
}

static bool write_efer(struct vcpu *v, u64 val)
{
	if (val & ~(u64)(EFER_SCE | EFER_LME | EFER_LMA | EFER_NX))
		return false;
	v->efer = v->state == VCPU_PVM ? val | EFER_SCE | EFER_LME | EFER_LMA : val;
	return true;
}

bool msr_write(struct vcpu *v, u32 msr, u64 val)
{
	stats.msr_writes++;
	if (is_pvm(msr))
		return pvm_write(v, msr, val);
	if (msr >= MSR_X2APIC_FIRST && msr <= MSR_X2APIC_LAST)
		return vapic_write(v, msr, val);
	if (clock_msr_write(v, msr, val))
		return true;
	switch (msr) {
	case MSR_EFER: return write_efer(v, val);
	case MSR_STAR: return write_star(v, val);
	case MSR_LSTAR: return write_base(val, &v->lstar);
	case MSR_CSTAR: v->cstar = val; return true;
	case MSR_SYSCALL_MASK: v->sfmask = val; return true;
	case MSR_FS_BASE: return write_canonical(val, set_guest_fsbase);
	case MSR_GS_BASE: return write_canonical(val, set_guest_gsbase);
	case MSR_KERNEL_GS_BASE: return write_base(val, &v->kernel_gs_base);
	case MSR_TSC_AUX:
		if (val >> 32)
			return false;
		v->tsc_aux = val;
		if (has_rdtscp())
			wrmsr(MSR_TSC_AUX, val);
		return true;
	case MSR_IA32_TSC_DEADLINE_: vapic_set_deadline(v, val); return true;
	case MSR_IA32_TSC_ADJUST: v->tsc_adjust = val; return true;
	case MSR_IA32_CR_PAT: return write_pat(v, val);
	case MSR_IA32_MISC_ENABLE: v->misc_enable = val; return true;
	case MSR_IA32_SYSENTER_EIP: v->sysenter_eip = val; return true;
	case MSR_IA32_SYSENTER_ESP: v->sysenter_esp = val; return true;
	case MSR_IA32_MCG_STATUS: v->mcg_status = val; return true;
	case MSR_IA32_MCx_STATUS(0):
		if (val)
			return false;
		v->mci_status = 0;
		return true;
	case MSR_IA32_APICBASE:
		v->apic.base = (val & MSR_IA32_APICBASE_ENABLE) | (v->apic.base & ~(u64)MSR_IA32_APICBASE_ENABLE);
		return true;
	case MSR_IA32_TSC:
	case MSR_IA32_SYSENTER_CS:
	case MSR_IA32_DEBUGCTLMSR:
	case MSR_IA32_MCx_CTL(0):
	case MSR_IA32_MCx_ADDR(0):
	case MSR_IA32_MCx_MISC(0):
	case MSR_IA32_UCODE_REV:
	case MSR_K7_HWCR:
		return true;
	}
	stats.msr_unknown++;
	return false;
}
