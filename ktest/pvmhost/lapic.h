/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine's own local APIC, in xAPIC mode (lapic.c).
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_LAPIC_H
#define PVMHOST_LAPIC_H

#include <linux/types.h>

/* Vectors that the host takes for itself; devices have those below (irq.h) */
#define HOST_VECTOR_KICK	0xf0
#define HOST_VECTOR_TIMER	0xf1
#define HOST_VECTOR_NMI		0xf2
#define HOST_VECTOR_SPURIOUS	0xff

#define LAPIC_PHYS	0xfee00000

void lapic_init(void);
u32 lapic_id(void);
void lapic_eoi(void);
void lapic_send(u32 apic_id, u32 icr_low);
/* Leaves ICR2 alone, which the code that was interrupted may have written */
void lapic_send_self(u32 vector);
/* One interrupt on HOST_VECTOR_TIMER after @ns, replacing the one before */
void lapic_timer(u64 ns);
void lapic_timer_stop(void);

/* TSC ticks in a second, measured at start; ns to and from TSC ticks */
extern u64 tsc_khz;
void tsc_calibrate(void);
u64 tsc_to_ns(u64 ticks);
u64 ns_to_tsc(u64 ns);

#endif
