// SPDX-License-Identifier: GPL-2.0-only
/*
 * The virtual local APIC, x2APIC mode only (SDM volume 3, chapter "APIC").
 *
 * Copyright (C) 2026 the pvops developers
 */
#include <asm/apicdef.h>
#include "kvm_abi.h"
#include "apic.h"
#include "event.h"
#include "host.h"
#include "intent.h"
#include "interp.h"
#include "ioapic.h"
#include "lapic.h"
#include "mem.h"
#include "pcpu.h"
#include "sched.h"
#include "shadow.h"
#include "stats.h"
#include "x86.h"

#define VAPIC_VERSION	(0x14 | (APIC_LVT_COUNT - 1) << 16)
#define X2APIC(reg)	(0x800 + ((reg) >> 4))
#define X2APIC_SELF_IPI	0x83f

#define DM_FIXED	0
#define DM_LOWEST	1
#define DM_NMI		4
#define DM_INIT		5
#define DM_STARTUP	6

void vapic_reset(struct vcpu *v)
{
	u32 i;

	memset(&v->apic, 0, sizeof(v->apic));
	v->apic.base = APIC_DEFAULT_PHYS_BASE | MSR_IA32_APICBASE_ENABLE | X2APIC_ENABLE |
		       (v->id ? 0 : MSR_IA32_APICBASE_BSP);
	v->apic.svr = 0xff;
	for (i = 0; i < APIC_LVT_COUNT; i++)
		v->apic.lvt[i] = APIC_LVT_MASKED;
}

bool vapic_enabled(const struct vcpu *v)
{
	return v->apic.svr & APIC_SPIV_APIC_ENABLED;
}

static int highest(const u64 map[4])
{
	int i;

	for (i = 3; i >= 0; i--) {
		if (map[i])
			return i * 64 + 63 - __builtin_clzll(map[i]);
	}
	return -1;
}

static void set_bit256(u64 map[4], u8 nr)
{
	map[nr / 64] |= 1ULL << (nr % 64);
}

static void clear_bit256(u64 map[4], u8 nr)
{
	map[nr / 64] &= ~(1ULL << (nr % 64));
}

static bool test_bit256(const u64 map[4], u8 nr)
{
	return map[nr / 64] & 1ULL << (nr % 64);
}

static u32 ppr(const struct vcpu *v)
{
	int isr = highest(v->apic.isr);
	u32 in_service = isr < 0 ? 0 : isr & 0xf0;

	return max(in_service, v->apic.tpr & 0xf0);
}

int vapic_pending(const struct vcpu *v)
{
	int irr;

	if (!vapic_requested(v))
		return -1;
	irr = highest(v->apic.irr);
	return (u32)(irr & 0xf0) > ppr(v) ? irr : -1;
}

void vapic_accept(struct vcpu *v, int vector)
{
	clear_bit256(v->apic.irr, vector);
	set_bit256(v->apic.isr, vector);
}

void vapic_eoi(struct vcpu *v)
{
	int isr = highest(v->apic.isr);

	if (isr < 0)
		return;
	clear_bit256(v->apic.isr, isr);
	if (test_bit256(v->apic.tmr, isr))
		ioapic_eoi(isr);
}

void vapic_set_irr(struct vcpu *v, u8 vector, bool level)
{
	if (vector < 16 || !vapic_enabled(v))
		return;
	set_bit256(v->apic.irr, vector);
	if (level)
		set_bit256(v->apic.tmr, vector);
	else
		clear_bit256(v->apic.tmr, vector);
	sched_wake(v);
}

static u8 *pv_eoi_byte(struct vcpu *v)
{
	return v->eoi_msr & KVM_MSR_ENABLED ? guest_ptr(v->eoi_msr & ~3ULL, 4) : NULL;
}

void vapic_pv_eoi_enter(struct vcpu *v)
{
	u8 *flag;
	int isr;

	if (!(v->apic.isr[0] | v->apic.isr[1] | v->apic.isr[2] | v->apic.isr[3]))
		return;
	isr = highest(v->apic.isr);
	flag = pv_eoi_byte(v);
	if (!flag || test_bit256(v->apic.tmr, isr) || highest(v->apic.irr) >= 0)
		return;
	*flag |= KVM_PV_EOI_ENABLED;
	v->eoi_pending = true;
}

