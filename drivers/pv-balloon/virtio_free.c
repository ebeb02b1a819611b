// SPDX-License-Identifier: GPL-2.0-only
/*
 * Free pages that a virtio host need not keep: hinting and reporting.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Hinting (5.5.6.4) serves live migration: on request, the guest takes what is
 * free, names it, and holds on to it until the host is done, or until the guest
 * needs it.  Reporting (5.5.6.5) never ends: what stays free for a while is
 * named once and may lose its contents.
 */

#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/shrinker.h>
#include <linux/virtio_config.h>
#include <uapi/linux/virtio_ring.h>

#include "virtio_transport.h"

/* The largest pieces the allocator has: a hint is not worth breaking any. */
#define PVB_HINT_ORDER	MAX_PAGE_ORDER
#define PVB_HINT_BYTES	(PAGE_SIZE << PVB_HINT_ORDER)
#define PVB_HINT_GFP	(__GFP_NORETRY | __GFP_NOWARN | __GFP_NOMEMALLOC)

/* Entries of the hint queue kept for the start and stop ids. */
#define PVB_HINT_RESERVED	2
/* Hints per notification. */
#define PVB_HINT_HELD		32
#define PVB_HINT_TIMEOUT	(5 * HZ)

/* Up to @blocks of them; returns how many there were. */
static unsigned long pvb_hint_release(struct pvb_hints *h, unsigned long blocks)
{
	unsigned long freed = 0;
	struct page *page;

	while (freed < blocks) {
		spin_lock_irq(&h->lock);
		page = balloon_page_pop(&h->held);
		if (page)
			h->nr_held--;
		spin_unlock_irq(&h->lock);
		if (!page)
			break;
		__free_pages(page, PVB_HINT_ORDER);
		freed++;
	}
	return freed;
}

static u32 pvb_hint_wanted(struct pvb_virtio *v)
{
	u32 id;

	if (!xchg(&v->hints.reread, false))
		return v->hints.wanted;
	virtio_cread_le(v->vdev, struct virtio_balloon_config, free_page_hint_cmd_id, &id);
	v->hints.wanted = id;
	return id;
}

static void pvb_hint_reap(struct pvb_hints *h)
{
	unsigned int len;

	/* The pages are on our own list; the queue only lends their entries. */
	while (virtqueue_get_buf(h->vq, &len))
		;
}

static bool pvb_hint_room(struct pvb_hints *h)
{
	virtqueue_enable_cb(h->vq);
	pvb_hint_reap(h);
	return h->vq->num_free > PVB_HINT_RESERVED || virtqueue_is_broken(h->vq);
}

/* The id that opens a series of hints, or 0 (STOP), which closes it. */
static int pvb_hint_send_id(struct pvb_virtio *v, __virtio32 *slot, u32 id)
{
	struct scatterlist sg;
	int err;

	pvb_hint_reap(&v->hints);
	*slot = cpu_to_virtio32(v->vdev, id);
	sg_init_one(&sg, slot, sizeof(*slot));
	err = virtqueue_add_outbuf(v->hints.vq, &sg, 1, slot, GFP_KERNEL);
	if (!err && !virtqueue_kick(v->hints.vq))
		err = -EIO;
	return err;
}

static int pvb_hint_one(struct pvb_virtio *v)
{
	struct pvb_hints *h = &v->hints;
	struct scatterlist sg;
	struct page *page;
	int err;

	page = alloc_pages(PVB_HINT_GFP, PVB_HINT_ORDER);
	if (!page)
		return -ENOMEM;
	sg_init_one(&sg, page_address(page), PVB_HINT_BYTES);
	err = virtqueue_add_inbuf(h->vq, &sg, 1, page, GFP_KERNEL);
	if (err) {
		__free_pages(page, PVB_HINT_ORDER);
		return err;
	}
	spin_lock_irq(&h->lock);
	balloon_page_push(&h->held, page);
	h->nr_held++;
	spin_unlock_irq(&h->lock);
	return 0;
}

static int pvb_hint_wait(struct pvb_virtio *v)
{
	struct pvb_hints *h = &v->hints;

	if (!virtqueue_kick(h->vq))
		return -EIO;
	if (!wait_event_timeout(v->acked, pvb_hint_room(h), PVB_HINT_TIMEOUT))
		return -ETIMEDOUT;
	return virtqueue_is_broken(h->vq) ? -EIO : 0;
}

