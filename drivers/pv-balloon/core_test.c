// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: the core against a host that keeps its word, and one that does not.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * The transport is a fake one; the pages are real.  The balloon stays stopped,
 * so that its own worker does not run, and the test takes every step itself.
 */

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/initrd.h>
#include <linux/kthread.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/pagemap.h>
#include <linux/prandom.h>
#include <linux/workqueue.h>

#include "balloon.h"
#include "keeper.h"

/* 16 MiB: room for both kinds of units, small enough for any guest. */
#define TEST_PAGES	(SZ_16M / PAGE_SIZE)
/* What a hostile host moves: little, so that there is time for many steps. */
#define HOSTILE_PAGES	(SZ_4M / PAGE_SIZE)
#define HOSTILE_STRIDE	32

static unsigned int test_steps = 500;
module_param(test_steps, uint, 0444);
MODULE_PARM_DESC(test_steps, "Steps of the hostile host test");

static unsigned int test_seed = 1;
module_param(test_seed, uint, 0444);
MODULE_PARM_DESC(test_seed, "Seed of the hostile host test");

/**
 * struct fake_host - the other side
 * @keeper: the pages it has
 * @rnd: what it does, if hostile
 * @target: what it asks for
 * @published: the size it was told last
 * @hostile: breaks every promise, except to keep the pages as they are
 * @restarts: conversations begun anew
 * @silent: gives no answer to an exchange
 * @unanswered: exchanges without one
 * @forgetful: answers whatever it is asked by a reset
 * @keeps: takes pages, and gives no answer when asked for one back
 * @needy: the guest is short of memory at each deflate, which takes 30 ms
 * @scanner: while it is refused back, the first page is locked by someone else
 * @scanned: that page
 * @unlock: unlocks it
 */
struct fake_host {
	struct pvb_keeper keeper;
	struct rnd_state rnd;
	u64 target;
	u64 published;
	bool hostile;
	unsigned int restarts;
	bool silent;
	unsigned int unanswered;
	bool forgetful;
	bool keeps;
	bool needy;
	bool scanner;
	struct page *scanned;
	struct delayed_work unlock;
};

struct core_test {
	struct fake_host host;
	struct pv_balloon *b;
	unsigned long total;
};

static bool fake_one_in(struct fake_host *h, u32 n)
{
	return h->hostile && !(prandom_u32_state(&h->rnd) % n);
}

static int fake_error(struct fake_host *h)
{
	static const int errors[] = { -EAGAIN, -ETIMEDOUT, -ECONNRESET, -EIO, -1234 };

	if (!fake_one_in(h, 8))
		return 0;
	return errors[prandom_u32_state(&h->rnd) % ARRAY_SIZE(errors)];
}

static int fake_target(struct pv_balloon *b, u64 *pages)
{
	struct fake_host *h = b->priv;

	if (h->forgetful) {
		pvb_keeper_forget(&h->keeper);
		return -ECONNRESET;
	}
	*pages = h->target;
	return fake_one_in(h, 16) ? -EAGAIN : 0;
}

static void fake_unlock(struct work_struct *work)
{
	struct fake_host *h = container_of(work, struct fake_host, unlock.work);

	unlock_page(h->scanned);
}

/* What isolate_movable_page() does to a page that it found in the balloon. */
static bool fake_scan(struct fake_host *h, struct page *page)
{
	if (!h->scanner)
		return false;
	h->scanner = false;
	h->scanned = page;
	lock_page(page);
	schedule_delayed_work(&h->unlock, HZ / 50);
	return true;
}

static int fake_exchange(struct pv_balloon *b, struct pvb_batch *batch, bool take)
{
	struct fake_host *h = b->priv;
	int err = fake_error(h);

	if (h->silent || (h->keeps && !take)) {
		h->unanswered++;
		return -ETIMEDOUT;
	}
	if (h->forgetful)
		err = -ECONNRESET;
	if (err == -ECONNRESET) {
		pvb_keeper_forget(&h->keeper);
		return err;
	}
	while (batch->done < batch->nr) {
		unsigned long pfn = page_to_pfn(batch->pages[batch->done]);

		if (fake_one_in(h, 100))
			return err ?: -EAGAIN;
		if (fake_one_in(h, 50) || (!take && fake_scan(h, batch->pages[batch->done])))
			__set_bit(batch->done, batch->refused);
		else if (take)
			pvb_keeper_take(&h->keeper, pfn, batch->order);
		else
			pvb_keeper_give(&h->keeper, pfn, batch->order);
		batch->done++;
	}
	/* More than there was. */
	if (fake_one_in(h, 20))
		batch->done += prandom_u32_state(&h->rnd) % 1000;
	return err;
}

