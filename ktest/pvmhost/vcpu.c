// SPDX-License-Identifier: GPL-2.0-only
/*
 * The virtual processor: reset, conversion to PVM mode, on and off a processor.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include "emulate.h"
#include "event.h"
#include "host.h"
#include "intent.h"
#include "msr.h"
#include "options.h"
#include "pcpu.h"
#include "seg.h"
#include "shadow.h"
#include "vcpu.h"
#include "x86.h"

struct vcpu vcpus[MAX_VCPUS] __attribute__((aligned(PAGE_SIZE)));
u32 nr_vcpus;

#define RANGE_FIELD(index)	(u64)(PVM_RANGE_FIELD_FIXED | (index))
#define RANGE_DEFAULT \
	(RANGE_FIELD(PVM_RANGE_WHOLE_START) << PVM_RANGE_PML4_START_SHIFT | \
	 RANGE_FIELD(PVM_RANGE_WHOLE_END) << PVM_RANGE_PML4_END_SHIFT | \
	 RANGE_FIELD(0x1ff) << PVM_RANGE_PML5_START_SHIFT | \
	 RANGE_FIELD(0x1ff) << PVM_RANGE_PML5_END_SHIFT)

/* FCW and MXCSR as after FNINIT and reset; the XSAVE header is all 0 */
static void fpu_reset(struct vcpu *v)
{
	u32 mxcsr = 0x1f80;
	u16 fcw = 0x37f;

	memset(v->fpu, 0, sizeof(v->fpu));
	memcpy(v->fpu, &fcw, 2);
	memcpy(v->fpu + 24, &mxcsr, 4);
	v->xcr0 = 3;	/* x87 and SSE are always there to be saved */
}

void vcpu_reset(struct vcpu *v)
{
	memset(&v->regs, 0, sizeof(v->regs));
	v->umod = 0;
	v->slow = SLOW_C;
	v->pvcs = NULL;
	v->lstar = 0;
	v->retu_after = ~0ULL;
	v->kernel_gs_base = 0;
	v->halted = false;
	v->kicked = false;
	v->cr0 = X86_CR0_ET;
	v->cr4 = X86_CR4_PAE | X86_CR4_FSGSBASE;
	v->efer = 0;
	v->dr6 = 0xffff0ff0;
	v->dr7 = 0x400;
	memset(v->dr, 0, sizeof(v->dr));
	v->pat = 0x0007040600070406;
	v->tsc_aux = 0;
	v->event_entry = v->retu_rip = v->rets_rip = v->pvcs_gpa = 0;
	v->linear_range = RANGE_DEFAULT;
	v->ds = v->es = v->fs = v->gs = 0;
	v->fsbase = v->gsbase = 0;
	memset(v->tls, 0, sizeof(v->tls));
	v->nmi_pending = v->mce_pending = 0;
	v->prefetch = 0;
	v->intent = &no_intent;
	v->intent_gpa = 0;
	v->intent_use = 0;
	v->kvmclock_msr = v->steal_msr = v->eoi_msr = 0;
	v->poll_msr = 1;
	v->eoi_pending = false;
	vapic_reset(v);
	fpu_reset(v);
}

void vcpu_init_all(void)
{
	u32 i;

	for (i = 0; i < nr_vcpus; i++) {
		struct vcpu *v = &vcpus[i];

		v->id = i;
		v->self = v;
		v->regs_end = (u64)(&v->regs + 1);
		v->iret_frame = (u64)&v->iret;
		v->iret.cs = USER_CS;
		v->iret.ss = USER_DS;
		vcpu_reset(v);
		v->state = VCPU_WAIT_SIPI;
	}
}

/* Section 12, step 2: long mode with a 64-bit code segment reached */
void vcpu_to_pvm(struct vcpu *v)
{
	v->cr0 = X86_CR0_PG | X86_CR0_AM | X86_CR0_WP | X86_CR0_NE | X86_CR0_ET |
		 X86_CR0_MP | X86_CR0_PE;
	v->cr4 |= X86_CR4_PAE | X86_CR4_FSGSBASE;
	v->efer |= EFER_SCE | EFER_LME | EFER_LMA;
	v->star = (u64)USER_CS << 32 | (u64)USER32_CS << 48;
	v->regs.cs = USER_CS;
	v->regs.ss = USER_DS;
	v->regs.rflags = (v->regs.rflags & USER_RFLAGS) | X86_EFLAGS_IF | X86_EFLAGS_FIXED;
	v->state = VCPU_PVM;
	shadow_load(v, v->gcr3, true);
}

void vcpu_start_bsp(struct vcpu *v, u64 entry, u64 boot_params, u64 stack, u64 cr3)
{
	v->regs.rip = entry;
	v->regs.rsi = boot_params;
	v->regs.rsp = stack;
	v->gcr3 = cr3;
	v->vcs = HOST_CS;
	v->vss = HOST_DS;
	v->efer = EFER_NX;
	v->cr4 |= X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT;
	vcpu_to_pvm(v);
}

/* Offset of XSTATE_BV in an XSAVE area (SDM volume 1, chapter 13) */
#define XSTATE_BV	512

static void fpu_save(struct vcpu *v)
{
	asm volatile("xsave64 %0" : "+m" (v->fpu) : "a" (~0u), "d" (~0u) : "memory");
}

static void fpu_restore(struct vcpu *v)
{
	/* XSAVE keeps the bits of what the guest has switched off since */
	*(u64 *)(v->fpu + XSTATE_BV) &= v->xcr0;
	asm volatile("xrstor64 %0" : : "m" (v->fpu), "a" (~0u), "d" (~0u) : "memory");
}

static bool debug_used(const struct vcpu *v)
{
	return v->dr7 & 0xff;
}

void vcpu_load(struct vcpu *v)
{
	cpu_set_rsp0(v->pcpu, v);
	cpu_set_gs(v);
	v->pcpu->need_flush = true;
	if (v->state != VCPU_PVM)
		return;
	msr_load(v);
	seg_restore(v);
	fpu_restore(v);
	write_dr7(0);
	if (debug_used(v))
		emulate_load_debug(v);
}

void vcpu_put(struct vcpu *v)
{
	if (v->state != VCPU_PVM)
		return;
	seg_save(v);
	fpu_save(v);
	if (debug_used(v))
		write_dr7(0);
}
