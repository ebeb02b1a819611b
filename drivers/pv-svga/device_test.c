// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the driver against the stand-in for the device.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <kunit/static_stub.h>
#include <kunit/test-bug.h>

#include <linux/random.h>

#include <drm/drm_client.h>
#include <drm/drm_fb_helper.h>
#include <drm/drm_gem.h>
#include <drm/drm_modeset_helper_vtables.h>
#include <drm/drm_panic.h>
#include <drm/drm_vblank.h>

#include "display.h"

#define DISPLAY_BYTES	(DISPLAY_WIDTH * DISPLAY_HEIGHT * PV_SVGA_CPP)

static void mode_set_shows_the_buffer(struct kunit *test)
{
	struct display *display = display_of_profile(test);
	struct model *model = display->model;

	display_draw(display, 1);
	display_commit_on(test, display);
	KUNIT_EXPECT_TRUE(test, display_shows(display));
	KUNIT_EXPECT_EQ(test, model->regs[SVGA_REG_WIDTH], DISPLAY_WIDTH);
	KUNIT_EXPECT_EQ(test, model->regs[SVGA_REG_HEIGHT], DISPLAY_HEIGHT);
	KUNIT_EXPECT_EQ(test, model->regs[SVGA_REG_BITS_PER_PIXEL], 32);
	KUNIT_EXPECT_EQ(test, model->regs[SVGA_REG_ENABLE], 1);
	KUNIT_EXPECT_EQ(test, model->bad, 0);
}

/* The firmware's picture stays until the console draws over it. */
static void console_begins_with_the_picture_of_the_firmware(struct kunit *test)
{
	struct display *display = display_of_profile(test);
	struct drm_fb_helper *helper = kunit_kzalloc(test, sizeof(*helper), GFP_KERNEL);
	struct pv_svga *svga = display->svga;
	struct model *model = display->model;

	KUNIT_ASSERT_NOT_NULL(test, helper);
	KUNIT_ASSERT_EQ(test, 0, pv_svga_scanout_init(&svga->firmware, &svga->limits,
						      DISPLAY_WIDTH, DISPLAY_HEIGHT,
						      DISPLAY_WIDTH * PV_SVGA_CPP, 4096));
	memset(model->vram + 4096, 0x5a, DISPLAY_BYTES);
	helper->fb = display->buffer->fb;
	svga->drm.fb_helper = helper;
	display_commit_on(test, display);
	svga->drm.fb_helper = NULL;
	model_run_fifo(model);
	KUNIT_EXPECT_NULL(test, memchr_inv(model->screen, 0x5a, DISPLAY_BYTES));

	/* Once */
	display_draw(display, 3);
	display_commit_off(test, display);
	display_commit_on(test, display);
	KUNIT_EXPECT_TRUE(test, display_shows(display));
}

/* Other buffers hold what their owners have drawn. */
static void only_the_console_inherits(struct kunit *test)
{
	struct display *display = display_create(test, MODEL_CAPS_BARE, 0);
	struct pv_svga *svga = display->svga;

	KUNIT_ASSERT_EQ(test, 0, pv_svga_scanout_init(&svga->firmware, &svga->limits,
						      DISPLAY_WIDTH, DISPLAY_HEIGHT,
						      DISPLAY_WIDTH * PV_SVGA_CPP, 0));
	memset(display->model->vram, 0x5a, DISPLAY_BYTES);
	display_draw(display, 1);
	display_commit_on(test, display);
	KUNIT_EXPECT_TRUE(test, display_shows(display));
}

static void off_is_black(struct kunit *test)
{
	struct display *display = display_of_profile(test);
	struct model *model = display->model;

	display_draw(display, 1);
	display_commit_on(test, display);
	display_commit_off(test, display);
	model_run_fifo(model);
	KUNIT_EXPECT_NULL(test, memchr_inv(model->screen, 0, DISPLAY_BYTES));
	KUNIT_EXPECT_EQ(test, model->bad, 0);
}

