// SPDX-License-Identifier: GPL-2.0-only
/*
 * Structure offsets for assembly; compiled to text and filtered, never linked.
 *
 * Copyright (C) 2026 the pvops developers
 */
#define GENERATING_ASM_OFFSETS
#include "vcpu.h"
#include "x86.h"

#define DEFINE(sym, val) \
	asm volatile("\n->" #sym " %0" : : "i" (val))
#define VC(sym, field) DEFINE(VC_##sym, __builtin_offsetof(struct vcpu, field))

void offsets(void);
void offsets(void)
{
	VC(SELF, self);
	VC(HOST_STACK, host_stack);
	VC(REGS_END, regs_end);
	VC(SCRATCH, scratch);
	VC(UMOD, umod);
	VC(SLOW, slow);
	VC(PVCS, pvcs);
	VC(SMOD_CR3, cr3[0]);
	VC(UMOD_CR3, cr3[1]);
	VC(INTENT, intent);
	VC(LSTAR, lstar);
	VC(RETU_AFTER, retu_after);
	VC(KERNEL_GS_BASE, kernel_gs_base);
	VC(IRET_FRAME, iret_frame);
	VC(IRET_RIP, iret.rip);
	VC(IRET_RFLAGS, iret.rflags);
	VC(IRET_RSP, iret.rsp);
	VC(STAT_FAST_SYSCALL, stats.fast_syscall);
	VC(STAT_FAST_ERETU, stats.fast_eretu);
	VC(REGS, regs);
	VC(REGS_RCX, regs.rcx);
	VC(REGS_R11, regs.r11);
	DEFINE(ERETU_FLAGS, USER_RFLAGS);
	DEFINE(SLOW_C, SLOW_C);
}
