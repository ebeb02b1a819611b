/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Intent, a proposed extension of the PVM guest ABI: numbers and layouts only.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Both sides include this file, as they do abi.h.  What the numbers mean, who
 * may access what when, and why any entry may be lost is stated in
 * Documentation/virt/pvops/pvm-intent.rst.
 */
#ifndef _PVOPS_PVM_INTENT_ABI_H
#define _PVOPS_PVM_INTENT_ABI_H

#include "abi.h"

/*
 * What the host offers, read only; a host that does not know the extension
 * answers 0, as the RDMSR call does for any MSR that it does not know.
 */
#define MSR_PVM_INTENT_FEATURES		0x4b564dfe
#define PVM_INTENT_FEATURE_TABLES	0x1	/* entries of both kinds, the call */
#define PVM_INTENT_FEATURE_DEADLINE	0x2	/* the timer's deadline in memory */

/* Guest-physical address of this vCPU's page, and whether it is in use */
#define MSR_PVM_INTENT			0x4b564dff
#define PVM_INTENT_ENABLE		0x1

/*
 * Flush what the last RBX entries of the queue name, which are removals, of the
 * page tables that are loaded.  If one of them is not there, or is not carried
 * out, flush as PVM_HC_TLB_FLUSH_CURRENT does.
 */
#define PVM_HC_INTENT_FLUSH		(PVM_HC_BASE + 16)

/* Entries of the queue: what it is in the low bits */
#define PVM_INTENT_KIND			0x7ULL
#define PVM_INTENT_FILL			0x1ULL	/* and the address of a last-level entry */
#define PVM_INTENT_REMOVE		0x2ULL	/* and a linear address and a number of pages */
#define PVM_INTENT_REMOVE_SHIFT		3	/* pages less one, in bits 3 to 11 */
#define PVM_INTENT_REMOVE_MAX		512

#define PVM_INTENT_ENTRIES		56

/* Offsets of struct pvm_intent; asserted below */
#define PVM_INTENT_count		0x00
#define PVM_INTENT_deadline		0x08
#define PVM_INTENT_armed		0x10
#define PVM_INTENT_entry		0x40

#ifndef __ASSEMBLY__

/**
 * struct pvm_intent - what the guest means to tell, at the start of a page of its own
 * @count: entries in use, from the first on; the guest adds, the host sets it to 0
 * @reserved0: 0
 * @deadline: TSC value that the timer interrupt is wanted at, 0 for none; the
 *	guest's, valid when MSR_IA32_TSC_DEADLINE has been written once
 * @armed: TSC value at which the host looks at @deadline, 0 for never; the host's
 * @reserved1: 0
 * @entry: the queue
 *
 * The hypervisor accesses it only while the vCPU is out of guest mode.
 */
struct pvm_intent {
	__u32 count;
	__u32 reserved0;
	__u64 deadline;
	__u64 armed;
	__u64 reserved1[5];
	__u64 entry[PVM_INTENT_ENTRIES];
};

#define PVM_INTENT_ASSERT(field) \
	_Static_assert(__builtin_offsetof(struct pvm_intent, field) == \
		       PVM_INTENT_##field, "intent page layout: " #field)

PVM_INTENT_ASSERT(count);
PVM_INTENT_ASSERT(deadline);
PVM_INTENT_ASSERT(armed);
PVM_INTENT_ASSERT(entry);
_Static_assert(sizeof(struct pvm_intent) == 512, "intent page size");

#undef PVM_INTENT_ASSERT

#endif /* !__ASSEMBLY__ */
#endif /* _PVOPS_PVM_INTENT_ABI_H */
