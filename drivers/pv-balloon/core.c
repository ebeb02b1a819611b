// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bringing the balloon to its target.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * One work item per balloon moves the size towards the target, one batch at a
 * time, and lets go of the lock between batches so that the OOM notifier and
 * page migration get their turn.  It runs on a freezable workqueue: during
 * suspend nothing moves.
 *
 * Lock order: pv_balloon.lock, page lock, balloon_dev_info.pages_lock (see
 * compact.c for the one path that comes from the other end).
 */

#include <linux/delay.h>
#include <linux/idr.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/psi.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "balloon.h"
#include "params.h"
#include "trace.h"

/* How often the host learns the size while a change is under way. */
#define PVB_PUBLISH_EVERY	(HZ / 10)
/* A host that refuses so many units in one round has no use for more now. */
#define PVB_REFUSED_MAX		16
/* How long pages given back under memory pressure are left to the guest. */
#define PVB_HOLD_MS		5000

/* How long the work goes on before it gives the freezer a chance to stop it. */
#define PVB_WORK_FOR		(HZ / 10)

/* How long page migration does not ask a host again that gave no answer. */
#define PVB_SILENT_FOR		(60 * HZ)

static DEFINE_IDA(pvb_ida);

void pvb_set_state(struct pv_balloon *b, enum pvb_state state, enum pvb_reason reason)
{
	if (b->state == state && b->reason == reason)
		return;
	WRITE_ONCE(b->state, state);
	WRITE_ONCE(b->reason, reason);
	trace_pvb_state(b);
	sysfs_notify(&b->dev.kobj, NULL, "state");
}

/**
 * pvb_total() - size of the guest if the balloon were empty
 * @b: the balloon
 *
 * Return: pages.
 */
u64 pvb_total(struct pv_balloon *b)
{
	return totalram_pages() + atomic_long_read(&b->hidden);
}

/**
 * pvb_floor() - what the balloon leaves to the guest at least
 * @b: the balloon
 *
 * Return: pages, as configured or computed.
 */
u64 pvb_floor(struct pv_balloon *b)
{
	u64 mib = READ_ONCE(pvb_param_floor_mib);
	u64 own = READ_ONCE(b->floor);

	if (own)
		return own;
	return mib ? mib << (20 - PAGE_SHIFT) : pvb_auto_floor(pvb_total(b));
}

/**
 * pvb_change() - one exchange with the host
 * @b: the balloon, locked; its batch is filled
 * @op: the transport's inflate or deflate
 *
 * Return: what @op returned; nonsense from it is put right here.
 */
int pvb_change(struct pv_balloon *b, int (*op)(struct pv_balloon *b, struct pvb_batch *batch))
{
	struct pvb_batch *batch = &b->batch;
	int err = op(b, batch);

	batch->done = min(batch->done, batch->nr);
	pvb_count(b, PVB_N_EXCHANGES, 1);
	trace_pvb_exchange(b, batch, op == b->ops->inflate, err);
	if (err == -ETIMEDOUT) {
		pvb_count(b, PVB_N_TIMEOUTS, 1);
		b->silent_until = jiffies + PVB_SILENT_FOR;
	}
	if (!err && !batch->done)
		err = -EAGAIN;
	return err;
}

/*
 * The host has forgotten the balloon: so do we, and introduce ourselves again.  Never
 * 0: the first exchange with it waits, or a host that forgets all the time costs a CPU.
 */
static int pvb_host_reset(struct pv_balloon *b)
{
	int err;

	pvb_count(b, PVB_N_RESETS, 1);
	pvb_free_all_untold(b);
	WRITE_ONCE(b->reread, true);
	err = b->ops->restart ? b->ops->restart(b) : -EIO;
	return err ?: -EAGAIN;
}

static enum pvb_reason pvb_why(int err)
{
	switch (err) {
	case -ETIMEDOUT:
		return PVB_WHY_HOST_SILENT;
	case -EIO:
	case -ENODEV:
		return PVB_WHY_HOST_GONE;
	case -ENOMEM:
		return PVB_WHY_NO_MEMORY;
	default:
		return PVB_WHY_HOST_BUSY;
	}
}

static void pvb_publish(struct pv_balloon *b)
{
	b->published = jiffies;
	if (b->ops->publish)
		b->ops->publish(b, pvb_size(b));
}

