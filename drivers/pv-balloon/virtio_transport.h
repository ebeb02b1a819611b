/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtio transport, shared by its files.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * The device ABI is in include/uapi/linux/virtio_balloon.h; section numbers
 * are those of the virtio specification 1.2, "Traditional Memory Balloon".
 */
#ifndef PV_BALLOON_VIRTIO_H
#define PV_BALLOON_VIRTIO_H

#include <linux/mm.h>
#include <linux/page_reporting.h>
#include <linux/types.h>
#include <linux/virtio.h>
#include <linux/virtio_balloon.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "balloon.h"

/* Virtqueue indexes, 5.5.2; those without their feature do not exist. */
enum pvb_vq {
	PVB_VQ_INFLATE,
	PVB_VQ_DEFLATE,
	PVB_VQ_STATS,
	PVB_VQ_HINT,
	PVB_VQ_REPORT,
	PVB_VQ_MAX
};

/*
 * PFNs in one buffer.  The specification names no limit, but there are hosts
 * that refuse more than what drivers have always sent, so long requests are
 * made of many such buffers and one notification.
 */
#define PVB_REQUEST_PFNS	256
/* Buffers kept, 1 KiB each; a queue with fewer entries uses fewer. */
#define PVB_REQUESTS_MAX	128

/**
 * struct pvb_request - one buffer of PFNs for the host
 * @pfn: in units of 4 KiB, VIRTIO_BALLOON_PFN_SHIFT
 */
struct pvb_request {
	__virtio32 pfn[PVB_REQUEST_PFNS];
};

/**
 * struct pvb_ring - the inflate or the deflate queue
 * @vq: the virtqueue
 * @in_flight: buffers that the host has and has not yet returned
 * @held: buffers added since the last notification
 */
struct pvb_ring {
	struct virtqueue *vq;
	unsigned int in_flight;
	unsigned int held;
};

/**
 * struct pvb_hints - free page hinting
 * @vq: the queue, NULL if not negotiated
 * @work: serves the host's command; the only user of @vq, @start and @stop
 * @reread: the command id in the configuration may have changed
 * @wanted: the id read last
 * @served: the series that was served last
 * @start: id sent before a series
 * @stop: id sent after it
 * @lock: guards @held and @nr_held
 * @held: blocks that the host was told about
 * @nr_held: blocks on @held
 * @shrinker: gives them back
 */
struct pvb_hints {
	struct virtqueue *vq;
	struct work_struct work;
	bool reread;
	u32 wanted;
	u32 served;
	__virtio32 start;
	__virtio32 stop;
	spinlock_t lock;	/* guards @held and @nr_held */
	struct list_head held;
	unsigned long nr_held;
	struct shrinker *shrinker;
};

/**
 * struct pvb_report - free page reporting
 * @vq: the queue, NULL if not negotiated
 * @info: registration with mm/page_reporting.c
 * @registered: it has been accepted
 * @stop: the device was reset, wait for it no more
 */
struct pvb_report {
	struct virtqueue *vq;
	struct page_reporting_dev_info info;
	bool registered;
	bool stop;
};

/**
 * struct pvb_virtio - one virtio balloon device
 * @vdev: the device
 * @balloon: the core's side
 * @inflate: guarded by &pv_balloon.lock
 * @deflate: guarded by &pv_balloon.lock
 * @free: buffers not in flight, a stack; guarded by &pv_balloon.lock
 * @nr_free: buffers on @free
 * @nr_requests: buffers in all
 * @give_up: jiffies after which an exchange waits no more; the same
 * @acked: woken when the host returns buffers of any queue
 * @stats_vq: the host returns its buffer when it wants new statistics
 * @stats: the one buffer of @stats_vq
 * @stats_work: fills it in
 * @hints: free page hinting
 * @report: free page reporting
 */
struct pvb_virtio {
	struct virtio_device *vdev;
	struct pv_balloon *balloon;

	struct pvb_ring inflate;
	struct pvb_ring deflate;
	struct pvb_request *free[PVB_REQUESTS_MAX];
	unsigned int nr_free;
	unsigned int nr_requests;
	unsigned long give_up;
	wait_queue_head_t acked;

	struct virtqueue *stats_vq;
	struct virtio_balloon_stat stats[VIRTIO_BALLOON_S_NR];
	struct work_struct stats_work;

	struct pvb_hints hints;
	struct pvb_report report;
};

/* virtio_pfns.c; the variable is written by the test only */
extern unsigned long pvb_virtio_patience;
int pvb_virtio_alloc_requests(struct pvb_virtio *v);
void pvb_virtio_free_requests(struct pvb_virtio *v);
void pvb_virtio_forget_requests(struct pvb_virtio *v);
int pvb_virtio_inflate(struct pv_balloon *b, struct pvb_batch *batch);
int pvb_virtio_deflate(struct pv_balloon *b, struct pvb_batch *batch);
int pvb_virtio_commit(struct pv_balloon *b);
void pvb_virtio_acked(struct virtqueue *vq);

/* virtio_stats.c */
int pvb_virtio_stats_start(struct pvb_virtio *v);
void pvb_virtio_stats_requested(struct virtqueue *vq);
void pvb_virtio_stats_work(struct work_struct *work);

/* virtio_free.c */
void pvb_virtio_free_validate(struct virtio_device *vdev);
int pvb_virtio_free_init(struct pvb_virtio *v);
void pvb_virtio_free_exit(struct pvb_virtio *v);
void pvb_virtio_tell_poison(struct pvb_virtio *v);
void pvb_virtio_free_start(struct pvb_virtio *v);
void pvb_virtio_free_stop(struct pvb_virtio *v);
void pvb_virtio_hint_changed(struct pvb_virtio *v);

#endif /* PV_BALLOON_VIRTIO_H */
