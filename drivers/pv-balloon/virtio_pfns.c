// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page numbers for a virtio host: many in one notification, several in flight.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * A request is a buffer of up to 256 PFNs.  Requests are added to the queue as
 * they fill up, the host is notified when three quarters of them wait, and
 * nobody waits for their return while there is a free one.  The host may
 * therefore still work on the first 96 MiB while the next are being chosen.
 *
 * Where the order of the two queues matters, the other one is drained first: a
 * page must not be reused while an inflate that names it is still under way,
 * or the host would throw its new contents away.
 */

#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/virtio_config.h>

#include "virtio_transport.h"

/* In jiffies: a host that makes one exchange wait longer in all is taken for silent. */
unsigned long pvb_virtio_patience = 5 * HZ;

/**
 * pvb_virtio_alloc_requests() - have as many request buffers as the queues have room for
 * @v: the device, its queues set up, and no buffer in them
 *
 * Return: 0, -ENOMEM, or -EINVAL if a queue has no room for any.
 */
int pvb_virtio_alloc_requests(struct pvb_virtio *v)
{
	unsigned int nr = min3(PVB_REQUESTS_MAX,
			       virtqueue_get_vring_size(v->inflate.vq),
			       virtqueue_get_vring_size(v->deflate.vq));

	while (v->nr_requests > nr) {
		kfree(v->free[--v->nr_free]);
		v->nr_requests--;
	}
	while (v->nr_requests < nr) {
		struct pvb_request *r = kmalloc(sizeof(*r), GFP_KERNEL);

		if (!r) {
			pvb_virtio_free_requests(v);
			return -ENOMEM;
		}
		v->free[v->nr_free++] = r;
		v->nr_requests++;
	}
	return nr ? 0 : -EINVAL;
}

/**
 * pvb_virtio_free_requests() - undo pvb_virtio_alloc_requests()
 * @v: the device; the host has no buffer any more
 */
void pvb_virtio_free_requests(struct pvb_virtio *v)
{
	while (v->nr_free)
		kfree(v->free[--v->nr_free]);
	v->nr_requests = 0;
}

static void pvb_ring_forget(struct pvb_virtio *v, struct pvb_ring *ring)
{
	struct pvb_request *r;

	while ((r = virtqueue_detach_unused_buf(ring->vq)))
		v->free[v->nr_free++] = r;
	ring->in_flight = 0;
	ring->held = 0;
}

/**
 * pvb_virtio_forget_requests() - take back the buffers of a device that was reset
 * @v: the device, reset
 */
void pvb_virtio_forget_requests(struct pvb_virtio *v)
{
	struct pvb_request *r;
	unsigned int len;

	if (!v->inflate.vq)
		return;
	/* Those that came back unnoticed, then those that never will. */
	while ((r = virtqueue_get_buf(v->inflate.vq, &len)))
		v->free[v->nr_free++] = r;
	while ((r = virtqueue_get_buf(v->deflate.vq, &len)))
		v->free[v->nr_free++] = r;
	pvb_ring_forget(v, &v->inflate);
	pvb_ring_forget(v, &v->deflate);
}

/**
 * pvb_virtio_acked() - the host has returned buffers
 * @vq: any queue
 *
 * Context: interrupt.
 */
void pvb_virtio_acked(struct virtqueue *vq)
{
	struct pvb_virtio *v = vq->vdev->priv;

	wake_up(&v->acked);
}

/*
 * The token that virtqueue_get_buf() returns is our own pointer, kept on our
 * side of the ring: the host can return a buffer early, late or never, but not
 * make one up.
 */
static bool pvb_ring_reap(struct pvb_virtio *v, struct pvb_ring *ring)
{
	unsigned int before = v->nr_free;
	struct pvb_request *r;
	unsigned int len;

	while ((r = virtqueue_get_buf(ring->vq, &len))) {
		v->free[v->nr_free++] = r;
		ring->in_flight--;
	}
	return v->nr_free != before;
}

static int pvb_ring_notify(struct pvb_virtio *v, struct pvb_ring *ring)
{
	if (!ring->held)
		return 0;
	ring->held = 0;
	if (!virtqueue_kick_prepare(ring->vq))
		return 0;
	pvb_count(v->balloon, PVB_N_KICKS, 1);
	return virtqueue_notify(ring->vq) ? 0 : -EIO;
}

