/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The IOAPIC, virtual before real (ioapic.c).
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_IOAPIC_H
#define PVMHOST_IOAPIC_H

#include <linux/types.h>

#define IOAPIC_PINS	24

void ioapic_init(void);
bool ioapic_owns(u64 gpa);
u32 ioapic_read(u32 offset);
void ioapic_write(u32 offset, u32 val);
/* The real pin fired */
void ioapic_irq(u32 pin);
/* A vCPU ended the service of a level-triggered @vector */
void ioapic_eoi(u8 vector);

#endif
