/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The intent extension (intent.c): Documentation/virt/pvops/pvm-intent.rst.
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_INTENT_H
#define PVMHOST_INTENT_H

#include <linux/types.h>
#include "vcpu.h"

/* What a vCPU without a page has in place of one: its count is always 0 */
extern struct pvm_intent no_intent;

bool intent_msr_read(struct vcpu *v, u32 msr, u64 *val);
bool intent_msr_write(struct vcpu *v, u32 msr, u64 val);

/* Carry out what is queued; returns how many of the @last entries were removals that were done */
u32 intent_drain(struct vcpu *v, u64 last);

/* Flush what the last @removals of the queue name; more if they are not there */
void intent_flush(struct vcpu *v, u64 removals);

/* Tell the guest when its deadline is looked at; whenever it enters the guest */
static inline void intent_publish(struct vcpu *v)
{
	if (v->intent_use & PVM_INTENT_FEATURE_DEADLINE)
		v->intent->armed = vapic_tsc_deadline(v);
}

/* The armed deadline has passed: has the guest moved it?  Then it is armed again, or off */
bool intent_postponed(struct vcpu *v, u64 now);

#endif
