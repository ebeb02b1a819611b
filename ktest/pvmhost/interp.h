/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU before it reaches 64-bit mode (interp.c).
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_INTERP_H
#define PVMHOST_INTERP_H

#include <linux/types.h>

struct vcpu;

/* SIPI: start in real mode at @vector << 12 */
void interp_start(struct vcpu *v, u8 vector);
/* Some instructions; v->state says whether it got to 64-bit mode */
void interp_run(struct vcpu *v);

#endif
