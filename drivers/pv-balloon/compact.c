// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compaction and migration of ballooned memory.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Pages of 4 KiB are ordinary balloon pages of mm/balloon_compaction.c.  A
 * block is movable too, by splitting: when someone isolates its first page, it
 * becomes 512 balloon pages where it lies, and the walker finds them one by
 * one.  That is done only for walkers that really need the range empty
 * (memory offlining, contiguous allocation, compaction by hand): a block fills
 * its pageblock, so for ordinary compaction it is no obstacle.
 *
 * Lock order: page lock, then balloon_dev_info.pages_lock.  The balloon's mutex
 * is taken before both elsewhere, so that migration, which comes with the page
 * lock held, only tries it.
 */

#include <linux/jiffies.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/vmstat.h>

#include "balloon.h"
#include "trace.h"

static struct pv_balloon *pvb_of_page(struct page *page)
{
	struct balloon_dev_info *small = (struct balloon_dev_info *)page_private(page);

	return container_of(small, struct pv_balloon, small);
}

/**
 * pvb_split_block() - turn a block into 4 KiB pages of the same balloon
 * @b: the balloon
 * @head: first page of a block that is on no list any more
 * @isolate: @head itself is being isolated and does not go on the list
 *
 * Context: &b->small.pages_lock held, and @head locked.
 */
void pvb_split_block(struct pv_balloon *b, struct page *head, bool isolate)
{
	unsigned long i;

	atomic_long_add(PVB_BLOCK_PAGES, &b->nr_small);
	/* Nobody may see the block gone and its pages not there; with pvb_size(). */
	smp_mb__after_atomic();
	atomic_long_dec(&b->nr_blocks);

	/*
	 * The pages behind the first have no reference yet, so nobody can hold
	 * them: they are locked without asking.  From split_page() on whoever
	 * walks memory may come for them, and finds them locked, then movable.
	 */
	for (i = 1; i < PVB_BLOCK_PAGES; i++)
		__SetPageLocked(head + i);
	split_page(head, PVB_BLOCK_ORDER);
	for (i = isolate; i < PVB_BLOCK_PAGES; i++)
		balloon_page_insert(&b->small, head + i);
	for (i = 1; i < PVB_BLOCK_PAGES; i++)
		unlock_page(head + i);
	pvb_count(b, PVB_N_SPLIT, 1);
}

#ifdef CONFIG_BALLOON_COMPACTION
static bool pvb_block_isolate(struct page *page, isolate_mode_t mode)
{
	struct pv_balloon *b = pvb_of_page(page);
	unsigned long flags;

	if (mode & ISOLATE_ASYNC_MIGRATE)
		return false;

	spin_lock_irqsave(&b->small.pages_lock, flags);
	list_del(&page->lru);
	__SetPageMovable(page, &balloon_mops);
	b->small.isolated_pages++;
	pvb_split_block(b, page, true);
	spin_unlock_irqrestore(&b->small.pages_lock, flags);
	return true;
}

/* After isolation the page belongs to balloon_mops, so neither is ever called. */
static int pvb_block_migrate(struct page *dst, struct page *src, enum migrate_mode mode)
{
	return -EBUSY;
}

static void pvb_block_putback(struct page *page)
{
	WARN_ON_ONCE(1);
}

static const struct movable_operations pvb_block_mops = {
	.isolate_page = pvb_block_isolate,
	.migrate_page = pvb_block_migrate,
	.putback_page = pvb_block_putback,
};

static void pvb_block_set_movable(struct pv_balloon *b, struct page *head)
{
	__SetPageMovable(head, &pvb_block_mops);
	set_page_private(head, (unsigned long)&b->small);
}

static void pvb_block_clear_movable(struct page *head)
{
	__ClearPageMovable(head);
	set_page_private(head, 0);
}
#else
static void pvb_block_set_movable(struct pv_balloon *b, struct page *head) { }
static void pvb_block_clear_movable(struct page *head) { }
#endif

/**
 * pvb_block_insert() - a block is in the balloon
 * @b: the balloon
 * @head: its first page, ours alone
 */
void pvb_block_insert(struct pv_balloon *b, struct page *head)
{
	unsigned long flags;

	lock_page(head);
	spin_lock_irqsave(&b->small.pages_lock, flags);
	pvb_block_set_movable(b, head);
	list_add(&head->lru, &b->blocks);
	atomic_long_inc(&b->nr_blocks);
	spin_unlock_irqrestore(&b->small.pages_lock, flags);
	unlock_page(head);
}

