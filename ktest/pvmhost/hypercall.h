/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SYSCALL in smod (hypercall.c; section 8 of the ABI).
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_HYPERCALL_H
#define PVMHOST_HYPERCALL_H

struct vcpu;

void hypercall(struct vcpu *v);
/* Count call @nr, for whoever does it */
void hypercall_count(u64 nr);

#endif
