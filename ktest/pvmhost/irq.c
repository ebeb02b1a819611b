// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts of the machine, each to the one it is for.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include "event.h"
#include "ioapic.h"
#include "irq.h"
#include "lapic.h"
#include "msi.h"
#include "pcpu.h"
#include "sched.h"
#include "stats.h"

void irq_handle(u32 vector)
{
	stats.irqs++;
	if (vector == HOST_VECTOR_SPURIOUS)
		return;
	lapic_eoi();
	if (vector == HOST_VECTOR_TIMER)
		sched_timer(this_pcpu());
	else if (vector == HOST_VECTOR_NMI)
		event_nmi(&vcpus[0]);
	else if (vector == HOST_VECTOR_KICK)
		;	/* all it had to do was to end guest mode */
	else if (vector >= HOST_VECTOR_IOAPIC && vector < HOST_VECTOR_IOAPIC + IOAPIC_PINS)
		ioapic_irq(vector - HOST_VECTOR_IOAPIC);
	else if (vector >= HOST_VECTOR_MSI_FIRST && vector <= HOST_VECTOR_MSI_LAST)
		msi_irq(vector);
	else
		stats.irq_spurious++;
}