static int pvb_read_target(struct pv_balloon *b)
{
	u64 pages;
	int err;

	/* Cleared first: a change that comes while we read is read again. */
	if (!xchg(&b->reread, false))
		return 0;
	err = b->ops->target(b, &pages);
	if (err) {
		WRITE_ONCE(b->reread, true);
		return err;
	}
	b->host_target = pages;
	return 0;
}

static void pvb_honour(struct pv_balloon *b)
{
	u64 target = pvb_honoured(b->host_target, pvb_total(b), pvb_floor(b));

	if (target != b->target) {
		WRITE_ONCE(b->target, target);
		trace_pvb_target(b);
	}
}

static bool pvb_pressed(struct pv_balloon *b)
{
	unsigned int limit = READ_ONCE(pvb_param_pressure);
	u64 now = ktime_get_ns();

	if (!limit)
		return false;
	if (pvb_pressure_due(&b->pressure, now))
		pvb_pressure_update(&b->pressure, now, psi_mem_stall_ns());
	return b->pressure.permille >= limit * 10;
}

/* May the balloon grow now?  PVB_WHY_NONE if so. */
static enum pvb_reason pvb_may_grow(struct pv_balloon *b, unsigned long *want)
{
	u64 takeable = pvb_takeable(max(si_mem_available(), 0L), pvb_floor(b));

	if (time_before(jiffies, b->held_until))
		return PVB_WHY_RECLAIMED;
	if (pvb_pressed(b)) {
		pvb_count(b, PVB_N_PRESSURE, 1);
		return PVB_WHY_PRESSURE;
	}
	*want = min_t(u64, *want, takeable);
	return *want ? PVB_WHY_NONE : PVB_WHY_NO_MEMORY;
}

static int pvb_inflate_some(struct pv_balloon *b, unsigned long want)
{
	int err;

	if (!pvb_alloc_batch(b, want)) {
		pvb_count(b, PVB_N_ALLOC_FAILED, 1);
		return -ENOMEM;
	}
	err = pvb_change(b, b->ops->inflate);
	pvb_take_batch(b);
	if (!err && b->nr_refused > PVB_REFUSED_MAX)
		err = -EAGAIN;
	return err;
}

/**
 * pvb_deflate_some() - take one batch back
 * @b: the balloon, locked
 * @want: pages, not 0
 * @err: out: why it stopped short, or 0
 *
 * Return: pages freed.
 */
unsigned long pvb_deflate_some(struct pv_balloon *b, unsigned long want, int *err)
{
	unsigned long freed;

	if (!pvb_collect_batch(b, want)) {
		*err = -EAGAIN;
		return 0;
	}
	*err = pvb_change(b, b->ops->deflate);
	freed = pvb_release_batch(b);
	if (!*err && !freed)
		*err = -EAGAIN;
	return freed;
}

/* End of a round: nothing may be left in a batch that waits for company. */
static int pvb_settle(struct pv_balloon *b)
{
	int err = b->ops->commit ? b->ops->commit(b) : 0;

	pvb_free_refused(b);
	pvb_publish(b);
	return err;
}

static unsigned long pvb_wait(struct pv_balloon *b, enum pvb_reason reason)
{
	unsigned int ms = pvb_backoff_next(&b->backoff);

	pvb_set_state(b, PVB_WAITING, reason);
	return msecs_to_jiffies(ms);
}

/**
 * pvb_step() - one step towards the target
 * @b: the balloon, locked
 *
 * Return: 0 to be called again at once, MAX_SCHEDULE_TIMEOUT when there is
 * nothing left to do, else the jiffies to wait.
 */
unsigned long pvb_step(struct pv_balloon *b)
{
	enum pvb_reason why = PVB_WHY_NONE;
	unsigned long want;
	u64 size;
	int err;

	err = pvb_read_target(b);
	if (err == -ECONNRESET)
		err = pvb_host_reset(b);
	if (err)
		return pvb_wait(b, pvb_why(err));

	pvb_honour(b);
	size = pvb_size(b);
	if (size == b->target) {
		pvb_backoff_clear(&b->backoff);
		err = pvb_settle(b);
		if (err)
			return pvb_wait(b, pvb_why(err));
		pvb_set_state(b, PVB_IDLE, b->target < b->host_target ? PVB_WHY_FLOOR :
							PVB_WHY_NONE);
		return MAX_SCHEDULE_TIMEOUT;
	}

	if (size < b->target) {
		want = b->target - size;
		why = pvb_may_grow(b, &want);
		if (!why) {
			pvb_set_state(b, PVB_INFLATING, PVB_WHY_NONE);
			err = pvb_inflate_some(b, want);
		}
	} else {
		pvb_set_state(b, PVB_DEFLATING, PVB_WHY_NONE);
		pvb_deflate_some(b, size - b->target, &err);
	}

	if (err == -ECONNRESET)
		err = pvb_host_reset(b);
	if (err)
		why = pvb_why(err);
	if (why) {
		pvb_settle(b);
		return pvb_wait(b, why);
	}
	pvb_backoff_clear(&b->backoff);
	if (time_after(jiffies, b->published + PVB_PUBLISH_EVERY))
		pvb_publish(b);
	return 0;
}