/* Name free blocks until there are no more or the host wants something else. */
static void pvb_hint_series(struct pvb_virtio *v, u32 id)
{
	struct pvb_hints *h = &v->hints;
	unsigned int n = 0;
	int err = pvb_hint_send_id(v, &h->start, id);

	while (!err && pvb_hint_wanted(v) == id) {
		err = pvb_hint_one(v);
		if (err)
			break;
		if (h->vq->num_free <= PVB_HINT_RESERVED)
			err = pvb_hint_wait(v);
		else if (++n % PVB_HINT_HELD == 0)
			virtqueue_kick(h->vq);
	}
	h->served = id;
	pvb_hint_send_id(v, &h->stop, VIRTIO_BALLOON_CMD_ID_STOP);
	dev_dbg(&v->vdev->dev, "free page hints %#x: %lu blocks held, %d\n", id, h->nr_held, err);
}

static void pvb_hint_work(struct work_struct *work)
{
	struct pvb_virtio *v = container_of(work, struct pvb_virtio, hints.work);
	u32 id = pvb_hint_wanted(v);

	if (id == VIRTIO_BALLOON_CMD_ID_DONE)
		pvb_hint_release(&v->hints, ULONG_MAX);
	else if (id != VIRTIO_BALLOON_CMD_ID_STOP && id != v->hints.served)
		pvb_hint_series(v, id);
}

/**
 * pvb_virtio_hint_changed() - the host may have begun or ended a series
 * @v: the device
 *
 * Context: any.
 */
void pvb_virtio_hint_changed(struct pvb_virtio *v)
{
	if (!v->hints.vq)
		return;
	xchg(&v->hints.reread, true);
	queue_work(system_freezable_wq, &v->hints.work);
}

/* Hinted blocks are free pages in all but name: anyone may have them back. */
static unsigned long pvb_hint_count(struct shrinker *shrinker, struct shrink_control *sc)
{
	struct pvb_virtio *v = shrinker->private_data;

	return READ_ONCE(v->hints.nr_held) << PVB_HINT_ORDER;
}

static unsigned long pvb_hint_scan(struct shrinker *shrinker, struct shrink_control *sc)
{
	struct pvb_virtio *v = shrinker->private_data;
	unsigned long blocks = DIV_ROUND_UP(sc->nr_to_scan, 1UL << PVB_HINT_ORDER);

	return pvb_hint_release(&v->hints, blocks) << PVB_HINT_ORDER ?: SHRINK_STOP;
}

static int pvb_hint_init(struct pvb_virtio *v)
{
	v->hints.shrinker = shrinker_alloc(0, "pv-balloon-hints");
	if (!v->hints.shrinker)
		return -ENOMEM;
	v->hints.shrinker->count_objects = pvb_hint_count;
	v->hints.shrinker->scan_objects = pvb_hint_scan;
	v->hints.shrinker->private_data = v;
	shrinker_register(v->hints.shrinker);
	return 0;
}

/* Has the host given the report back (*@done), or is it never going to? */
static bool pvb_report_ended(struct pvb_virtio *v, void **done)
{
	unsigned int len;

	*done = virtqueue_get_buf(v->report.vq, &len);
	return *done || READ_ONCE(v->report.stop);
}

/*
 * Reporting sleeps until the host is done: as long as it may work on a page,
 * the page must not be handed out, so there is no time after which waiting
 * would be wrong.  Only this work item waits.  What ends it besides the host is
 * the reset of the device.
 */
static int pvb_report(struct page_reporting_dev_info *info, struct scatterlist *sg,
		      unsigned int nents)
{
	struct pvb_virtio *v = container_of(info, struct pvb_virtio, report.info);
	struct virtqueue *vq = v->report.vq;
	void *done;

	/* No memory is needed: the driver has no indirect descriptors. */
	if (READ_ONCE(v->report.stop))
		return -EIO;
	if (virtqueue_add_inbuf(vq, sg, nents, v, GFP_NOWAIT | __GFP_NOWARN))
		return -EIO;
	pvb_count(v->balloon, PVB_N_REPORTS, 1);
	virtqueue_kick(vq);
	wait_event_idle(v->acked, pvb_report_ended(v, &done));
	if (!done)
		return -EIO;
	while (nents--)
		pvb_count(v->balloon, PVB_N_REPORTED, sg[nents].length >> PAGE_SHIFT);
	return 0;
}

