// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages on their way into the balloon and out of it.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * A unit is a 4 KiB page or a 2 MiB block.  Blocks are taken first: they cost
 * the host one large mapping, the guest one allocation, and leave no holes.  A
 * block is not a compound page, so that it can be split where it lies.
 *
 * No allocation here enters direct reclaim.  A balloon must not make other
 * tasks wait: what is free it takes, for more it wakes kswapd and comes back.
 */

#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/page-flags.h>
#include <linux/pagemap.h>
#include <linux/vmstat.h>

#include "balloon.h"

#define PVB_GFP_COMMON	(__GFP_NOMEMALLOC | __GFP_NORETRY | __GFP_NOWARN | __GFP_THISNODE)

/* When no block was to be had, take pages for a while before looking again. */
#define PVB_NO_BLOCKS_FOR	(HZ / 4)

/* Four at a time: loops over pages are all that a block costs. */
static void pvb_set_offline(struct page *page, unsigned int order)
{
	struct page *end = page + BIT(order);

	if (!order) {
		__SetPageOffline(page);
		return;
	}
	for (; page < end; page += 4) {
		__SetPageOffline(page);
		__SetPageOffline(page + 1);
		__SetPageOffline(page + 2);
		__SetPageOffline(page + 3);
	}
}

static void pvb_clear_offline(struct page *page, unsigned int order)
{
	struct page *end = page + BIT(order);

	if (!order) {
		__ClearPageOffline(page);
		return;
	}
	for (; page < end; page += 4) {
		__ClearPageOffline(page);
		__ClearPageOffline(page + 1);
		__ClearPageOffline(page + 2);
		__ClearPageOffline(page + 3);
	}
}

/* Those who read through all memory (kcore) hold this off while they look. */
static void pvb_batch_set_offline(struct pvb_batch *batch)
{
	unsigned int i, nr = batch->nr, order = batch->order;

	page_offline_begin();
	for (i = 0; i < nr; i++)
		pvb_set_offline(batch->pages[i], order);
	page_offline_end();
}

static unsigned long pvb_node_free(int nid)
{
	unsigned long nr = 0;
	int i;

	for (i = 0; i < MAX_NR_ZONES; i++)
		nr += zone_page_state(&NODE_DATA(nid)->node_zones[i], NR_FREE_PAGES);
	return nr;
}

/* Take from the node that has most, so that no node is drained before others. */
static int pvb_pick_node(void)
{
	unsigned long most = 0;
	int nid, best = first_memory_node;

	if (num_node_state(N_MEMORY) == 1)
		return best;

	for_each_node_state(nid, N_MEMORY) {
		unsigned long nr = pvb_node_free(nid);

		if (nr > most) {
			most = nr;
			best = nid;
		}
	}
	return best;
}

static void pvb_alloc_blocks(struct pv_balloon *b, unsigned long want)
{
	/* No reclaim of any kind: compaction on our account would stall others. */
	gfp_t gfp = (balloon_mapping_gfp_mask() & ~__GFP_RECLAIM) | PVB_GFP_COMMON;
	unsigned int nr = min(want / PVB_BLOCK_PAGES, PVB_BATCH_BLOCKS);
	int nid = pvb_pick_node();

	pvb_batch_init(&b->batch, PVB_BLOCK_ORDER);
	while (b->batch.nr < nr) {
		struct page *page = alloc_pages_node(nid, gfp, PVB_BLOCK_ORDER);

		if (!page)
			break;
		pvb_batch_add(&b->batch, page);
	}
	if (b->batch.nr < nr)
		b->no_blocks_until = jiffies + PVB_NO_BLOCKS_FOR;
}

static void pvb_alloc_small(struct pv_balloon *b, unsigned long want)
{
	gfp_t gfp = (balloon_mapping_gfp_mask() & ~__GFP_DIRECT_RECLAIM) | PVB_GFP_COMMON;
	unsigned int nr = min_t(unsigned long, want, PVB_BATCH_PAGES);
	int nid = pvb_pick_node();

	pvb_batch_init(&b->batch, 0);
	memset(b->batch.pages, 0, nr * sizeof(b->batch.pages[0]));
	while (b->batch.nr < nr) {
		unsigned int got = alloc_pages_bulk_array_node(gfp, nid, nr, b->batch.pages);

		if (got == b->batch.nr)
			break;
		b->batch.nr = got;
	}
}

/**
 * pvb_alloc_batch() - get free memory to offer to the host
 * @b: the balloon, locked
 * @want: pages missing to the target, not 0
 *
 * Return: units in the batch, 0 if there is no memory to be had.
 */
