// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupt moderation in software.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Version 1 and 2 devices have no moderation of their own.  After a poll that
 * found packets the vector stays masked and a timer polls again; only a poll
 * that finds nothing unmasks it.  The time is set with ethtool -C, or chosen
 * by net_dim from the rate of packets.
 */
#include "moderation.h"
#include "regs.h"
#include "tx.h"

static enum hrtimer_restart pvnet_moderation_timer(struct hrtimer *timer)
{
	struct pvnet_vector *vec = container_of(timer, struct pvnet_vector,
						mod.timer);

	vec->mod.events++;
	napi_schedule_irqoff(vec->napi);
	return HRTIMER_NORESTART;
}

static void pvnet_moderation_work(struct work_struct *work)
{
	struct dim *dim = container_of(work, struct dim, work);
	struct pvnet_moderation *mod = container_of(dim,
						    struct pvnet_moderation,
						    dim);
	struct dim_cq_moder cur = net_dim_get_rx_moderation(dim->mode,
							    dim->profile_ix);

	if (READ_ONCE(mod->adaptive))
		WRITE_ONCE(mod->usecs, cur.usec);
	dim->state = DIM_START_MEASURE;
}

/**
 * pvnet_moderation_init - prepare a vector
 * @vec: vector
 */
void pvnet_moderation_init(struct pvnet_vector *vec)
{
	hrtimer_init(&vec->mod.timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED);
	vec->mod.timer.function = pvnet_moderation_timer;
	INIT_WORK(&vec->mod.dim.work, pvnet_moderation_work);
	vec->mod.dim.mode = DIM_CQ_PERIOD_MODE_START_FROM_EQE;
}

static void pvnet_moderation_sample(struct pvnet_vector *vec)
{
	const struct pvnet_rx_stats *stats = vec->rq->stats;
	struct dim_sample sample = {};

	dim_update_sample(vec->mod.events, u64_stats_read(&stats->packets),
			  u64_stats_read(&stats->bytes), &sample);
	net_dim(&vec->mod.dim, sample);
}

/**
 * pvnet_moderation_set - choose how a vector is moderated
 * @vec: vector
 * @adaptive: let net_dim choose the time
 * @usecs: the time if it does not, at most PVNET_USECS_MAX
 *
 * Context: rtnl, may sleep.
 */
void pvnet_moderation_set(struct pvnet_vector *vec, bool adaptive, u32 usecs)
{
	struct pvnet_moderation *mod = &vec->mod;

	WRITE_ONCE(mod->adaptive, adaptive);
	if (adaptive)
		return;
	/* a choice that is under way must not come after this one */
	cancel_work_sync(&mod->dim.work);
	mod->dim.state = DIM_START_MEASURE;
	WRITE_ONCE(mod->usecs, usecs);
}

/**
 * pvnet_moderation_rearm - a poll has ended: wait for the next event
 * @vec: vector, masked
 * @done: packets received
 *
 * Context: NAPI poll, after napi_complete_done().
 */
void pvnet_moderation_rearm(struct pvnet_vector *vec, int done)
{
	u32 usecs = READ_ONCE(vec->mod.usecs);

	if (!vec->rq) {
		pvnet_tx_poll_end(vec->tq);
		return;
	}
	/* the reset will unmask it; until then the device shall not interrupt */
	if (unlikely(vec->rq->broken))
		return;
	if (READ_ONCE(vec->mod.adaptive))
		pvnet_moderation_sample(vec);
	if (usecs && done)
		hrtimer_start(&vec->mod.timer, ns_to_ktime(usecs * NSEC_PER_USEC),
			      HRTIMER_MODE_REL_PINNED);
	else
		pvnet_irq_unmask(vec);
}

/**
 * pvnet_moderation_stop - nothing runs any more
 * @vec: vector whose NAPI instance is disabled
 *
 * Context: may sleep.
 */
void pvnet_moderation_stop(struct pvnet_vector *vec)
{
	hrtimer_cancel(&vec->mod.timer);
	cancel_work_sync(&vec->mod.dim.work);
	vec->mod.dim.state = DIM_START_MEASURE;
}
