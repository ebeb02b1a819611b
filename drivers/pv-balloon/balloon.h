/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The balloon core: target, size, policy and pages, whatever the hypervisor.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * A transport (virtio.c, xen.c, vmware.c) registers a struct pvb_ops and
 * reports that the host has a new target.  Everything else - how much of the
 * target to honour, which pages to give, when to back off, when to give pages
 * back - is decided here, once.
 *
 * All sizes are in guest pages of PAGE_SIZE unless a name says otherwise.
 */
#ifndef PV_BALLOON_H
#define PV_BALLOON_H

#include <linux/balloon_compaction.h>
#include <linux/bitmap.h>
#include <linux/device.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/shrinker.h>
#include <linux/sizes.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "policy.h"

/* The large unit: 2 MiB, what hosts map with one entry and VMware locks whole. */
#define PVB_BLOCK_ORDER		(ilog2(SZ_2M) - PAGE_SHIFT)
#define PVB_BLOCK_PAGES		BIT(PVB_BLOCK_ORDER)

/* Units in one exchange with the host: 2 MiB in pages, 32 MiB in blocks. */
#define PVB_BATCH_PAGES		512
#define PVB_BATCH_BLOCKS	16

struct pv_balloon;

/**
 * struct pvb_batch - units offered to the host in one exchange
 * @order: PVB_BLOCK_ORDER or 0, the same for every unit
 * @nr: units in @pages
 * @done: set by the transport: the first @done units have been dealt with, the
 *	others were never shown to the host
 * @refused: set by the transport: units below @done that the host did not take
 *	(inflate) or did not give back (deflate)
 * @pages: first page of each unit
 */
struct pvb_batch {
	unsigned int order;
	unsigned int nr;
	unsigned int done;
	DECLARE_BITMAP(refused, PVB_BATCH_PAGES);
	struct page *pages[PVB_BATCH_PAGES];
};

static inline void pvb_batch_init(struct pvb_batch *batch, unsigned int order)
{
	batch->order = order;
	batch->nr = 0;
	batch->done = 0;
	bitmap_zero(batch->refused, PVB_BATCH_PAGES);
}

static inline void pvb_batch_add(struct pvb_batch *batch, struct page *page)
{
	batch->pages[batch->nr++] = page;
}

/**
 * enum pvb_flags - what the protocol of a transport allows
 * @PVB_BLOCKS: the host takes 2 MiB units
 * @PVB_MAY_RECLAIM: the guest may take pages back although the host wants them
 * @PVB_FREE_UNTOLD: once the host is gone or reset, pages may be used again
 *	without its word (false where the host really removed the memory)
 * @PVB_KEEP_TOTAL: MemTotal stays as it is, because the guest can have the
 *	pages back whenever it needs them
 */
enum pvb_flags {
	PVB_BLOCKS	= BIT(0),
	PVB_MAY_RECLAIM	= BIT(1),
	PVB_FREE_UNTOLD	= BIT(2),
	PVB_KEEP_TOTAL	= BIT(3),
};

/**
 * struct pvb_ops - what a transport does for the core
 * @name: shown in sysfs and traces
 * @target: read the balloon size that the host wants, in pages
 * @inflate: give the units of a batch to the host
 * @deflate: take the units of a batch back; when it returns, the units that
 *	are done and not refused may be used
 * @commit: optional; pass requests on that are still held back for batching
 * @publish: optional; tell the host the size of the balloon
 * @restart: optional; after -ECONNRESET, begin a new conversation.  The core
 *	has freed every page before it calls this.
 * @adopt: optional; the balloon is going away, and the units of this batch are
 *	still the host's: whoever has the device next keeps them
 * @disconnect: optional; the balloon is going away.  When it returns, the host
 *	acts on nothing that it has been told before.
 *
 * All are called from process context with &pv_balloon.lock held, may sleep,
 * must not allocate with direct reclaim, and must return within a bounded time
 * whatever the host does.
 *
 * @inflate and @deflate return 0, or why they stopped before the end of the
 * batch: -EAGAIN (host busy, try later), -ETIMEDOUT (host silent),
 * -ECONNRESET (host has forgotten the balloon), -EIO (device is gone).
 */