static bool pvb_ring_progress(struct pvb_virtio *v, struct pvb_ring *ring)
{
	/* Enabled first, then looked: what comes in between is not missed. */
	virtqueue_enable_cb_delayed(ring->vq);
	return pvb_ring_reap(v, ring) || virtqueue_is_broken(ring->vq);
}

/*
 * A host that returns one buffer at a time must not be able to hold the lock
 * for the sum of many waits.
 */
static long pvb_time_left(struct pvb_virtio *v)
{
	return max((long)(v->give_up - jiffies), 0L);
}

/* Wait until the host returns at least one buffer. */
static int pvb_ring_wait(struct pvb_virtio *v, struct pvb_ring *ring)
{
	int err = pvb_ring_notify(v, ring);

	if (err)
		return err;
	if (pvb_ring_reap(v, ring))
		return 0;
	if (!wait_event_timeout(v->acked, pvb_ring_progress(v, ring), pvb_time_left(v)))
		err = -ETIMEDOUT;
	virtqueue_disable_cb(ring->vq);
	return virtqueue_is_broken(ring->vq) ? -EIO : err;
}

static int pvb_ring_drain(struct pvb_virtio *v, struct pvb_ring *ring)
{
	int err = 0;

	pvb_ring_reap(v, ring);
	while (ring->in_flight && !err)
		err = pvb_ring_wait(v, ring);
	return err;
}

static int pvb_ring_get(struct pvb_virtio *v, struct pvb_ring *ring, struct pvb_request **r)
{
	int err;

	if (!v->nr_free && !pvb_ring_reap(v, ring)) {
		err = pvb_ring_wait(v, ring);
		if (err)
			return err;
	}
	*r = v->free[--v->nr_free];
	return 0;
}

static int pvb_ring_add(struct pvb_virtio *v, struct pvb_ring *ring,
			struct pvb_request *r, unsigned int nr)
{
	struct scatterlist sg;
	int err;

	sg_init_one(&sg, r, nr * sizeof(r->pfn[0]));
	/* No memory is needed for one descriptor, and there is one per request. */
	err = virtqueue_add_outbuf(ring->vq, &sg, 1, r, GFP_NOWAIT);
	if (err) {
		v->free[v->nr_free++] = r;
		return -EIO;
	}
	pvb_count(v->balloon, PVB_N_REQUESTS, 1);
	ring->in_flight++;
	ring->held++;
	return 0;
}

static int pvb_ring_notify_if_due(struct pvb_virtio *v, struct pvb_ring *ring)
{
	if (ring->held < DIV_ROUND_UP(v->nr_requests * 3, 4))
		return 0;
	return pvb_ring_notify(v, ring);
}

/* The device has room for 32 bits of a PFN: what lies above 16 TiB is kept. */
static bool pvb_nameable(unsigned long pfn)
{
	return likely(pfn <= U32_MAX);
}

static unsigned int pvb_fill_request(struct pvb_virtio *v, struct pvb_request *r,
				     struct pvb_batch *batch)
{
	unsigned int i, nr = min(batch->nr - batch->done, PVB_REQUEST_PFNS);
	struct page **pages = batch->pages + batch->done;

	for (i = 0; i < nr; i++) {
		unsigned long pfn = page_to_pfn(pages[i]);

		if (!pvb_nameable(pfn))
			break;
		r->pfn[i] = cpu_to_virtio32(v->vdev, pfn);
	}
	return i;
}

static int pvb_ring_put_pages(struct pvb_virtio *v, struct pvb_ring *ring,
			      struct pvb_batch *batch)
{
	while (batch->done < batch->nr) {
		struct pvb_request *r;
		unsigned int nr;
		int err;

		err = pvb_ring_get(v, ring, &r);
		if (err)
			return err;
		nr = pvb_fill_request(v, r, batch);
		if (!nr) {
			v->free[v->nr_free++] = r;
			__set_bit(batch->done++, batch->refused);
			continue;
		}
		err = pvb_ring_add(v, ring, r, nr);
		if (err)
			return err;
		/* The host can see them from now on, whether it can be notified or not. */
		batch->done += nr;
		err = pvb_ring_notify_if_due(v, ring);
		if (err)
			return err;
	}
	return 0;
}