/**
 * pvb_block_remove() - a block leaves the list
 * @b: the balloon
 * @head: its first page, on &b->blocks
 *
 * It still counts in &b->nr_blocks, until the caller or pvb_split_block() says
 * that it does not.
 *
 * Context: &b->small.pages_lock held.
 *
 * Return: true with @head locked, or false if someone is about to isolate it.
 */
bool pvb_block_remove(struct pv_balloon *b, struct page *head)
{
	if (!trylock_page(head))
		return false;
	list_del(&head->lru);
	pvb_block_clear_movable(head);
	return true;
}

#ifdef CONFIG_BALLOON_COMPACTION
/* One page to or from the host; nothing else is in the batch. */
static int pvb_exchange_one(struct pv_balloon *b, struct page *page,
			    int (*op)(struct pv_balloon *b, struct pvb_batch *batch))
{
	int err;

	pvb_batch_init(&b->batch, 0);
	pvb_batch_add(&b->batch, page);
	err = pvb_change(b, op);
	if (!b->batch.done)
		return err ?: -EAGAIN;
	return test_bit(0, b->batch.refused) ? -EAGAIN : 0;
}

static void pvb_insert_isolated(struct pv_balloon *b, struct page *page, bool replaces)
{
	unsigned long flags;

	get_page(page);
	spin_lock_irqsave(&b->small.pages_lock, flags);
	balloon_page_insert(&b->small, page);
	if (replaces)
		b->small.isolated_pages--;
	spin_unlock_irqrestore(&b->small.pages_lock, flags);
}

static void pvb_move_managed(struct pv_balloon *b, struct page *dst, struct page *src)
{
	if ((b->flags & PVB_KEEP_TOTAL) || page_zone(dst) == page_zone(src))
		return;
	adjust_managed_page_count(src, 1);
	adjust_managed_page_count(dst, -1);
}

/*
 * The host gets the new page first, then gives the old one back, so that the
 * balloon is never smaller than it says.  Called with both pages locked.
 */
static int pvb_migrate(struct balloon_dev_info *small, struct page *dst,
		       struct page *src, enum migrate_mode mode)
{
	struct pv_balloon *b = container_of(small, struct pv_balloon, small);
	/* Whatever the host says, to compaction it means: not this one, not now. */
	int ret = -EAGAIN;

	/* An exchange may last; compaction can come again. */
	if (!mutex_trylock(&b->lock))
		return -EAGAIN;
	/* Nor does anybody who holds pages locked wait for a silent host twice. */
	if (b->stopped || time_before(jiffies, b->silent_until))
		goto out;

	__SetPageOffline(dst);
	if (pvb_exchange_one(b, dst, b->ops->inflate)) {
		__ClearPageOffline(dst);
		goto out;
	}
	if (pvb_exchange_one(b, src, b->ops->deflate)) {
		/*
		 * Both pages are the host's now: keep both.  Whoever hears
		 * -EAGAIN tries again with the same @dst; @dst is spent.
		 */
		pvb_insert_isolated(b, dst, false);
		atomic_long_inc(&b->nr_small);
		if (!(b->flags & PVB_KEEP_TOTAL)) {
			adjust_managed_page_count(dst, -1);
			atomic_long_inc(&b->hidden);
		}
		ret = -EBUSY;
		goto out;
	}
	pvb_move_managed(b, dst, src);
	pvb_insert_isolated(b, dst, true);
	__count_vm_event(BALLOON_MIGRATE);
	pvb_count(b, PVB_N_MIGRATED, 1);
	balloon_page_finalize(src);
	put_page(src);
	ret = MIGRATEPAGE_SUCCESS;
out:
	mutex_unlock(&b->lock);
	return ret;
}
#endif

/**
 * pvb_compact_init() - prepare the lists of a new balloon
 * @b: the balloon, not yet registered
 */
void pvb_compact_init(struct pv_balloon *b)
{
	balloon_devinfo_init(&b->small);
	INIT_LIST_HEAD(&b->blocks);
	INIT_LIST_HEAD(&b->refused);
#ifdef CONFIG_BALLOON_COMPACTION
	b->small.migratepage = pvb_migrate;
#endif
}
