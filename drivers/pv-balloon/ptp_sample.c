// SPDX-License-Identifier: GPL-2.0-only
/*
 * One reading of the host's clock: what the registers mean, and how good it is.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/time64.h>
#include <linux/types.h>

#include "ptp_abi.h"
#include "ptp_sample.h"

/*
 * 2020-01-01: no host that speaks this ran with an earlier clock on purpose.
 * What an unaware one leaves in the registers reads as November 2015.
 */
#define PVP_EARLIEST	1577836800LL
/* 2^33 s: the year 2242, far below where nanoseconds overflow. */
#define PVP_LATEST	((s64)BIT_ULL(33))

/* A bracket this wide needs no further proof that something came between. */
#define PVP_WIDEST_NS	(100 * NSEC_PER_USEC)
/* Nor does one that much wider than the host has shown it can do. */
#define PVP_WIDER	4
#define PVP_FREE_NS	(2 * NSEC_PER_USEC)

/**
 * pvp_decode() - the time in the registers after a call
 * @cmd: the command that was called
 * @out: the registers; EBX, ESI and EDI held PVP_SENTINEL before
 * @ns: out: nanoseconds since 1970
 *
 * Hosts that do not know a command answer in different ways: all ones in EAX,
 * or nothing touched, with the magic still in EAX as if it had succeeded.  So
 * the registers that the command writes must have been written.
 *
 * Return: 0, or -EOPNOTSUPP if this is no time.
 */
int pvp_decode(u32 cmd, const struct pvp_regs *out, u64 *ns)
{
	s64 sec;

	if (out->bx >= USEC_PER_SEC)
		return -EOPNOTSUPP;

	switch (cmd) {
	case VMW_CMD_GETTIME:
		sec = out->ax;
		break;
	case VMW_CMD_GETTIMEFULL_WITH_LAG:
		if (out->di == PVP_SENTINEL)
			return -EOPNOTSUPP;
		fallthrough;
	case VMW_CMD_GETTIMEFULL:
		if (out->ax != VMW_BACKDOOR_MAGIC || out->si == PVP_SENTINEL)
			return -EOPNOTSUPP;
		sec = ((u64)out->si << 32) | out->dx;
		break;
	default:
		return -EOPNOTSUPP;
	}

	if (sec < PVP_EARLIEST || sec >= PVP_LATEST || out->ax == U32_MAX)
		return -EOPNOTSUPP;
	*ns = sec * NSEC_PER_SEC + out->bx * NSEC_PER_USEC;
	return 0;
}

/**
 * pvp_width_ns() - how long a call took
 * @before: TSC before it
 * @after: TSC after it
 * @khz: frequency of the TSC in kHz, not 0
 *
 * The host can move the TSC back during the call.  That looks like centuries,
 * which could not be divided: they and anything beyond 2^32 cycles count as that
 * many, too wide for any window at any frequency that there is.
 *
 * Return: the time in ns.
 */
u64 pvp_width_ns(u64 before, u64 after, u32 khz)
{
	return div_u64(min_t(u64, after - before, U32_MAX) * NSEC_PER_MSEC, khz);
}

/**
 * pvp_window_accepts() - was the call narrow enough to be a good sample?
 * @w: what the host has shown so far
 * @width_ns: guest time from just before to just after the call
 *
 * A vCPU that lost its CPU during the call comes back with a wide bracket, and
 * the host's time may be from either end of it.
 *
 * Return: true if so.
 */
bool pvp_window_accepts(struct pvp_window *w, u64 width_ns)
{
	bool ok;

	if (!w->best || width_ns < w->best)
		w->best = max(width_ns, 1ULL);
	ok = width_ns <= PVP_WIDEST_NS && width_ns <= w->best * PVP_WIDER + PVP_FREE_NS;
	/* The host may become slower for good: forget 1/64 of its best each time. */
	w->best += w->best / 64 + 1;
	return ok;
}

/**
 * pvp_error_ns() - how far the midpoint of a bracket can be from the truth
 * @width_ns: width of the bracket
 *
 * Return: half the width, and the microsecond to which the host rounds down.
 */
u64 pvp_error_ns(u64 width_ns)
{
	return (width_ns + 1) / 2 + NSEC_PER_USEC;
}
