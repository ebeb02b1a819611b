// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frame buffers: mapped into the kernel when they are first shown and until
 * they are destroyed. Mapping and unmapping a full-screen buffer for every
 * commit would cost more than the copy of a small change.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <linux/io.h>
#include <linux/slab.h>

#include <drm/drm_damage_helper.h>
#include <drm/drm_drv.h>
#include <drm/drm_fb_helper.h>
#include <drm/drm_framebuffer.h>
#include <drm/drm_gem.h>
#include <drm/drm_gem_framebuffer_helper.h>

#include "pv_svga.h"

static_assert(offsetof(struct pv_svga_fb, base) == 0);

static void fb_destroy(struct drm_framebuffer *fb)
{
	struct pv_svga_fb *pfb = to_pv_svga_fb(fb);

	pv_svga_gmr_unbind(to_pv_svga(fb->dev), pfb);
	if (pfb->pixels)
		drm_gem_fb_vunmap(fb, pfb->map);
	drm_gem_fb_destroy(fb);
}

static const struct drm_framebuffer_funcs fb_funcs = {
	.destroy = fb_destroy,
	.create_handle = drm_gem_fb_create_handle,
	.dirty = drm_atomic_helper_dirtyfb,
};

/**
 * pv_svga_fb_create - make a frame buffer out of GEM objects
 * @drm:	the DRM device
 * @file:	who asks
 * @cmd:	format, size, handles
 *
 * Return: the frame buffer or an error pointer.
 */
struct drm_framebuffer *pv_svga_fb_create(struct drm_device *drm,
					  struct drm_file *file,
					  const struct drm_mode_fb_cmd2 *cmd)
{
	struct pv_svga_fb *pfb;
	int ret;

	pfb = kzalloc(sizeof(*pfb), GFP_KERNEL);
	if (!pfb)
		return ERR_PTR(-ENOMEM);

	ret = drm_gem_fb_init_with_funcs(drm, &pfb->base, file, cmd, &fb_funcs);
	if (ret) {
		kfree(pfb);
		return ERR_PTR(ret);
	}

	return &pfb->base;
}

static int map_fb(struct pv_svga_fb *pfb)
{
	struct iosys_map data[DRM_FORMAT_MAX_PLANES];
	int ret;

	ret = drm_gem_fb_vmap(&pfb->base, pfb->map, data);
	if (ret)
		return ret;

	/* Buffers in I/O memory are refused by the shmem helper. */
	pfb->imported = pfb->base.obj[0]->import_attach;
	/* What is read of @pfb without the lock is there. */
	smp_store_release(&pfb->pixels, data[0].vaddr);

	return 0;
}

/*
 * The console's buffer begins with the firmware's picture. What the first
 * commit shows is what was there before, until the console has been drawn.
 */
static void inherit_picture(struct pv_svga *svga, struct pv_svga_fb *pfb)
{
	const struct pv_svga_scanout firmware = svga->firmware;
	const struct drm_fb_helper *console = svga->drm.fb_helper;
	const struct drm_framebuffer *fb = &pfb->base;
	int idx;

	/* After this commit it is no longer there, whosever buffer it shows. */
	svga->firmware.width = 0;
	if (!console || console->fb != fb || fb->width != firmware.width ||
	    fb->height != firmware.height || fb->pitches[0] != firmware.pitch)
		return;
	if (!drm_dev_enter(&svga->drm, &idx))
		return;

	memcpy_fromio(pfb->map[0].vaddr + fb->offsets[0], svga->vram + firmware.offset,
		      firmware.pitch * firmware.height);

	drm_dev_exit(idx);
}

/* Not inlined: every later commit would save the registers that this needs. */
static noinline int first_access(struct pv_svga *svga, struct drm_plane *plane,
				 struct pv_svga_fb *pfb)
{
	int ret = 0;

	mutex_lock(&svga->fb_lock);
	if (!pfb->pixels)
		ret = map_fb(pfb);
	if (!ret && svga->firmware.width)
		inherit_picture(svga, pfb);
	/* Where this fails the pixels are copied. */
	if (!ret && plane == &svga->primary)
		pv_svga_gmr_bind(svga, pfb);
	mutex_unlock(&svga->fb_lock);

	return ret;
}

/**
 * pv_svga_fb_access - make a frame buffer readable for a commit
 * @plane: the plane that will show it
 * @state: the new state of @plane
 *
 * This is &drm_plane_helper_funcs.begin_fb_access; nothing needs to be undone
 * at the end of the commit.
 *
 * Context: may sleep; takes fb_lock and the locks of the GEM objects.
 *
 * Return: 0 or a negative error.
 */
int pv_svga_fb_access(struct drm_plane *plane, struct drm_plane_state *state)
{
	struct pv_svga *svga = to_pv_svga(plane->dev);
	struct pv_svga_fb *pfb;

	if (!state->fb)
		return 0;
	pfb = to_pv_svga_fb(state->fb);
	/* Pairs with the release in map_fb(): who sees @pixels sees the mapping. */
	if (smp_load_acquire(&pfb->pixels) && !svga->gmr.usable)
		return 0;

	return first_access(svga, plane, pfb);
}
