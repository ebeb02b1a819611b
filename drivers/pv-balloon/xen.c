// SPDX-License-Identifier: GPL-2.0-only
/*
 * Balloon transport for Xen: memory_op for the pages, xenstore for the target.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * xen-balloon stays: it lends ballooned pages to grant users, and it holds the
 * memory that the domain was built without.  What moves here is the reaction to
 * memory/target.  The size that xen-balloon had when it handed over is the base:
 * a target below it is a balloon of ours, a target above it is passed on.  An HVM
 * or PVH guest with less memory than it may have is brought down to its first
 * target by xen-balloon, before init runs: it would not survive our patience.
 *
 * In a PV domain a page that goes to Xen also leaves the kernel's mapping and
 * the P2M; in a translated domain (PVH, HVM) Xen does that behind our back, and
 * takes 2 MiB at a time.
 */

#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <xen/balloon.h>
#include <xen/features.h>
#include <xen/interface/xen.h>
#include <xen/interface/hvm/hvm_op.h>
#include <xen/interface/memory.h>
#include <xen/mem-reservation.h>
#include <xen/page.h>
#include <xen/xen.h>

#include <asm/tlbflush.h>
#include <asm/xen/hypercall.h>

#include "balloon.h"
#include "transports.h"

/**
 * struct pvb_xen - the balloon of this domain
 * @balloon: the core's side
 * @begun: xen-balloon has handed over
 * @base: pages of the domain when it did
 * @target: pages of the domain that the toolstack wants; written by xenwatch
 * @no_blocks: Xen refuses extents of 2 MiB; guarded by &pv_balloon.lock
 * @holed: of some block in the balloon the guest has a part; the same
 * @frames: the extents of one call, at most 4 KiB of them
 * @pages: the pages in @frames
 */
struct pvb_xen {
	struct pv_balloon *balloon;
	bool begun;
	unsigned long base;
	unsigned long target;
	bool no_blocks;
	bool holed;
	xen_pfn_t frames[PVB_BATCH_PAGES];
	struct page *pages[PVB_BATCH_PAGES];
};

static struct pvb_xen *pvb_xen;

static bool pvb_xen_translated(void)
{
	return xen_feature(XENFEAT_auto_translated_physmap);
}

static int pvb_xen_target(struct pv_balloon *b, u64 *pages)
{
	struct pvb_xen *x = b->priv;
	unsigned long target = READ_ONCE(x->target);

	*pages = target < x->base ? x->base - target : 0;
	/* More than there was: xen-balloon has the pages for that. */
	balloon_set_new_target(max(target, x->base));
	return 0;
}

static int pvb_xen_reserve(unsigned int cmd, xen_pfn_t *frames, unsigned int nr,
			   unsigned int order)
{
	struct xen_memory_reservation r = {
		.nr_extents = nr,
		.extent_order = order,
		.domid = DOMID_SELF,
	};
	int done;

	set_xen_guest_handle(r.extent_start, frames);
	done = HYPERVISOR_memory_op(cmd, &r);
	/* Xen says how many it did; take no number on trust. */
	return clamp(done, 0, (int)nr);
}

/*
 * Give @nr pages of x->pages.  Those that Xen does not take are mapped again.
 * Returns how many it took.
 */
static unsigned int pvb_xen_give(struct pvb_xen *x, unsigned int nr)
{
	unsigned int i, done;

	for (i = 0; i < nr; i++) {
		xenmem_reservation_scrub_page(x->pages[i]);
		x->frames[i] = xen_page_to_gfn(x->pages[i]);
	}
	xenmem_reservation_va_mapping_reset(nr, x->pages);
	/* No CPU may reach a frame that somebody else owns. */
	if (!pvb_xen_translated())
		flush_tlb_all();

	pvb_count(x->balloon, PVB_N_KICKS, 1);
	done = pvb_xen_reserve(XENMEM_decrease_reservation, x->frames, nr, 0);
	xenmem_reservation_va_mapping_update(nr - done, x->pages + done, x->frames + done);
	return done;
}

/* Get memory for @nr pages of x->pages.  Returns for how many there was some. */
static unsigned int pvb_xen_get(struct pvb_xen *x, unsigned int nr)
{
	unsigned int i, done;

	for (i = 0; i < nr; i++)
		x->frames[i] = page_to_xen_pfn(x->pages[i]);
	pvb_count(x->balloon, PVB_N_KICKS, 1);
	done = pvb_xen_reserve(XENMEM_populate_physmap, x->frames, nr, 0);
	xenmem_reservation_va_mapping_update(done, x->pages, x->frames);
	return done;
}

static int pvb_xen_small(struct pvb_xen *x, struct pvb_batch *batch,
			 unsigned int (*move)(struct pvb_xen *x, unsigned int nr))
{
	memcpy(x->pages, batch->pages, batch->nr * sizeof(x->pages[0]));
	batch->done = move(x, batch->nr);
	return batch->done < batch->nr ? -EAGAIN : 0;
}

static unsigned int pvb_xen_block_pages(struct pvb_xen *x, struct page *head)
{
	unsigned int i;

	for (i = 0; i < PVB_BLOCK_PAGES; i++)
		x->pages[i] = head + i;
	return PVB_BLOCK_PAGES;
}