static void damage_is_all_that_changes(struct kunit *test)
{
	struct display *display = display_of_profile(test);
	struct drm_framebuffer *fb = display->buffer->fb;
	struct drm_clip_rect clip = { .x1 = 17, .y1 = 33, .x2 = 35, .y2 = 47 };
	struct model *model = display->model;
	u32 old, x, y, wrong = 0;

	display_draw(display, 1);
	display_commit_on(test, display);
	KUNIT_ASSERT_TRUE(test, display_shows(display));

	display_draw(display, 5);
	KUNIT_ASSERT_EQ(test, 0, fb->funcs->dirty(fb, NULL, 0, 0, &clip, 1));
	model_run_fifo(model);
	for (y = 0; y < DISPLAY_HEIGHT; y++) {
		for (x = 0; x < DISPLAY_WIDTH; x++) {
			old = (y * DISPLAY_WIDTH + x) * 2654435761U + 1;
			if (x >= clip.x1 && x < clip.x2 && y >= clip.y1 && y < clip.y2)
				old += 4;
			wrong += model->screen[y * DISPLAY_WIDTH + x] != old;
		}
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_EQ(test, model->bad, 0);
}

/*
 * The work for a list of rectangles has a bound. Those here are one pixel, so that
 * what is shown tells whether they are followed.
 */
static void too_many_rectangles_are_the_whole(struct kunit *test)
{
	struct display *display = display_of_profile(test);
	struct drm_framebuffer *fb = display->buffer->fb;
	const u32 most = DRM_MODE_FB_DIRTY_MAX_CLIPS;
	struct drm_clip_rect *clips;
	u32 i;

	clips = kunit_kcalloc(test, most + 1, sizeof(*clips), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, clips);
	for (i = 0; i <= most; i++)
		clips[i] = (struct drm_clip_rect){ .x2 = 1, .y2 = 1 };
	display_draw(display, 1);
	display_commit_on(test, display);

	display_draw(display, 5);
	KUNIT_EXPECT_EQ(test, 0, fb->funcs->dirty(fb, NULL, 0, 0, clips, most));
	KUNIT_EXPECT_FALSE(test, display_shows(display));
	KUNIT_EXPECT_EQ(test, 0, fb->funcs->dirty(fb, NULL, 0, 0, clips, most + 1));
	KUNIT_EXPECT_TRUE(test, display_shows(display));

	/* Once */
	display_draw(display, 9);
	KUNIT_EXPECT_EQ(test, 0, fb->funcs->dirty(fb, NULL, 0, 0, clips, 1));
	KUNIT_EXPECT_FALSE(test, display_shows(display));
	KUNIT_EXPECT_EQ(test, display->model->bad, 0);
}

/* The bytes of @memory that are no longer 0xa5. */
static u32 count_written(const void *memory, u32 bytes)
{
	const u8 *at = memory;
	u32 count = 0;

	for (; bytes; bytes--)
		count += *at++ != 0xa5;

	return count;
}

/*
 * What reaches the device for a change of 16x16 pixels: the pixels, and at most
 * 64 bytes of command, pointers and registers. With screen objects a command is
 * larger, and those without regions are not made for speed.
 */
static void little_is_written_besides_the_change(struct kunit *test)
{
	struct display *display = display_of_profile(test);
	struct drm_clip_rect clip = { .x1 = 16, .y1 = 32, .x2 = 32, .y2 = 48 };
	struct drm_framebuffer *fb = display->buffer->fb;
	const struct pv_svga_limits *limits = &display->svga->limits;
	struct model *model = display->model;
	u32 before, pixels, other;

	if (limits->fifo_caps & SVGA_FIFO_CAP_SCREEN_OBJECT_2)
		kunit_skip(test, "screen objects");

	memset(display->pixels, 0x5a, DISPLAY_BYTES);
	display_commit_on(test, display);
	KUNIT_ASSERT_EQ(test, 0, pv_svga_fifo_sync(display->svga));
	memset(model->vram, 0xa5, MODEL_VRAM_BYTES);
	memset((u8 *)model->fifo + limits->fifo_min, 0xa5, limits->fifo_max - limits->fifo_min);
	before = model->writes;

	KUNIT_ASSERT_EQ(test, 0, fb->funcs->dirty(fb, NULL, 0, 0, &clip, 1));
	pixels = count_written(model->vram, MODEL_VRAM_BYTES);
	other = count_written((u8 *)model->fifo + limits->fifo_min,
			      limits->fifo_max - limits->fifo_min);
	/* Index and value of a register */
	other += 8 * (model->writes - before);
	/* SVGA_FIFO_NEXT_CMD, BUSY, and RESERVED before and after */
	other += 4 * (limits->caps & SVGA_CAP_EXTENDED_FIFO ? 4 : 1);
	KUNIT_EXPECT_EQ(test, pixels, 16 * 16 * 4);
	KUNIT_EXPECT_GE(test, other, sizeof(struct svga_cmd_update) + 4);
	KUNIT_EXPECT_LE(test, other, 64);
}

static struct drm_client_buffer *larger_buffer(struct kunit *test, struct display *display)
{
	struct drm_client_buffer *buffer;

	buffer = drm_client_framebuffer_create(&display->client, DISPLAY_WIDTH + 1,
					       DISPLAY_HEIGHT + 1, DRM_FORMAT_XRGB8888);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, buffer);
	display->fb = buffer->fb;

	return buffer;
}

