/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events before each instruction of ranges of guest code (step.c).
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_STEP_H
#define PVMHOST_STEP_H

#include <linux/types.h>

struct vcpu;

enum step_kind {
	STEP_IRQ,
	STEP_NMI,
	STEP_MCE,
};

#define STEP_RANGES	8
#define STEP_FIRSTS	2

struct step_range {
	u64 low, high;		/* addresses; the last is not in it */
};

/* Begin with the first address; the options say which ranges and what event */
void step_start(struct vcpu *v);
/* Load this processor's breakpoints; before every guest entry */
void step_enter(struct vcpu *v);
/* Is there an address left? */
bool step_active(void);
/* The same, asked by the guest after each round of being busy: who waits, waits for rounds */
bool step_round(void);
/* A breakpoint hit with hardware DR6 @dr6: true if it was one of these */
bool step_hit(struct vcpu *v, u64 dr6);

#endif
