// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events into the guest, and its returns.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Section numbers are those of the PVM specification as restated in
 * Documentation/virt/pvops/pvm.rst.
 */
#include "clock.h"
#include "event.h"
#include "fault.h"
#include "host.h"
#include "intent.h"
#include "options.h"
#include "pcpu.h"
#include "sched.h"
#include "seg.h"
#include "shadow.h"
#include "state.h"
#include "stats.h"
#include "step.h"
#include "x86.h"

/* SDM volume 3, chapter "Machine-Check Architecture" */
#define MCG_RIPV	(1ULL << 0)
#define MCG_MCIP	(1ULL << 2)
#define MCI_VAL		(1ULL << 63)
#define MCI_EN		(1ULL << 60)

bool event_if(const struct vcpu *v)
{
	if (v->umod)
		return true;
	return v->pvcs && (v->pvcs->event_flags & PVM_EVENT_FLAGS_IF);
}

void event_set_if(struct vcpu *v, bool on)
{
	if (!v->pvcs)
		return;
	if (on)
		v->pvcs->event_flags |= PVM_EVENT_FLAGS_IF;
	else
		v->pvcs->event_flags &= ~(u64)PVM_EVENT_FLAGS_IF;
}

void event_triple_fault(struct vcpu *v, const char *why)
{
	if (v->dead)
		return;
	v->dead = true;
	printk("vCPU %u: triple fault: %s\n", v->id, why);
	state_print(v);
	machine_end(END_TRIPLE_FAULT);
}

/* Mode := smod with the hypervisor's copy of the kernel GS base */
static void enter_smod(struct vcpu *v)
{
	v->umod = 0;
	set_guest_gsbase(v->kernel_gs_base);
	v->regs.cs = USER_CS;
	v->regs.ss = USER_DS;
}

static void save_user(struct vcpu *v)
{
	struct pvm_vcpu_struct *p = v->pvcs;

	p->user_cs = v->regs.cs;
	p->user_ss = v->regs.ss;
	p->pkru = 0;
	p->user_gsbase = guest_gsbase();
}

static void save_common(struct vcpu *v)
{
	struct pvm_vcpu_struct *p = v->pvcs;
	u32 flags = v->regs.rflags & ~X86_EFLAGS_IF;

	if (event_if(v))
		flags |= X86_EFLAGS_IF;
	p->eflags = flags;
	p->rip = v->regs.rip;
	p->rcx = v->regs.rcx;
	p->r11 = v->regs.r11;
}

static void jump(struct vcpu *v, u64 entry)
{
	v->regs.rip = entry;
	v->regs.rcx = entry;
	v->regs.r11 = X86_EFLAGS_IF | X86_EFLAGS_FIXED;
	v->regs.rflags = X86_EFLAGS_IF | X86_EFLAGS_FIXED;
}

/*
 * Section 6.  @code is the new event_vector: STD with a vector, or the NMI or
 * MCE bit.
 */
static void deliver(struct vcpu *v, u16 code, const struct event *e)
{
	struct pvm_vcpu_struct *p = v->pvcs;
	bool umod = v->umod;
	u64 entry = v->event_entry;

	stats.events++;
	if (!p) {
		event_triple_fault(v, "event without a PVCS");
		return;
	}
	if (!umod) {
		u16 busy = p->event_vector & PVM_EVENT_VECTOR_BUSY;

		if (busy && !(code & PVM_EVENT_VECTOR_STD)) {
			p->event_vector |= code;
			return;
		}
		if (busy) {
			v->cr2 = e ? e->cr2 : 0;
			event_triple_fault(v, "event while event_vector is busy");
			return;
		}
	}
	if (umod)
		save_user(v);
	save_common(v);
	if (e && e->has_error)
		p->event_errcode = e->error;
	if (e && e->vector == VECTOR_PF)
		p->cr2 = e->cr2;
	p->event_vector = code;
	if (umod) {
		enter_smod(v);
	} else {
		p->event_flags &= ~(u64)PVM_EVENT_FLAGS_IF;
		entry += PVM_EVENT_ENTRY_SMOD_OFFSET;
	}
	jump(v, entry);
}

static void deliver_vector(struct vcpu *v, const struct event *e)
{
	deliver(v, PVM_EVENT_VECTOR_STD | e->vector, e);
}

void event_exception(struct vcpu *v, u8 vector)
{
	struct event e = { .vector = vector };

	stats.exceptions[vector & 31]++;
	deliver_vector(v, &e);
}

void event_exception_error(struct vcpu *v, u8 vector, u32 error)
{
	struct event e = { .vector = vector, .has_error = true, .error = error };

	stats.exceptions[vector & 31]++;
	deliver_vector(v, &e);
}

void event_page_fault(struct vcpu *v, u64 addr, u32 error)
{
	struct event e = { .vector = VECTOR_PF, .has_error = true, .cr2 = addr };

	stats.exceptions[VECTOR_PF]++;
	if (!v->umod)
		error &= ~PF_U;
	e.error = error;
	v->cr2 = addr;
	deliver_vector(v, &e);
	/*
	 * The guest will most likely map the page and return to it: look then,
	 * rather than take a second fault.  A shadow may be filled at any time.
	 */
	if (!options.no_prefetch)
		v->prefetch = addr;
}