static int fake_inflate(struct pv_balloon *b, struct pvb_batch *batch)
{
	return fake_exchange(b, batch, true);
}

static int fake_deflate(struct pv_balloon *b, struct pvb_batch *batch)
{
	struct fake_host *h = b->priv;

	if (h->needy) {
		pvb_hold(b);
		msleep(30);
	}
	return fake_exchange(b, batch, false);
}

static void fake_publish(struct pv_balloon *b, u64 pages)
{
	struct fake_host *h = b->priv;

	h->published = pages;
}

static int fake_restart(struct pv_balloon *b)
{
	struct fake_host *h = b->priv;

	h->restarts++;
	return fake_one_in(h, 4) ? -EIO : 0;
}

static const struct pvb_ops fake_ops = {
	.name = "fake",
	.target = fake_target,
	.inflate = fake_inflate,
	.deflate = fake_deflate,
	.publish = fake_publish,
	.restart = fake_restart,
};

static unsigned long step(struct core_test *t)
{
	unsigned long delay;

	mutex_lock(&t->b->lock);
	delay = pvb_step(t->b);
	mutex_unlock(&t->b->lock);
	return delay;
}

static void ask(struct core_test *t, u64 target)
{
	t->host.target = target;
	WRITE_ONCE(t->b->reread, true);
}

/* Until nothing is left to do, or it waits for something. */
static unsigned long settle(struct core_test *t)
{
	unsigned long delay;
	unsigned int i;

	for (i = 0; i < 10000; i++) {
		delay = step(t);
		if (delay)
			return delay;
		cond_resched();
	}
	return 0;
}

static int core_test_init(struct kunit *test)
{
	struct core_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;
	/* Its memory is given back at some time during boot: not while pages are counted. */
	wait_for_initramfs();
	t->total = totalram_pages();
	pvb_keeper_init(test, &t->host.keeper);
	prandom_seed_state(&t->host.rnd, test_seed);
	t->b = pvb_register(NULL, &fake_ops, &t->host,
			    PVB_BLOCKS | PVB_MAY_RECLAIM | PVB_FREE_UNTOLD);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t->b);
	/* The floor keeps a target of any size down to what the test can afford. */
	t->b->floor = pvb_total(t->b) - TEST_PAGES;
	return 0;
}

static void core_test_exit(struct kunit *test)
{
	struct core_test *t = test->priv;

	if (!t || IS_ERR_OR_NULL(t->b))
		return;
	t->host.hostile = false;
	pvb_unregister(t->b);
	KUNIT_EXPECT_EQ_MSG(test, t->host.keeper.faults, 0, "pfn %#lx %s",
			    t->host.keeper.fault_pfn, t->host.keeper.fault);
	KUNIT_EXPECT_EQ(test, t->host.keeper.held, 0);
	KUNIT_EXPECT_EQ(test, totalram_pages(), t->total);
}

static void inflates_and_deflates(struct kunit *test)
{
	struct core_test *t = test->priv;

	ask(t, TEST_PAGES - 3);
	KUNIT_EXPECT_EQ(test, settle(t), MAX_SCHEDULE_TIMEOUT);
	KUNIT_EXPECT_EQ(test, pvb_size(t->b), TEST_PAGES - 3);
	KUNIT_EXPECT_EQ(test, t->host.keeper.held, TEST_PAGES - 3);
	KUNIT_EXPECT_EQ(test, t->host.published, TEST_PAGES - 3);
	KUNIT_EXPECT_EQ(test, totalram_pages(), t->total - (TEST_PAGES - 3));

	/* Less than a block, so that one has to be split if there are only blocks. */
	ask(t, 7);
	KUNIT_EXPECT_EQ(test, settle(t), MAX_SCHEDULE_TIMEOUT);
	KUNIT_EXPECT_EQ(test, pvb_size(t->b), 7);
	KUNIT_EXPECT_EQ(test, t->host.keeper.held, 7);

	ask(t, 0);
	KUNIT_EXPECT_EQ(test, settle(t), MAX_SCHEDULE_TIMEOUT);
	KUNIT_EXPECT_EQ(test, pvb_size(t->b), 0);
	KUNIT_EXPECT_EQ(test, totalram_pages(), t->total);
}

