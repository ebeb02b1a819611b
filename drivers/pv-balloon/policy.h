/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much of the host's wish to honour, and when.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Arithmetic only: nothing here touches a page, a lock or a host.
 */
#ifndef PV_BALLOON_POLICY_H
#define PV_BALLOON_POLICY_H

#include <linux/types.h>

/**
 * struct pvb_backoff - growing delay after repeated failure
 * @ms: the delay that was handed out last, 0 after success
 */
struct pvb_backoff {
	unsigned int ms;
};

/**
 * struct pvb_pressure - share of time in which tasks stalled on memory
 * @sampled_ns: when the stall time was read last (monotonic)
 * @stall_ns: total stall time at that moment
 * @permille: stalled share of the last full interval, 0..1000
 */
struct pvb_pressure {
	u64 sampled_ns;
	u64 stall_ns;
	unsigned int permille;
};

u64 pvb_auto_floor(u64 total_pages);
u64 pvb_honoured(u64 host_target, u64 total_pages, u64 floor_pages);
u64 pvb_takeable(u64 available_pages, u64 floor_pages);
unsigned int pvb_backoff_next(struct pvb_backoff *backoff);
void pvb_backoff_clear(struct pvb_backoff *backoff);
bool pvb_pressure_due(const struct pvb_pressure *p, u64 now_ns);
void pvb_pressure_update(struct pvb_pressure *p, u64 now_ns, u64 stall_ns);

#endif /* PV_BALLOON_POLICY_H */