/*
 * A block page by page: all of it or nothing.  What was moved before Xen
 * stopped is moved back; if that fails too, the block counts as Xen's, and
 * its pages that are not are lost to the guest until it deflates: see
 * pvb_xen_get_missing().
 */
static bool pvb_xen_block(struct pvb_xen *x, struct page *head,
			  unsigned int (*move)(struct pvb_xen *x, unsigned int nr),
			  unsigned int (*back)(struct pvb_xen *x, unsigned int nr))
{
	unsigned int nr = pvb_xen_block_pages(x, head);
	unsigned int done = move(x, nr);

	if (done == nr)
		return true;
	if (!done || back(x, done) == done)
		return false;
	x->holed = true;
	return move == pvb_xen_give;
}

static int pvb_xen_blocks_slow(struct pvb_xen *x, struct pvb_batch *batch,
			       unsigned int (*move)(struct pvb_xen *x, unsigned int nr),
			       unsigned int (*back)(struct pvb_xen *x, unsigned int nr))
{
	while (batch->done < batch->nr) {
		if (!pvb_xen_block(x, batch->pages[batch->done], move, back))
			return -EAGAIN;
		batch->done++;
	}
	return 0;
}

/* Xen does not clear what it gives to the next domain. */
static void pvb_xen_scrub_block(struct page *head)
{
	unsigned int i;

	for (i = 0; i < PVB_BLOCK_PAGES; i++)
		xenmem_reservation_scrub_page(head + i);
}

/* In a translated domain a block is one extent, if Xen allows its order. */
static int pvb_xen_extents(struct pvb_xen *x, struct pvb_batch *batch, unsigned int cmd)
{
	unsigned int i;

	for (i = 0; i < batch->nr; i++)
		x->frames[i] = page_to_xen_pfn(batch->pages[i]);
	pvb_count(x->balloon, PVB_N_KICKS, 1);
	batch->done = pvb_xen_reserve(cmd, x->frames, batch->nr, PVB_BLOCK_ORDER);
	return batch->done < batch->nr ? -EAGAIN : 0;
}

/* Has the guest memory at this page?  If Xen does not say so, it has not. */
static bool pvb_xen_has(struct page *page)
{
	struct xen_hvm_get_mem_type type = {
		.domid = DOMID_SELF,
		.pfn = page_to_xen_pfn(page),
	};

	if (!pvb_xen_translated())
		return phys_to_machine_mapping_valid(page_to_pfn(page));
	return !HYPERVISOR_hvm_op(HVMOP_get_mem_type, &type) && type.mem_type == HVMMEM_ram_rw;
}

static bool pvb_xen_has_block(struct page *head)
{
	unsigned int i;

	for (i = 0; i < PVB_BLOCK_PAGES; i++) {
		if (!pvb_xen_has(head + i))
			return false;
	}
	return true;
}

/*
 * Xen takes an extent page by page and counts it when it has them all.  Where it
 * stopped, it may have some of a block that it does not count: such a block is in
 * the balloon, for there are holes in it.
 */
static int pvb_xen_give_extents(struct pvb_xen *x, struct pvb_batch *batch)
{
	unsigned int i;
	int err;

	for (i = 0; i < batch->nr; i++)
		pvb_xen_scrub_block(batch->pages[i]);
	err = pvb_xen_extents(x, batch, XENMEM_decrease_reservation);
	if (err && !pvb_xen_has_block(batch->pages[batch->done])) {
		x->holed = true;
		batch->done++;
	}
	return err;
}

static int pvb_xen_give_blocks(struct pvb_xen *x, struct pvb_batch *batch)
{
	bool extents = pvb_xen_translated() && !x->no_blocks;
	int err;

	if (extents) {
		err = pvb_xen_give_extents(x, batch);
		if (!err || batch->done)
			return err;
	}
	err = pvb_xen_blocks_slow(x, batch, pvb_xen_give, pvb_xen_get);
	/* Untouched as a whole, but taken page by page: it is the order that Xen refuses. */
	if (extents && batch->done)
		x->no_blocks = true;
	return err;
}

/* Populated twice, a page has the later memory, and the earlier is lost to everybody. */
static bool pvb_xen_get_missing(struct pvb_xen *x, struct page *first, unsigned int nr)
{
	unsigned int i, missing = 0;

	for (i = 0; i < nr; i++) {
		if (!pvb_xen_has(first + i))
			x->pages[missing++] = first + i;
	}
	return !missing || pvb_xen_get(x, missing) == missing;
}

/* Page by page, and asking for each: but there is hardly ever a block with holes. */
static int pvb_xen_get_holed(struct pvb_xen *x, struct pvb_batch *batch)
{
	while (batch->done < batch->nr) {
		if (!pvb_xen_get_missing(x, batch->pages[batch->done], BIT(batch->order)))
			return -EAGAIN;
		batch->done++;
	}
	return 0;
}