/* A SYSCALL leaves event_vector, errcode and cr2 alone */
void event_syscall(struct vcpu *v)
{
	if (!v->pvcs) {
		event_triple_fault(v, "system call without a PVCS");
		return;
	}
	save_user(v);
	save_common(v);
	enter_smod(v);
	jump(v, v->lstar);
}

static u64 sign_extend_base(u64 base)
{
	return (u64)((s64)(base << 16) >> 16);
}

void event_eretu(struct vcpu *v)
{
	struct pvm_vcpu_struct *p = v->pvcs;
	u16 recorded;

	if (!p) {
		event_triple_fault(v, "ERETU without a PVCS");
		return;
	}
	recorded = p->event_vector & (PVM_EVENT_VECTOR_NMI | PVM_EVENT_VECTOR_MCE);
	v->umod = 1;
	p->event_vector = PVM_EVENT_VECTOR_STD;
	v->regs.rip = p->rip;
	v->regs.rcx = p->rcx;
	v->regs.r11 = p->r11;
	v->regs.rflags = (p->eflags & USER_RFLAGS) | X86_EFLAGS_IF | X86_EFLAGS_FIXED;
	v->regs.cs = p->user_cs | 3;
	v->regs.ss = p->user_ss | 3;
	set_guest_gsbase(sign_extend_base(p->user_gsbase));
	if (recorded & PVM_EVENT_VECTOR_MCE)
		v->mce_pending++;
	if (recorded & PVM_EVENT_VECTOR_NMI)
		v->nmi_pending++;
	intent_drain(v, 0);
	if (v->prefetch)
		fault_prefetch(v);
}

void event_erets(struct vcpu *v)
{
	struct pvm_vcpu_struct *p = v->pvcs;

	if (!p) {
		event_triple_fault(v, "ERETS without a PVCS");
		return;
	}
	if (p->event_vector & PVM_EVENT_VECTOR_MCE)
		v->mce_pending++;
	if (p->event_vector & PVM_EVENT_VECTOR_NMI)
		v->nmi_pending++;
	p->event_vector = 0;
	v->regs.rip = p->rip;
	v->regs.rcx = p->rcx;
	v->regs.r11 = p->r11;
	v->regs.rflags = (p->eflags & USER_RFLAGS) | X86_EFLAGS_IF | X86_EFLAGS_FIXED;
	event_set_if(v, p->eflags & X86_EFLAGS_IF);
}

bool event_pending(const struct vcpu *v)
{
	if (v->state != VCPU_PVM)
		return v->state == VCPU_INTERPRET;
	if (v->nmi_pending || v->mce_pending || v->kicked)
		return true;
	return vapic_pending(v) >= 0 && event_if(v);
}

void event_nmi(struct vcpu *v)
{
	v->nmi_pending = 1;	/* NMIs merge */
	sched_wake(v);
}

/* A corrected error in bank 0, so that the guest's handler has something to report */
void event_mce(struct vcpu *v)
{
	v->mcg_status = MCG_RIPV | MCG_MCIP;
	v->mci_status = MCI_VAL | MCI_EN;
	v->mce_pending = 1;
	sched_wake(v);
}

static bool nmi_possible(const struct vcpu *v)
{
	if (!v->pvcs)
		return false;	/* always masked before one is registered */
	if (options.nmi_bits && !v->umod)
		return v->pvcs->event_vector & PVM_EVENT_VECTOR_BUSY;
	return true;
}

static void deliver_interrupt(struct vcpu *v)
{
	int vector = vapic_pending(v);
	struct event e = { .vector = vector };

	if (options.stale_ip && v->pvcs && !v->umod && !(random() & 15))
		v->pvcs->event_flags |= PVM_EVENT_FLAGS_IP;
	if (vector < 0 || !v->pvcs)
		return;
	if (!event_if(v)) {
		v->pvcs->event_flags |= PVM_EVENT_FLAGS_IP;
		return;
	}
	/* IP goes when nothing more waits; a stale one is harmless */
	vapic_accept(v, vector);
	if (!options.stale_ip)
		v->pvcs->event_flags &= ~(u64)PVM_EVENT_FLAGS_IP;
	stats.interrupts++;
	deliver_vector(v, &e);
}

static void deliver_nmi_mce(struct vcpu *v)
{
	if (v->mce_pending && nmi_possible(v)) {
		v->mce_pending = 0;
		deliver(v, PVM_EVENT_VECTOR_MCE, NULL);
	}
	if (v->nmi_pending && nmi_possible(v)) {
		v->nmi_pending = 0;
		deliver(v, PVM_EVENT_VECTOR_NMI, NULL);
	}
}

struct vcpu *event_prepare_entry(struct vcpu *v)
{
	struct pcpu *p = v->pcpu;

	for (;;) {
		if (p->resched || !sched_runnable(v))
			v = sched_pick(p);
		sched_awake(v);		/* however it got here */
		if (v->nmi_pending || v->mce_pending)
			deliver_nmi_mce(v);
		if (vapic_requested(v) || options.stale_ip)
			deliver_interrupt(v);
		/* IRETQ must not fault: what the guest gave is checked here */
		if (v->umod ? seg_return_valid(v) : is_canonical(v->regs.rip))
			break;
		event_exception_error(v, VECTOR_GP, 0);
	}
	vapic_pv_eoi_enter(v);
	intent_publish(v);
	shadow_enter(v);
	v->slow = vcpu_slow(v);
	if (step_active() || p->stepping)
		step_enter(v);
	sched_set_timer(p);
	p->in_guest = 1;
	return v;
}
