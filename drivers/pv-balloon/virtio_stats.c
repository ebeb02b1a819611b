// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory statistics for a virtio host (5.5.6.3).
 *
 * Copyright (C) 2026 the pvops developers
 *
 * The queue works in reverse: it always holds one buffer of ours, and the host
 * asks for new numbers by returning it.
 */

#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/vmstat.h>

#include "virtio_transport.h"

struct pvb_stat_of_event {
	u16 tag;
	u16 event;
	bool pages;	/* counted in pages, reported in bytes */
};

#ifdef CONFIG_VM_EVENT_COUNTERS
static const struct pvb_stat_of_event pvb_stat_of_event[] = {
	{ VIRTIO_BALLOON_S_SWAP_IN, PSWPIN, true },
	{ VIRTIO_BALLOON_S_SWAP_OUT, PSWPOUT, true },
	{ VIRTIO_BALLOON_S_MAJFLT, PGMAJFAULT, false },
	{ VIRTIO_BALLOON_S_MINFLT, PGFAULT, false },
	{ VIRTIO_BALLOON_S_OOM_KILL, OOM_KILL, false },
	{ VIRTIO_BALLOON_S_ASYNC_SCAN, PGSCAN_KSWAPD, true },
	{ VIRTIO_BALLOON_S_DIRECT_SCAN, PGSCAN_DIRECT, true },
	{ VIRTIO_BALLOON_S_ASYNC_RECLAIM, PGSTEAL_KSWAPD, true },
	{ VIRTIO_BALLOON_S_DIRECT_RECLAIM, PGSTEAL_DIRECT, true },
#ifdef CONFIG_HUGETLB_PAGE
	{ VIRTIO_BALLOON_S_HTLB_PGALLOC, HTLB_BUDDY_PGALLOC, false },
	{ VIRTIO_BALLOON_S_HTLB_PGFAIL, HTLB_BUDDY_PGALLOC_FAIL, false },
#endif
};
#endif

static unsigned int pvb_put_stat(struct pvb_virtio *v, unsigned int i, u16 tag, u64 val)
{
	if (i >= ARRAY_SIZE(v->stats))
		return i;
	v->stats[i].tag = cpu_to_virtio16(v->vdev, tag);
	v->stats[i].val = cpu_to_virtio64(v->vdev, val);
	return i + 1;
}

static unsigned int pvb_put_events(struct pvb_virtio *v, unsigned int i)
{
#ifdef CONFIG_VM_EVENT_COUNTERS
	unsigned long events[NR_VM_EVENT_ITEMS];
	u64 stalls = 0;
	unsigned int n;

	all_vm_events(events);
	for (n = 0; n < ARRAY_SIZE(pvb_stat_of_event); n++) {
		const struct pvb_stat_of_event *s = &pvb_stat_of_event[n];

		i = pvb_put_stat(v, i, s->tag,
				 (u64)events[s->event] << (s->pages ? PAGE_SHIFT : 0));
	}
	for (n = 0; n < MAX_NR_ZONES; n++)
		stalls += events[ALLOCSTALL_NORMAL - ZONE_NORMAL + n];
	i = pvb_put_stat(v, i, VIRTIO_BALLOON_S_ALLOC_STALL, stalls);
#endif
	return i;
}

static unsigned int pvb_put_memory(struct pvb_virtio *v, unsigned int i)
{
	struct sysinfo si;

	si_meminfo(&si);
	i = pvb_put_stat(v, i, VIRTIO_BALLOON_S_MEMFREE, (u64)si.freeram << PAGE_SHIFT);
	i = pvb_put_stat(v, i, VIRTIO_BALLOON_S_MEMTOT, (u64)si.totalram << PAGE_SHIFT);
	i = pvb_put_stat(v, i, VIRTIO_BALLOON_S_AVAIL,
			 (u64)max(si_mem_available(), 0L) << PAGE_SHIFT);
	return pvb_put_stat(v, i, VIRTIO_BALLOON_S_CACHES,
			    (u64)global_node_page_state(NR_FILE_PAGES) << PAGE_SHIFT);
}

/**
 * pvb_virtio_stats_start() - put the buffer into the queue
 * @v: the device
 *
 * Context: process; nothing else touches the statistics queue.
 *
 * Return: 0 or a negative errno.
 */
int pvb_virtio_stats_start(struct pvb_virtio *v)
{
	unsigned int nr = pvb_put_memory(v, pvb_put_events(v, 0));
	struct scatterlist sg;
	int err;

	sg_init_one(&sg, v->stats, nr * sizeof(v->stats[0]));
	err = virtqueue_add_outbuf(v->stats_vq, &sg, 1, v, GFP_KERNEL);
	if (err)
		return err;
	return virtqueue_kick(v->stats_vq) ? 0 : -EIO;
}

/**
 * pvb_virtio_stats_work() - answer the host's request
 * @work: &pvb_virtio.stats_work
 */
void pvb_virtio_stats_work(struct work_struct *work)
{
	struct pvb_virtio *v = container_of(work, struct pvb_virtio, stats_work);
	unsigned int len;

	/* An interrupt without a buffer is no request. */
	if (virtqueue_get_buf(v->stats_vq, &len))
		pvb_virtio_stats_start(v);
}

/**
 * pvb_virtio_stats_requested() - the host has returned the buffer
 * @vq: the statistics queue
 *
 * Context: interrupt.
 */
void pvb_virtio_stats_requested(struct virtqueue *vq)
{
	struct pvb_virtio *v = vq->vdev->priv;

	queue_work(system_freezable_wq, &v->stats_work);
}