unsigned int pvb_alloc_batch(struct pv_balloon *b, unsigned long want)
{
	if ((b->flags & PVB_BLOCKS) && want >= PVB_BLOCK_PAGES &&
	    time_after_eq(jiffies, b->no_blocks_until)) {
		pvb_alloc_blocks(b, want);
		if (b->batch.nr)
			goto out;
	}
	pvb_alloc_small(b, want);
out:
	/* From here on nobody who walks physical memory may look into them. */
	if (b->batch.nr)
		pvb_batch_set_offline(&b->batch);
	return b->batch.nr;
}

/* Each run of units of one zone leaves or enters MemTotal at once. */
static void pvb_adjust_managed(struct pv_balloon *b, struct page **pages,
			       unsigned int nr, long sign)
{
	long unit = sign << b->batch.order;
	unsigned int i, from = 0;

	if (b->flags & PVB_KEEP_TOTAL)
		return;
	while (from < nr) {
		int id = page_zone_id(pages[from]);

		for (i = from + 1; i < nr && page_zone_id(pages[i]) == id; i++)
			;
		adjust_managed_page_count(pages[from], (i - from) * unit);
		from = i;
	}
	atomic_long_sub(nr * unit, &b->hidden);
}

static void pvb_refuse(struct pv_balloon *b, struct page *page)
{
	/* page->private keeps the order until pvb_free_refused(). */
	set_page_private(page, b->batch.order);
	list_add(&page->lru, &b->refused);
	b->nr_refused++;
	pvb_count(b, PVB_N_REFUSED, 1);
}

/* Put the refused ones aside and close the gaps. */
static unsigned int pvb_drop_refused(struct pv_balloon *b)
{
	struct pvb_batch *batch = &b->batch;
	unsigned int i, kept = 0;

	if (bitmap_empty(batch->refused, batch->done))
		return batch->done;
	for (i = 0; i < batch->done; i++) {
		if (test_bit(i, batch->refused))
			pvb_refuse(b, batch->pages[i]);
		else
			batch->pages[kept++] = batch->pages[i];
	}
	return kept;
}

/* Someone has it locked, who walks physical memory: wait for him. */
static void pvb_insert_when_unlocked(struct pv_balloon *b, struct page *page)
{
	unsigned long flags;

	lock_page(page);
	spin_lock_irqsave(&b->small.pages_lock, flags);
	balloon_page_insert(&b->small, page);
	spin_unlock_irqrestore(&b->small.pages_lock, flags);
	unlock_page(page);
}

/*
 * As balloon_page_list_enqueue(), but from the array, and with patience where
 * that has a BUG_ON().  Where only small pages are free, lists that are made for
 * one call are a good part of what the driver itself does with a page.
 */
static void pvb_insert_small(struct pv_balloon *b, struct page **pages, unsigned int nr)
{
	unsigned int i, late = 0;
	unsigned long flags;

	/* Counted first: a page on the list may be split off or isolated at once. */
	atomic_long_add(nr, &b->nr_small);
	count_vm_events(BALLOON_INFLATE, nr);

	/* From the last one, so that they leave the list in the order of their PFNs. */
	spin_lock_irqsave(&b->small.pages_lock, flags);
	for (i = nr; i-- > 0;) {
		struct folio *folio = page_folio(pages[i]);

		if (unlikely(!folio_trylock(folio))) {
			pages[nr - ++late] = pages[i];
			continue;
		}
		balloon_page_insert(&b->small, &folio->page);
		folio_unlock(folio);
	}
	spin_unlock_irqrestore(&b->small.pages_lock, flags);

	while (late)
		pvb_insert_when_unlocked(b, pages[nr - late--]);
}

/* A page that was in the balloon a moment ago goes back. */
static void pvb_reinsert_small(struct pv_balloon *b, struct page *page)
{
	atomic_long_inc(&b->nr_small);
	/* Leaving the list has counted it as deflated. */
	count_vm_event(BALLOON_INFLATE);
	pvb_insert_when_unlocked(b, page);
}

static void pvb_reinsert_units(struct pv_balloon *b, struct page **pages, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (b->batch.order)
			pvb_block_insert(b, pages[i]);
		else
			pvb_reinsert_small(b, pages[i]);
	}
}

static void pvb_insert_units(struct pv_balloon *b, struct page **pages, unsigned int nr)
{
	unsigned int i;

	if (b->batch.order) {
		count_vm_events(BALLOON_INFLATE, (long)nr << b->batch.order);
		for (i = 0; i < nr; i++)
			pvb_block_insert(b, pages[i]);
	} else {
		pvb_insert_small(b, pages, nr);
	}
}

