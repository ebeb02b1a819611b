// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the cursor against the stand-in for the device.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <drm/drm_atomic.h>
#include <drm/drm_atomic_uapi.h>
#include <drm/drm_client.h>

#include "display.h"

static int fill_cursor(struct drm_atomic_state *state, struct display *display,
		       struct drm_framebuffer *fb)
{
	struct drm_plane_state *plane = drm_atomic_get_plane_state(state, &display->svga->cursor);
	int ret;

	if (IS_ERR(plane))
		return PTR_ERR(plane);
	ret = drm_atomic_set_crtc_for_plane(plane, &display->svga->crtc);
	if (ret)
		return ret;
	drm_atomic_set_fb_for_plane(plane, fb);
	plane->crtc_w = fb->width;
	plane->crtc_h = fb->height;
	plane->src_w = fb->width << 16;
	plane->src_h = fb->height << 16;
	plane->crtc_x = 100;
	plane->crtc_y = 50;
	plane->hotspot_x = 3;
	plane->hotspot_y = 4;

	return 0;
}

/* Shows the top left corner of the buffer as a cursor; @legacy: without waiting. */
static int commit_cursor(struct kunit *test, struct display *display,
			 struct drm_framebuffer *fb, bool legacy)
{
	struct drm_modeset_acquire_ctx ctx;
	struct drm_atomic_state *state = display_begin_commit(test, display, &ctx);
	int ret;

	state->legacy_cursor_update = legacy;
	do {
		ret = fill_cursor(state, display, fb);
		if (!ret)
			ret = drm_atomic_commit(state);
	} while (display_backed_off(ret, state, &ctx));
	display_end_commit(state, &ctx);

	return ret;
}

static void expect_cursor_at(struct kunit *test, struct model *model, u32 x, u32 y)
{
	bool by_fifo = model->svga->limits.fifo_caps & SVGA_FIFO_CAP_CURSOR_BYPASS_3;

	KUNIT_EXPECT_EQ(test, x, by_fifo ? model->fifo[SVGA_FIFO_CURSOR_X] :
					   model->regs[SVGA_REG_CURSOR_X]);
	KUNIT_EXPECT_EQ(test, y, by_fifo ? model->fifo[SVGA_FIFO_CURSOR_Y] :
					   model->regs[SVGA_REG_CURSOR_Y]);
	KUNIT_EXPECT_EQ(test, 1, by_fifo ? model->fifo[SVGA_FIFO_CURSOR_ON] :
					   model->regs[SVGA_REG_CURSOR_ON]);
}

static bool cursor_is_on(const struct model *model)
{
	return model->svga->limits.fifo_caps & SVGA_FIFO_CAP_CURSOR_BYPASS_3 ?
	       model->fifo[SVGA_FIFO_CURSOR_ON] : model->regs[SVGA_REG_CURSOR_ON];
}

/* A buffer of 32x32 pixels with two that are opaque */
static struct drm_client_buffer *create_image(struct kunit *test, struct display *display)
{
	struct drm_client_buffer *image;
	struct iosys_map map;

	image = drm_client_framebuffer_create(&display->client, 32, 32, DRM_FORMAT_ARGB8888);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, image);
	KUNIT_EXPECT_EQ(test, 0, drm_client_buffer_vmap(image, &map));
	((u32 *)map.vaddr)[0] = 0xff112233;
	((u32 *)map.vaddr)[33] = 0xff445566;
	drm_client_buffer_vunmap(image);

	return image;
}

static void expect_image(struct kunit *test, const struct model *model)
{
	KUNIT_EXPECT_EQ(test, model->cursor[0], 0xff112233);
	KUNIT_EXPECT_EQ(test, model->cursor[65], 0xff445566);
	KUNIT_EXPECT_EQ(test, model->cursor[1], 0);
	KUNIT_EXPECT_EQ(test, model->cursor_hot_x, 3);
	KUNIT_EXPECT_EQ(test, model->cursor_hot_y, 4);
	KUNIT_EXPECT_EQ(test, model->bad, 0);
}

