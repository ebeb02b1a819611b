/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Integer arithmetic with flags, for the interpreter (alu.c).
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_ALU_H
#define PVMHOST_ALU_H

#include <linux/types.h>

/* As instructions number them */
enum alu_kind { ALU_ADD, ALU_OR, ALU_ADC, ALU_SBB, ALU_AND, ALU_SUB, ALU_XOR, ALU_CMP };

u64 alu(enum alu_kind kind, u64 a, u64 b, u32 size, u64 *rflags);
/* Shifts by ModRM.reg: 4, 6 SHL, 5 SHR, 7 SAR; @count 1 to 31 */
bool alu_shift_known(u32 kind);
u64 alu_shift(u32 kind, u64 a, u32 count, u32 size, u64 *rflags);
bool alu_condition(u32 code, u64 rflags);

#endif
