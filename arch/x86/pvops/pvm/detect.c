// SPDX-License-Identifier: GPL-2.0-only
/*
 * PVM: what the hypervisor's numbers mean
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Pure functions, called before relocation of per-CPU data and before KASAN.
 */
#include <linux/bits.h>
#include <linux/kernel.h>

#include "pvm.h"

/**
 * pvm_generation - which generation of the ABI does the host speak?
 * @answer: CPUID leaves
 *
 * L1 and L2 look the same; what this backend does runs on both.  The leaves of
 * R and V1 do not exist in generation L, and their values are distinct enough
 * not to come from a leaf out of range.
 *
 * Context: any.
 *
 * Return: the generation.
 */
enum pvm_generation pvm_generation(const struct pvm_cpuid_answer *answer)
{
	/* "PVMPVMPVM\0\0\0" */
	if (answer->v1_signature[0] == 0x504d5650 &&
	    answer->v1_signature[1] == 0x56504d56 &&
	    answer->v1_signature[2] == 0x0000004d)
		return PVM_GENERATION_V1;

	if (answer->max_leaf >= PVM_CPUID_R_VENDOR_FEATURES &&
	    (answer->vendor_ebx == PVM_CPUID_R_TAG_SPEC ||
	     answer->vendor_ebx == PVM_CPUID_R_TAG_HEADER))
		return PVM_GENERATION_R;

	return PVM_GENERATION_L;
}

/**
 * pvm_range_is_legal - is this a value of MSR_PVM_LINEAR_ADDRESS_RANGE?
 * @range: value
 *
 * Context: any.
 *
 * Return: true if it is.
 */
bool pvm_range_is_legal(u64 range)
{
	return (range & PVM_RANGE_LEGAL_MASK) == PVM_RANGE_LEGAL_MASK;
}

/**
 * pvm_range_has_slots - may the guest use these PML4 slots?
 * @range: legal value of MSR_PVM_LINEAR_ADDRESS_RANGE
 * @first: first slot
 * @last: last slot
 *
 * The end index is exclusive and cannot reach beyond slot 511.  A host that
 * gives that slot too says so by the whole upper half, from the end of the
 * hypervisor's hole in the kernel's memory map (ABI section 13).
 *
 * Context: any.
 *
 * Return: true if it may use all of them.
 */
bool pvm_range_has_slots(u64 range, unsigned int first, unsigned int last)
{
	unsigned int start = (range >> PVM_RANGE_PML4_START_SHIFT) & PVM_RANGE_INDEX_MASK;
	unsigned int end = (range >> PVM_RANGE_PML4_END_SHIFT) & PVM_RANGE_INDEX_MASK;

	if (start <= PVM_RANGE_WHOLE_START && end == PVM_RANGE_WHOLE_END)
		end++;

	return start <= first && last < end;
}
