/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Paravirtual time: kvmclock, wall clock, steal time, clock pairing (clock.c).
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_CLOCK_H
#define PVMHOST_CLOCK_H

#include <linux/types.h>

struct vcpu;

void clock_init(void);
/* KVM's MSRs; false: not one of them, or a bad value */
bool clock_msr_read(struct vcpu *v, u32 msr, u64 *val);
bool clock_msr_write(struct vcpu *v, u32 msr, u64 val);
/* @v left its processor, @runnable or not; and is back */
void clock_preempted(struct vcpu *v, bool runnable);
void clock_resumed(struct vcpu *v);
/* Nanoseconds since 1970, from the RTC at start and the TSC since */
u64 clock_wall_ns(void);
/* KVM_HC_CLOCK_PAIRING */
s64 clock_pairing(struct vcpu *v, u64 gpa, u64 type);

#endif