struct pvb_ops {
	const char *name;
	int (*target)(struct pv_balloon *b, u64 *pages);
	int (*inflate)(struct pv_balloon *b, struct pvb_batch *batch);
	int (*deflate)(struct pv_balloon *b, struct pvb_batch *batch);
	int (*commit)(struct pv_balloon *b);
	void (*publish)(struct pv_balloon *b, u64 pages);
	int (*restart)(struct pv_balloon *b);
	void (*adopt)(struct pv_balloon *b, struct pvb_batch *batch);
	void (*disconnect)(struct pv_balloon *b);
};

/* What happened, counted since the balloon was registered; see sysfs.c. */
enum pvb_counter {
	PVB_N_INFLATED,		/* pages given to the host */
	PVB_N_DEFLATED,		/* pages taken back */
	PVB_N_EXCHANGES,	/* batches passed to the transport */
	PVB_N_REQUESTS,		/* requests put before the host */
	PVB_N_KICKS,		/* notifications or calls that leave the guest */
	PVB_N_REFUSED,		/* units the host did not take */
	PVB_N_ALLOC_FAILED,	/* rounds that ended for want of a free page */
	PVB_N_PRESSURE,		/* rounds put off because of memory pressure */
	PVB_N_RECLAIMED,	/* pages given back to the OOM notifier or shrinker */
	PVB_N_MIGRATED,		/* pages exchanged for compaction */
	PVB_N_SPLIT,		/* 2 MiB units split for compaction or a small deflate */
	PVB_N_TIMEOUTS,		/* waits for the host that were given up */
	PVB_N_RESETS,		/* times the host forgot the balloon */
	PVB_N_REPORTS,		/* batches of free pages reported */
	PVB_N_REPORTED,		/* free pages in them */
	PVB_N_LOST,		/* pages that a vanished host never gave back */
	PVB_N_MAX
};

enum pvb_state {
	PVB_IDLE,		/* size equals the target that is honoured */
	PVB_INFLATING,
	PVB_DEFLATING,
	PVB_WAITING,		/* backing off, see pvb_reason */
	PVB_STOPPED,		/* frozen or being removed */
};

enum pvb_reason {
	PVB_WHY_NONE,
	PVB_WHY_FLOOR,		/* the host asks for more than the floor allows */
	PVB_WHY_PRESSURE,	/* tasks stall on memory (PSI) */
	PVB_WHY_NO_MEMORY,	/* no page to be had without reclaim */
	PVB_WHY_RECLAIMED,	/* pages were just given back for want of memory */
	PVB_WHY_HOST_BUSY,	/* the host refuses or is not ready */
	PVB_WHY_HOST_SILENT,	/* the host does not answer */
	PVB_WHY_HOST_GONE,	/* the device is broken */
};

/**
 * struct pv_balloon - one balloon
 * @ops: the transport
 * @priv: the transport's own data
 * @flags: enum pvb_flags; a transport may change PVB_BLOCKS in &pvb_ops.restart
 * @dev: the class device, /sys/class/pv_balloon/pv_balloonN
 * @small: 4 KiB pages in the balloon; its pages_lock guards @blocks too
 * @blocks: first pages of the 2 MiB units in the balloon
 * @nr_small: pages on @small and pages isolated from it
 * @nr_blocks: units on @blocks, and those being split
 * @lock: one exchange with the host at a time; guards what follows
 * @batch: the exchange under way
 * @hidden: pages taken out of MemTotal by adjust_managed_page_count()
 * @floor: set by the administrator for this balloon, 0 if not; any context
 * @host_target: what the host asked for
 * @target: what is honoured of it
 * @reread: the host has changed its target; set from any context
 * @refused: units refused in this round, kept so that they are not offered twice
 * @nr_refused: units on @refused
 * @no_blocks_until: jiffies before which no 2 MiB unit is looked for
 * @published: jiffies of the last &pvb_ops.publish
 * @state: what the balloon is doing; written under @lock, read anywhere
 * @reason: why it is not at the host's target
 * @backoff: how long to wait after a failure
 * @pressure: PSI sampling
 * @held_until: jiffies before which the balloon does not grow
 * @silent_until: jiffies before which page migration leaves the host alone
 * @stopped: no further work may be queued; guarded by @lock
 * @wq: freezable, so that nothing moves during suspend
 * @work: brings the size to the target
 * @oom: gives pages back before the OOM killer runs
 * @shrinker: gives pages back to direct reclaim, if enabled
 * @counters: enum pvb_counter
 * @debugfs: this balloon's directory
 */