static u32 count_wrong(const struct model *model, const u32 *pixels, u32 pitch)
{
	u32 x, y, wrong = 0;

	for (y = 0; y < DISPLAY_HEIGHT; y++)
		for (x = 0; x < DISPLAY_WIDTH; x++)
			wrong += model->screen[y * DISPLAY_WIDTH + x] !=
				 pixels[y * pitch / PV_SVGA_CPP + x];

	return wrong;
}

/* The picture begins in the second pixel of the second line. */
static void source_may_begin_later(struct kunit *test)
{
	struct display *display = display_of_profile(test);
	struct drm_client_buffer *buffer = larger_buffer(test, display);
	struct drm_clip_rect clip = { .x1 = 3, .y1 = 5, .x2 = 33, .y2 = 55 };
	struct model *model = display->model;
	u32 pitch = buffer->fb->pitches[0];
	struct iosys_map map;

	KUNIT_EXPECT_EQ(test, 0, drm_client_buffer_vmap(buffer, &map));
	get_random_bytes(map.vaddr, pitch * buffer->fb->height);
	display->src_x = 1 << 16;
	display->src_y = 1 << 16;
	display_commit_on(test, display);
	model_run_fifo(model);
	KUNIT_EXPECT_EQ(test, 0, count_wrong(model, map.vaddr + pitch + PV_SVGA_CPP, pitch));

	memset(map.vaddr + 10 * pitch + 10 * PV_SVGA_CPP, 0x77, 10 * PV_SVGA_CPP);
	KUNIT_EXPECT_EQ(test, 0, buffer->fb->funcs->dirty(buffer->fb, NULL, 0, 0, &clip, 1));
	model_run_fifo(model);
	KUNIT_EXPECT_EQ(test, 0, count_wrong(model, map.vaddr + pitch + PV_SVGA_CPP, pitch));
	KUNIT_EXPECT_EQ(test, model->bad, 0);
	drm_client_buffer_vunmap(buffer);
	display_delete(display, buffer);
}

/* Unlike display_commit_on(), this may be refused. */
static int commit_in_mode(struct kunit *test, struct display *display)
{
	struct drm_display_mode mode = {
		DRM_MODE_INIT(60, DISPLAY_WIDTH, DISPLAY_HEIGHT, 0, 0),
	};

	drm_mode_set_crtcinfo(&mode, 0);

	return display_commit_mode(test, display, &mode);
}

static void source_between_pixels_is_refused(struct kunit *test)
{
	struct display *display = display_create(test, MODEL_CAPS_BARE, 0);
	struct drm_client_buffer *buffer = larger_buffer(test, display);

	display->src_x = 0x8000;
	KUNIT_EXPECT_EQ(test, -EINVAL, commit_in_mode(test, display));
	display->src_x = 0;
	display->src_y = 0xffff;
	KUNIT_EXPECT_EQ(test, -EINVAL, commit_in_mode(test, display));
	display->src_y = 0;
	KUNIT_EXPECT_EQ(test, 0, commit_in_mode(test, display));
	display_delete(display, buffer);
}

/* The helpers clip it; damage is not clipped, and would be copied out of VRAM. */
static void plane_beyond_the_screen_is_refused(struct kunit *test)
{
	struct display *display = display_create(test, MODEL_CAPS_BARE, 0);
	struct drm_client_buffer *buffer = larger_buffer(test, display);

	display->beyond = 1;
	KUNIT_EXPECT_EQ(test, -EINVAL, commit_in_mode(test, display));
	display->beyond = 0;
	KUNIT_EXPECT_EQ(test, 0, commit_in_mode(test, display));
	display_delete(display, buffer);
}

/* With two pictures in a frame the plane would be higher than the screen. */
static void stereo_is_refused(struct kunit *test)
{
	struct drm_display_mode mode = {
		DRM_MODE_INIT(60, DISPLAY_WIDTH, DISPLAY_HEIGHT, 0, 0),
	};
	struct display *display = display_create(test, MODEL_CAPS_BARE, 0);
	struct drm_device *drm = &display->svga->drm;

	KUNIT_EXPECT_EQ(test, MODE_OK, drm_mode_validate_driver(drm, &mode));
	mode.flags |= DRM_MODE_FLAG_3D_FRAME_PACKING;
	KUNIT_EXPECT_EQ(test, MODE_NO_STEREO, drm_mode_validate_driver(drm, &mode));
}

