/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters (stats.c).
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_STATS_H
#define PVMHOST_STATS_H

#include <linux/types.h>

#define STATS_HYPERCALLS	12	/* the ten of the ABI, the extension's, all others */

struct stats {
	u64 events, interrupts, exceptions[32];
	u64 hypercalls[STATS_HYPERCALLS], kvm_hypercalls, hypercall_unknown;
	u64 load_pgtbl, load_pgtbl_flush, vmcalls;
	u64 cpuids, emulated, interpreted;
	u64 msr_reads, msr_writes, msr_unknown;
	u64 shadow_fills, prefetches, short_fills, syncs, synced_entries, private_slots;
	u64 roots_made, roots_dropped, limbo_flushes, zaps, random_drops;
	u64 mmio, port_ins, port_outs, port_denied;
	u64 step_irqs, step_nmis, step_mces;
	u64 intent_drains, intent_fills, intent_removed, intent_useless, intent_dropped;
	u64 intent_resyncs, intent_postponed;
	u64 ipis, irqs, irq_spurious, msi_lost;
};

extern struct stats stats;

/* All counters, one "name value" a line, framed by two marker lines */
void stats_print(void);

#endif
