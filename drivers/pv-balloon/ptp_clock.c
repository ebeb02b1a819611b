// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's clock as a PTP clock.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * The clock can be read, never set: chrony or phc2sys discipline the guest's
 * clock by it, and the kernel steps nothing.  A reading is one trapped access,
 * bracketed by readings of the TSC with interrupts off; the truth lies within
 * the bracket, and a bracket that is too wide is not handed out.
 */

#include <kunit/static_stub.h>
#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/timekeeping.h>

#include <asm/tsc.h>

#include "ptp.h"
#include "ptp_abi.h"

/* Tries per request; a vCPU that is robbed so often has no good time to give. */
#define PVP_TRIES	8

static void pvp_call(struct pvp_clock *c, struct pvp_regs *regs)
{
	*regs = (struct pvp_regs) {
		.ax = VMW_BACKDOOR_MAGIC,
		.bx = PVP_SENTINEL,
		.cx = c->cmd,
		.si = PVP_SENTINEL,
		.di = PVP_SENTINEL,
	};
	c->door(c->host, regs);
}

/**
 * pvp_probe() - find the best time command of a host
 * @c: the clock, zeroed
 * @door: how to call the host
 * @host: first argument of @door
 *
 * Return: 0, or -EOPNOTSUPP if the host has none.
 */
int pvp_probe(struct pvp_clock *c, pvp_door door, void *host)
{
	static const u32 cmds[] = {
		VMW_CMD_GETTIMEFULL_WITH_LAG, VMW_CMD_GETTIMEFULL, VMW_CMD_GETTIME,
	};
	struct pvp_regs regs;
	unsigned int i;
	u64 ns;

	c->door = door;
	c->host = host;
	raw_spin_lock_init(&c->lock);
	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		c->cmd = cmds[i];
		pvp_call(c, &regs);
		if (!pvp_decode(c->cmd, &regs, &ns))
			return 0;
	}
	return -EOPNOTSUPP;
}

/**
 * pvp_cycles() - the TSC, or what a test puts in its place
 *
 * Context: any.
 *
 * Return: the TSC, not read before earlier loads are done.
 */
u64 pvp_cycles(void)
{
	KUNIT_STATIC_STUB_REDIRECT(pvp_cycles);
	return rdtsc_ordered();
}

static int pvp_read_once(struct pvp_clock *c, struct pvp_reading *r,
			 struct ptp_system_timestamp *sts)
{
	struct pvp_regs regs;
	u64 width;
	int err;

	lockdep_assert_irqs_disabled();

	/* Outermost: a CPU stolen between two of these makes the bracket wide. */
	r->tsc_before = pvp_cycles();
	ptp_read_system_prets(sts);
	pvp_call(c, &regs);
	ptp_read_system_postts(sts);
	r->tsc_after = pvp_cycles();

	err = pvp_decode(c->cmd, &regs, &r->ns);
	if (err)
		return -EIO;
	/* tsc_khz is not 0 here: see pvp_usable(). */
	width = pvp_width_ns(r->tsc_before, r->tsc_after, tsc_khz);
	if (!pvp_window_accepts(&c->window, width)) {
		c->rejected++;
		return -EAGAIN;
	}
	c->accepted++;
	c->error_ns = pvp_error_ns(width);
	return 0;
}

/**
 * pvp_read() - read the host's clock
 * @c: the clock
 * @r: out: the reading
 * @sts: system time before and after, or NULL
 *
 * Context: any but NMI.
 *
 * Return: 0, -EAGAIN if no reading was good enough, -EIO if the host has
 * stopped answering.
 */
int pvp_read(struct pvp_clock *c, struct pvp_reading *r, struct ptp_system_timestamp *sts)
{
	unsigned int tries = PVP_TRIES;
	unsigned long flags;
	int err;

	do {
		raw_spin_lock_irqsave(&c->lock, flags);
		err = pvp_read_once(c, r, sts);
		raw_spin_unlock_irqrestore(&c->lock, flags);
	} while (err == -EAGAIN && --tries);
	return err;
}

static struct pvp_clock *pvp_of(struct ptp_clock_info *info)
{
	return container_of(info, struct pvp_clock, info);
}

static int pvp_gettimex64(struct ptp_clock_info *info, struct timespec64 *ts,
			  struct ptp_system_timestamp *sts)
{
	struct pvp_reading r;
	int err = pvp_read(pvp_of(info), &r, sts);

	if (!err)
		*ts = ns_to_timespec64(r.ns);
	return err;
}

static int pvp_pair(ktime_t *device, struct system_counterval_t *system, void *ctx)
{
	struct pvp_reading r;
	int err = pvp_read(ctx, &r, NULL);

	if (err)
		return err;
	*device = ns_to_ktime(r.ns);
	*system = (struct system_counterval_t) {
		.cs_id = CSID_X86_TSC,
		.cycles = r.tsc_before + (r.tsc_after - r.tsc_before) / 2,
	};
	return 0;
}

static int pvp_getcrosststamp(struct ptp_clock_info *info, struct system_device_crosststamp *xt)
{
	/* -ENODEV unless the TSC is the clocksource; callers fall back then. */
	return get_device_system_crosststamp(pvp_pair, pvp_of(info), NULL, xt);
}

static int pvp_adjfine(struct ptp_clock_info *info, long delta)
{
	return -EOPNOTSUPP;
}

static int pvp_adjtime(struct ptp_clock_info *info, s64 delta)
{
	return -EOPNOTSUPP;
}

static int pvp_settime64(struct ptp_clock_info *info, const struct timespec64 *ts)
{
	return -EOPNOTSUPP;
}

static int pvp_enable(struct ptp_clock_info *info, struct ptp_clock_request *rq, int on)
{
	return -EOPNOTSUPP;
}

/**
 * pvp_clock_info_init() - fill in what the PTP core needs
 * @c: the clock, probed
 */
void pvp_clock_info_init(struct pvp_clock *c)
{
	c->info = (struct ptp_clock_info) {
		.owner = THIS_MODULE,
		.name = "VMware backdoor",
		.gettimex64 = pvp_gettimex64,
		.getcrosststamp = pvp_getcrosststamp,
		.adjfine = pvp_adjfine,
		.adjtime = pvp_adjtime,
		.settime64 = pvp_settime64,
		.enable = pvp_enable,
	};
}