/* A mode of one pixel with the fastest clock would have a frame every nanosecond. */
static void frames_have_time(struct kunit *test)
{
	struct display *display = display_create(test, MODEL_CAPS_BARE, 0);
	struct drm_crtc *crtc = &display->svga->crtc;

	drm_crtc_vblank_crtc(crtc)->framedur_ns = 1;
	KUNIT_EXPECT_EQ(test, 0, pv_svga_enable_vblank(crtc));
	KUNIT_EXPECT_GE(test, ktime_to_ns(display->svga->vblank.period), NSEC_PER_MSEC);
	pv_svga_disable_vblank(crtc);
}

/* Enough commits to go around the smallest ring twice */
static void ring_goes_around(struct kunit *test)
{
	struct display *display = display_of_profile(test);
	struct drm_framebuffer *fb = display->buffer->fb;
	struct pv_svga *svga = display->svga;
	struct model *model = display->model;
	struct drm_clip_rect clip;
	u32 i;

	svga->limits.fifo_max = svga->limits.fifo_min + SVGA_FIFO_MIN_SIZE;
	svga->fifo.running = false;
	display_draw(display, 1);
	display_commit_on(test, display);
	for (i = 0; i < 1100; i++)
		pv_svga_screen_update(svga, &DRM_RECT_INIT(i % 150, i % 100, 3, 2));
	clip = (struct drm_clip_rect){ .x1 = 5, .y1 = 6, .x2 = 7, .y2 = 8 };
	display->pixels[6 * DISPLAY_WIDTH + 5] = 0x123456;
	KUNIT_ASSERT_EQ(test, 0, fb->funcs->dirty(fb, NULL, 0, 0, &clip, 1));
	KUNIT_ASSERT_EQ(test, 0, pv_svga_fifo_sync(svga));
	KUNIT_EXPECT_TRUE(test, svga->fifo.running);
	KUNIT_EXPECT_EQ(test, model->screen[6 * DISPLAY_WIDTH + 5], 0x123456);
	KUNIT_EXPECT_GE(test, model->commands, 1101);
	KUNIT_EXPECT_EQ(test, model->bad, 0);
}

static void padded_lines_are_honoured(struct kunit *test)
{
	struct display *display = display_create(test, MODEL_CAPS_BARE, 0);

	display->model->pitch_pad = 64;
	display_draw(display, 1);
	display_commit_on(test, display);
	KUNIT_EXPECT_EQ(test, display->svga->scanout.pitch, DISPLAY_WIDTH * 4 + 64);
	KUNIT_EXPECT_TRUE(test, display_shows(display));
}

static void picture_may_start_anywhere(struct kunit *test)
{
	struct display *display = display_create(test, MODEL_CAPS_BARE, 0);

	display->model->regs[SVGA_REG_FB_OFFSET] = 4096;
	display_draw(display, 1);
	display_commit_on(test, display);
	KUNIT_EXPECT_TRUE(test, display_shows(display));
}

/* A picture that would lie outside VRAM: nothing may be written. */
static void bad_pitch_draws_nothing(struct kunit *test)
{
	struct display *display = display_create(test, MODEL_CAPS_BARE, 0);
	struct model *model = display->model;

	model->pitch_pad = MODEL_VRAM_BYTES;
	display_draw(display, 1);
	display_commit_on(test, display);
	KUNIT_EXPECT_EQ(test, display->svga->scanout.width, 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(model->vram, 0, MODEL_VRAM_BYTES));

	/* A mode set on a device that has come to its senses works. */
	model->pitch_pad = 0;
	display_commit_off(test, display);
	display_commit_on(test, display);
	KUNIT_EXPECT_TRUE(test, display_shows(display));
}

static void pitch_is_locked(struct kunit *test)
{
	struct display *display = display_create(test, MODEL_CAPS_FULL,
						 MODEL_FIFO_CAPS_FULL);

	display->model->pitch_pad = 64;
	display_draw(display, 1);
	display_commit_on(test, display);
	KUNIT_EXPECT_EQ(test, display->svga->scanout.pitch, DISPLAY_WIDTH * 4);
	KUNIT_EXPECT_TRUE(test, display_shows(display));
}

