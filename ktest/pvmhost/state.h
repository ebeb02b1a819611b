/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Printing the state of a vCPU (state.c).
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_STATE_H
#define PVMHOST_STATE_H

struct vcpu;
struct guest_regs;

void regs_print(const struct guest_regs *r);
void state_print(struct vcpu *v);

#endif
