/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events into the guest, and ERETU (event.c; sections 5 to 7 of the ABI).
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_EVENT_H
#define PVMHOST_EVENT_H

#include <linux/types.h>

struct vcpu;

struct event {
	u8 vector;
	bool has_error;
	u16 error;
	u64 cr2;	/* #PF only */
};

/* Deliver an exception to the mode it came from */
void event_exception(struct vcpu *v, u8 vector);
void event_exception_error(struct vcpu *v, u8 vector, u32 error);
void event_page_fault(struct vcpu *v, u64 addr, u32 error);

/* SYSCALL from umod, and ERETU, as the switcher does them */
void event_syscall(struct vcpu *v);
void event_eretu(struct vcpu *v);
/* L1's return to smod */
void event_erets(struct vcpu *v);

/* Virtual interrupt flag */
bool event_if(const struct vcpu *v);
void event_set_if(struct vcpu *v, bool on);

/* Is there anything that @v should wake up for or be told? */
bool event_pending(const struct vcpu *v);
void event_nmi(struct vcpu *v);
void event_mce(struct vcpu *v);

/*
 * Deliver what is due and make the vCPU ready for the hardware.  Returns the
 * vCPU to enter, which is another one if @v has died or must wait.
 */
struct vcpu *event_prepare_entry(struct vcpu *v);

/* The virtual machine is broken: report @why and the state, stop everything */
void event_triple_fault(struct vcpu *v, const char *why);

#endif