/* PFNs of a block, ascending, so that any host page size finds whole pages. */
static int pvb_ring_put_block(struct pvb_virtio *v, struct pvb_ring *ring, u32 pfn)
{
	unsigned int left;

	/* Counted, not compared: behind the last block that has a name, @pfn is 0. */
	for (left = PVB_BLOCK_PAGES; left; left -= PVB_REQUEST_PFNS) {
		struct pvb_request *r;
		unsigned int i;
		int err;

		err = pvb_ring_get(v, ring, &r);
		if (err)
			return err;
		/* Eight at a time: loops over pages are all that a block costs. */
		for (i = 0; i < PVB_REQUEST_PFNS; i += 8, pfn += 8) {
			r->pfn[i] = cpu_to_virtio32(v->vdev, pfn);
			r->pfn[i + 1] = cpu_to_virtio32(v->vdev, pfn + 1);
			r->pfn[i + 2] = cpu_to_virtio32(v->vdev, pfn + 2);
			r->pfn[i + 3] = cpu_to_virtio32(v->vdev, pfn + 3);
			r->pfn[i + 4] = cpu_to_virtio32(v->vdev, pfn + 4);
			r->pfn[i + 5] = cpu_to_virtio32(v->vdev, pfn + 5);
			r->pfn[i + 6] = cpu_to_virtio32(v->vdev, pfn + 6);
			r->pfn[i + 7] = cpu_to_virtio32(v->vdev, pfn + 7);
		}
		err = pvb_ring_add(v, ring, r, PVB_REQUEST_PFNS) ?:
		      pvb_ring_notify_if_due(v, ring);
		if (err)
			return err;
	}
	return 0;
}

static int pvb_ring_put(struct pvb_virtio *v, struct pvb_ring *ring, struct pvb_batch *batch)
{
	int err;

	BUILD_BUG_ON(PAGE_SHIFT != VIRTIO_BALLOON_PFN_SHIFT);
	BUILD_BUG_ON(PVB_BLOCK_PAGES % PVB_REQUEST_PFNS);
	BUILD_BUG_ON(PVB_REQUEST_PFNS % 8);

	if (!batch->order)
		return pvb_ring_put_pages(v, ring, batch);

	while (batch->done < batch->nr) {
		unsigned long pfn = page_to_pfn(batch->pages[batch->done]);

		if (!pvb_nameable(pfn)) {
			__set_bit(batch->done++, batch->refused);
			continue;
		}
		/*
		 * Counted first: if half of it got through, the host may have
		 * taken it, so it is in the balloon.
		 */
		batch->done++;
		err = pvb_ring_put_block(v, ring, pfn);
		if (err)
			return err;
	}
	return 0;
}

/**
 * pvb_virtio_inflate() - &pvb_ops.inflate
 * @b: the balloon
 * @batch: what to give
 *
 * Nothing waits for the host to be done with it (5.5.6.1).
 *
 * Return: see &struct pvb_ops.
 */
int pvb_virtio_inflate(struct pv_balloon *b, struct pvb_batch *batch)
{
	struct pvb_virtio *v = b->priv;
	int err;

	if (!v->inflate.vq)
		return -EIO;
	v->give_up = jiffies + pvb_virtio_patience;
	/* Or a page that is on its way back would be given and returned in any order. */
	err = pvb_ring_drain(v, &v->deflate);
	if (err)
		return err;
	return pvb_ring_put(v, &v->inflate, batch);
}

/**
 * pvb_virtio_deflate() - &pvb_ops.deflate
 * @b: the balloon
 * @batch: what to take back
 *
 * Pages may be used before the host is told, unless it asked to be told first
 * (VIRTIO_BALLOON_F_MUST_TELL_HOST).
 *
 * Return: see &struct pvb_ops.
 */
int pvb_virtio_deflate(struct pv_balloon *b, struct pvb_batch *batch)
{
	struct pvb_virtio *v = b->priv;
	int err;

	if (!v->deflate.vq)
		return -EIO;
	v->give_up = jiffies + pvb_virtio_patience;
	err = pvb_ring_drain(v, &v->inflate);
	if (err)
		return err;
	err = pvb_ring_put(v, &v->deflate, batch);
	if (!virtio_has_feature(v->vdev, VIRTIO_BALLOON_F_MUST_TELL_HOST))
		return err;
	if (!err)
		err = pvb_ring_drain(v, &v->deflate);
	if (err)
		/* Not one of them may be used. */
		batch->done = 0;
	return err;
}

/**
 * pvb_virtio_commit() - &pvb_ops.commit: notify the host of what was held back
 * @b: the balloon
 *
 * Return: 0, or -EIO if the device is broken.
 */
int pvb_virtio_commit(struct pv_balloon *b)
{
	struct pvb_virtio *v = b->priv;
	int err = pvb_ring_notify(v, &v->inflate);

	return pvb_ring_notify(v, &v->deflate) ?: err;
}
