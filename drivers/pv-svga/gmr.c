// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest memory regions: the device reads the pixels of a frame buffer from
 * guest memory itself, and nothing is copied by the CPU. Needs version 2 of
 * the regions, screen objects and fences.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <linux/dma-mapping.h>
#include <linux/idr.h>
#include <linux/pci.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include <drm/drm_drv.h>
#include <drm/drm_gem_framebuffer_helper.h>
#include <drm/drm_gem_shmem_helper.h>
#include <drm/drm_managed.h>
#include <drm/drm_print.h>

#include "pv_svga.h"

/* Page numbers that go into one command: the ring is at least 10 KiB. */
#define REMAP_PAGES	1024

struct remap_cmd {
	struct svga_cmd_remap_gmr2 head;
	u32 ppn[REMAP_PAGES];
};

/**
 * pv_svga_gmr_usable - whether the device can read frame buffers by itself
 * @limits: the checked limits of the device
 *
 * Return: true if it has all that is needed.
 */
bool pv_svga_gmr_usable(const struct pv_svga_limits *limits)
{
	const u32 fifo_caps = SVGA_FIFO_CAP_FENCE | SVGA_FIFO_CAP_GMR2 |
			      SVGA_FIFO_CAP_SCREEN_OBJECT_2;

	return (limits->caps & SVGA_CAP_GMR2) &&
	       (limits->fifo_caps & fifo_caps) == fifo_caps &&
	       limits->gmr_max_ids > 1 && limits->gmr_max_pages;
}

/**
 * pv_svga_gmr_forget - the device has lost all definitions of regions
 * @svga: the device
 *
 * Context: any.
 */
void pv_svga_gmr_forget(struct pv_svga *svga)
{
	atomic_inc(&svga->gmr.epoch);
}

static void gmr_fini(struct drm_device *drm, void *data)
{
	struct pv_svga *svga = data;

	ida_destroy(&svga->gmr.ids);
}

/**
 * pv_svga_gmr_init - prepare for regions, if the device has them
 * @svga: the device, with its limits known
 * @pdev: its PCI function
 *
 * Return: 0 or -ENOMEM.
 */
int pv_svga_gmr_init(struct pv_svga *svga, struct pci_dev *pdev)
{
	int ret;

	ida_init(&svga->gmr.ids);
	/*
	 * The device takes page numbers of 32 bits. One without regions reads no
	 * memory, but who exports a buffer to it maps the buffer for this mask.
	 */
	ret = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(32 + PAGE_SHIFT));
	if (!ret && pv_svga_gmr_usable(&svga->limits)) {
		pci_set_master(pdev);
		svga->gmr.usable = true;
	}

	return drmm_add_action_or_reset(&svga->drm, gmr_fini, svga);
}

static int emit_pages(struct pv_svga *svga, struct remap_cmd *cmd, u32 count)
{
	int ret;

	cmd->head.num_pages = count;
	ret = pv_svga_fifo_emit(svga, cmd, offsetof(struct remap_cmd, ppn[count]));
	cmd->head.offset_pages += count;

	return ret;
}

static int remap(struct pv_svga *svga, u32 id, struct sg_table *pages)
{
	struct remap_cmd *cmd;
	struct sg_dma_page_iter iter;
	u32 count = 0;
	int ret = 0;

	cmd = kzalloc(sizeof(*cmd), GFP_KERNEL);
	if (!cmd)
		return -ENOMEM;
	cmd->head.cmd = SVGA_CMD_REMAP_GMR2;
	cmd->head.gmr_id = id;

	for_each_sgtable_dma_page(pages, &iter, 0) {
		cmd->ppn[count++] = sg_page_iter_dma_address(&iter) >> PAGE_SHIFT;
		if (count == REMAP_PAGES) {
			ret = emit_pages(svga, cmd, count);
			count = 0;
		}
		if (ret)
			break;
	}
	if (!ret && count)
		ret = emit_pages(svga, cmd, count);

	kfree(cmd);

	return ret;
}

static int define(struct pv_svga *svga, u32 id, u32 num_pages)
{
	const struct svga_cmd_define_gmr2 cmd = {
		.cmd = SVGA_CMD_DEFINE_GMR2,
		.gmr_id = id,
		.num_pages = num_pages,
	};

	return pv_svga_fifo_emit(svga, &cmd, sizeof(cmd));
}

/* Counts pages against what the device can hold in all regions together. */
static bool take_pages(struct pv_svga *svga, u32 num_pages)
{
	if (num_pages > svga->limits.gmr_max_pages - svga->gmr.pages)
		return false;
	svga->gmr.pages += num_pages;

	return true;
}

