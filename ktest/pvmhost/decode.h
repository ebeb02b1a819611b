/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instruction decoder (decode.c): integer instructions, 16, 32 and 64 bits.
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_DECODE_H
#define PVMHOST_DECODE_H

#include <linux/types.h>

struct vcpu;

#define INSN_MAX	15

enum seg_index { SEG_ES, SEG_CS, SEG_SS, SEG_DS, SEG_FS, SEG_GS, SEG_NONE };

struct insn {
	u8 len;
	u8 mode;		/* 16, 32, 64 */
	u8 osize, asize;	/* operand and address size in bytes */
	u8 rex;
	u8 rep;			/* 0, 0xf2, 0xf3 */
	bool lock;
	u8 seg;			/* enum seg_index of an override, else SEG_NONE */
	u16 op;			/* two-byte opcodes are 0x0fxx */
	bool has_modrm;
	u8 mod, reg, rm;	/* with REX bits; rm only if mod is 3 */
	u8 base, index, scale;	/* of memory operands; 0xff: none */
	bool rip_relative;
	s32 disp;
	s64 imm;		/* sign-extended */
	u16 imm2;		/* selector of far pointers */
};

/* false: more than @n bytes, or nothing this decoder knows */
bool insn_decode(struct insn *i, const u8 *bytes, u32 n, u32 mode);
/* Offset of the memory operand, without segment base; @next: RIP after @i */
u64 insn_address(const struct insn *i, struct vcpu *v, u64 next);
/* Segment of the memory operand */
u32 insn_segment(const struct insn *i);

/* Registers by their number in instructions */
u64 *insn_reg(struct vcpu *v, u32 nr);
u64 insn_reg_read(struct vcpu *v, const struct insn *i, u32 nr, u32 size);
/* As the processor does: 4 bytes clear the upper half, 1 and 2 keep the rest */
void insn_reg_write(struct vcpu *v, const struct insn *i, u32 nr, u32 size, u64 val);

#endif