static void pvb_queue(struct pv_balloon *b, unsigned long delay)
{
	if (delay == MAX_SCHEDULE_TIMEOUT)
		return;
	/*
	 * At once means also before what pvb_hold() may have queued meanwhile.  To wait
	 * can wait for whoever has queued it: pvb_target_changed() wants it sooner.
	 */
	if (!delay)
		mod_delayed_work(b->wq, &b->work, 0);
	else
		queue_delayed_work(b->wq, &b->work, delay);
}

static void pvb_work(struct work_struct *work)
{
	struct pv_balloon *b = container_of(work, struct pv_balloon, work.work);
	unsigned long until = jiffies + PVB_WORK_FOR;
	bool again;

	do {
		unsigned long delay;

		mutex_lock(&b->lock);
		delay = b->stopped ? MAX_SCHEDULE_TIMEOUT : pvb_step(b);
		again = !delay && time_before(jiffies, until);
		if (!again)
			pvb_queue(b, delay);
		mutex_unlock(&b->lock);
		cond_resched();
	} while (again);
}

/**
 * pvb_target_changed() - the host may want another size
 * @b: the balloon
 *
 * Context: any, interrupts included.
 */
void pvb_target_changed(struct pv_balloon *b)
{
	/* Full ordering: whoever runs the work after this reads the new target. */
	xchg(&b->reread, true);
	mod_delayed_work(b->wq, &b->work, 0);
}

/**
 * pvb_hold() - the guest needed memory: do not grow for a while
 * @b: the balloon, locked
 */
void pvb_hold(struct pv_balloon *b)
{
	b->held_until = jiffies + msecs_to_jiffies(PVB_HOLD_MS);
	/* If it is queued already, leave it: it may have pages to give back. */
	queue_delayed_work(b->wq, &b->work, msecs_to_jiffies(PVB_HOLD_MS));
}

static void pvb_stop(struct pv_balloon *b)
{
	bool already;

	mutex_lock(&b->lock);
	already = b->stopped;
	b->stopped = true;
	pvb_set_state(b, PVB_STOPPED, PVB_WHY_NONE);
	mutex_unlock(&b->lock);
	/* From now on nothing queues it, whoever still calls; one pvb_resume() ends that. */
	if (!already)
		disable_delayed_work_sync(&b->work);
}

/**
 * pvb_suspend() - leave the balloon as it is until pvb_resume()
 * @b: the balloon
 *
 * The pages stay in the balloon.  The transport may take its device down
 * after this.
 */
void pvb_suspend(struct pv_balloon *b)
{
	mutex_lock(&b->lock);
	/* If it was never resumed, the transport may have no device up. */
	if (!b->stopped)
		pvb_settle(b);
	mutex_unlock(&b->lock);
	pvb_stop(b);
}

/**
 * pvb_resume() - go on after pvb_suspend()
 * @b: the balloon
 */
void pvb_resume(struct pv_balloon *b)
{
	mutex_lock(&b->lock);
	b->stopped = false;
	pvb_set_state(b, PVB_IDLE, PVB_WHY_NONE);
	mutex_unlock(&b->lock);
	enable_delayed_work(&b->work);
	pvb_target_changed(b);
}

/* Empty the balloon for good.  Whatever the host does, this comes to an end. */
static void pvb_empty(struct pv_balloon *b)
{
	unsigned int tries = 0;
	int err = 0;

	mutex_lock(&b->lock);
	while (pvb_size(b) && tries < 50) {
		if (pvb_deflate_some(b, pvb_size(b), &err)) {
			tries = 0;
			cond_resched();
			continue;
		}
		if (err == -ECONNRESET || err == -EIO || err == -ETIMEDOUT)
			break;
		/* Isolated pages come back by themselves; a busy host may too. */
		tries++;
		mutex_unlock(&b->lock);
		msleep(20);
		mutex_lock(&b->lock);
	}
	pvb_settle(b);
	if (b->ops->disconnect)
		b->ops->disconnect(b);
	mutex_unlock(&b->lock);
}

