/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts of the machine (irq.c).
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_IRQ_H
#define PVMHOST_IRQ_H

#include <linux/types.h>

#define HOST_VECTOR_IOAPIC	0x20	/* 24 pins */
#define HOST_VECTOR_MSI_FIRST	0x40	/* see lapic.h for those above */
#define HOST_VECTOR_MSI_LAST	0xef

/* Take interrupt @vector: end it at the APIC and pass it on.  host_lock held. */
void irq_handle(u32 vector);

#endif