/**
 * pvb_take_batch() - after an inflate: what the host took is in the balloon
 * @b: the balloon, locked
 *
 * Units that the host refused are kept aside until pvb_free_refused(), so that
 * they are not offered again in this round.  Units never shown to the host are
 * freed.
 */
void pvb_take_batch(struct pv_balloon *b)
{
	struct pvb_batch *batch = &b->batch;
	unsigned int taken = pvb_drop_refused(b);
	unsigned int i;

	pvb_adjust_managed(b, batch->pages, taken, -1);
	pvb_insert_units(b, batch->pages, taken);
	pvb_count(b, PVB_N_INFLATED, (long)taken << batch->order);

	for (i = batch->done; i < batch->nr; i++) {
		pvb_clear_offline(batch->pages[i], batch->order);
		__free_pages(batch->pages[i], batch->order);
	}
}

static void pvb_collect_blocks(struct pv_balloon *b, unsigned long want)
{
	unsigned int nr = min(want / PVB_BLOCK_PAGES, PVB_BATCH_BLOCKS);
	struct page *page, *next;
	unsigned long flags;

	pvb_batch_init(&b->batch, PVB_BLOCK_ORDER);
	spin_lock_irqsave(&b->small.pages_lock, flags);
	list_for_each_entry_safe(page, next, &b->blocks, lru) {
		if (b->batch.nr == nr)
			break;
		if (!pvb_block_remove(b, page))
			continue;
		unlock_page(page);
		pvb_batch_add(&b->batch, page);
	}
	atomic_long_sub(b->batch.nr, &b->nr_blocks);
	spin_unlock_irqrestore(&b->small.pages_lock, flags);
}

/*
 * As balloon_page_list_dequeue(), but into the array, and off the list at once.
 * A page that someone is about to isolate ends the run, or is passed over.
 */
static void pvb_collect_small(struct pv_balloon *b, unsigned long want)
{
	unsigned int nr = 0, most = min_t(unsigned long, want, PVB_BATCH_PAGES);
	struct page **pages = b->batch.pages, *page;
	unsigned long flags;
	LIST_HEAD(taken);

	pvb_batch_init(&b->batch, 0);
	spin_lock_irqsave(&b->small.pages_lock, flags);
	list_for_each_entry(page, &b->small.pages, lru) {
		struct folio *folio = page_folio(page);

		if (nr == most)
			break;
		if (!folio_trylock(folio)) {
			if (nr)
				break;
			continue;
		}
		balloon_page_finalize(page);
		folio_unlock(folio);
		pages[nr++] = page;
	}
	if (nr)
		list_bulk_move_tail(&taken, &pages[0]->lru, &pages[nr - 1]->lru);
	spin_unlock_irqrestore(&b->small.pages_lock, flags);
	b->batch.nr = nr;
	count_vm_events(BALLOON_DEFLATE, nr);
	atomic_long_sub(nr, &b->nr_small);
}

/* The host wants less than a block back, and there are only blocks. */
static void pvb_split_any(struct pv_balloon *b)
{
	struct page *head;
	unsigned long flags;

	spin_lock_irqsave(&b->small.pages_lock, flags);
	head = list_first_entry_or_null(&b->blocks, struct page, lru);
	if (head && pvb_block_remove(b, head)) {
		pvb_split_block(b, head, false);
		unlock_page(head);
	}
	spin_unlock_irqrestore(&b->small.pages_lock, flags);
}

/**
 * pvb_collect_batch() - choose units to take back from the host
 * @b: the balloon, locked
 * @want: pages to take back, not 0
 *
 * Blocks go first if @want has room for one: whoever needs the memory is best
 * served with large pieces.
 *
 * Return: false if nothing can be had now (all isolated for migration).
 */
bool pvb_collect_batch(struct pv_balloon *b, unsigned long want)
{
	if (want >= PVB_BLOCK_PAGES && atomic_long_read(&b->nr_blocks)) {
		pvb_collect_blocks(b, want);
		if (b->batch.nr)
			return true;
	}
	if (!atomic_long_read(&b->nr_small))
		pvb_split_any(b);
	pvb_collect_small(b, want);
	return b->batch.nr;
}

/* Put what the host gave back first in the batch; how many these are. */
static unsigned int pvb_given_back(struct pvb_batch *batch)
{
	unsigned int i, freed = 0;

	if (batch->done == batch->nr && bitmap_empty(batch->refused, PVB_BATCH_PAGES))
		return batch->nr;

	for (i = 0; i < batch->done; i++) {
		if (!test_bit(i, batch->refused)) {
			swap(batch->pages[freed], batch->pages[i]);
			freed++;
		}
	}
	return freed;
}

