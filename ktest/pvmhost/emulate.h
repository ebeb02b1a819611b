/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Privileged instructions in smod (emulate.c).
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_EMULATE_H
#define PVMHOST_EMULATE_H

#include <linux/types.h>
#include "decode.h"

struct vcpu;

/* After a #GP in smod: emulate, or deliver the #GP with @error */
void emulate_gp(struct vcpu *v, u32 error);

/* Breakpoints of the guest, but for those at addresses that are none of its */
void emulate_load_debug(struct vcpu *v);

/* HLT, also the hypercall */
void emulate_halt(struct vcpu *v);

#endif