static struct display *display_with_regions(struct kunit *test)
{
	struct display *display = display_create(test, MODEL_CAPS_FULL,
						 MODEL_FIFO_CAPS_FULL);

	if (!display->svga->gmr.usable)
		kunit_skip(test, "DMA addresses are not physical addresses");

	return display;
}

/* With regions the device reads the buffer; VRAM is not touched. */
static void regions_save_the_copy(struct kunit *test)
{
	struct display *display = display_with_regions(test);
	struct model *model = display->model;

	display_draw(display, 1);
	display_commit_on(test, display);
	KUNIT_EXPECT_TRUE(test, display_shows(display));
	KUNIT_EXPECT_NULL(test, memchr_inv(model->vram, 0, MODEL_VRAM_BYTES));
	KUNIT_EXPECT_EQ(test, display->svga->gmr.pages,
			display->buffer->gem->size >> PAGE_SHIFT);
	KUNIT_EXPECT_GT(test, model->fifo[SVGA_FIFO_FENCE], 0);
}

/* A commit in progress would use a region that the device does not know yet. */
static void regions_count_when_they_are_complete(struct kunit *test)
{
	struct display *display = display_with_regions(test);
	struct pv_svga_fb *pfb = to_pv_svga_fb(display->fb);
	struct pv_svga *svga = display->svga;
	struct model *model = display->model;

	/* The stand-in runs each command while the driver still binds. */
	model->binding = pfb;
	display_draw(display, 1);
	display_commit_on(test, display);
	KUNIT_EXPECT_EQ(test, model->bad, 0);
	KUNIT_EXPECT_GT(test, pv_svga_gmr_bound(svga, pfb), 0);
	KUNIT_EXPECT_TRUE(test, display_shows(display));

	pv_svga_gmr_forget(svga);
	KUNIT_EXPECT_EQ(test, pv_svga_gmr_bound(svga, pfb), 0);
	display_draw(display, 5);
	display_commit_off(test, display);
	display_commit_on(test, display);
	KUNIT_EXPECT_EQ(test, model->bad, 0);
	KUNIT_EXPECT_GT(test, pv_svga_gmr_bound(svga, pfb), 0);
	KUNIT_EXPECT_TRUE(test, display_shows(display));
	model->binding = NULL;
}

/* A device without room for the region gets a copy. */
static void too_few_region_pages_mean_a_copy(struct kunit *test)
{
	struct display *display = display_with_regions(test);

	display->svga->limits.gmr_max_pages = 1;
	display_draw(display, 1);
	display_commit_on(test, display);
	KUNIT_EXPECT_TRUE(test, display_shows(display));
	KUNIT_EXPECT_EQ(test, display->svga->gmr.pages, 0);
	KUNIT_EXPECT_NOT_NULL(test, memchr_inv(display->model->vram, 0, DISPLAY_WIDTH * 4));
}

/* The ring holds any command but the page numbers. */
static void half_a_region_is_taken_back(struct kunit *test)
{
	struct display *display = display_with_regions(test);
	struct pv_svga *svga = display->svga;
	struct model *model = display->model;
	u32 i;

	svga->limits.fifo_max = svga->limits.fifo_min + 64;
	svga->fifo.running = false;
	KUNIT_ASSERT_EQ(test, 0, pv_svga_fifo_start(svga));
	display_draw(display, 1);
	display_commit_on(test, display);
	KUNIT_EXPECT_TRUE(test, display_shows(display));
	KUNIT_EXPECT_EQ(test, svga->gmr.pages, 0);
	for (i = 0; i < MODEL_GMRS; i++)
		KUNIT_EXPECT_EQ(test, model->gmr[i].num_pages, 0);
	KUNIT_EXPECT_EQ(test, model->bad, 0);
}

/* What suspend and resume do to regions */
static void forgotten_regions_are_bound_anew(struct kunit *test)
{
	struct display *display = display_with_regions(test);
	struct model *model = display->model;
	u32 i;

	display_draw(display, 1);
	display_commit_on(test, display);
	display_commit_off(test, display);
	for (i = 0; i < MODEL_GMRS; i++)
		model->gmr[i].num_pages = 0;
	pv_svga_gmr_forget(display->svga);

	display_draw(display, 9);
	display_commit_on(test, display);
	KUNIT_EXPECT_TRUE(test, display_shows(display));
	KUNIT_EXPECT_EQ(test, model->bad, 0);
	KUNIT_EXPECT_EQ(test, display->svga->gmr.pages,
			display->buffer->gem->size >> PAGE_SHIFT);
}

