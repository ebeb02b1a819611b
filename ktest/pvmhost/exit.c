// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every entry from the guest that the switcher did not handle.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include "emulate.h"
#include "event.h"
#include "fault.h"
#include "host.h"
#include "hypercall.h"
#include "irq.h"
#include "lapic.h"
#include "options.h"
#include "pcpu.h"
#include "sched.h"
#include "state.h"
#include "stats.h"
#include "step.h"
#include "walk.h"
#include "x86.h"

static void handle_syscall(struct vcpu *v)
{
	if (v->umod)
		event_syscall(v);
	else if (v->regs.rip == v->retu_after)
		event_eretu(v);
	else if (options.generation == GEN_L1 && v->rets_rip && v->regs.rip == v->rets_rip + 2)
		event_erets(v);
	else
		hypercall(v);
}

/* The hardware's DR6 is merged; breakpoints and TF are the guest's own */
static void handle_debug(struct vcpu *v)
{
	u64 dr6 = read_dr6();

	write_dr6(0xffff0ff0);
	if (step_hit(v, dr6))
		return;
	v->dr6 = (v->dr6 & ~0xfULL) | (dr6 & 0xe00f) | 0xffff0ff0;
	event_exception(v, VECTOR_DB);
}

/* VMCALL and VMMCALL must never be used (section 8): they are counted */
static void count_vmcall(struct vcpu *v)
{
	u8 code[3];

	if (gva_fetch(v, v->regs.rip, code, sizeof(code)) == sizeof(code) && code[0] == 0x0f &&
	    code[1] == 0x01 && (code[2] == 0xc1 || code[2] == 0xd9))
		stats.vmcalls++;
}

static void handle_exception(struct vcpu *v, u32 vector)
{
	u32 error = v->regs.error;

	switch (vector) {
	case VECTOR_DB:
		handle_debug(v);
		break;
	case VECTOR_GP:
		if (v->umod)
			event_exception_error(v, vector, error);
		else
			emulate_gp(v, error);
		break;
	case VECTOR_UD:
		count_vmcall(v);
		event_exception(v, vector);
		break;
	case VECTOR_TS: case VECTOR_NP: case VECTOR_SS: case VECTOR_AC:
		event_exception_error(v, vector, error);
		break;
	default:
		event_exception(v, vector);
	}
}

static void handle(struct vcpu *v)
{
	u32 reason = v->regs.vector;

	/*
	 * In smod the hardware selectors are the user ones, always; a guest that
	 * changed them has only itself to blame (section 10).
	 */
	if (!v->umod && (v->regs.cs != USER_CS || v->regs.ss != USER_DS)) {
		event_triple_fault(v, "CS or SS changed in smod");
		return;
	}
	if (reason == EXIT_SYSCALL)
		handle_syscall(v);
	else if (reason == VECTOR_PF)
		fault_handle(v, read_cr2(), v->regs.error);
	else if (reason < 32)
		handle_exception(v, reason);
	else if (reason == 0x80)
		event_exception(v, 0x80);	/* INT 0x80; no device has that vector */
	else
		irq_handle(reason);
}

struct vcpu *vcpu_exit(struct vcpu *v)
{
	struct pcpu *p = v->pcpu;

	p->in_guest = 0;	/* first of all: pcpus_leave_guest() waits for it */
	/* CR2 is read before anything can fault again: the host never does */
	host_lock();
	p->cr3 = v->cr3[v->umod];
	v->stats.exits[min(v->regs.vector, (u64)EXIT_REASONS - 1)]++;
	vapic_pv_eoi_exit(v);
	handle(v);
	v = event_prepare_entry(v);
	host_unlock();
	return v;
}

/* An interrupt at ring 0 is the end of idle_wait(); anything else is a bug */
void host_trap(struct guest_regs *r);
void host_trap(struct guest_regs *r)
{
	if (r->vector >= 32) {
		host_lock();
		irq_handle(r->vector);
		host_unlock();
		return;
	}
	printk("fault in the host: vector %llu error %llx cr2 %llx\n", r->vector, r->error, read_cr2());
	regs_print(r);
	panic("the host is wrong\n");
}

/* NMI, #DF, #MC, and #DB at ring 0; no lock, no GS */
void host_ist(struct guest_regs *r);
void host_ist(struct guest_regs *r)
{
	switch (r->vector) {
	case VECTOR_DB:
		write_dr6(0xffff0ff0);
		r->rflags &= ~(u64)X86_EFLAGS_TF;
		r->rflags |= X86_EFLAGS_RF;
		return;
	case VECTOR_NMI:
		lapic_send_self(HOST_VECTOR_NMI);	/* handled as an interrupt */
		return;
	}
	printk("vector %llu at %llx\n", r->vector, r->rip);
	regs_print(r);
	panic("the machine is broken\n");
}
