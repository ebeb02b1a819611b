/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * PVM guest ABI, generation L2: numbers and layouts only.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Both sides include this file: the guest backend beside it and the reference
 * host under ktest/pvmhost.  It needs nothing but the fixed-width types, and
 * may be included from assembly.
 *
 * Source of the facts: the PVM specification, Documentation/virt/kvm/x86/
 * pvm-spec.rst of github.com/virt-pvm/linux at 2b24d5b, and, where that text
 * and the code differ, arch/x86/include/uapi/asm/pvm_para.h and
 * arch/x86/kvm/pvm/pvm.c at 126eb43.  Section numbers in comments of the
 * backend refer to the order of that text's subjects: 2 detection, 3 register
 * state, 4 MSRs, 6 events, 7 returns, 9 page tables, 11 what differs, 13 the
 * range of addresses.
 */
#ifndef _PVOPS_PVM_ABI_H
#define _PVOPS_PVM_ABI_H

/*
 * Synthetic CPUID: INVLPG of the absolute address below, then CPUID.  At
 * CPL 3 the INVLPG raises #GP, and the hypervisor answers for both.
 */
#define PVM_SYNTHETIC_CPUID_ADDRESS	0xffffffffff4d5650
#define PVM_SYNTHETIC_CPUID_LEN		10
#define PVM_SYNTHETIC_CPUID_BYTES \
	0x0f, 0x01, 0x3c, 0x25, 0x50, 0x56, 0x4d, 0xff, 0x0f, 0xa2

/*
 * CPUID leaves.  The KVM signature at 0x40000000 is the only one that
 * generation L uses; the others tell the generations that this backend
 * refuses.
 */
#define PVM_CPUID_SIGNATURE		0x40000000
#define PVM_CPUID_R_VENDOR_FEATURES	0x40000002	/* EBX: one of the tags */
#define PVM_CPUID_R_TAG_SPEC		0x6d7670
#define PVM_CPUID_R_TAG_HEADER		0x4d5650
#define PVM_CPUID_V1_SIGNATURE		0x40000200	/* "PVMPVMPVM\0\0\0" */
#define PVM_CPUID_V1_VERSION		0x40000201	/* EAX: version */

/* Model specific registers, per vCPU, 0 at reset but for the address range */
#define MSR_PVM_LINEAR_ADDRESS_RANGE	0x4b564df0
#define MSR_PVM_VCPU_STRUCT		0x4b564df1
#define MSR_PVM_EVENT_ENTRY		0x4b564df4
#define MSR_PVM_RETU_RIP		0x4b564df5
#define MSR_PVM_RETS_RIP		0x4b564df6	/* L1 hosts only, unused */

/*
 * MSR_PVM_LINEAR_ADDRESS_RANGE: four 16-bit fields, each 0xfe00 | index.
 * The end index is exclusive.
 */
#define PVM_RANGE_FIELD_FIXED		0xfe00
#define PVM_RANGE_INDEX_MASK		0x1ff
#define PVM_RANGE_PML4_START_SHIFT	0
#define PVM_RANGE_PML4_END_SHIFT	16
#define PVM_RANGE_PML5_START_SHIFT	32
#define PVM_RANGE_PML5_END_SHIFT	48
#define PVM_RANGE_LEGAL_MASK		0xff00ff00ff00ff00
/*
 * The end index cannot express slot 511.  A host that leaves that slot to the
 * guest too reports this end, with a start of PVM_RANGE_WHOLE_START.
 */
#define PVM_RANGE_WHOLE_START		0x110
#define PVM_RANGE_WHOLE_END		0x1ff

/* Events enter at MSR_PVM_EVENT_ENTRY from user mode, and here from the kernel */
#define PVM_EVENT_ENTRY_SMOD_OFFSET	512

/* Hypercalls: SYSCALL in supervisor mode, number in RAX */
#define PVM_HC_BASE			0x17088200
#define PVM_HC_LOAD_PGTBL		(PVM_HC_BASE + 0)
#define PVM_HC_IRQ_WIN			(PVM_HC_BASE + 1)
#define PVM_HC_IRQ_HALT			(PVM_HC_BASE + 2)
#define PVM_HC_TLB_FLUSH		(PVM_HC_BASE + 3)
#define PVM_HC_TLB_FLUSH_CURRENT	(PVM_HC_BASE + 4)
#define PVM_HC_TLB_INVLPG		(PVM_HC_BASE + 5)
#define PVM_HC_LOAD_GS			(PVM_HC_BASE + 6)
#define PVM_HC_RDMSR			(PVM_HC_BASE + 7)
#define PVM_HC_WRMSR			(PVM_HC_BASE + 8)
#define PVM_HC_LOAD_TLS			(PVM_HC_BASE + 9)
#define PVM_HC_COUNT			256