static void floor_holds(struct kunit *test)
{
	struct core_test *t = test->priv;

	ask(t, U64_MAX);
	KUNIT_EXPECT_EQ(test, settle(t), MAX_SCHEDULE_TIMEOUT);
	KUNIT_EXPECT_EQ(test, pvb_size(t->b), TEST_PAGES);
	KUNIT_EXPECT_EQ(test, t->b->reason, PVB_WHY_FLOOR);
}

static void splits_a_block(struct kunit *test)
{
	struct core_test *t = test->priv;

	ask(t, PVB_BLOCK_PAGES);
	settle(t);
	if (atomic_long_read(&t->b->nr_blocks) != 1)
		kunit_skip(test, "no free block of 2 MiB in this guest");
	ask(t, PVB_BLOCK_PAGES - 1);
	KUNIT_EXPECT_EQ(test, settle(t), MAX_SCHEDULE_TIMEOUT);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&t->b->nr_blocks), 0);
	KUNIT_EXPECT_EQ(test, pvb_size(t->b), PVB_BLOCK_PAGES - 1);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&t->b->counters[PVB_N_SPLIT]), 1);
}

struct size_watch {
	struct pv_balloon *b;
	u64 least;
};

static int watch_size(void *data)
{
	struct size_watch *w = data;

	while (!kthread_should_stop()) {
		WRITE_ONCE(w->least, min(w->least, pvb_size(w->b)));
		cond_resched();
	}
	return 0;
}

static void split_all(struct pv_balloon *b)
{
	struct page *head, *next;
	unsigned long flags;

	spin_lock_irqsave(&b->small.pages_lock, flags);
	list_for_each_entry_safe(head, next, &b->blocks, lru) {
		if (!pvb_block_remove(b, head))
			continue;
		pvb_split_block(b, head, false);
		unlock_page(head);
	}
	spin_unlock_irqrestore(&b->small.pages_lock, flags);
}

/* Whoever looks while blocks are being split, on another CPU, misses none. */
static void size_while_split(struct kunit *test)
{
	struct core_test *t = test->priv;
	struct size_watch w = { .b = t->b, .least = U64_MAX };
	struct task_struct *watcher;
	unsigned int tries;

	ask(t, TEST_PAGES);
	KUNIT_EXPECT_EQ(test, settle(t), MAX_SCHEDULE_TIMEOUT);
	watcher = kthread_run(watch_size, &w, "pvb_watch_size");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, watcher);
	for (tries = 0; tries < 5000 && READ_ONCE(w.least) == U64_MAX; tries++)
		usleep_range(1000, 2000);
	split_all(t->b);
	kthread_stop(watcher);
	KUNIT_EXPECT_EQ(test, w.least, TEST_PAGES);
	KUNIT_EXPECT_EQ(test, pvb_size(t->b), TEST_PAGES);
}

static void reset_empties(struct kunit *test)
{
	struct core_test *t = test->priv;

	ask(t, TEST_PAGES);
	settle(t);
	KUNIT_ASSERT_EQ(test, pvb_size(t->b), TEST_PAGES);

	mutex_lock(&t->b->lock);
	pvb_keeper_forget(&t->host.keeper);
	pvb_free_all_untold(t->b);
	mutex_unlock(&t->b->lock);
	KUNIT_EXPECT_EQ(test, pvb_size(t->b), 0);
	KUNIT_EXPECT_EQ(test, totalram_pages(), t->total);
}

/* A host that is reset again and again is asked less and less often. */
static void resets_back_off(struct kunit *test)
{
	struct core_test *t = test->priv;
	unsigned long delay, last = 0;
	unsigned int i;

	ask(t, TEST_PAGES);
	settle(t);
	t->host.forgetful = true;
	for (i = 1; i <= 5; i++) {
		WRITE_ONCE(t->b->reread, true);
		delay = step(t);
		KUNIT_EXPECT_GT(test, delay, last);
		KUNIT_EXPECT_EQ(test, t->host.restarts, i);
		last = delay;
	}
	KUNIT_EXPECT_EQ(test, pvb_size(t->b), 0);

	/* Nor does an exchange come at once. */
	WRITE_ONCE(t->b->reread, false);
	KUNIT_EXPECT_GT(test, step(t), last);
	t->host.forgetful = false;
	KUNIT_EXPECT_EQ(test, settle(t), MAX_SCHEDULE_TIMEOUT);
	KUNIT_EXPECT_EQ(test, pvb_size(t->b), TEST_PAGES);
}

