// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages given back because the guest needs them.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Only where the protocol lets the guest do so (PVB_MAY_RECLAIM).  The OOM
 * notifier is always on then: the alternative is to kill a task.  The shrinker
 * is for the administrator to turn on, since it trades the host's wish against
 * mere page cache; even so it serves only tasks in direct reclaim.  Either puts
 * the growth of the balloon off, or the two would chase each other.
 */

#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/oom.h>
#include <linux/shrinker.h>
#include <linux/swap.h>

#include "balloon.h"
#include "params.h"
#include "trace.h"

/* What the OOM notifier gives back at a time, in pages: 4 MiB. */
#define PVB_OOM_PAGES		(SZ_4M / PAGE_SIZE)
/* Before the notifiers of others that have less to give. */
#define PVB_OOM_PRIORITY	80
/* How long it waits for an exchange under way: longer than a silent host may take. */
#define PVB_OOM_WAIT		(6 * HZ)

static unsigned long pvb_give_back(struct pv_balloon *b, unsigned long want, const char *to)
{
	unsigned long freed = 0;
	int err = 0;

	while (freed < want && !err && pvb_size(b))
		freed += pvb_deflate_some(b, want - freed, &err);
	if (freed) {
		if (b->ops->commit)
			b->ops->commit(b);
		pvb_count(b, PVB_N_RECLAIMED, freed);
		pvb_hold(b);
	}
	trace_pvb_reclaim(b, to, want, freed);
	return freed;
}

/*
 * Others hold the lock for one exchange at most, and no exchange allocates with
 * reclaim.  But it takes locks (page_offline_begin(), sysfs_notify()) whose
 * holders may be those who wait for memory here: not for ever, then.
 */
static bool pvb_lock_for_oom(struct pv_balloon *b)
{
	unsigned long until = jiffies + PVB_OOM_WAIT;

	while (!mutex_trylock(&b->lock)) {
		if (time_after(jiffies, until))
			return false;
		msleep(20);
	}
	return true;
}

static int pvb_oom_notify(struct notifier_block *nb, unsigned long unused, void *parm)
{
	struct pv_balloon *b = container_of(nb, struct pv_balloon, oom);
	unsigned long *freed = parm;

	if (!pvb_lock_for_oom(b))
		return NOTIFY_OK;
	if (!b->stopped)
		*freed += pvb_give_back(b, PVB_OOM_PAGES, "oom");
	mutex_unlock(&b->lock);
	return NOTIFY_OK;
}

static unsigned long pvb_shrink_count(struct shrinker *shrinker, struct shrink_control *sc)
{
	struct pv_balloon *b = shrinker->private_data;

	/* kswapd makes nobody wait, so it gets nothing from us. */
	if (!READ_ONCE(pvb_param_shrinker) || current_is_kswapd())
		return 0;
	return pvb_size(b);
}

static unsigned long pvb_shrink_scan(struct shrinker *shrinker, struct shrink_control *sc)
{
	struct pv_balloon *b = shrinker->private_data;
	unsigned long freed = SHRINK_STOP;

	/* Reclaim can begin anywhere, under any lock: never wait. */
	if (!mutex_trylock(&b->lock))
		return SHRINK_STOP;
	if (!b->stopped && pvb_size(b))
		freed = pvb_give_back(b, sc->nr_to_scan, "shrinker");
	mutex_unlock(&b->lock);
	return freed ?: SHRINK_STOP;
}

/**
 * pvb_reclaim_init() - offer the balloon's pages to those who need memory
 * @b: the balloon
 *
 * Return: 0 or a negative errno; nothing is left behind then.
 */
int pvb_reclaim_init(struct pv_balloon *b)
{
	int err;

	if (!(b->flags & PVB_MAY_RECLAIM))
		return 0;
	b->shrinker = shrinker_alloc(0, "pv-balloon:%s", dev_name(&b->dev));
	if (!b->shrinker)
		return -ENOMEM;
	b->shrinker->count_objects = pvb_shrink_count;
	b->shrinker->scan_objects = pvb_shrink_scan;
	b->shrinker->private_data = b;

	b->oom.notifier_call = pvb_oom_notify;
	b->oom.priority = PVB_OOM_PRIORITY;
	err = register_oom_notifier(&b->oom);
	if (err) {
		shrinker_free(b->shrinker);
		return err;
	}
	shrinker_register(b->shrinker);
	return 0;
}

/**
 * pvb_reclaim_exit() - undo pvb_reclaim_init()
 * @b: the balloon
 */
void pvb_reclaim_exit(struct pv_balloon *b)
{
	if (!(b->flags & PVB_MAY_RECLAIM))
		return;
	unregister_oom_notifier(&b->oom);
	shrinker_free(b->shrinker);
}