/* No time passes; @polls of the stand-in are the waits in which it does nothing. */
static bool fence_passes_late(struct pv_svga *svga, u32 seqno)
{
	struct model *model = kunit_get_current_test()->priv;

	if (model->polls) {
		model->polls--;
		return false;
	}
	model->fault = MODEL_FAULT_NONE;
	model_run_fifo(model);

	return true;
}

/* Deletes a buffer that has been shown, while the device does nothing. */
static struct display *delete_while_stuck(struct kunit *test, u32 waits)
{
	struct display *display = display_with_regions(test);
	struct drm_client_buffer *buffer = larger_buffer(test, display);

	display_commit_on(test, display);
	display_commit_off(test, display);
	KUNIT_EXPECT_GT(test, display->svga->gmr.pages, 0);
	kunit_activate_static_stub(test, pv_svga_fence_wait, fence_passes_late);
	display->model->polls = waits;
	display->model->fault = MODEL_FAULT_STUCK;
	display_delete(display, buffer);
	KUNIT_EXPECT_EQ(test, display->svga->gmr.pages, 0);
	display->fb = display->buffer->fb;
	display_draw(display, 3);

	return display;
}

/* A pause of the host, say: the display goes on after it. */
static void pages_wait_for_a_late_device(struct kunit *test)
{
	struct display *display = delete_while_stuck(test, 10);
	struct model *model = display->model;
	u32 i;

	KUNIT_EXPECT_TRUE(test, display->svga->fifo.running);
	for (i = 0; i < MODEL_GMRS; i++)
		KUNIT_EXPECT_EQ(test, model->gmr[i].num_pages, 0);
	display_commit_on(test, display);
	KUNIT_EXPECT_TRUE(test, display_shows(display));
	KUNIT_EXPECT_EQ(test, model->bad, 0);
}

/* It comes back when the pages belong to somebody else. */
static void dead_device_is_stopped_before_pages_go(struct kunit *test)
{
	struct display *display = delete_while_stuck(test, 1000);
	struct model *model = display->model;
	u32 seen = model->commands;

	KUNIT_EXPECT_FALSE(test, display->svga->fifo.running);
	model->polls = 0;
	model->fault = MODEL_FAULT_NONE;
	model_run_fifo(model);
	KUNIT_EXPECT_EQ(test, model->commands, seen);
	display_commit_on(test, display);
	KUNIT_EXPECT_TRUE(test, display_shows(display));
	KUNIT_EXPECT_EQ(test, model->bad, 0);
}

static void stuck_device_is_an_error(struct kunit *test)
{
	struct display *display = display_of_profile(test);
	struct pv_svga *svga = display->svga;
	struct model *model = display->model;
	u32 i;

	display_commit_on(test, display);
	model_run_fifo(model);
	/* The interrupt that ends the wait for a fence does not come either. */
	svga->fence.irq = false;
	model->fault = MODEL_FAULT_STUCK;
	for (i = 0; i < 4000 && svga->fifo.running; i++)
		pv_svga_screen_update(svga, &DRM_RECT_INIT(0, 0, 1, 1));
	KUNIT_EXPECT_FALSE(test, svga->fifo.running);
	KUNIT_EXPECT_EQ(test, model->regs[SVGA_REG_CONFIG_DONE], 0);
	KUNIT_EXPECT_EQ(test, -EIO, pv_svga_fifo_sync(svga));

	/* It recovers with the next mode set. */
	model->fault = MODEL_FAULT_NONE;
	display_commit_off(test, display);
	display_draw(display, 3);
	display_commit_on(test, display);
	KUNIT_EXPECT_TRUE(test, display_shows(display));
}

static void bad_stop_is_an_error(struct kunit *test)
{
	static const u32 bad[] = { 0, 4, 4092, 4098, MODEL_FIFO_BYTES, U32_MAX, 0x80000000 };
	struct display *display = display_create(test, MODEL_CAPS_BARE, 0);
	const struct svga_cmd_update update = { .cmd = SVGA_CMD_UPDATE };
	struct pv_svga *svga = display->svga;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		KUNIT_ASSERT_EQ(test, 0, pv_svga_fifo_start(svga));
		display->model->fifo[SVGA_FIFO_STOP] = bad[i];
		KUNIT_EXPECT_EQ(test, -EIO, pv_svga_fifo_emit(svga, &update, sizeof(update)));
		KUNIT_EXPECT_FALSE(test, svga->fifo.running);
		KUNIT_EXPECT_EQ(test, display->model->regs[SVGA_REG_CONFIG_DONE], 0);
		KUNIT_EXPECT_EQ(test, -EIO, pv_svga_fifo_sync(svga));
	}
}

