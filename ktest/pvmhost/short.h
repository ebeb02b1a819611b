/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The switcher's short paths (short.c); called by entry_64.S only.
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_SHORT_H
#define PVMHOST_SHORT_H

#include <linux/types.h>

struct vcpu;

/*
 * All of them: false when done, true when it is left to vcpu_exit() and nothing
 * has been done.
 */
bool short_fault(struct vcpu *v, u64 rcx, u64 r11);
bool short_fill(struct vcpu *v);
bool short_flush(struct vcpu *v, u64 nr, u64 arg, u64 after);

#endif
