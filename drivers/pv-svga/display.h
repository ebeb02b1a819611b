/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The whole driver on the stand-in for the device, for KUnit.
 *
 * Copyright (C) 2026 the pvops developers
 */

#ifndef _PV_SVGA_DISPLAY_H
#define _PV_SVGA_DISPLAY_H

#include <drm/drm_client.h>
#include <drm/drm_modeset_lock.h>

#include "model.h"

struct drm_atomic_state;
struct drm_display_mode;
struct drm_framebuffer;
struct drm_plane_state;

/* Small, since a stand-in moves every pixel by itself. */
#define DISPLAY_WIDTH	160
#define DISPLAY_HEIGHT	120

/**
 * struct display_profile - what a device offers
 * @name:	of the device
 * @caps:	SVGA_REG_CAPABILITIES
 * @fifo_caps:	SVGA_FIFO_CAPABILITIES
 */
struct display_profile {
	const char *name;
	u32 caps;
	u32 fifo_caps;
};

/**
 * struct display - the driver with a frame buffer of its own
 * @model:	the device
 * @svga:	the driver
 * @client:	owns @buffer
 * @buffer:	%DISPLAY_WIDTH x %DISPLAY_HEIGHT pixels without padding
 * @pixels:	of @buffer
 * @fb:		what the next commit shows; @buffer unless a case changes it
 * @src_x:	where in @fb the picture begins, 16.16 fixed point
 * @src_y:	the same, down
 * @beyond:	pixels of the plane to the left of the screen, and above it
 */
struct display {
	struct model *model;
	struct pv_svga *svga;
	struct drm_client_dev client;
	struct drm_client_buffer *buffer;
	u32 *pixels;
	struct drm_framebuffer *fb;
	u32 src_x;
	u32 src_y;
	u32 beyond;
};

const void *display_profile_gen_params(const void *previous, char *name);
struct display *display_create(struct kunit *test, u32 caps, u32 fifo_caps);
struct display *display_of_profile(struct kunit *test);
void display_delete(struct display *display, struct drm_client_buffer *buffer);
void display_draw(struct display *display, u32 seed);
bool display_shows(struct display *display);

struct drm_atomic_state *display_begin_commit(struct kunit *test, struct display *display,
					      struct drm_modeset_acquire_ctx *ctx);
bool display_backed_off(int ret, struct drm_atomic_state *state,
			struct drm_modeset_acquire_ctx *ctx);
void display_end_commit(struct drm_atomic_state *state, struct drm_modeset_acquire_ctx *ctx);
int display_commit_mode(struct kunit *test, struct display *display,
			const struct drm_display_mode *mode);
void display_commit_on(struct kunit *test, struct display *display);
void display_commit_off(struct kunit *test, struct display *display);

#endif /* _PV_SVGA_DISPLAY_H */