/*
 * What could not be given back in order.  Memory that the host really took
 * must never be used again: if nobody adopts it, it is lost to the guest; there
 * is nothing better to do with it.
 */
static void pvb_drop_rest(struct pv_balloon *b)
{
	unsigned int tries = 0;

	mutex_lock(&b->lock);
	while (b->flags & PVB_FREE_UNTOLD && pvb_size(b) && tries++ < 100) {
		pvb_free_all_untold(b);
		if (!pvb_size(b))
			break;
		/* Held by page migration, which lets go soon. */
		mutex_unlock(&b->lock);
		msleep(20);
		mutex_lock(&b->lock);
	}
	if (pvb_size(b) && !b->ops->adopt)
		dev_warn(&b->dev, "%llu pages are lost: the host did not give them back\n",
			 pvb_size(b));
	pvb_lose_all(b);
	mutex_unlock(&b->lock);
}

static void pvb_dev_release(struct device *dev)
{
	struct pv_balloon *b = container_of(dev, struct pv_balloon, dev);

	ida_free(&pvb_ida, dev->id);
	kfree(b);
}

static struct pv_balloon *pvb_alloc(struct device *parent, const struct pvb_ops *ops,
				    void *priv, unsigned long flags)
{
	struct pv_balloon *b = kzalloc(sizeof(*b), GFP_KERNEL);
	int id;

	if (!b)
		return ERR_PTR(-ENOMEM);
	id = ida_alloc(&pvb_ida, GFP_KERNEL);
	if (id < 0) {
		kfree(b);
		return ERR_PTR(id);
	}
	b->ops = ops;
	b->priv = priv;
	b->flags = flags;
	b->no_blocks_until = jiffies;
	b->held_until = jiffies;
	b->silent_until = jiffies;
	mutex_init(&b->lock);
	INIT_DELAYED_WORK(&b->work, pvb_work);
	disable_delayed_work(&b->work);
	pvb_compact_init(b);

	device_initialize(&b->dev);
	b->dev.class = &pvb_class;
	b->dev.parent = parent;
	b->dev.groups = pvb_groups;
	b->dev.release = pvb_dev_release;
	b->dev.id = id;
	dev_set_drvdata(&b->dev, b);
	return b;
}

/**
 * pvb_register() - make a balloon known and start to serve it
 * @parent: device of the transport, or NULL
 * @ops: what the transport does
 * @priv: the transport's own data, kept in &pv_balloon.priv
 * @flags: enum pvb_flags
 *
 * The balloon is stopped: nothing calls @ops before pvb_resume(), so that the
 * transport can keep the pointer first.
 *
 * Context: process, may sleep.
 *
 * Return: the balloon or an ERR_PTR().
 */
struct pv_balloon *pvb_register(struct device *parent, const struct pvb_ops *ops,
				void *priv, unsigned long flags)
{
	struct pv_balloon *b = pvb_alloc(parent, ops, priv, flags);
	int err;

	if (IS_ERR(b))
		return b;
	b->stopped = true;
	b->state = PVB_STOPPED;

	err = dev_set_name(&b->dev, "pv_balloon%d", b->dev.id);
	if (err)
		goto err_put;
	b->wq = alloc_workqueue("%s", WQ_FREEZABLE | WQ_UNBOUND, 1, dev_name(&b->dev));
	if (!b->wq) {
		err = -ENOMEM;
		goto err_put;
	}
	err = pvb_reclaim_init(b);
	if (err)
		goto err_wq;
	err = device_add(&b->dev);
	if (err)
		goto err_reclaim;
	pvb_debugfs_init(b);
	return b;

err_reclaim:
	pvb_reclaim_exit(b);
err_wq:
	destroy_workqueue(b->wq);
err_put:
	put_device(&b->dev);
	return ERR_PTR(err);
}

/**
 * pvb_unregister() - empty the balloon and forget it
 * @b: the balloon
 *
 * The transport must still be able to exchange pages; it takes its device down
 * afterwards.  @b is gone when this returns.
 *
 * Context: process, may sleep; ends within a bounded time whatever the host does.
 */
void pvb_unregister(struct pv_balloon *b)
{
	pvb_debugfs_exit(b);
	pvb_reclaim_exit(b);
	pvb_stop(b);
	pvb_empty(b);
	pvb_drop_rest(b);
	destroy_workqueue(b->wq);
	device_unregister(&b->dev);
}