void vapic_pv_eoi_exit(struct vcpu *v)
{
	u8 *flag;

	if (!v->eoi_pending)
		return;
	v->eoi_pending = false;
	flag = pv_eoi_byte(v);
	if (!flag)
		return;
	if (*flag & KVM_PV_EOI_ENABLED)
		*flag &= ~KVM_PV_EOI_ENABLED;	/* still in service: EOI by MSR, or offered again */
	else
		vapic_eoi(v);
}

/* TSC ticks of one count of the timer: a bus clock of 1 GHz over the divider */
static u32 timer_divider(const struct vcpu *v)
{
	u32 code = (v->apic.timer_divide & 3) | (v->apic.timer_divide & 8) >> 1;

	return 1u << ((code + 1) & 7);
}

static u32 timer_mode(const struct vcpu *v)
{
	return v->apic.lvt[0] & (3 << 17);
}

static u64 timer_period(const struct vcpu *v)
{
	return ns_to_tsc((u64)v->apic.timer_initial * timer_divider(v));
}

static void timer_start(struct vcpu *v)
{
	v->apic.deadline = v->apic.timer_initial ? rdtsc() + timer_period(v) : 0;
}

static u32 timer_current(const struct vcpu *v)
{
	u64 now = rdtsc();

	if (!v->apic.deadline || timer_mode(v) == APIC_LVT_TIMER_TSCDEADLINE ||
	    v->apic.deadline <= now)
		return 0;
	return tsc_to_ns(v->apic.deadline - now) / timer_divider(v);
}

void vapic_set_deadline(struct vcpu *v, u64 tsc)
{
	if (timer_mode(v) == APIC_LVT_TIMER_TSCDEADLINE)
		v->apic.deadline = tsc;
}

u64 vapic_tsc_deadline(const struct vcpu *v)
{
	return timer_mode(v) == APIC_LVT_TIMER_TSCDEADLINE ? v->apic.deadline : 0;
}

void vapic_timer_expired(struct vcpu *v)
{
	/* A period shorter than a host tick must not keep the host busy */
	u64 period = max(timer_period(v), ns_to_tsc(100000));

	if (vapic_tsc_deadline(v) && intent_postponed(v, rdtsc()))
		return;
	v->apic.deadline = timer_mode(v) == APIC_LVT_TIMER_PERIODIC ? rdtsc() + period : 0;
	if (!(v->apic.lvt[0] & APIC_LVT_MASKED))
		vapic_set_irr(v, v->apic.lvt[0], false);
}

static void init_vcpu(struct vcpu *v)
{
	if (v->state == VCPU_PVM && v->pcpu->vcpu == v && !v->halted)
		return;	/* INIT to oneself, or to a CPU that runs: not supported */
	if (v->pcpu->vcpu == v)
		v->pcpu->vcpu = NULL;	/* nothing of it is to be saved */
	vcpu_reset(v);	/* its root stays in use: a processor may still be on it */
	v->state = VCPU_WAIT_SIPI;
}

void vapic_send(struct vcpu *t, const struct irq_message *msg)
{
	stats.ipis++;
	switch (msg->mode) {
	case DM_FIXED:
	case DM_LOWEST:
		vapic_set_irr(t, msg->vector, msg->level);
		break;
	case DM_NMI:
		event_nmi(t);
		break;
	case DM_INIT:
		init_vcpu(t);
		break;
	case DM_STARTUP:
		if (t->state == VCPU_WAIT_SIPI)
			interp_start(t, msg->vector);
		break;
	}
}

/* x2APIC logical ID: cluster of 16 in the upper half */
static u32 logical_id(const struct vcpu *v)
{
	return (v->id >> 4) << 16 | 1u << (v->id & 15);
}

static bool addressed(const struct vcpu *v, const struct irq_message *msg)
{
	if (!msg->logical)
		return msg->dest == v->id || msg->dest == 0xff || msg->dest == 0xffffffff;
	return msg->dest >> 16 == logical_id(v) >> 16 && (msg->dest & logical_id(v) & 0xffff);
}

bool vapic_deliver(const struct irq_message *msg)
{
	bool found = false;
	u32 i;

	for (i = 0; i < nr_vcpus; i++) {
		if (!addressed(&vcpus[i], msg))
			continue;
		vapic_send(&vcpus[i], msg);
		found = true;
		if (msg->mode == DM_LOWEST)
			break;
	}
	return found;
}

