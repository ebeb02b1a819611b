/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtual local APIC, x2APIC mode only (apic.c).
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_APIC_H
#define PVMHOST_APIC_H

#include <linux/types.h>

struct vcpu;

#define APIC_LVT_COUNT	6	/* timer, thermal, performance, LINT0, LINT1, error */

struct vapic {
	u64 base;		/* MSR_IA32_APICBASE */
	u32 tpr, svr, esr;
	u32 lvt[APIC_LVT_COUNT];
	u64 icr;
	u32 timer_initial, timer_divide;
	u64 deadline;		/* TSC when the timer fires, 0: off */
	u64 irr[4], isr[4], tmr[4];
};

void vapic_reset(struct vcpu *v);
bool vapic_read(struct vcpu *v, u32 msr, u64 *val);
bool vapic_write(struct vcpu *v, u32 msr, u64 val);
/* Highest vector that may be delivered now, or -1 */
int vapic_pending(const struct vcpu *v);
void vapic_accept(struct vcpu *v, int vector);
void vapic_eoi(struct vcpu *v);
void vapic_set_irr(struct vcpu *v, u8 vector, bool level);
void vapic_set_deadline(struct vcpu *v, u64 tsc);
/* 0 also when the timer is in another mode */
u64 vapic_tsc_deadline(const struct vcpu *v);
void vapic_timer_expired(struct vcpu *v);
bool vapic_enabled(const struct vcpu *v);

/*
 * PV EOI (MSR_KVM_PV_EOI_EN): before entry a flag in guest memory says that the
 * interrupt in service may be ended by clearing it; after exit it is looked at.
 */
void vapic_pv_eoi_enter(struct vcpu *v);
void vapic_pv_eoi_exit(struct vcpu *v);

struct irq_message {
	u32 dest;
	u8 vector;
	u8 mode;		/* APIC_DM_* >> 8 */
	bool logical;
	bool level;
};

/* Deliver @msg to the vCPUs it addresses; false when there is none */
bool vapic_deliver(const struct irq_message *msg);
void vapic_send(struct vcpu *target, const struct irq_message *msg);

#endif