static void busy_device_is_an_error(struct kunit *test)
{
	struct display *display = display_create(test, MODEL_CAPS_BARE, 0);

	display->model->fault = MODEL_FAULT_BUSY;
	KUNIT_EXPECT_EQ(test, -EIO, pv_svga_fifo_sync(display->svga));
	KUNIT_EXPECT_EQ(test, display->model->polls, 0);
}

/* A driver that was there before may have come further. */
static void fences_of_others_do_not_count(struct kunit *test)
{
	struct display *display = display_create(test, MODEL_CAPS_FULL, MODEL_FIFO_CAPS_FULL);
	struct pv_svga *svga = display->svga;
	struct model *model = display->model;

	pv_svga_fifo_stop(svga);
	model->fifo[SVGA_FIFO_FENCE] = 5000;
	KUNIT_ASSERT_EQ(test, 0, pv_svga_fifo_start(svga));
	model->fault = MODEL_FAULT_STUCK;
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, pv_svga_fence_sync(svga));
	model->fault = MODEL_FAULT_NONE;
	KUNIT_EXPECT_EQ(test, 0, pv_svga_fence_sync(svga));
}

/* Of a shared line; the device may have been removed from under the driver. */
static void interrupts_of_others_are_left_to_them(struct kunit *test)
{
	struct display *display = display_create(test, MODEL_CAPS_FULL, MODEL_FIFO_CAPS_FULL);
	struct model *model = display->model;

	KUNIT_EXPECT_EQ(test, IRQ_NONE, pv_svga_irq_handler(0, display->svga));
	model->irq = U32_MAX;
	KUNIT_EXPECT_EQ(test, IRQ_NONE, pv_svga_irq_handler(0, display->svga));
	model->irq = SVGA_IRQFLAG_ANY_FENCE;
	KUNIT_EXPECT_EQ(test, IRQ_HANDLED, pv_svga_irq_handler(0, display->svga));
}

static void sync_drains_more_than_one_go(struct kunit *test)
{
	struct display *display = display_create(test, MODEL_CAPS_BARE, 0);
	const struct svga_cmd_update update = { .cmd = SVGA_CMD_UPDATE };
	struct model *model = display->model;
	u32 i;

	/* The driver would have kicked the device before that many. */
	for (i = 0; i < 700; i++)
		KUNIT_ASSERT_EQ(test, 0, pv_svga_fifo_emit(display->svga, &update,
							   sizeof(update)));
	KUNIT_EXPECT_EQ(test, model->syncs, 0);
	KUNIT_EXPECT_EQ(test, 0, pv_svga_fifo_sync(display->svga));
	KUNIT_EXPECT_EQ(test, model->fifo[SVGA_FIFO_STOP], display->svga->fifo.next);
	KUNIT_EXPECT_EQ(test, model->commands, 700);
}

/*
 * The device is looked at once for many commands, and yet before what it has
 * not read is written over.
 */
static void unread_commands_are_not_written_over(struct kunit *test)
{
	struct display *display = display_of_profile(test);
	const struct svga_cmd_update update = { .cmd = SVGA_CMD_UPDATE };
	struct pv_svga *svga = display->svga;
	struct model *model = display->model;
	u32 seen, i, queued = 0;

	KUNIT_ASSERT_EQ(test, 0, pv_svga_fifo_sync(svga));
	seen = model->commands;
	model->fault = MODEL_FAULT_STUCK;
	while (!pv_svga_fifo_emit(svga, &update, sizeof(update)))
		queued++;
	/* All but what does not fit; the pointers are never equal. */
	KUNIT_EXPECT_EQ(test, queued, (svga->limits.fifo_max - svga->limits.fifo_min - 4) /
				      sizeof(update));
	KUNIT_EXPECT_EQ(test, model->commands, seen);
	model->fault = MODEL_FAULT_NONE;
	/* It has been told to stop; let it go on, to see what it has. */
	model->regs[SVGA_REG_CONFIG_DONE] = 1;
	for (i = 0; i < 4; i++)
		model_run_fifo(model);
	KUNIT_EXPECT_EQ(test, model->fifo[SVGA_FIFO_STOP], svga->fifo.next);
	KUNIT_EXPECT_EQ(test, model->commands - seen, queued);
}