static void write_icr(struct vcpu *v, u64 val)
{
	struct irq_message msg = {
		.dest = val >> 32,
		.vector = val,
		.mode = val >> 8 & 7,
		.logical = val & APIC_DEST_LOGICAL,
	};
	u32 shorthand = val & APIC_DEST_ALLBUT, i;

	v->apic.icr = val;
	if (msg.mode == DM_INIT && !(val & APIC_INT_ASSERT))
		return;	/* INIT level de-assert has no effect */
	if (!shorthand) {
		vapic_deliver(&msg);
		return;
	}
	for (i = 0; i < nr_vcpus; i++) {
		bool self = &vcpus[i] == v;

		if (shorthand == APIC_DEST_SELF ? self : !self || shorthand == APIC_DEST_ALLINC)
			vapic_send(&vcpus[i], &msg);
	}
}

static u32 map_word(const u64 map[4], u32 nr)
{
	return map[nr / 2] >> (nr & 1) * 32;
}

bool vapic_read(struct vcpu *v, u32 msr, u64 *val)
{
	struct vapic *a = &v->apic;

	switch (msr) {
	case X2APIC(APIC_ID): *val = v->id; return true;
	case X2APIC(APIC_LVR): *val = VAPIC_VERSION; return true;
	case X2APIC(APIC_TASKPRI): *val = a->tpr; return true;
	case X2APIC(APIC_PROCPRI): *val = ppr(v); return true;
	case X2APIC(APIC_LDR): *val = logical_id(v); return true;
	case X2APIC(APIC_SPIV): *val = a->svr; return true;
	case X2APIC(APIC_ESR): *val = a->esr; return true;
	case X2APIC(APIC_ICR): *val = a->icr; return true;
	case X2APIC(APIC_TMICT): *val = a->timer_initial; return true;
	case X2APIC(APIC_TMCCT): *val = timer_current(v); return true;
	case X2APIC(APIC_TDCR): *val = a->timer_divide; return true;
	}
	if (msr >= X2APIC(APIC_ISR) && msr < X2APIC(APIC_ISR) + 8)
		*val = map_word(a->isr, msr - X2APIC(APIC_ISR));
	else if (msr >= X2APIC(APIC_TMR) && msr < X2APIC(APIC_TMR) + 8)
		*val = map_word(a->tmr, msr - X2APIC(APIC_TMR));
	else if (msr >= X2APIC(APIC_IRR) && msr < X2APIC(APIC_IRR) + 8)
		*val = map_word(a->irr, msr - X2APIC(APIC_IRR));
	else if (msr >= X2APIC(APIC_LVTT) && msr < X2APIC(APIC_LVTT) + APIC_LVT_COUNT)
		*val = a->lvt[msr - X2APIC(APIC_LVTT)];
	else
		return false;
	return true;
}

static void write_lvt(struct vcpu *v, u32 nr, u64 val)
{
	u32 old_mode = timer_mode(v);

	v->apic.lvt[nr] = val;
	if (nr == 0 && timer_mode(v) != old_mode)
		v->apic.deadline = 0;
}

bool vapic_write(struct vcpu *v, u32 msr, u64 val)
{
	struct vapic *a = &v->apic;

	if (val >> 32 && msr != X2APIC(APIC_ICR))
		return false;
	switch (msr) {
	case X2APIC(APIC_TASKPRI): a->tpr = val & 0xff; return true;
	case X2APIC(APIC_EOI):
		if (val)
			return false;
		vapic_eoi(v);
		return true;
	case X2APIC(APIC_SPIV): a->svr = val & 0x3ff; return true;
	case X2APIC(APIC_ESR):
		if (val)
			return false;
		a->esr = 0;
		return true;
	case X2APIC(APIC_ICR): write_icr(v, val); return true;
	case X2APIC(APIC_TMICT):
		a->timer_initial = val;
		if (timer_mode(v) != APIC_LVT_TIMER_TSCDEADLINE)
			timer_start(v);
		return true;
	case X2APIC(APIC_TDCR): a->timer_divide = val & 0xb; return true;
	case X2APIC_SELF_IPI:
		if (val >> 8)
			return false;
		vapic_set_irr(v, val, false);
		return true;
	}
	if (msr < X2APIC(APIC_LVTT) || msr >= X2APIC(APIC_LVTT) + APIC_LVT_COUNT)
		return false;
	write_lvt(v, msr - X2APIC(APIC_LVTT), val);
	return true;
}