/* As after hibernation: the guest has a balloon, the host has never heard of it. */
static void names_pages_again(struct kunit *test)
{
	struct core_test *t = test->priv;

	ask(t, TEST_PAGES - 3);
	KUNIT_EXPECT_EQ(test, settle(t), MAX_SCHEDULE_TIMEOUT);
	pvb_keeper_forget(&t->host.keeper);

	KUNIT_EXPECT_EQ(test, pvb_reannounce(t->b), 0);
	KUNIT_EXPECT_EQ(test, t->host.keeper.held, TEST_PAGES - 3);
	KUNIT_EXPECT_EQ(test, pvb_size(t->b), TEST_PAGES - 3);
	KUNIT_EXPECT_EQ(test, totalram_pages(), t->total - (TEST_PAGES - 3));

	ask(t, 0);
	KUNIT_EXPECT_EQ(test, settle(t), MAX_SCHEDULE_TIMEOUT);
	KUNIT_EXPECT_EQ(test, t->host.keeper.held, 0);
}

/* A page that the host does not give back is locked by a scanner at that moment. */
static void locked_page_goes_back(struct kunit *test)
{
	struct core_test *t = test->priv;

	INIT_DELAYED_WORK(&t->host.unlock, fake_unlock);
	ask(t, 8);
	KUNIT_EXPECT_EQ(test, settle(t), MAX_SCHEDULE_TIMEOUT);
	t->host.scanner = true;
	ask(t, 7);
	KUNIT_EXPECT_NE(test, settle(t), MAX_SCHEDULE_TIMEOUT);
	KUNIT_EXPECT_EQ(test, pvb_size(t->b), 8);
	KUNIT_EXPECT_EQ(test, settle(t), MAX_SCHEDULE_TIMEOUT);
	KUNIT_EXPECT_EQ(test, pvb_size(t->b), 7);
	flush_delayed_work(&t->host.unlock);
}

/* Eight pages in the balloon, one of which is to move; returns where to. */
static struct page *begin_migration(struct kunit *test)
{
	struct core_test *t = test->priv;
	struct page *dst;

	if (!t->b->small.migratepage)
		kunit_skip(test, "no balloon compaction");
	dst = alloc_page(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, dst);
	ask(t, 8);
	KUNIT_EXPECT_EQ(test, settle(t), MAX_SCHEDULE_TIMEOUT);
	t->b->stopped = false;
	return dst;
}

static int migrate_to(struct core_test *t, struct page *dst)
{
	struct balloon_dev_info *small = &t->b->small;
	struct page *src = list_first_entry(&small->pages, struct page, lru);

	return small->migratepage(small, dst, src, MIGRATE_SYNC);
}

/* Compaction holds pages locked while it waits for the host: not for ever. */
static void silence_stalls_migration_once(struct kunit *test)
{
	struct core_test *t = test->priv;
	struct page *dst = begin_migration(test);

	t->host.silent = true;
	KUNIT_EXPECT_EQ(test, migrate_to(t, dst), -EAGAIN);
	KUNIT_EXPECT_EQ(test, migrate_to(t, dst), -EAGAIN);
	KUNIT_EXPECT_EQ(test, t->host.unanswered, 1);
	t->b->stopped = true;
	t->host.silent = false;
	__free_page(dst);
}

/* The new page is the host's, the old one still is: who asked may not retry with it. */
static void migration_half_done(struct kunit *test)
{
	struct core_test *t = test->priv;
	struct page *dst = begin_migration(test);

	t->host.keeps = true;
	lock_page(dst);
	KUNIT_EXPECT_EQ(test, migrate_to(t, dst), -EBUSY);
	unlock_page(dst);
	t->b->stopped = true;
	t->host.keeps = false;
	put_page(dst);
	KUNIT_EXPECT_EQ(test, pvb_size(t->b), 9);
	KUNIT_EXPECT_EQ(test, settle(t), MAX_SCHEDULE_TIMEOUT);
	KUNIT_EXPECT_EQ(test, pvb_size(t->b), 8);
}