/* Returns a number that no other frame buffer has. */
static int take_region(struct pv_svga *svga, u32 num_pages)
{
	int id;

	if (!take_pages(svga, num_pages))
		return -ENOSPC;

	/* From 1, since 0 stands for no region in a frame buffer. */
	id = ida_alloc_range(&svga->gmr.ids, 1, svga->limits.gmr_max_ids - 1,
			     GFP_KERNEL);
	if (id < 0)
		svga->gmr.pages -= num_pages;

	return id;
}

static void drop_region(struct pv_svga *svga, u32 id, u32 num_pages)
{
	ida_free(&svga->gmr.ids, id);
	svga->gmr.pages -= num_pages;
}

static int define_pages(struct pv_svga *svga, u32 id, u32 num_pages,
			struct sg_table *pages)
{
	int ret;

	ret = define(svga, id, num_pages);
	if (ret)
		return ret;

	return remap(svga, id, pages);
}

/*
 * A commit that is in progress may be about to show the frame buffer, without
 * fb_lock. It must not see a region that the device does not know yet.
 */
static int bind_pages(struct pv_svga *svga, struct pv_svga_fb *pfb, u32 num_pages,
		      struct sg_table *pages)
{
	int epoch = atomic_read(&svga->gmr.epoch);
	int id, ret;

	id = pfb->gmr ?: take_region(svga, num_pages);
	if (id < 0)
		return id;

	ret = define_pages(svga, id, num_pages, pages);
	if (ret) {
		/* The device may have got a part, which it need not keep. */
		define(svga, id, 0);
		WRITE_ONCE(pfb->gmr, 0);
		drop_region(svga, id, num_pages);
		return ret;
	}

	/* After the commands: a region that was lost counts again with this. */
	smp_store_release(&pfb->gmr_epoch, epoch);
	/* Last: a new region counts with this. */
	smp_store_release(&pfb->gmr, id);

	return 0;
}

/**
 * pv_svga_gmr_bind - tell the device where the pages of a frame buffer are
 * @svga: the device
 * @pfb:  the frame buffer
 *
 * Does nothing if it is known already.
 *
 * Context: may sleep; the caller holds fb_lock.
 *
 * Return: 0, or a negative error if the pixels have to be copied.
 */
int pv_svga_gmr_bind(struct pv_svga *svga, struct pv_svga_fb *pfb)
{
	struct drm_gem_object *obj = drm_gem_fb_get_obj(&pfb->base, 0);
	struct sg_table *pages;
	int idx, ret;

	if (!svga->gmr.usable || obj->import_attach)
		return -EOPNOTSUPP;
	if (pv_svga_gmr_bound(svga, pfb))
		return 0;
	pages = drm_gem_shmem_get_pages_sgt(to_drm_gem_shmem_obj(obj));
	if (IS_ERR(pages))
		return PTR_ERR(pages);
	if (!drm_dev_enter(&svga->drm, &idx))
		return -ENODEV;

	ret = bind_pages(svga, pfb, obj->size >> PAGE_SHIFT, pages);
	drm_dev_exit(idx);

	return ret;
}

/**
 * pv_svga_gmr_sync - let the device see what has been drawn
 * @svga: the device
 * @pfb:  the frame buffer, bound to a region
 *
 * Where the device reads a copy, as under memory encryption, it is renewed.
 *
 * Context: any.
 */
void pv_svga_gmr_sync(struct pv_svga *svga, const struct pv_svga_fb *pfb)
{
	struct drm_gem_object *obj = pfb->base.obj[0];

	dma_sync_sgtable_for_device(svga->drm.dev, to_drm_gem_shmem_obj(obj)->sgt,
				    DMA_BIDIRECTIONAL);
}

/**
 * pv_svga_gmr_unbind - take the pages of a frame buffer from the device
 * @svga: the device
 * @pfb:  the frame buffer
 *
 * Context: may sleep; takes fb_lock.
 */
void pv_svga_gmr_unbind(struct pv_svga *svga, struct pv_svga_fb *pfb)
{
	struct drm_gem_object *obj = drm_gem_fb_get_obj(&pfb->base, 0);
	int idx;

	if (!pfb->gmr)
		return;

	if (drm_dev_enter(&svga->drm, &idx)) {
		define(svga, pfb->gmr, 0);
		/* The pages are given back only when it reads them no more. */
		pv_svga_fence_settle(svga);
		drm_dev_exit(idx);
	}

	mutex_lock(&svga->fb_lock);
	drop_region(svga, pfb->gmr, obj->size >> PAGE_SHIFT);
	mutex_unlock(&svga->fb_lock);
}