static void cursor_has_image_and_hot_spot(struct kunit *test)
{
	struct display *display = display_of_profile(test);
	struct model *model = display->model;
	struct drm_client_buffer *image;

	if (!pv_svga_has_cursor(display->svga)) {
		KUNIT_EXPECT_NULL(test, display->svga->crtc.cursor);
		return;
	}

	display_commit_on(test, display);
	image = create_image(test, display);
	KUNIT_EXPECT_EQ(test, 0, commit_cursor(test, display, image->fb, false));
	KUNIT_EXPECT_EQ(test, -EINVAL, commit_cursor(test, display, display->buffer->fb, false));
	model_run_fifo(model);
	expect_image(test, model);
	expect_cursor_at(test, model, 103, 54);
	display_delete(display, image);
}

/* There is a cursor from the size on with which its image can be queued. */
static void ring_must_hold_the_image(struct kunit *test)
{
	struct display *display = display_of_profile(test);
	struct pv_svga *svga = display->svga;
	struct pv_svga_limits *limits = &svga->limits;
	struct drm_client_buffer *image;

	if (!pv_svga_has_cursor(svga))
		kunit_skip(test, "no cursor");

	limits->fifo_max = limits->fifo_min + 64 * 64 * 4;
	limits->fifo_max += limits->caps & SVGA_CAP_ALPHA_CURSOR ? 24 : 32 + 512;
	KUNIT_EXPECT_FALSE(test, pv_svga_has_cursor(svga));
	limits->fifo_max += 4;
	KUNIT_EXPECT_TRUE(test, pv_svga_has_cursor(svga));

	svga->fifo.running = false;
	display_commit_on(test, display);
	image = create_image(test, display);
	KUNIT_EXPECT_EQ(test, 0, commit_cursor(test, display, image->fb, false));
	model_run_fifo(display->model);
	expect_image(test, display->model);
	display_delete(display, image);
}

/* Off and on again, as DPMS does it: the cursor plane keeps its buffer. */
static void set_active(struct kunit *test, struct display *display, bool active)
{
	struct drm_modeset_acquire_ctx ctx;
	struct drm_atomic_state *state = display_begin_commit(test, display, &ctx);
	struct drm_crtc_state *crtc;
	int ret;

	do {
		crtc = drm_atomic_get_crtc_state(state, &display->svga->crtc);
		ret = PTR_ERR_OR_ZERO(crtc);
		if (!ret) {
			crtc->active = active;
			ret = drm_atomic_commit(state);
		}
	} while (display_backed_off(ret, state, &ctx));
	display_end_commit(state, &ctx);
	KUNIT_EXPECT_EQ(test, 0, ret);
}

static void cursor_goes_off_with_the_screen(struct kunit *test)
{
	struct display *display = display_of_profile(test);
	struct model *model = display->model;
	struct drm_client_buffer *image;

	if (!pv_svga_has_cursor(display->svga))
		kunit_skip(test, "no cursor");

	display_commit_on(test, display);
	image = create_image(test, display);
	KUNIT_EXPECT_EQ(test, 0, commit_cursor(test, display, image->fb, false));
	KUNIT_EXPECT_TRUE(test, cursor_is_on(model));

	set_active(test, display, false);
	KUNIT_EXPECT_FALSE(test, cursor_is_on(model));
	/* The pointer is moved meanwhile. */
	KUNIT_EXPECT_EQ(test, 0, commit_cursor(test, display, image->fb, true));
	KUNIT_EXPECT_FALSE(test, cursor_is_on(model));
	/* A device that forgets, or a ring that was set up anew */
	model_run_fifo(model);
	memset(model->cursor, 0, sizeof(model->cursor));
	set_active(test, display, true);
	KUNIT_EXPECT_TRUE(test, cursor_is_on(model));
	model_run_fifo(model);
	expect_image(test, model);
	display_delete(display, image);
}

static struct kunit_case cursor_cases[] = {
	KUNIT_CASE_PARAM(cursor_has_image_and_hot_spot, display_profile_gen_params),
	KUNIT_CASE_PARAM(ring_must_hold_the_image, display_profile_gen_params),
	KUNIT_CASE_PARAM(cursor_goes_off_with_the_screen, display_profile_gen_params),
	{ }
};

static struct kunit_suite cursor_suite = {
	.name = "pv_svga_cursor",
	.test_cases = cursor_cases,
};

kunit_test_suite(cursor_suite);