struct pv_balloon {
	const struct pvb_ops *ops;
	void *priv;
	unsigned long flags;
	struct device dev;

	struct balloon_dev_info small;
	struct list_head blocks;
	atomic_long_t nr_small;
	atomic_long_t nr_blocks;

	struct mutex lock;	/* guards what follows, down to @stopped */
	struct pvb_batch batch;
	atomic_long_t hidden;
	u64 floor;
	u64 host_target;
	u64 target;
	bool reread;
	struct list_head refused;
	unsigned int nr_refused;
	unsigned long no_blocks_until;
	unsigned long published;
	enum pvb_state state;
	enum pvb_reason reason;
	struct pvb_backoff backoff;
	struct pvb_pressure pressure;
	unsigned long held_until;
	unsigned long silent_until;
	bool stopped;

	struct workqueue_struct *wq;
	struct delayed_work work;
	struct notifier_block oom;
	struct shrinker *shrinker;
	atomic_long_t counters[PVB_N_MAX];
	struct dentry *debugfs;
};

static inline void pvb_count(struct pv_balloon *b, enum pvb_counter c, long n)
{
	atomic_long_add(n, &b->counters[c]);
}

/*
 * Pages in the balloon.  Exact under &pv_balloon.lock, else a snapshot; but a block
 * that is being split, which needs no such lock, may be counted as both, never as
 * neither.
 */
static inline u64 pvb_size(const struct pv_balloon *b)
{
	u64 blocks = atomic_long_read(&b->nr_blocks);

	/* A block that is gone from there is read below; with pvb_split_block(). */
	smp_rmb();
	return atomic_long_read(&b->nr_small) + blocks * PVB_BLOCK_PAGES;
}

/* core.c and pages.c: for transports */
struct pv_balloon *pvb_register(struct device *parent, const struct pvb_ops *ops,
				void *priv, unsigned long flags);
void pvb_unregister(struct pv_balloon *b);
void pvb_target_changed(struct pv_balloon *b);
void pvb_suspend(struct pv_balloon *b);
void pvb_resume(struct pv_balloon *b);
int pvb_reannounce(struct pv_balloon *b);

/* core.c: for the other files of the core */
int pvb_change(struct pv_balloon *b, int (*op)(struct pv_balloon *b, struct pvb_batch *batch));
u64 pvb_total(struct pv_balloon *b);
u64 pvb_floor(struct pv_balloon *b);
unsigned long pvb_step(struct pv_balloon *b);
void pvb_hold(struct pv_balloon *b);
void pvb_set_state(struct pv_balloon *b, enum pvb_state state, enum pvb_reason reason);
unsigned long pvb_deflate_some(struct pv_balloon *b, unsigned long want, int *err);

/* pages.c */
unsigned int pvb_alloc_batch(struct pv_balloon *b, unsigned long want);
void pvb_take_batch(struct pv_balloon *b);
bool pvb_collect_batch(struct pv_balloon *b, unsigned long want);
unsigned long pvb_release_batch(struct pv_balloon *b);
void pvb_free_refused(struct pv_balloon *b);
void pvb_free_all_untold(struct pv_balloon *b);
void pvb_lose_all(struct pv_balloon *b);
void pvb_split_block(struct pv_balloon *b, struct page *head, bool isolate);

/* compact.c */
void pvb_compact_init(struct pv_balloon *b);
void pvb_block_insert(struct pv_balloon *b, struct page *head);
bool pvb_block_remove(struct pv_balloon *b, struct page *head);

/* reclaim.c */
int pvb_reclaim_init(struct pv_balloon *b);
void pvb_reclaim_exit(struct pv_balloon *b);

/* sysfs.c */
extern const struct attribute_group *pvb_groups[];
extern const char * const pvb_state_names[];
extern const char * const pvb_reason_names[];
void pvb_debugfs_init(struct pv_balloon *b);
void pvb_debugfs_exit(struct pv_balloon *b);

/* main.c */
extern const struct class pvb_class;
extern struct dentry *pvb_debugfs_root;

#endif /* PV_BALLOON_H */
