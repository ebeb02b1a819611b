// SPDX-License-Identifier: GPL-2.0-only
/*
 * The primary plane: copies what changed in a buffer in system memory to VRAM.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <drm/drm_atomic.h>
#include <drm/drm_atomic_helper.h>
#include <drm/drm_damage_helper.h>
#include <drm/drm_drv.h>
#include <drm/drm_fourcc.h>
#include <drm/drm_framebuffer.h>
#include <drm/drm_gem_framebuffer_helper.h>
#include <drm/drm_print.h>
#include <drm/drm_rect.h>

#include "pv_svga.h"

static const u32 primary_formats[] = {
	DRM_FORMAT_XRGB8888,
};

static int primary_atomic_check(struct drm_plane *plane,
				struct drm_atomic_state *state)
{
	struct drm_plane_state *new = drm_atomic_get_new_plane_state(state, plane);
	/* There is one CRTC. */
	struct drm_crtc_state *crtc_state =
		drm_atomic_get_new_crtc_state(state, &to_pv_svga(plane->dev)->crtc);
	int ret;

	ret = drm_atomic_helper_check_plane_state(new, crtc_state,
						  DRM_PLANE_NO_SCALING,
						  DRM_PLANE_NO_SCALING,
						  false, false);
	if (ret || !new->visible)
		return ret;

	/* Pixels are copied as they are, so none may begin between two. */
	if ((new->src_x | new->src_y) & 0xffff)
		return -EINVAL;
	/*
	 * What reaches beyond the screen passes so far, clipped. Damage comes in
	 * pixels of all of it, and is copied as it comes.
	 */
	if (new->src_w != new->dst.x2 << 16 || new->src_h != new->dst.y2 << 16)
		return -EINVAL;

	return 0;
}

static void rect_union(struct drm_rect *to, const struct drm_rect *from)
{
	to->x1 = min(to->x1, from->x1);
	to->y1 = min(to->y1, from->y1);
	to->x2 = max(to->x2, from->x2);
	to->y2 = max(to->y2, from->y2);
}

/*
 * Each rectangle may be the whole screen, and FB_DAMAGE_CLIPS has room for
 * millions. As many as DIRTYFB takes are followed; if there are more, all of the
 * screen follows at once. Out of line, as most commits have but one.
 */
static noinline void copy_more_damage(struct pv_svga *svga, const struct pv_svga_fb *pfb,
				      struct drm_atomic_helper_damage_iter *iter,
				      const struct drm_plane_state *new,
				      struct drm_rect *rect, struct drm_rect *all)
{
	int x = new->src.x1 >> 16, y = new->src.y1 >> 16;
	unsigned int left;

	for (left = DRM_MODE_FB_DIRTY_MAX_CLIPS - 1; left; left--) {
		pv_svga_screen_copy(svga, pfb, rect, x, y);
		rect_union(all, rect);
		if (!drm_atomic_helper_damage_iter_next(iter, rect))
			return;
	}
	drm_rect_fp_to_int(all, &new->src);
	pv_svga_screen_copy(svga, pfb, all, x, y);
}

/*
 * Copies every damaged rectangle and shows them with one UPDATE. The plane is
 * the screen, see primary_atomic_check(), so the source begins in its corner.
 */
static void copy_damage(struct pv_svga *svga, const struct pv_svga_fb *pfb,
			struct drm_plane_state *old, struct drm_plane_state *new)
{
	int x = new->src.x1 >> 16, y = new->src.y1 >> 16;
	/* Cleared below; hardened kernels would do so twice. */
	struct drm_atomic_helper_damage_iter iter __uninitialized;
	struct drm_rect all, rect;

	drm_atomic_helper_damage_iter_init(&iter, old, new);
	if (!drm_atomic_helper_damage_iter_next(&iter, &all))
		return;
	pv_svga_screen_copy(svga, pfb, &all, x, y);

	if (drm_atomic_helper_damage_iter_next(&iter, &rect))
		copy_more_damage(svga, pfb, &iter, new, &rect, &all);

	if (x | y)
		drm_rect_translate(&all, -x, -y);
	pv_svga_screen_update(svga, &all);
}

