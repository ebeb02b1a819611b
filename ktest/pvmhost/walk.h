/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's own page tables, read as the processor would (walk.c).
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_WALK_H
#define PVMHOST_WALK_H

#include <linux/types.h>

struct vcpu;

struct walk {
	u64 gpa;	/* of @gva itself */
	bool user;	/* U/S is U all the way */
};

/* Not a page fault error bit: the walk succeeded */
#define WALK_OK		0x20000

/*
 * Walk for @access (PF_W, PF_U, PF_I).  Returns WALK_OK, or the error code of
 * the page fault that the guest gets.  Sets accessed and dirty bits.
 */
u32 guest_walk(struct vcpu *v, u64 gva, u32 access, struct walk *w);
/* Accessed/dirty bits kept back by the lateAD personality */
void walk_flush_ad(void);

/* May the guest use @gva at all (section 9)? */
bool gva_legal(const struct vcpu *v, u64 gva);

/* Read or write guest memory at a linear address, in smod; false: page fault */
bool gva_read(struct vcpu *v, u64 gva, void *buf, u32 len);
bool gva_write(struct vcpu *v, u64 gva, const void *buf, u32 len);
/* Instruction bytes at RIP, as many as can be read */
u32 gva_fetch(struct vcpu *v, u64 gva, u8 *buf, u32 len);

#endif
