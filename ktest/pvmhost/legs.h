/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The error legs of the shadow walker and of the emulators, a counter each.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * ktest/tests/test_pvmhost.py fails if its guests leave one of them at 0: a leg
 * that nothing reaches is either not tested or not needed.
 */
#ifndef PVMHOST_LEGS_H
#define PVMHOST_LEGS_H

#include <linux/types.h>

#define WALK_LEGS(leg) \
	leg(GVA_NOT_CANONICAL) leg(GVA_OUT_OF_RANGE) \
	leg(WALK_TABLE_NOT_MEMORY) leg(WALK_NOT_PRESENT) \
	leg(WALK_PHYSICAL_BITS) leg(WALK_HUGE_LEVEL4) leg(WALK_HUGE_ALIGNMENT) \
	leg(WALK_READ_ONLY) leg(WALK_NO_EXECUTE) leg(WALK_SUPERVISOR) leg(WALK_SMEP) \
	leg(COPY_ILLEGAL) leg(COPY_FAULT) leg(COPY_NOT_MEMORY) \
	leg(FETCH_FIRST_PAGE) leg(FETCH_SECOND_PAGE)

#define SHADOW_LEGS(leg) \
	leg(WANT_NOT_PRESENT) leg(WANT_NOT_ACCESSED) leg(WANT_SUPERVISOR) leg(WANT_RESERVED) \
	leg(WANT_NOT_MAPPABLE) leg(WANT_TABLE_NOT_MEMORY) \
	leg(SYNC_GONE) leg(SYNC_OTHER_TABLE) leg(SYNC_LOG_OVERRUN) \
	leg(FAULT_ILLEGAL) leg(FAULT_OF_GUEST) leg(FAULT_TRAPPED) leg(FAULT_CHANGED) \
	leg(PREFETCH_ILLEGAL) leg(PREFETCH_NOT_MAPPED) \
	leg(SHADOW_ROOTS_FULL) leg(SHADOW_POOL_EMPTY) leg(SHADOW_NOTHING_IDLE)

#define EMULATOR_LEGS(leg) \
	leg(DECODE_SHORT) leg(DECODE_THREE_BYTES) \
	leg(GP_NOT_KNOWN) leg(GP_REFUSED) \
	leg(CR_READ_UNKNOWN) leg(CR_WRITE_UNKNOWN) leg(CR0_UPPER) leg(CR3_KEEP_WITHOUT_PCID) \
	leg(CR4_NOT_ALLOWED) leg(CR4_WITHOUT_PAE) leg(CR4_PCID_NOT_OFFERED) \
	leg(DR_UNKNOWN) leg(DR_UPPER) leg(DR_ILLEGAL) \
	leg(MSR_READ) leg(MSR_WRITE) leg(GROUP7_TABLE_READ) leg(GROUP7_UNKNOWN) leg(XSETBV) \
	leg(SELECTOR_READ) leg(LLDT) \
	leg(IO_STRING_ADDRESS) leg(IO_STRING_READ) leg(IO_STRING_WRITE) leg(IO_STRING_BOUND) \
	leg(RETURN_STACK) leg(RETURN_FRAME) leg(SEGMENT_SELECTOR) \
	leg(HALT_FOR_EVER) \
	leg(MMIO_REP) leg(MMIO_CROSSING) leg(MMIO_UNKNOWN)

#define INTERPRETER_LEGS(leg) \
	leg(REAL_FETCH) leg(REAL_DECODE) leg(REAL_LOAD) leg(REAL_STORE) leg(REAL_DESCRIPTOR) \
	leg(REAL_SEGMENT) leg(REAL_SHIFT) leg(REAL_GROUP3) leg(REAL_GROUP5) leg(REAL_BIT_KIND) \
	leg(REAL_BIT_MEMORY) leg(REAL_TABLE_KIND) leg(REAL_CR) leg(REAL_MSR) \
	leg(REAL_TWO_BYTES) leg(REAL_ONE_BYTE)

#define LEGS(leg) \
	WALK_LEGS(leg) SHADOW_LEGS(leg) EMULATOR_LEGS(leg) INTERPRETER_LEGS(leg)

enum leg {
#define LEG_NUMBER(name)	LEG_##name,
	LEGS(LEG_NUMBER)
#undef LEG_NUMBER
	NR_LEGS
};

extern u64 legs[NR_LEGS];

/* Count @leg; always false, what a function on such a leg returns */
static inline bool failed(enum leg leg)
{
	legs[leg]++;
	return false;
}

#endif
