// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the switcher calls for work that concerns page tables alone: page faults,
 * the entry that an ERETU wants after one, and flushes of the TLB.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Most of the guest's registers stay where they are, so that nothing here can
 * emulate, or let another vCPU run.  Where that is due exit.c does it all.
 */
#include "event.h"
#include "fault.h"
#include "host.h"
#include "hypercall.h"
#include "intent.h"
#include "options.h"
#include "pcpu.h"
#include "shadow.h"
#include "short.h"
#include "stats.h"
#include "x86.h"

/*
 * As vcpu_exit() begins.  What others have asked this vCPU for until the lock
 * is taken shows here; later they wait for the lock, and then find it in the
 * guest.  false: it must leave the short path, and has not done anything yet.
 */
static bool short_begin(struct vcpu *v)
{
	v->pcpu->in_guest = 0;
	host_lock();
	v->slow = vcpu_slow(v);
	if (!(v->slow & SLOW_C) && !v->pcpu->resched)
		return true;
	host_unlock();
	return false;
}

static void short_end(struct vcpu *v)
{
	v->pcpu->in_guest = 1;
	host_unlock();
}

static void load_root(struct vcpu *v)
{
	v->pcpu->need_flush = false;
	v->stats.cr3_loads++;
	write_cr3(v->cr3[v->umod]);
}

/* What exit.c reports as the end of the machine is its business, with all registers */
static bool broken(const struct vcpu *v)
{
	return v->regs.cs != USER_CS || v->regs.ss != USER_DS ||
	       (v->pvcs->event_vector & PVM_EVENT_VECTOR_BUSY);
}

bool short_fault(struct vcpu *v, u64 rcx, u64 r11)
{
	u32 umod = v->umod;

	if (!short_begin(v))
		return true;
	v->regs.rcx = rcx;
	v->regs.r11 = r11;
	if ((!umod && broken(v)) || !fault_in_memory(v, read_cr2(), v->regs.error)) {
		host_unlock();
		return true;
	}
	v->stats.exits[VECTOR_PF]++;
	v->slow = v->prefetch ? SLOW_FILL : 0;	/* nothing else can have changed */
	if (v->umod != umod || v->pcpu->need_flush)
		load_root(v);
	short_end(v);
	return false;
}

/* A flush that is due stays so: ERETU may yet turn out to be none */
bool short_fill(struct vcpu *v)
{
	if (!short_begin(v))
		return true;
	stats.short_fills++;
	intent_drain(v, 0);
	if (v->prefetch)
		fault_prefetch(v);
	v->slow = 0;
	short_end(v);
	return false;
}

/* @after: the address that SYSRET goes to, which must not make it fault at ring 0 */
bool short_flush(struct vcpu *v, u64 nr, u64 arg, u64 after)
{
	if (nr == PVM_HC_INTENT_FLUSH && !options.intent)
		return true;
	if (!is_canonical(after) || !short_begin(v))
		return true;
	v->stats.short_flushes++;
	hypercall_count(nr);
	switch (nr) {
	case PVM_HC_TLB_INVLPG:
		shadow_invlpg(v, arg);
		break;
	case PVM_HC_TLB_FLUSH_CURRENT:
		shadow_flush_current(v);
		break;
	case PVM_HC_INTENT_FLUSH:
		intent_flush(v, arg);
		break;
	}
	if (v->pcpu->need_flush)
		load_root(v);
	short_end(v);
	return false;
}