/**
 * pvb_release_batch() - after a deflate: what the host gave back is free
 * @b: the balloon, locked
 *
 * The others go back to the lists.
 *
 * Return: pages that are free again.
 */
unsigned long pvb_release_batch(struct pv_balloon *b)
{
	struct pvb_batch *batch = &b->batch;
	unsigned int i, freed = pvb_given_back(batch);

	pvb_count(b, PVB_N_REFUSED, batch->done - freed);
	pvb_reinsert_units(b, batch->pages + freed, batch->nr - freed);

	pvb_adjust_managed(b, batch->pages, freed, 1);
	/* Of small pages the list has taken care. */
	if (batch->order)
		count_vm_events(BALLOON_DEFLATE, (long)freed << batch->order);
	for (i = 0; i < freed; i++) {
		if (batch->order)
			pvb_clear_offline(batch->pages[i], batch->order);
		__free_pages(batch->pages[i], batch->order);
	}
	pvb_count(b, PVB_N_DEFLATED, (long)freed << batch->order);
	return (unsigned long)freed << batch->order;
}

/**
 * pvb_free_refused() - end of a round: give the refused units to the allocator
 * @b: the balloon, locked
 */
void pvb_free_refused(struct pv_balloon *b)
{
	struct page *page;

	while ((page = balloon_page_pop(&b->refused))) {
		unsigned int order = page_private(page);

		set_page_private(page, 0);
		pvb_clear_offline(page, order);
		__free_pages(page, order);
	}
	b->nr_refused = 0;
}

/**
 * pvb_free_all_untold() - the host has forgotten the balloon: all pages are ours
 * @b: the balloon, locked
 *
 * Pages isolated for migration at this moment come back later and are freed by
 * the next deflate.
 */
void pvb_free_all_untold(struct pv_balloon *b)
{
	while (pvb_size(b) && pvb_collect_batch(b, pvb_size(b))) {
		b->batch.done = b->batch.nr;
		pvb_release_batch(b);
		cond_resched();
	}
}

static void pvb_unfold(struct pvb_batch *batch, struct list_head *blocks,
		       struct list_head *small)
{
	unsigned int i;

	for (i = 0; i < batch->nr; i++)
		list_add(&batch->pages[i]->lru, batch->order ? blocks : small);
}

static void pvb_put_back(struct pv_balloon *b, struct list_head *blocks,
			 struct list_head *small)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, blocks, lru) {
		list_del(&page->lru);
		pvb_block_insert(b, page);
	}
	list_for_each_entry_safe(page, next, small, lru) {
		list_del(&page->lru);
		pvb_reinsert_small(b, page);
	}
}

/**
 * pvb_reannounce() - name every page of the balloon to the host again
 * @b: the balloon, between pvb_suspend() and pvb_resume()
 *
 * After hibernation the guest wakes up in a device, and often on a host, that
 * has never heard of them.  To a device that has, it changes nothing.  What the
 * host does not take stays in the balloon until the host wants less.
 *
 * Context: process, may sleep.
 *
 * Return: 0, or why the transport stopped, see &struct pvb_ops.
 */
int pvb_reannounce(struct pv_balloon *b)
{
	LIST_HEAD(blocks);
	LIST_HEAD(small);
	int err = 0;

	mutex_lock(&b->lock);
	/* All are taken off first: the lists give and take at the same end. */
	while (!err && pvb_size(b) && pvb_collect_batch(b, pvb_size(b))) {
		pvb_batch_set_offline(&b->batch);
		err = pvb_change(b, b->ops->inflate);
		pvb_unfold(&b->batch, &blocks, &small);
	}
	if (!err && b->ops->commit)
		err = b->ops->commit(b);
	pvb_put_back(b, &blocks, &small);
	mutex_unlock(&b->lock);
	return err;
}

/**
 * pvb_lose_all() - the host keeps the pages, and the balloon is about to go
 * @b: the balloon, locked
 *
 * Unless someone adopts them, nobody may ever use these pages again: they stay
 * allocated and offline, and no longer point to the balloon.
 */
void pvb_lose_all(struct pv_balloon *b)
{
	while (pvb_size(b)) {
		if (!pvb_collect_batch(b, pvb_size(b))) {
			/* Isolated for migration, which fails soon. */
			msleep(20);
			continue;
		}
		pvb_batch_set_offline(&b->batch);
		if (b->ops->adopt)
			b->ops->adopt(b, &b->batch);
		else
			pvb_count(b, PVB_N_LOST, (long)b->batch.nr << b->batch.order);
	}
}
