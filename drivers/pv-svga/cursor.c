// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hardware cursor, with the hot spot that a viewer of the guest needs.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <drm/drm_atomic.h>
#include <drm/drm_atomic_helper.h>
#include <drm/drm_drv.h>
#include <drm/drm_fourcc.h>
#include <drm/drm_framebuffer.h>
#include <drm/drm_gem_framebuffer_helper.h>
#include <drm/drm_managed.h>

#include "pv_svga.h"

/**
 * struct pv_svga_cursor_cmd - the command that gives the device a new image
 * @define:	of a cursor with masks
 * @and:	set where the screen shines through
 * @xor:	colours
 * @define_alpha: of a cursor with alpha
 * @argb:	its pixels
 */
struct pv_svga_cursor_cmd {
	union {
		struct {
			struct svga_cmd_define_cursor define;
			u8 and[PV_SVGA_CURSOR_AND_BYTES];
			u32 xor[PV_SVGA_CURSOR_PIXELS];
		};
		struct {
			struct svga_cmd_define_alpha_cursor define_alpha;
			u32 argb[PV_SVGA_CURSOR_PIXELS];
		};
	};
};

static const u32 cursor_formats[] = {
	DRM_FORMAT_ARGB8888,
};

static bool has_alpha(const struct pv_svga *svga)
{
	return svga->limits.caps & SVGA_CAP_ALPHA_CURSOR;
}

static u32 cmd_bytes(const struct pv_svga *svga)
{
	return has_alpha(svga) ? offsetofend(struct pv_svga_cursor_cmd, argb) :
				 offsetofend(struct pv_svga_cursor_cmd, xor);
}

/**
 * pv_svga_has_cursor - whether the device can draw a cursor
 * @svga: the device, with its limits known
 *
 * The smallest ring that is accepted does not hold the command with the image,
 * and a cursor without one would be worse than none.
 *
 * Return: true if it can.
 */
bool pv_svga_has_cursor(const struct pv_svga *svga)
{
	const struct pv_svga_limits *limits = &svga->limits;

	return (limits->caps & (SVGA_CAP_CURSOR | SVGA_CAP_ALPHA_CURSOR)) &&
	       limits->fifo_max - limits->fifo_min > cmd_bytes(svga);
}

/* User space may name any spot; the device knows those in the image. */
static int hot_spot(int spot)
{
	return clamp(spot, 0, PV_SVGA_CURSOR_SIDE - 1);
}

/* The image is always 64x64: QEMU misreads masks of lines below 32 pixels. */
static void make_alpha_cmd(struct pv_svga_cursor_cmd *cmd,
			   const struct drm_plane_state *state)
{
	const struct drm_framebuffer *fb = state->fb;

	cmd->define_alpha = (struct svga_cmd_define_alpha_cursor){
		.cmd = SVGA_CMD_DEFINE_ALPHA_CURSOR,
		.hotspot_x = hot_spot(state->hotspot_x),
		.hotspot_y = hot_spot(state->hotspot_y),
		.width = PV_SVGA_CURSOR_SIDE,
		.height = PV_SVGA_CURSOR_SIDE,
	};
	pv_svga_cursor_pad(cmd->argb, to_pv_svga_fb(fb)->pixels,
			   fb->pitches[0], fb->width, fb->height);
}

static void make_mask_cmd(struct pv_svga_cursor_cmd *cmd,
			  const struct drm_plane_state *state)
{
	const struct drm_framebuffer *fb = state->fb;

	cmd->define = (struct svga_cmd_define_cursor){
		.cmd = SVGA_CMD_DEFINE_CURSOR,
		.hotspot_x = hot_spot(state->hotspot_x),
		.hotspot_y = hot_spot(state->hotspot_y),
		.width = PV_SVGA_CURSOR_SIDE,
		.height = PV_SVGA_CURSOR_SIDE,
		.and_mask_depth = 1,
		.xor_mask_depth = 32,
	};
	pv_svga_cursor_pad(cmd->xor, to_pv_svga_fb(fb)->pixels,
			   fb->pitches[0], fb->width, fb->height);
	pv_svga_cursor_masks(cmd->and, cmd->xor);
}

static void define_cursor(struct pv_svga *svga, const struct drm_plane_state *state)
{
	struct pv_svga_cursor_cmd *cmd = svga->cursor_cmd;

	if (has_alpha(svga))
		make_alpha_cmd(cmd, state);
	else
		make_mask_cmd(cmd, state);

	pv_svga_fifo_emit(svga, cmd, cmd_bytes(svga));
}

/* The device is told where the hot spot is, not the corner of the image. */
static void place_cursor(struct pv_svga *svga, const struct drm_plane_state *state)
{
	pv_svga_cursor_move(svga, true, state->crtc_x + hot_spot(state->hotspot_x),
			    state->crtc_y + hot_spot(state->hotspot_y));
}

static bool image_changed(const struct drm_plane_state *old,
			  const struct drm_plane_state *new)
{
	return old->fb != new->fb || old->hotspot_x != new->hotspot_x ||
	       old->hotspot_y != new->hotspot_y || new->fb_damage_clips;
}

