/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Emulated memory accesses (mmio.c).
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_MMIO_H
#define PVMHOST_MMIO_H

#include <linux/types.h>

struct vcpu;
struct walk;

/* Is the page at @gpa one whose accesses are emulated? */
bool mmio_trapped(u64 gpa);
/* A fault on a trapped or denied page: carry out the instruction */
void mmio_fault(struct vcpu *v, u64 gva, const struct walk *w, bool write);

#endif
