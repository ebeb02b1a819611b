/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Segment registers of a guest that has only what the host's GDT offers
 * (seg.c).
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_SEG_H
#define PVMHOST_SEG_H

#include <linux/types.h>

struct vcpu;

/* Would IRETQ to the umod state in v->regs go through? */
bool seg_return_valid(const struct vcpu *v);
/* PVM_HC_LOAD_TLS */
void seg_set_tls(struct vcpu *v, const u64 desc[3]);
/* PVM_HC_LOAD_GS: returns the base that came with @sel */
u64 seg_load_user_gs(struct vcpu *v, u16 sel);
void seg_load_fs(u16 sel);
void seg_load_gs(u16 sel);
/* Base of a segment in 64-bit mode; host context, vCPU loaded */
u64 seg_base_long(struct vcpu *v, u32 seg);
/* With the vCPU on and off the processor */
void seg_save(struct vcpu *v);
void seg_restore(struct vcpu *v);

#endif
