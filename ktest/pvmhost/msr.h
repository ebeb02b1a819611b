/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Model specific registers (msr.c; section 4 of the ABI).
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_MSR_H
#define PVMHOST_MSR_H

#include <linux/types.h>

struct vcpu;

/* false: #GP, or the hypercall's error */
bool msr_read(struct vcpu *v, u32 msr, u64 *val);
bool msr_write(struct vcpu *v, u32 msr, u64 val);
/* XSETBV with the arguments in the vCPU's registers */
bool msr_xsetbv(struct vcpu *v);
/* What the hardware needs when @v gets onto a processor */
void msr_load(struct vcpu *v);

#endif