/* Flags of PVM_HC_LOAD_PGTBL (RBX); the CR3 value comes in R10 */
#define PVM_LOAD_PGTBL_FLUSH		0x1
#define PVM_LOAD_PGTBL_LA57		0x2

/* pvm_vcpu_struct.event_flags */
#define PVM_EVENT_FLAGS_IP_BIT		8
#define PVM_EVENT_FLAGS_IP		0x100
#define PVM_EVENT_FLAGS_IF_BIT		9
#define PVM_EVENT_FLAGS_IF		0x200

/* pvm_vcpu_struct.event_vector */
#define PVM_EVENT_VECTOR_MASK		0x00ff
#define PVM_EVENT_VECTOR_STD_BIT	8
#define PVM_EVENT_VECTOR_STD		0x0100
#define PVM_EVENT_VECTOR_NMI_BIT	9
#define PVM_EVENT_VECTOR_NMI		0x0200
#define PVM_EVENT_VECTOR_MCE_BIT	10
#define PVM_EVENT_VECTOR_MCE		0x0400
#define PVM_EVENT_VECTOR_BUSY		0xff00

/* Offsets of struct pvm_vcpu_struct for assembly; asserted below */
#define PVCS_event_flags		0x00
#define PVCS_cr2			0x08
#define PVCS_user_cs			0x40
#define PVCS_user_ss			0x42
#define PVCS_event_errcode		0x44
#define PVCS_event_vector		0x46
#define PVCS_user_gsbase		0x48
#define PVCS_eflags			0x50
#define PVCS_pkru			0x54
#define PVCS_rip			0x58
#define PVCS_rcx			0x60
#define PVCS_r11			0x68
#define PVCS_SIZE			0x80

#ifndef __ASSEMBLY__

#include <linux/types.h>

/**
 * struct pvm_vcpu_struct - the page that guest and hypervisor share (PVCS)
 * @event_flags: PVM_EVENT_FLAGS_IF is the virtual interrupt flag in supervisor
 *	mode, PVM_EVENT_FLAGS_IP says that an interrupt waits for it
 * @cr2: fault address of the last #PF delivered
 * @reserved0: 0
 * @user_cs: hardware CS of user mode; with @user_ss loaded by ERETU
 * @user_ss: hardware SS of user mode
 * @event_errcode: error code of the last vector event that has one
 * @event_vector: PVM_EVENT_VECTOR_* bits and the vector; not 0 means busy
 * @user_gsbase: GS base of user mode while in supervisor mode
 * @eflags: RFLAGS of the interrupted code, or to return to
 * @pkru: PKRU of user mode, where implemented
 * @rip: RIP of the interrupted code, or to return to
 * @rcx: RCX of the interrupted code, or to return to
 * @r11: R11 of the interrupted code, or to return to
 * @reserved1: 0
 *
 * At the start of a page of its own, whose guest-physical address is in
 * MSR_PVM_VCPU_STRUCT.  The hypervisor accesses it only while the vCPU is out
 * of guest mode, so that the vCPU itself needs no LOCK prefix.
 */
struct pvm_vcpu_struct {
	__u64 event_flags;
	__u64 cr2;
	__u64 reserved0[6];
	__u16 user_cs;
	__u16 user_ss;
	__u16 event_errcode;
	__u16 event_vector;
	__u64 user_gsbase;
	__u32 eflags;
	__u32 pkru;
	__u64 rip;
	__u64 rcx;
	__u64 r11;
	__u64 reserved1[2];
};

#define PVCS_ASSERT(field) \
	_Static_assert(__builtin_offsetof(struct pvm_vcpu_struct, field) == \
		       PVCS_##field, "PVCS layout: " #field)

PVCS_ASSERT(event_flags);
PVCS_ASSERT(cr2);
PVCS_ASSERT(user_cs);
PVCS_ASSERT(user_ss);
PVCS_ASSERT(event_errcode);
PVCS_ASSERT(event_vector);
PVCS_ASSERT(user_gsbase);
PVCS_ASSERT(eflags);
PVCS_ASSERT(pkru);
PVCS_ASSERT(rip);
PVCS_ASSERT(rcx);
PVCS_ASSERT(r11);
_Static_assert(sizeof(struct pvm_vcpu_struct) == PVCS_SIZE, "PVCS size");

#undef PVCS_ASSERT

#endif /* !__ASSEMBLY__ */
#endif /* _PVOPS_PVM_ABI_H */
