// SPDX-License-Identifier: GPL-2.0-only
/*
 * What CPUID says to the guest: the processor's own answer less what the ABI
 * does not have, and the KVM leaves.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Leaves: SDM volume 2, CPUID; KVM's: Documentation/virt/kvm/x86/cpuid.rst.
 */
#include <asm/cpufeatures.h>
#include "kvm_abi.h"
#include "cpuid.h"
#include "host.h"
#include "options.h"
#include "standin_vmware.h"
#include "vcpu.h"

#define BIT_OF(feature)		(1u << ((feature) & 31))

#define HIDE_1_ECX \
	(BIT_OF(X86_FEATURE_MWAIT) | BIT_OF(X86_FEATURE_VMX) | BIT_OF(X86_FEATURE_SMX) | \
	 BIT_OF(X86_FEATURE_DTES64) | BIT_OF(X86_FEATURE_DSCPL) | BIT_OF(X86_FEATURE_PDCM))
#define SHOW_1_ECX \
	(BIT_OF(X86_FEATURE_X2APIC) | BIT_OF(X86_FEATURE_TSC_DEADLINE_TIMER) | \
	 BIT_OF(X86_FEATURE_HYPERVISOR))
#define HIDE_1_EDX \
	(BIT_OF(X86_FEATURE_MTRR) | BIT_OF(X86_FEATURE_DS) | BIT_OF(X86_FEATURE_HT) | \
	 BIT_OF(X86_FEATURE_ACPI) | BIT_OF(X86_FEATURE_ACC) | BIT_OF(X86_FEATURE_SEP))
#define HIDE_7_EBX \
	(BIT_OF(X86_FEATURE_INVPCID) | BIT_OF(X86_FEATURE_SMAP) | BIT_OF(X86_FEATURE_MPX) | \
	 BIT_OF(X86_FEATURE_TSC_ADJUST) | BIT_OF(X86_FEATURE_INTEL_PT))
#define HIDE_7_ECX \
	(BIT_OF(X86_FEATURE_PKU) | BIT_OF(X86_FEATURE_OSPKE) | BIT_OF(X86_FEATURE_LA57) | \
	 (1u << 7))	/* CET shadow stacks */
#define HIDE_EXT_ECX	(BIT_OF(X86_FEATURE_SVM) | BIT_OF(X86_FEATURE_TOPOEXT))

#define KVM_FEATURES \
	(1u << KVM_FEATURE_CLOCKSOURCE2 | 1u << KVM_FEATURE_STEAL_TIME | \
	 1u << KVM_FEATURE_PV_EOI | 1u << KVM_FEATURE_PV_UNHALT | \
	 1u << KVM_FEATURE_PV_TLB_FLUSH | 1u << KVM_FEATURE_PV_SEND_IPI | \
	 1u << KVM_FEATURE_POLL_CONTROL | 1u << KVM_FEATURE_PV_SCHED_YIELD | \
	 1u << KVM_FEATURE_CLOCKSOURCE_STABLE_BIT)

static struct cpuid_regs text(u32 eax, const char *s)
{
	struct cpuid_regs r = { .eax = eax };

	memcpy(&r.ebx, s, 4);
	memcpy(&r.ecx, s + 4, 4);
	memcpy(&r.edx, s + 8, 4);
	return r;
}

static struct cpuid_regs hypervisor_leaf(u32 leaf)
{
	struct cpuid_regs r = { 0 };

	switch (leaf) {
	case PVM_CPUID_SIGNATURE:
		return text(options.generation == GEN_R ? PVM_CPUID_R_VENDOR_FEATURES :
			    KVM_CPUID_FEATURES, "KVMKVMKVM\0\0");
	case KVM_CPUID_FEATURES:
		r.eax = KVM_FEATURES;
		return r;
	case STANDIN_CPUID_BASE:
		return options.vmware ? text(STANDIN_CPUID_BASE, "VMwareVMware") : r;
	case PVM_CPUID_R_VENDOR_FEATURES:
		if (options.generation == GEN_R)
			r.ebx = PVM_CPUID_R_TAG_HEADER;
		return r;
	case PVM_CPUID_V1_SIGNATURE:
		if (options.generation == GEN_V1)
			return text(PVM_CPUID_V1_VERSION, "PVMPVMPVM\0\0");
		return r;
	case PVM_CPUID_V1_VERSION:
		r.eax = options.generation == GEN_V1;
		return r;
	}
	return r;
}

/* One thread a core, all cores in one package */
static struct cpuid_regs topology(struct vcpu *v, u32 sub)
{
	struct cpuid_regs r = { .ecx = sub, .edx = v->id };

	if (sub == 0) {
		r.ebx = 1;
		r.ecx |= 1 << 8;
	} else if (sub == 1) {
		r.eax = 3;	/* MAX_VCPUS is 8 */
		r.ebx = nr_vcpus;
		r.ecx |= 2 << 8;
	}
	return r;
}

static void basic_leaf(struct vcpu *v, struct cpuid_regs *r)
{
	r->ebx = (r->ebx & 0xffff) | nr_vcpus << 16 | v->id << 24;
	r->ecx = (r->ecx & ~HIDE_1_ECX) | SHOW_1_ECX;
	r->edx &= ~HIDE_1_EDX;
	if (nr_vcpus > 1)
		r->edx |= BIT_OF(X86_FEATURE_HT);
	if (!options.no_pcid)
		r->ecx |= BIT_OF(X86_FEATURE_PCID);
	r->ecx &= ~BIT_OF(X86_FEATURE_OSXSAVE);
	if (v->cr4 & X86_CR4_OSXSAVE)
		r->ecx |= BIT_OF(X86_FEATURE_OSXSAVE);
}

struct cpuid_regs guest_cpuid(struct vcpu *v, u32 leaf, u32 sub)
{
	struct cpuid_regs r;

	if (leaf >= 0x40000000 && leaf < 0x40010000)
		return hypervisor_leaf(leaf);
	if (leaf == 0xb)
		return topology(v, sub);
	r = cpuid(leaf, sub);
	switch (leaf) {
	case 0:
		r.eax = min(max(r.eax, 0xbu), 0xdu);
		break;
	case 1:
		basic_leaf(v, &r);
		break;
	case 4:
		r.eax &= 0x3fff;	/* no cache is shared by several vCPUs */
		break;
	case 5:	/* MONITOR */
	case 0xa:	/* performance counters */
		return (struct cpuid_regs){ 0 };
	case 6:
		r = (struct cpuid_regs){ .eax = 1u << 2 };	/* ARAT */
		break;
	case 7:
		r.ebx &= sub ? 0 : ~HIDE_7_EBX;
		r.ecx &= sub ? 0 : ~HIDE_7_ECX;
		r.edx = 0;	/* no speculation controls: SPEC_CTRL is not available */
		if (sub)
			r.eax &= ~(1u << 26);	/* LAM */
		else
			r.eax = 0;
		break;
	case 0xd:
		if (sub == 1)
			r.eax &= ~(1u << 3), r.ecx = r.edx = 0;	/* XSAVES */
		break;
	case 0x80000001:
		r.ecx &= ~HIDE_EXT_ECX;
		break;
	case 0x80000007:
		/* Not the invariant TSC: kvmclock is the clock source (section 10) */
		r.edx &= ~(1u << 8);
		break;
	case 0x80000008:
		r.eax = (r.eax & ~0xffu) | 40;	/* as walk.c reads tables */
		r.ebx = 0;
		r.ecx = nr_vcpus - 1;
		break;
	case 0x8000000a: case 0x8000001e: case 0x8000001f:
		return (struct cpuid_regs){ 0 };
	}
	return r;
}
