/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtual processor.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Unless a comment says otherwise a vCPU is touched only under host_lock, or
 * by the switcher on the processor that runs it.
 */
#ifndef PVMHOST_VCPU_H
#define PVMHOST_VCPU_H

#include <linux/types.h>
#include "pvm/intent_abi.h"
#include "layout.h"
#include "apic.h"
#include "options.h"

struct pcpu;
struct root;

/* As the entry stubs push them */
struct guest_regs {
	u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8;
	u64 rax, rcx, rdx, rsi, rdi;
	u64 vector;	/* the exit reason */
	u64 error;
	u64 rip, cs, rflags, rsp, ss;
};

struct iret_frame {
	u64 rip, cs, rflags, rsp, ss;
};

/* What the vCPU is doing; only VCPU_PVM ever runs on hardware */
enum vcpu_state {
	VCPU_OFF,		/* not there */
	VCPU_WAIT_SIPI,		/* after INIT */
	VCPU_INTERPRET,		/* not yet in 64-bit mode: see interp.c */
	VCPU_PVM,
};

/* vcpu.slow */
#define SLOW_C		1	/* the switcher must leave everything to C */
#define SLOW_FILL	2	/* ERETU has a shadow entry to make first */

struct vcpu_stats {
	u64 fast_syscall;	/* by the switcher */
	u64 fast_eretu;
	u64 short_flushes;	/* by the short path; its fills count as an ERETU */
	u64 exits[EXIT_REASONS];
	u64 cr3_loads;		/* hardware CR3 loads by C code; the switcher's are its two counts */
};

/* Segment state that only the interpreter needs */
struct rm_segment {
	u16 sel;
	u64 base;
	bool big;	/* 32-bit operands and addresses */
};

struct vcpu {
	/* The switcher's part (entry_64.S) */
	struct vcpu *self;
	u64 host_stack;		/* of the processor that runs it */
	u64 regs_end;
	u64 scratch;
	u32 umod;		/* 1: user mode */
	u32 slow;		/* SLOW_*: what the switcher must not do alone */
	struct pvm_vcpu_struct *pvcs;	/* NULL: none registered */
	u64 cr3[2];		/* hardware roots, by @umod */
	struct pvm_intent *intent;	/* never NULL: no_intent */
	u64 lstar;
	u64 retu_after;		/* address after the ERETU SYSCALL */
	u64 kernel_gs_base;	/* hypervisor's copy of MSR_KERNEL_GS_BASE */
	u64 iret_frame;		/* address of @iret */
	struct iret_frame iret;
	struct vcpu_stats stats;

	struct guest_regs regs __attribute__((aligned(16)));

	/* Identity and scheduling (sched.c) */
	u32 id;			/* also the APIC ID */
	enum vcpu_state state;
	struct pcpu *pcpu;	/* the processor it is bound to */
	bool halted;
	bool kicked;		/* KVM_HC_KICK_CPU came */
	u64 ready_since;	/* TSC when it became runnable, for steal time */
	u64 steal;		/* TSC ticks runnable but not running */
	u64 run_since;

	/* Control state (msr.c, emulate.c) */
	u64 cr0, cr2, gcr3, cr4, efer;
	u64 dr[4], dr6, dr7;
	u64 xcr0;
	u64 star, cstar, sfmask, sysenter_eip, sysenter_esp;
	u64 tsc_aux, tsc_adjust, pat, misc_enable;
	u64 event_entry, retu_rip, rets_rip, pvcs_gpa, linear_range;
	u16 vcs, vss;		/* virtual kernel CS, SS */
	u64 gdt_base, idt_base;
	u16 gdt_limit, idt_limit, tr;
	u64 tls[3];		/* checked, see seg.c */
	u16 ds, es, fs, gs;	/* hardware selectors while not on a processor */
	u64 fsbase, gsbase;	/* likewise */

	/* Events (event.c) */
	u32 nmi_pending;
	u32 mce_pending;
	u64 mcg_status;
	u64 mci_status;		/* bank 0's, of an injected machine check */
	bool dead;		/* triple fault: never runs again */
	u64 prefetch;		/* fault address just delivered, or 0 */

	/* Shadow paging (shadow.c) */
	struct root *root;
	u64 intent_gpa;
	u32 intent_use;		/* PVM_INTENT_FEATURE_* that the guest makes use of */
	u64 flush_all;		/* sync clock of the last flush of all PCIDs */

	struct vapic apic;

	/* Paravirtual clock and flags (clock.c, sched.c) */
	u64 kvmclock_msr, steal_msr, eoi_msr, poll_msr;
	bool eoi_pending;	/* PV EOI flag is set in the guest's word */

	/* The real-mode interpreter's segments (interp.c) */
	struct rm_segment seg[6];

	u8 fpu[8192] __attribute__((aligned(64)));
};

extern struct vcpu vcpus[MAX_VCPUS];
extern u32 nr_vcpus;

/* vcpu.c */
void vcpu_init_all(void);
void vcpu_reset(struct vcpu *v);
void vcpu_to_pvm(struct vcpu *v);
void vcpu_start_bsp(struct vcpu *v, u64 entry, u64 boot_params, u64 stack, u64 cr3);
void vcpu_load(struct vcpu *v);
void vcpu_put(struct vcpu *v);

/* exit.c */
struct vcpu *vcpu_exit(struct vcpu *v);

/* Is there any vector in the IRR? */
static inline bool vapic_requested(const struct vcpu *v)
{
	return v->apic.irr[0] | v->apic.irr[1] | v->apic.irr[2] | v->apic.irr[3];
}

/* SLOW_*: what keeps the switcher from doing the next transition of @v alone */
static inline u32 vcpu_slow(struct vcpu *v)
{
	if (options.no_switcher || !v->pvcs || v->nmi_pending || v->mce_pending ||
	    (vapic_requested(v) && (v->eoi_pending || vapic_pending(v) >= 0)))
		return SLOW_C;
	return v->prefetch ? SLOW_FILL : 0;
}

#endif