static int pvb_xen_inflate(struct pv_balloon *b, struct pvb_batch *batch)
{
	struct pvb_xen *x = b->priv;

	if (x->holed && !pvb_size(b))
		x->holed = false;
	if (!batch->order)
		return pvb_xen_small(x, batch, pvb_xen_give);
	return pvb_xen_give_blocks(x, batch);
}

static int pvb_xen_deflate(struct pv_balloon *b, struct pvb_batch *batch)
{
	struct pvb_xen *x = b->priv;

	/* Such a block may have been split. */
	if (x->holed)
		return pvb_xen_get_holed(x, batch);
	if (!batch->order)
		return pvb_xen_small(x, batch, pvb_xen_get);
	/* An extent comes whole or not at all, and not only because of its order. */
	if (pvb_xen_translated() && !x->no_blocks)
		pvb_xen_extents(x, batch, XENMEM_populate_physmap);
	return pvb_xen_blocks_slow(x, batch, pvb_xen_get, pvb_xen_give);
}

/* The toolstack lowers the limit with the target: they come back when it is raised. */
static void pvb_xen_adopt(struct pv_balloon *b, struct pvb_batch *batch)
{
	struct pvb_xen *x = b->priv;
	unsigned int i;

	if (!batch->order) {
		xen_balloon_adopt(batch->nr, batch->pages);
		return;
	}
	for (i = 0; i < batch->nr; i++)
		xen_balloon_adopt(pvb_xen_block_pages(x, batch->pages[i]), x->pages);
}

static const struct pvb_ops pvb_xen_ops = {
	.name = "xen",
	.target = pvb_xen_target,
	.inflate = pvb_xen_inflate,
	.deflate = pvb_xen_deflate,
	.adopt = pvb_xen_adopt,
};

/* xen-balloon hands over; what it has still to give to Xen by itself, it gives. */
static void pvb_xen_begin(struct pvb_xen *x, unsigned long target)
{
	x->base = min(balloon_stats.current_pages, target);
	x->target = target;
	x->begun = true;
	pvb_resume(x->balloon);
}

/* Called by xen-balloon: with the target that stands, then with every new one. */
static void pvb_xen_new_target(unsigned long target)
{
	struct pvb_xen *x = pvb_xen;

	if (!x->begun) {
		pvb_xen_begin(x, target);
		return;
	}
	WRITE_ONCE(x->target, target);
	pvb_target_changed(x->balloon);
}

static int pvb_xen_start(struct pvb_xen *x)
{
	int err;

	x->balloon = pvb_register(NULL, &pvb_xen_ops, x, PVB_BLOCKS | PVB_MAY_RECLAIM);
	if (IS_ERR(x->balloon))
		return PTR_ERR(x->balloon);

	pvb_xen = x;
	err = xen_balloon_divert_target(pvb_xen_new_target);
	if (err) {
		pvb_unregister(x->balloon);
		pvb_xen = NULL;
	}
	return err;
}

static int pvb_xen_take(void)
{
	struct pvb_xen *x = kzalloc(sizeof(*x), GFP_KERNEL);
	int err;

	if (!x)
		return -ENOMEM;
	err = pvb_xen_start(x);
	if (err)
		kfree(x);
	return err;
}

static void pvb_xen_hand_back(void)
{
	unsigned long stood;

	if (!pvb_xen)
		return;
	stood = balloon_stats.target_pages;
	xen_balloon_divert_target(NULL);
	/* The balloon is emptied first, or what is left in it adopted. */
	pvb_unregister(pvb_xen->balloon);
	/* Unless it has heard of a new target meanwhile. */
	if (pvb_xen->begun && balloon_stats.target_pages == stood)
		balloon_set_new_target(pvb_xen->target);
	kfree(pvb_xen);
	pvb_xen = NULL;
}

static bool pvb_xen_up;
static bool pvb_param_xen = true;

/* Serialized by the lock of all parameters. */
static int pvb_xen_set(const char *val, const struct kernel_param *kp)
{
	int err = param_set_bool(val, kp);

	if (err || !pvb_xen_up)
		return err;
	if (!pvb_param_xen)
		pvb_xen_hand_back();
	else if (!pvb_xen)
		err = pvb_xen_take();
	return err;
}

static const struct kernel_param_ops pvb_xen_param_ops = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = pvb_xen_set,
	.get = param_get_bool,
};

module_param_cb(xen, &pvb_xen_param_ops, &pvb_param_xen, 0644);
MODULE_PARM_DESC(xen, "Follow memory/target in place of xen-balloon");

/**
 * pvb_xen_init() - follow memory/target, in a Xen domain
 *
 * Return: 0 or a negative errno; outside of Xen 0.
 */
int __init pvb_xen_init(void)
{
	if (!xen_domain())
		return 0;
	pvb_xen_up = true;
	return pvb_param_xen ? pvb_xen_take() : 0;
}

/**
 * pvb_xen_exit() - hand memory/target back to xen-balloon
 */
void pvb_xen_exit(void)
{
	/* The parameter can be written until the module is gone. */
	kernel_param_lock(THIS_MODULE);
	pvb_xen_up = false;
	pvb_xen_hand_back();
	kernel_param_unlock(THIS_MODULE);
}