static int check_image(const struct drm_plane_state *state)
{
	const struct drm_framebuffer *fb = state->fb;

	if (fb->width > PV_SVGA_CURSOR_SIDE || fb->height > PV_SVGA_CURSOR_SIDE)
		return -EINVAL;
	/* The whole buffer is the image. */
	if (state->src_x || state->src_y || state->src_w != fb->width << 16 ||
	    state->src_h != fb->height << 16)
		return -EINVAL;

	return 0;
}

static int cursor_atomic_check(struct drm_plane *plane,
			       struct drm_atomic_state *state)
{
	struct drm_plane_state *new = drm_atomic_get_new_plane_state(state, plane);
	struct drm_crtc_state *crtc_state = NULL;
	int ret;

	if (new->crtc)
		crtc_state = drm_atomic_get_new_crtc_state(state, new->crtc);
	ret = drm_atomic_helper_check_plane_state(new, crtc_state,
						  DRM_PLANE_NO_SCALING,
						  DRM_PLANE_NO_SCALING,
						  true, true);
	if (ret || !new->fb)
		return ret;

	return check_image(new);
}

static void show_cursor(struct pv_svga *svga, const struct drm_plane_state *state,
			bool define)
{
	int idx;

	if (!drm_dev_enter(&svga->drm, &idx))
		return;

	if (define)
		define_cursor(svga, state);
	place_cursor(svga, state);

	drm_dev_exit(idx);
}

static void cursor_atomic_update(struct drm_plane *plane,
				 struct drm_atomic_state *state)
{
	struct drm_plane_state *old = drm_atomic_get_old_plane_state(state, plane);
	struct drm_plane_state *new = drm_atomic_get_new_plane_state(state, plane);
	struct drm_crtc_state *crtc_state;
	bool define;

	if (!new->fb)
		return;

	crtc_state = drm_atomic_get_new_crtc_state(state, new->crtc);
	/* A ring that was started anew with the mode has lost the image. */
	define = image_changed(old, new) || drm_atomic_crtc_needs_modeset(crtc_state);
	/* May wait for who draws into the buffer: not while unplug waits for us. */
	if (define && drm_gem_fb_begin_cpu_access(new->fb, DMA_FROM_DEVICE))
		define = false;

	show_cursor(to_pv_svga(plane->dev), new, define);

	if (define)
		drm_gem_fb_end_cpu_access(new->fb, DMA_FROM_DEVICE);
}

static void cursor_atomic_disable(struct drm_plane *plane,
				  struct drm_atomic_state *state)
{
	int idx;

	if (!drm_dev_enter(plane->dev, &idx))
		return;

	pv_svga_cursor_move(to_pv_svga(plane->dev), false, 0, 0);

	drm_dev_exit(idx);
}

/* A pointer that follows the hand does not wait for the flip in progress. */
static int cursor_async_check(struct drm_plane *plane,
			      struct drm_atomic_state *state)
{
	struct drm_plane_state *new = drm_atomic_get_new_plane_state(state, plane);
	struct drm_plane_state *old = drm_atomic_get_old_plane_state(state, plane);

	/* On a display that is off the cursor would appear. */
	if (!drm_atomic_get_new_crtc_state(state, new->crtc)->active)
		return -EINVAL;

	return new->fb && old->fb && !image_changed(old, new) ? 0 : -EINVAL;
}

static void cursor_async_update(struct drm_plane *plane,
				struct drm_atomic_state *state)
{
	struct drm_plane_state *new = drm_atomic_get_new_plane_state(state, plane);
	int idx;

	plane->state->crtc_x = new->crtc_x;
	plane->state->crtc_y = new->crtc_y;
	plane->state->src = new->src;
	plane->state->dst = new->dst;
	plane->state->visible = new->visible;

	if (!drm_dev_enter(plane->dev, &idx))
		return;

	place_cursor(to_pv_svga(plane->dev), new);

	drm_dev_exit(idx);
}

static const struct drm_plane_helper_funcs cursor_helper_funcs = {
	.begin_fb_access = pv_svga_fb_access,
	.atomic_check = cursor_atomic_check,
	.atomic_update = cursor_atomic_update,
	.atomic_disable = cursor_atomic_disable,
	.atomic_async_check = cursor_async_check,
	.atomic_async_update = cursor_async_update,
};

/**
 * pv_svga_cursor_init - add the cursor plane
 * @svga: the device
 *
 * A device that can draw no cursor gets no plane, so that compositors draw
 * theirs. QEMU offers one only while a viewer that shows it is attached.
 *
 * Return: 0 or a negative error.
 */
int pv_svga_cursor_init(struct pv_svga *svga)
{
	struct drm_mode_config *config = &svga->drm.mode_config;
	int ret;

	if (!pv_svga_has_cursor(svga))
		return 0;

	svga->cursor_cmd = drmm_kzalloc(&svga->drm, sizeof(*svga->cursor_cmd),
					GFP_KERNEL);
	if (!svga->cursor_cmd)
		return -ENOMEM;

	ret = drm_universal_plane_init(&svga->drm, &svga->cursor, 0,
				       &pv_svga_plane_funcs, cursor_formats,
				       ARRAY_SIZE(cursor_formats), NULL,
				       DRM_PLANE_TYPE_CURSOR, NULL);
	if (ret)
		return ret;
	drm_plane_helper_add(&svga->cursor, &cursor_helper_funcs);
	config->cursor_width = PV_SVGA_CURSOR_SIDE;
	config->cursor_height = PV_SVGA_CURSOR_SIDE;

	return 0;
}
