/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page faults of the guest (fault.c).
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_FAULT_H
#define PVMHOST_FAULT_H

#include <linux/types.h>

struct vcpu;

/* @error is the hardware's */
void fault_handle(struct vcpu *v, u64 addr, u32 error);
/* As far as only memory is concerned; false: it is something else, nothing is done */
bool fault_in_memory(struct vcpu *v, u64 addr, u32 error);
/* Fill v->prefetch, if the guest has mapped it by now, and forget it */
void fault_prefetch(struct vcpu *v);

#endif