static void commands_that_never_fit_are_refused(struct kunit *test)
{
	struct display *display = display_create(test, MODEL_CAPS_BARE, 0);
	u32 *cmd = kunit_kzalloc(test, MODEL_FIFO_BYTES, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, cmd);
	KUNIT_EXPECT_EQ(test, -E2BIG, pv_svga_fifo_emit(display->svga, cmd, 61440));
	KUNIT_EXPECT_EQ(test, 0, pv_svga_fifo_emit(display->svga, cmd, 61436));
}

static void panic_screen_is_shown(struct kunit *test)
{
	struct display *display = display_of_profile(test);
	struct drm_plane *plane = &display->svga->primary;
	const struct drm_plane_helper_funcs *funcs = plane->helper_private;
	struct model *model = display->model;
	struct drm_scanout_buffer sb = { };

	KUNIT_EXPECT_EQ(test, -ENODEV, funcs->get_scanout_buffer(plane, &sb));
	display_draw(display, 1);
	display_commit_on(test, display);
	KUNIT_ASSERT_EQ(test, 0, funcs->get_scanout_buffer(plane, &sb));
	KUNIT_EXPECT_EQ(test, sb.width, DISPLAY_WIDTH);
	KUNIT_EXPECT_EQ(test, sb.height, DISPLAY_HEIGHT);
	iosys_map_memset(&sb.map[0], 0, 0x5a, sb.height * sb.pitch[0]);
	funcs->panic_flush(plane);
	KUNIT_EXPECT_NULL(test, memchr_inv(model->screen, 0x5a, DISPLAY_BYTES));
	KUNIT_EXPECT_EQ(test, model->bad, 0);
}

static struct kunit_case device_cases[] = {
	KUNIT_CASE_PARAM(mode_set_shows_the_buffer, display_profile_gen_params),
	KUNIT_CASE_PARAM(console_begins_with_the_picture_of_the_firmware,
			 display_profile_gen_params),
	KUNIT_CASE(only_the_console_inherits),
	KUNIT_CASE_PARAM(off_is_black, display_profile_gen_params),
	KUNIT_CASE_PARAM(damage_is_all_that_changes, display_profile_gen_params),
	KUNIT_CASE_PARAM(too_many_rectangles_are_the_whole, display_profile_gen_params),
	KUNIT_CASE_PARAM(little_is_written_besides_the_change, display_profile_gen_params),
	KUNIT_CASE_PARAM(source_may_begin_later, display_profile_gen_params),
	KUNIT_CASE(source_between_pixels_is_refused),
	KUNIT_CASE(plane_beyond_the_screen_is_refused),
	KUNIT_CASE(stereo_is_refused),
	KUNIT_CASE(frames_have_time),
	KUNIT_CASE_PARAM(ring_goes_around, display_profile_gen_params),
	KUNIT_CASE(padded_lines_are_honoured),
	KUNIT_CASE(picture_may_start_anywhere),
	KUNIT_CASE(bad_pitch_draws_nothing),
	KUNIT_CASE(pitch_is_locked),
	KUNIT_CASE(regions_save_the_copy),
	KUNIT_CASE(regions_count_when_they_are_complete),
	KUNIT_CASE(too_few_region_pages_mean_a_copy),
	KUNIT_CASE(half_a_region_is_taken_back),
	KUNIT_CASE(forgotten_regions_are_bound_anew),
	KUNIT_CASE(pages_wait_for_a_late_device),
	KUNIT_CASE(dead_device_is_stopped_before_pages_go),
	KUNIT_CASE_PARAM(stuck_device_is_an_error, display_profile_gen_params),
	KUNIT_CASE(bad_stop_is_an_error),
	KUNIT_CASE(busy_device_is_an_error),
	KUNIT_CASE(fences_of_others_do_not_count),
	KUNIT_CASE(interrupts_of_others_are_left_to_them),
	KUNIT_CASE(sync_drains_more_than_one_go),
	KUNIT_CASE_PARAM(unread_commands_are_not_written_over, display_profile_gen_params),
	KUNIT_CASE(commands_that_never_fit_are_refused),
	KUNIT_CASE_PARAM(panic_screen_is_shown, display_profile_gen_params),
	{ }
};

static struct kunit_suite device_suite = {
	.name = "pv_svga_device",
	.test_cases = device_cases,
};

kunit_test_suite(device_suite);