static int pvb_report_start(struct pvb_virtio *v)
{
	if (virtqueue_get_vring_size(v->report.vq) < PAGE_REPORTING_CAPACITY)
		return -ENOSPC;
	WRITE_ONCE(v->report.stop, false);
	v->report.info.report = pvb_report;
	return page_reporting_register(&v->report.info);
}

/**
 * pvb_virtio_tell_poison() - say what free pages contain
 * @v: the device, not yet ready: it may ask for pages as soon as it is
 */
void pvb_virtio_tell_poison(struct pvb_virtio *v)
{
	u32 poison = 0;

	if (!virtio_has_feature(v->vdev, VIRTIO_BALLOON_F_PAGE_POISON))
		return;
	/* One byte, repeated: the same in any byte order. */
	if (!want_init_on_free())
		memset(&poison, PAGE_POISON, sizeof(poison));
	virtio_cwrite_le(v->vdev, struct virtio_balloon_config, poison_val, &poison);
}

/**
 * pvb_virtio_free_validate() - keep the features that this kernel can honour
 * @vdev: the device, features not yet accepted
 *
 * Pages that come back from the host hold zeroes, unless we say which pattern
 * we rely on; without a way to say so, free pages must not be reported.
 */
void pvb_virtio_free_validate(struct virtio_device *vdev)
{
	if (!want_init_on_free() && !page_poisoning_enabled_static())
		__virtio_clear_bit(vdev, VIRTIO_BALLOON_F_PAGE_POISON);
	else if (!virtio_has_feature(vdev, VIRTIO_BALLOON_F_PAGE_POISON))
		__virtio_clear_bit(vdev, VIRTIO_BALLOON_F_REPORTING);

	/* Reporting comes when memory is short: adding to a queue must not need any. */
	__virtio_clear_bit(vdev, VIRTIO_RING_F_INDIRECT_DESC);
}

/**
 * pvb_virtio_free_init() - prepare, before the device is ready
 * @v: the device
 *
 * Return: 0 or -ENOMEM.
 */
int pvb_virtio_free_init(struct pvb_virtio *v)
{
	spin_lock_init(&v->hints.lock);
	INIT_LIST_HEAD(&v->hints.held);
	INIT_WORK(&v->hints.work, pvb_hint_work);
	return virtio_has_feature(v->vdev, VIRTIO_BALLOON_F_FREE_PAGE_HINT) ?
		pvb_hint_init(v) : 0;
}

/**
 * pvb_virtio_free_exit() - undo pvb_virtio_free_init()
 * @v: the device
 */
void pvb_virtio_free_exit(struct pvb_virtio *v)
{
	shrinker_free(v->hints.shrinker);
}

/**
 * pvb_virtio_free_start() - serve hints and report, now that the device is ready
 * @v: the device
 */
void pvb_virtio_free_start(struct pvb_virtio *v)
{
	int err = 0;

	v->hints.served = VIRTIO_BALLOON_CMD_ID_STOP;
	pvb_virtio_hint_changed(v);
	if (v->report.vq)
		err = pvb_report_start(v);
	if (err)
		/* Another device reports already; that is enough. */
		dev_dbg(&v->vdev->dev, "free pages are not reported: %d\n", err);
	v->report.registered = v->report.vq && !err;
}

/**
 * pvb_virtio_free_stop() - undo pvb_virtio_free_start()
 * @v: the device, reset: it works on no page any more
 */
void pvb_virtio_free_stop(struct pvb_virtio *v)
{
	WRITE_ONCE(v->report.stop, true);
	wake_up(&v->acked);
	if (v->report.registered)
		page_reporting_unregister(&v->report.info);
	v->report.registered = false;
	cancel_work_sync(&v->hints.work);
	pvb_hint_release(&v->hints, ULONG_MAX);
}
