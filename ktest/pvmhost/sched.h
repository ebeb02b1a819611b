/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which vCPU runs where and when (sched.c).
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_SCHED_H
#define PVMHOST_SCHED_H

#include <linux/types.h>
#include "vcpu.h"

struct pcpu;

/* Bind the vCPUs to processors, round robin */
void sched_init(void);
/* The processor's life from here on */
void sched_start(struct pcpu *p) __attribute__((noreturn));
/* The vCPU to enter next, loaded; waits if there is none.  host_lock held. */
struct vcpu *sched_pick(struct pcpu *p);
/* @v has something to do: wake it or make it look */
void sched_wake(struct vcpu *v);
/* @v gives up the rest of its slice */
void sched_yield(struct vcpu *v);
/*
 * The end of a halt uses up the kick that may have ended it.  A kick that comes
 * while the vCPU still runs must be there at its next halt.
 */
static inline void sched_awake(struct vcpu *v)
{
	if (v->halted)
		v->kicked = false;
	v->halted = false;
}

bool sched_runnable(const struct vcpu *v);
/* The local timer came, or a deadline moved */
void sched_timer(struct pcpu *p);
void sched_set_timer(struct pcpu *p);

#endif
