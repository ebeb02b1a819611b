/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What CPUID says to the guest (cpuid.c).
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_CPUID_H
#define PVMHOST_CPUID_H

#include "x86.h"

struct vcpu;

struct cpuid_regs guest_cpuid(struct vcpu *v, u32 leaf, u32 sub);

#endif
