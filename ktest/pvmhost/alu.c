// SPDX-License-Identifier: GPL-2.0-only
/*
 * Integer arithmetic with flags (SDM volume 1, 3.4.3), operands up to 4 bytes.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include "alu.h"
#include "x86.h"

#define ARITHMETIC \
	(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | \
	 X86_EFLAGS_SF | X86_EFLAGS_OF)

static u64 result_flags(u64 r, u32 size)
{
	u64 flags = 0;

	if (!r)
		flags |= X86_EFLAGS_ZF;
	if (r >> (size * 8 - 1) & 1)
		flags |= X86_EFLAGS_SF;
	if (!(__builtin_popcount(r & 0xff) & 1))
		flags |= X86_EFLAGS_PF;
	return flags;
}

u64 alu(enum alu_kind kind, u64 a, u64 b, u32 size, u64 *rflags)
{
	u64 mask = (1ULL << size * 8) - 1, sign = 1ULL << (size * 8 - 1), r, flags = 0;
	u64 carry = *rflags & X86_EFLAGS_CF ? 1 : 0;

	a &= mask;
	b &= mask;
	switch (kind) {
	case ALU_OR:
		r = a | b;
		break;
	case ALU_AND:
		r = a & b;
		break;
	case ALU_XOR:
		r = a ^ b;
		break;
	case ALU_ADD:
	case ALU_ADC:
		r = a + b + (kind == ALU_ADC ? carry : 0);
		if (~(a ^ b) & (a ^ r) & sign)
			flags |= X86_EFLAGS_OF;
		break;
	default:
		r = a - b - (kind == ALU_SBB ? carry : 0);
		if ((a ^ b) & (a ^ r) & sign)
			flags |= X86_EFLAGS_OF;
	}
	if (r & ~mask)
		flags |= X86_EFLAGS_CF;
	if ((a ^ b ^ r) & 0x10 && kind != ALU_OR && kind != ALU_AND && kind != ALU_XOR)
		flags |= X86_EFLAGS_AF;
	r &= mask;
	*rflags = (*rflags & ~(u64)ARITHMETIC) | flags | result_flags(r, size);
	return r;
}

bool alu_shift_known(u32 kind)
{
	return kind >= 4;
}

u64 alu_shift(u32 kind, u64 a, u32 count, u32 size, u64 *rflags)
{
	u32 bits = size * 8;
	u64 mask = (1ULL << bits) - 1, r, carry;
	s64 value = (s64)(a << (64 - bits)) >> (64 - bits);

	a &= mask;
	if (kind == 5) {
		carry = a >> (count - 1) & 1;
		r = a >> count;
	} else if (kind == 7) {
		carry = value >> (count - 1) & 1;
		r = (value >> count) & mask;
	} else {
		carry = a << count >> bits & 1;
		r = a << count & mask;
	}
	*rflags = (*rflags & ~(u64)ARITHMETIC) | result_flags(r, size) |
		  (carry ? X86_EFLAGS_CF : 0);
	return r;
}

bool alu_condition(u32 code, u64 f)
{
	bool cf = f & X86_EFLAGS_CF, zf = f & X86_EFLAGS_ZF, sf = f & X86_EFLAGS_SF;
	bool of = f & X86_EFLAGS_OF, pf = f & X86_EFLAGS_PF, yes;

	switch (code >> 1) {
	case 0: yes = of; break;
	case 1: yes = cf; break;
	case 2: yes = zf; break;
	case 3: yes = cf || zf; break;
	case 4: yes = sf; break;
	case 5: yes = pf; break;
	case 6: yes = sf != of; break;
	default: yes = zf || sf != of;
	}
	return yes != (code & 1);
}