static void reclaim_holds_growth(struct kunit *test)
{
	struct core_test *t = test->priv;
	unsigned long freed = 0;

	ask(t, TEST_PAGES);
	settle(t);
	t->b->stopped = false;
	t->b->oom.notifier_call(&t->b->oom, 0, &freed);
	t->b->stopped = true;
	KUNIT_EXPECT_GE(test, freed, SZ_4M / PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, pvb_size(t->b), TEST_PAGES - freed);
	KUNIT_EXPECT_NE(test, settle(t), MAX_SCHEDULE_TIMEOUT);
	KUNIT_EXPECT_EQ(test, t->b->reason, PVB_WHY_RECLAIMED);
	KUNIT_EXPECT_EQ(test, pvb_size(t->b), TEST_PAGES - freed);
}

/* Pages that go back to the guest keep coming, although it must not grow for a while. */
static void hold_does_not_stop_deflate(struct kunit *test)
{
	struct core_test *t = test->priv;
	unsigned int tries;

	/* In small batches, so that the work is queued again before it is done. */
	t->b->flags &= ~PVB_BLOCKS;
	ask(t, TEST_PAGES);
	KUNIT_EXPECT_EQ(test, settle(t), MAX_SCHEDULE_TIMEOUT);
	t->host.needy = true;
	t->host.target = 0;
	pvb_resume(t->b);
	for (tries = 0; tries < 100 && pvb_size(t->b); tries++)
		msleep(20);
	pvb_suspend(t->b);
	t->host.needy = false;
	KUNIT_EXPECT_EQ(test, pvb_size(t->b), 0);
}

/* Whatever it does, the guest lives and every page is accounted for. */
static void hostile_host(struct kunit *test)
{
	struct core_test *t = test->priv;
	struct rnd_state *rnd = &t->host.rnd;
	unsigned int i;

	t->host.hostile = true;
	t->host.keeper.stride = HOSTILE_STRIDE;
	t->b->floor = pvb_total(t->b) - HOSTILE_PAGES;
	for (i = 0; i < test_steps; i++) {
		switch (prandom_u32_state(rnd) % 16) {
		case 0:
			ask(t, prandom_u32_state(rnd) % (2 * HOSTILE_PAGES));
			break;
		case 1:
			ask(t, ((u64)prandom_u32_state(rnd) << 32) | prandom_u32_state(rnd));
			break;
		case 2:
			ask(t, 0);
			break;
		default:
			/* A little up or down. */
			ask(t, pvb_size(t->b) + prandom_u32_state(rnd) % 129 - 64);
		}
		t->b->held_until = jiffies;
		step(t);
		if (t->host.keeper.held != pvb_size(t->b) || t->host.keeper.faults)
			break;
		if (i % 64 == 0)
			cond_resched();
	}
	KUNIT_EXPECT_EQ_MSG(test, i, test_steps, "held %lu, size %llu, seed %u",
			    t->host.keeper.held, pvb_size(t->b), test_seed);
	KUNIT_EXPECT_LE(test, pvb_size(t->b), HOSTILE_PAGES);
	kunit_info(test, "%u steps, seed %u: %lu exchanges, %lu pages, %lu refused, %u restarts\n",
		   i, test_seed, atomic_long_read(&t->b->counters[PVB_N_EXCHANGES]),
		   atomic_long_read(&t->b->counters[PVB_N_INFLATED]),
		   atomic_long_read(&t->b->counters[PVB_N_REFUSED]), t->host.restarts);
}

static struct kunit_case core_cases[] = {
	KUNIT_CASE(inflates_and_deflates),
	KUNIT_CASE(floor_holds),
	KUNIT_CASE(splits_a_block),
	KUNIT_CASE(size_while_split),
	KUNIT_CASE(reset_empties),
	KUNIT_CASE(resets_back_off),
	KUNIT_CASE(names_pages_again),
	KUNIT_CASE(locked_page_goes_back),
	KUNIT_CASE(silence_stalls_migration_once),
	KUNIT_CASE(migration_half_done),
	KUNIT_CASE(reclaim_holds_growth),
	KUNIT_CASE_SLOW(hold_does_not_stop_deflate),
	KUNIT_CASE_SLOW(hostile_host),
	{}
};

static struct kunit_suite core_suite = {
	.name = "pv_balloon_core",
	.init = core_test_init,
	.exit = core_test_exit,
	.test_cases = core_cases,
};

kunit_test_suite(core_suite);