/* The same, but the device reads the pixels itself, from the region @gmr. */
static noinline void blit_damage(struct pv_svga *svga, struct drm_plane_state *old,
				 struct drm_plane_state *new, u32 gmr)
{
	const struct pv_svga_fb *pfb = to_pv_svga_fb(new->fb);
	unsigned int left = DRM_MODE_FB_DIRTY_MAX_CLIPS + 1;
	struct drm_atomic_helper_damage_iter iter;
	bool damaged = false;
	struct drm_rect rect;

	pv_svga_gmr_sync(svga, pfb);
	drm_atomic_helper_damage_iter_init(&iter, old, new);
	while (left && drm_atomic_helper_damage_iter_next(&iter, &rect)) {
		/* The last one stands for all that may follow, see copy_more_damage() */
		if (!--left)
			drm_rect_fp_to_int(&rect, &new->src);
		pv_svga_screen_blit(svga, pfb, gmr, &rect, new->src.x1 >> 16,
				    new->src.y1 >> 16);
		damaged = true;
	}

	if (damaged && pv_svga_fence_sync(svga))
		drm_err_ratelimited(&svga->drm, "a blit did not finish\n");
}

static void show_damage(struct pv_svga *svga, struct drm_plane_state *old,
			struct drm_plane_state *new)
{
	const struct pv_svga_fb *pfb = to_pv_svga_fb(new->fb);
	int idx;
	u32 gmr;

	if (!drm_dev_enter(&svga->drm, &idx))
		return;

	gmr = pv_svga_gmr_bound(svga, pfb);
	if (gmr)
		blit_damage(svga, old, new, gmr);
	else
		copy_damage(svga, pfb, old, new);

	drm_dev_exit(idx);
}

/* Another device may be drawing into the buffer. */
static noinline void show_imported(struct pv_svga *svga, struct drm_plane_state *old,
				   struct drm_plane_state *new)
{
	if (drm_gem_fb_begin_cpu_access(new->fb, DMA_FROM_DEVICE))
		return;

	show_damage(svga, old, new);

	drm_gem_fb_end_cpu_access(new->fb, DMA_FROM_DEVICE);
}

static void primary_atomic_update(struct drm_plane *plane,
				  struct drm_atomic_state *state)
{
	struct pv_svga *svga = to_pv_svga(plane->dev);
	struct drm_plane_state *old = drm_atomic_get_old_plane_state(state, plane);
	struct drm_plane_state *new = drm_atomic_get_new_plane_state(state, plane);

	/* After a mode set that failed there is nothing to draw to. */
	if (!new->fb || !svga->scanout.width)
		return;

	if (to_pv_svga_fb(new->fb)->imported)
		show_imported(svga, old, new);
	else
		show_damage(svga, old, new);
}

static const struct drm_plane_helper_funcs primary_helper_funcs = {
	.begin_fb_access = pv_svga_fb_access,
	.atomic_check = primary_atomic_check,
	.atomic_update = primary_atomic_update,
	.get_scanout_buffer = pv_svga_get_scanout_buffer,
	.panic_flush = pv_svga_panic_flush,
};

/* Of both planes; neither has state of its own. */
const struct drm_plane_funcs pv_svga_plane_funcs = {
	.update_plane = drm_atomic_helper_update_plane,
	.disable_plane = drm_atomic_helper_disable_plane,
	.destroy = drm_plane_cleanup,
	.reset = drm_atomic_helper_plane_reset,
	.atomic_duplicate_state = drm_atomic_helper_plane_duplicate_state,
	.atomic_destroy_state = drm_atomic_helper_plane_destroy_state,
};

/**
 * pv_svga_primary_init - add the primary plane
 * @svga: the device
 *
 * Return: 0 or a negative error.
 */
int pv_svga_primary_init(struct pv_svga *svga)
{
	int ret;

	ret = drm_universal_plane_init(&svga->drm, &svga->primary, 0,
				       &pv_svga_plane_funcs, primary_formats,
				       ARRAY_SIZE(primary_formats), NULL,
				       DRM_PLANE_TYPE_PRIMARY, NULL);
	if (ret)
		return ret;
	drm_plane_helper_add(&svga->primary, &primary_helper_funcs);
	drm_plane_enable_fb_damage_clips(&svga->primary);

	return 0;
}
