/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's clock, between its files and its test.
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PV_PTP_H
#define PV_PTP_H

#include <linux/ptp_clock_kernel.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "ptp_sample.h"

/**
 * typedef pvp_door - one call of the host
 * @host: which host; NULL for the real one
 * @regs: in: arguments, out: results
 *
 * Called with interrupts off.
 */
typedef void (*pvp_door)(void *host, struct pvp_regs *regs);

/**
 * struct pvp_clock - the host's clock
 * @door: calls the host
 * @host: first argument of @door
 * @cmd: the best command that this host knows
 * @info: what is registered with the PTP core
 * @ptp: the PTP clock
 * @lock: guards everything below
 * @window: which samples are accepted
 * @error_ns: error bound of the last accepted sample
 * @accepted: samples handed out
 * @rejected: samples dropped because something came between
 */
struct pvp_clock {
	pvp_door door;
	void *host;
	u32 cmd;
	struct ptp_clock_info info;
	struct ptp_clock *ptp;
	raw_spinlock_t lock;	/* guards what follows, and keeps interrupts off on RT too */
	struct pvp_window window;
	u64 error_ns;
	unsigned long accepted;
	unsigned long rejected;
};

/**
 * struct pvp_reading - one accepted sample
 * @ns: host time in ns since 1970
 * @tsc_before: TSC just before the call
 * @tsc_after: TSC just after it
 */
struct pvp_reading {
	u64 ns;
	u64 tsc_before;
	u64 tsc_after;
};

int pvp_probe(struct pvp_clock *c, pvp_door door, void *host);
u64 pvp_cycles(void);
int pvp_read(struct pvp_clock *c, struct pvp_reading *r, struct ptp_system_timestamp *sts);
void pvp_clock_info_init(struct pvp_clock *c);

#endif /* PV_PTP_H */
