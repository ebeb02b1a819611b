// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much of the host's wish to honour, and when.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/time64.h>

#include "policy.h"

/*
 * A guest needs little of its first gigabyte and ever less of each further
 * one, so the floor grows with the square root of its size: the geometric mean
 * of the size and 18 MiB.  512 MiB keep 96 MiB, 2 GiB keep 192, 32 GiB keep 768.
 */
#define PVB_FLOOR_SCALE		(18 * SZ_1M / PAGE_SIZE)

#define PVB_BACKOFF_FIRST_MS	20
#define PVB_BACKOFF_LAST_MS	5000

/* Shorter intervals see single faults, longer ones react too late. */
#define PVB_PRESSURE_INTERVAL_NS	(100 * NSEC_PER_MSEC)

/**
 * pvb_auto_floor() - smallest size of a guest that was told no other
 * @total_pages: size of the guest with an empty balloon
 *
 * Return: pages that the balloon leaves to the guest whatever the host wants,
 * never more than @total_pages.
 */
u64 pvb_auto_floor(u64 total_pages)
{
	return min_t(u64, int_sqrt64(total_pages * PVB_FLOOR_SCALE), total_pages);
}

/**
 * pvb_honoured() - the part of the host's target that the floor allows
 * @host_target: balloon size that the host asked for, any value
 * @total_pages: size of the guest with an empty balloon
 * @floor_pages: what must stay with the guest
 *
 * Return: pages.
 */
u64 pvb_honoured(u64 host_target, u64 total_pages, u64 floor_pages)
{
	if (total_pages <= floor_pages)
		return 0;
	return min(host_target, total_pages - floor_pages);
}

/**
 * pvb_takeable() - pages that may be taken now without making tasks wait
 * @available_pages: si_mem_available(), free or cheap to reclaim
 * @floor_pages: the floor; an eighth of it is left available
 *
 * Return: pages.
 */
u64 pvb_takeable(u64 available_pages, u64 floor_pages)
{
	u64 reserve = floor_pages / 8;

	return available_pages > reserve ? available_pages - reserve : 0;
}

/**
 * pvb_backoff_next() - how long to wait after one more failure
 * @backoff: state, cleared by success
 *
 * Return: milliseconds, doubling from 20 to 5000.
 */
unsigned int pvb_backoff_next(struct pvb_backoff *backoff)
{
	backoff->ms = backoff->ms ? min(backoff->ms * 2, PVB_BACKOFF_LAST_MS) :
				    PVB_BACKOFF_FIRST_MS;
	return backoff->ms;
}

void pvb_backoff_clear(struct pvb_backoff *backoff)
{
	backoff->ms = 0;
}

/**
 * pvb_pressure_due() - is it time to read the stall time again?
 * @p: the sampling state
 * @now_ns: monotonic time
 *
 * Return: true 100 ms after the last reading.
 */
bool pvb_pressure_due(const struct pvb_pressure *p, u64 now_ns)
{
	return now_ns - p->sampled_ns >= PVB_PRESSURE_INTERVAL_NS;
}

/**
 * pvb_pressure_update() - take a sample of the stall time
 * @p: the sampling state
 * @now_ns: monotonic time
 * @stall_ns: time in which some task stalled on memory, since boot
 *
 * The first sample, or one after a long rest, has no interval to speak of: it
 * only sets the starting point.
 */
void pvb_pressure_update(struct pvb_pressure *p, u64 now_ns, u64 stall_ns)
{
	u64 elapsed = now_ns - p->sampled_ns;
	u64 stalled = stall_ns - p->stall_ns;

	if (!p->sampled_ns || elapsed > 50 * PVB_PRESSURE_INTERVAL_NS)
		p->permille = 0;
	else
		p->permille = min_t(u64, div64_u64(stalled * 1000, max_t(u64, elapsed, 1)),
				    1000);
	p->sampled_ns = now_ns;
	p->stall_ns = stall_ns;
}
