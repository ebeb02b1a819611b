// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the driver against the stand-in for the device.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <linux/dma-mapping.h>

#include <drm/drm_atomic.h>
#include <drm/drm_atomic_uapi.h>
#include <drm/drm_client.h>
#include <drm/drm_gem.h>
#include <drm/drm_kunit_helpers.h>
#include <drm/drm_modes.h>
#include <drm/drm_modeset_helper_vtables.h>
#include <drm/drm_panic.h>

#include "model.h"

#define WIDTH	640
#define HEIGHT	480

struct profile {
	const char *name;
	u32 caps;
	u32 fifo_caps;
};

static const struct profile profiles[] = {
	{ "bare", MODEL_CAPS_BARE, 0 },
	{ "qemu_with_viewer", MODEL_CAPS_CURSOR, 0 },
	{ "extended_fifo", MODEL_CAPS_CURSOR | SVGA_CAP_EXTENDED_FIFO,
	  SVGA_FIFO_CAP_RESERVE | SVGA_FIFO_CAP_PITCHLOCK },
	{ "fences", MODEL_CAPS_CURSOR | SVGA_CAP_EXTENDED_FIFO | SVGA_CAP_IRQMASK,
	  SVGA_FIFO_CAP_FENCE | SVGA_FIFO_CAP_CURSOR_BYPASS_3 },
	{ "screen_objects", MODEL_CAPS_CURSOR | SVGA_CAP_EXTENDED_FIFO,
	  SVGA_FIFO_CAP_FENCE | SVGA_FIFO_CAP_SCREEN_OBJECT_2 },
	{ "full", MODEL_CAPS_FULL, MODEL_FIFO_CAPS_FULL },
};

static void profile_name(const struct profile *profile, char *name)
{
	strscpy(name, profile->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(profile, profiles, profile_name);

/* The whole driver on a model, with a frame buffer of its own. */
struct display {
	struct model *model;
	struct pv_svga *svga;
	struct drm_client_dev client;
	struct drm_client_buffer *buffer;
	u32 *pixels;
};

static void release_client(void *data)
{
	struct display *display = data;

	drm_client_buffer_vunmap(display->buffer);
	drm_client_framebuffer_delete(display->buffer);
	drm_client_release(&display->client);
}

static void create_buffer(struct kunit *test, struct display *display)
{
	struct drm_client_dev *client = &display->client;
	struct iosys_map map;

	KUNIT_ASSERT_EQ(test, 0, drm_client_init(&display->svga->drm, client, "test", NULL));
	display->buffer = drm_client_framebuffer_create(client, WIDTH, HEIGHT,
							DRM_FORMAT_XRGB8888);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, display->buffer);
	KUNIT_ASSERT_EQ(test, 0, drm_client_buffer_vmap(display->buffer, &map));
	display->pixels = map.vaddr;
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, release_client, display));
}

/* The model finds pages by physical address, which Xen PV does not hand out. */
static bool dma_is_physical(struct kunit *test, struct device *dev)
{
	void *page = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	dma_addr_t address;

	KUNIT_ASSERT_NOT_NULL(test, page);
	address = dma_map_single(dev, page, PAGE_SIZE, DMA_TO_DEVICE);
	if (dma_mapping_error(dev, address))
		return false;
	dma_unmap_single(dev, address, PAGE_SIZE, DMA_TO_DEVICE);

	return address == virt_to_phys(page);
}

static struct display *display_create(struct kunit *test, u32 caps, u32 fifo_caps)
{
	struct display *display = kunit_kzalloc(test, sizeof(*display), GFP_KERNEL);
	struct model *model = model_create(test, caps, fifo_caps);
	struct pv_svga *svga = model->svga;

	KUNIT_ASSERT_NOT_NULL(test, display);
	display->model = model;
	display->svga = svga;
	svga->fence.irq = caps & SVGA_CAP_IRQMASK;
	pv_svga_irq_enable(svga, true);
	KUNIT_ASSERT_EQ(test, 0, dma_coerce_mask_and_coherent(svga->drm.dev, DMA_BIT_MASK(44)));
	svga->gmr.usable = pv_svga_gmr_usable(&svga->limits) &&
			   dma_is_physical(test, svga->drm.dev);
	KUNIT_ASSERT_EQ(test, 0, pv_svga_fifo_start(svga));
	KUNIT_ASSERT_EQ(test, 0, pv_svga_modeset_init(svga));
	create_buffer(test, display);

	return display;
}

static void set_plane(struct drm_plane_state *state, struct drm_framebuffer *fb)
{
	drm_atomic_set_fb_for_plane(state, fb);
	state->crtc_w = fb->width;
	state->crtc_h = fb->height;
	state->src_w = fb->width << 16;
	state->src_h = fb->height << 16;
}

static int fill_state(struct display *display, struct drm_atomic_state *state,
		      const struct drm_display_mode *mode)
{
	struct pv_svga *svga = display->svga;
	struct drm_connector_state *conn;
	struct drm_plane_state *plane;
	struct drm_crtc_state *crtc;
	int ret;

	/* After -EDEADLK no other lock may be taken before backing off. */
	conn = drm_atomic_get_connector_state(state, &svga->connector);
	if (IS_ERR(conn))
		return PTR_ERR(conn);
	crtc = drm_atomic_get_crtc_state(state, &svga->crtc);
	if (IS_ERR(crtc))
		return PTR_ERR(crtc);
	plane = drm_atomic_get_plane_state(state, &svga->primary);
	if (IS_ERR(plane))
		return PTR_ERR(plane);
	ret = drm_atomic_set_mode_for_crtc(crtc, mode);
	if (ret)
		return ret;
	crtc->active = mode;
	ret = drm_atomic_set_crtc_for_connector(conn, mode ? &svga->crtc : NULL);
	if (ret)
		return ret;
	ret = drm_atomic_set_crtc_for_plane(plane, mode ? &svga->crtc : NULL);
	if (ret)
		return ret;
	if (mode)
		set_plane(plane, display->buffer->fb);
	else
		drm_atomic_set_fb_for_plane(plane, NULL);

	return 0;
}

/*
 * The context begins and ends in the thread of the case: the KUnit helper ends
 * it in another one, where lockdep no longer knows it.
 */
static struct drm_atomic_state *begin_commit(struct kunit *test, struct display *display,
					     struct drm_modeset_acquire_ctx *ctx)
{
	struct drm_atomic_state *state = drm_atomic_state_alloc(&display->svga->drm);

	KUNIT_ASSERT_NOT_NULL(test, state);
	drm_modeset_acquire_init(ctx, 0);
	state->acquire_ctx = ctx;

	return state;
}

/* Gives way to another holder of the locks; a lock debugging kernel makes one up. */
static bool backed_off(int ret, struct drm_atomic_state *state,
		       struct drm_modeset_acquire_ctx *ctx)
{
	if (ret != -EDEADLK)
		return false;
	drm_atomic_state_clear(state);
	drm_modeset_backoff(ctx);

	return true;
}

static void end_commit(struct drm_atomic_state *state, struct drm_modeset_acquire_ctx *ctx)
{
	drm_atomic_state_put(state);
	drm_modeset_drop_locks(ctx);
	drm_modeset_acquire_fini(ctx);
}

/* Shows the buffer, or nothing for a mode of NULL. */
static int commit_mode(struct kunit *test, struct display *display,
		       const struct drm_display_mode *mode)
{
	struct drm_modeset_acquire_ctx ctx;
	struct drm_atomic_state *state = begin_commit(test, display, &ctx);
	int ret;

	do {
		ret = fill_state(display, state, mode);
		if (!ret)
			ret = drm_atomic_commit(state);
	} while (backed_off(ret, state, &ctx));
	end_commit(state, &ctx);

	return ret;
}

static void commit_on(struct kunit *test, struct display *display)
{
	struct drm_display_mode *mode =
		drm_kunit_display_mode_from_cea_vic(test, &display->svga->drm, 1);

	KUNIT_ASSERT_NOT_NULL(test, mode);
	KUNIT_ASSERT_EQ(test, mode->hdisplay, WIDTH);
	KUNIT_ASSERT_EQ(test, mode->vdisplay, HEIGHT);
	drm_mode_set_crtcinfo(mode, 0);
	KUNIT_ASSERT_EQ(test, 0, commit_mode(test, display, mode));
}

static void draw(struct display *display, u32 seed)
{
	u32 i;

	for (i = 0; i < WIDTH * HEIGHT; i++)
		display->pixels[i] = i * 2654435761U + seed;
}

/* Lets the device do what it has been told; a viewer would make it do so. */
static bool screen_shows(struct display *display)
{
	struct model *model = display->model;

	model_run_fifo(model);

	return !memcmp(model->screen, display->pixels, WIDTH * HEIGHT * 4);
}

static void mode_set_shows_the_buffer(struct kunit *test)
{
	const struct profile *profile = test->param_value;
	struct display *display = display_create(test, profile->caps, profile->fifo_caps);
	struct model *model = display->model;

	draw(display, 1);
	commit_on(test, display);
	KUNIT_EXPECT_TRUE(test, screen_shows(display));
	KUNIT_EXPECT_EQ(test, model->regs[SVGA_REG_WIDTH], WIDTH);
	KUNIT_EXPECT_EQ(test, model->regs[SVGA_REG_HEIGHT], HEIGHT);
	KUNIT_EXPECT_EQ(test, model->regs[SVGA_REG_BITS_PER_PIXEL], 32);
	KUNIT_EXPECT_EQ(test, model->regs[SVGA_REG_ENABLE], 1);
	KUNIT_EXPECT_EQ(test, model->bad, 0);
}

static void off_is_black(struct kunit *test)
{
	const struct profile *profile = test->param_value;
	struct display *display = display_create(test, profile->caps, profile->fifo_caps);
	struct model *model = display->model;

	draw(display, 1);
	commit_on(test, display);
	KUNIT_ASSERT_EQ(test, 0, commit_mode(test, display, NULL));
	model_run_fifo(model);
	KUNIT_EXPECT_NULL(test, memchr_inv(model->screen, 0, WIDTH * HEIGHT * 4));
	KUNIT_EXPECT_EQ(test, model->bad, 0);
}

static void damage_is_all_that_changes(struct kunit *test)
{
	const struct profile *profile = test->param_value;
	struct display *display = display_create(test, profile->caps, profile->fifo_caps);
	struct drm_framebuffer *fb = display->buffer->fb;
	struct drm_clip_rect clip = { .x1 = 17, .y1 = 33, .x2 = 35, .y2 = 47 };
	struct model *model = display->model;
	u32 old, x, y, wrong = 0;

	draw(display, 1);
	commit_on(test, display);
	KUNIT_ASSERT_TRUE(test, screen_shows(display));

	draw(display, 5);
	KUNIT_ASSERT_EQ(test, 0, fb->funcs->dirty(fb, NULL, 0, 0, &clip, 1));
	model_run_fifo(model);
	for (y = 0; y < HEIGHT; y++) {
		for (x = 0; x < WIDTH; x++) {
			old = (y * WIDTH + x) * 2654435761U + 1;
			if (x >= clip.x1 && x < clip.x2 && y >= clip.y1 && y < clip.y2)
				old += 4;
			wrong += model->screen[y * WIDTH + x] != old;
		}
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_EQ(test, model->bad, 0);
}

/* Enough commits to go around the ring more than once */
static void ring_goes_around(struct kunit *test)
{
	const struct profile *profile = test->param_value;
	struct display *display = display_create(test, profile->caps, profile->fifo_caps);
	struct drm_framebuffer *fb = display->buffer->fb;
	struct pv_svga *svga = display->svga;
	struct model *model = display->model;
	struct drm_clip_rect clip;
	u32 i;

	draw(display, 1);
	commit_on(test, display);
	for (i = 0; i < 4000; i++)
		pv_svga_screen_update(svga, &DRM_RECT_INIT(i % 600, i % 400, 3, 2));
	clip = (struct drm_clip_rect){ .x1 = 5, .y1 = 6, .x2 = 7, .y2 = 8 };
	display->pixels[6 * WIDTH + 5] = 0x123456;
	KUNIT_ASSERT_EQ(test, 0, fb->funcs->dirty(fb, NULL, 0, 0, &clip, 1));
	KUNIT_ASSERT_EQ(test, 0, pv_svga_fifo_sync(svga));
	KUNIT_EXPECT_TRUE(test, svga->fifo.running);
	KUNIT_EXPECT_EQ(test, model->screen[6 * WIDTH + 5], 0x123456);
	KUNIT_EXPECT_GE(test, model->commands, 4001);
	KUNIT_EXPECT_EQ(test, model->bad, 0);
}

static void padded_lines_are_honoured(struct kunit *test)
{
	struct display *display = display_create(test, MODEL_CAPS_BARE, 0);

	display->model->pitch_pad = 64;
	draw(display, 1);
	commit_on(test, display);
	KUNIT_EXPECT_EQ(test, display->svga->scanout.pitch, WIDTH * 4 + 64);
	KUNIT_EXPECT_TRUE(test, screen_shows(display));
}

static void picture_may_start_anywhere(struct kunit *test)
{
	struct display *display = display_create(test, MODEL_CAPS_BARE, 0);

	display->model->regs[SVGA_REG_FB_OFFSET] = 4096;
	draw(display, 1);
	commit_on(test, display);
	KUNIT_EXPECT_TRUE(test, screen_shows(display));
}

/* A picture that would lie outside VRAM: nothing may be written. */
static void bad_pitch_draws_nothing(struct kunit *test)
{
	struct display *display = display_create(test, MODEL_CAPS_BARE, 0);
	struct model *model = display->model;

	model->pitch_pad = MODEL_VRAM_BYTES;
	draw(display, 1);
	commit_on(test, display);
	KUNIT_EXPECT_EQ(test, display->svga->scanout.width, 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(model->vram, 0, MODEL_VRAM_BYTES));

	/* A mode set on a device that has come to its senses works. */
	model->pitch_pad = 0;
	KUNIT_ASSERT_EQ(test, 0, commit_mode(test, display, NULL));
	commit_on(test, display);
	KUNIT_EXPECT_TRUE(test, screen_shows(display));
}

static void pitch_is_locked(struct kunit *test)
{
	struct display *display = display_create(test, MODEL_CAPS_FULL,
						 MODEL_FIFO_CAPS_FULL);

	display->model->pitch_pad = 64;
	draw(display, 1);
	commit_on(test, display);
	KUNIT_EXPECT_EQ(test, display->svga->scanout.pitch, WIDTH * 4);
	KUNIT_EXPECT_TRUE(test, screen_shows(display));
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

	draw(display, 1);
	commit_on(test, display);
	KUNIT_EXPECT_TRUE(test, screen_shows(display));
	KUNIT_EXPECT_NULL(test, memchr_inv(model->vram, 0, MODEL_VRAM_BYTES));
	KUNIT_EXPECT_EQ(test, display->svga->gmr.pages,
			display->buffer->gem->size >> PAGE_SHIFT);
	KUNIT_EXPECT_GT(test, model->fifo[SVGA_FIFO_FENCE], 0);
}

/* A device without room for the region gets a copy. */
static void too_few_region_pages_mean_a_copy(struct kunit *test)
{
	struct display *display = display_with_regions(test);

	display->svga->limits.gmr_max_pages = 16;
	draw(display, 1);
	commit_on(test, display);
	KUNIT_EXPECT_TRUE(test, screen_shows(display));
	KUNIT_EXPECT_EQ(test, display->svga->gmr.pages, 0);
	KUNIT_EXPECT_NOT_NULL(test, memchr_inv(display->model->vram, 0, WIDTH * 4));
}

/* What suspend and resume do to regions */
static void forgotten_regions_are_bound_anew(struct kunit *test)
{
	struct display *display = display_with_regions(test);
	struct model *model = display->model;
	u32 i;

	draw(display, 1);
	commit_on(test, display);
	KUNIT_ASSERT_EQ(test, 0, commit_mode(test, display, NULL));
	for (i = 0; i < MODEL_GMRS; i++)
		model->gmr[i].num_pages = 0;
	pv_svga_gmr_forget(display->svga);

	draw(display, 9);
	commit_on(test, display);
	KUNIT_EXPECT_TRUE(test, screen_shows(display));
	KUNIT_EXPECT_EQ(test, model->bad, 0);
	KUNIT_EXPECT_EQ(test, display->svga->gmr.pages,
			display->buffer->gem->size >> PAGE_SHIFT);
}

static void stuck_device_is_an_error(struct kunit *test)
{
	const struct profile *profile = test->param_value;
	struct display *display = display_create(test, profile->caps, profile->fifo_caps);
	struct pv_svga *svga = display->svga;
	struct model *model = display->model;
	u32 i;

	commit_on(test, display);
	model_run_fifo(model);
	/* The interrupt that ends the wait for a fence does not come either. */
	svga->fence.irq = false;
	model->fault = MODEL_FAULT_STUCK;
	for (i = 0; i < 4000 && svga->fifo.running; i++)
		pv_svga_screen_update(svga, &DRM_RECT_INIT(0, 0, 1, 1));
	KUNIT_EXPECT_FALSE(test, svga->fifo.running);
	KUNIT_EXPECT_EQ(test, -EIO, pv_svga_fifo_sync(svga));

	/* It recovers with the next mode set. */
	model->fault = MODEL_FAULT_NONE;
	KUNIT_ASSERT_EQ(test, 0, commit_mode(test, display, NULL));
	draw(display, 3);
	commit_on(test, display);
	KUNIT_EXPECT_TRUE(test, screen_shows(display));
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

static void commands_that_never_fit_are_refused(struct kunit *test)
{
	struct display *display = display_create(test, MODEL_CAPS_BARE, 0);
	u32 *cmd = kunit_kzalloc(test, MODEL_FIFO_BYTES, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, cmd);
	KUNIT_EXPECT_EQ(test, -E2BIG, pv_svga_fifo_emit(display->svga, cmd, 61440));
	KUNIT_EXPECT_EQ(test, -E2BIG, pv_svga_fifo_emit(display->svga, cmd, 6));
	KUNIT_EXPECT_EQ(test, 0, pv_svga_fifo_emit(display->svga, cmd, 61436));
}

static void panic_screen_is_shown(struct kunit *test)
{
	const struct profile *profile = test->param_value;
	struct display *display = display_create(test, profile->caps, profile->fifo_caps);
	struct drm_plane *plane = &display->svga->primary;
	const struct drm_plane_helper_funcs *funcs = plane->helper_private;
	struct model *model = display->model;
	struct drm_scanout_buffer sb = { };

	KUNIT_EXPECT_EQ(test, -ENODEV, funcs->get_scanout_buffer(plane, &sb));
	draw(display, 1);
	commit_on(test, display);
	KUNIT_ASSERT_EQ(test, 0, funcs->get_scanout_buffer(plane, &sb));
	KUNIT_EXPECT_EQ(test, sb.width, WIDTH);
	KUNIT_EXPECT_EQ(test, sb.height, HEIGHT);
	iosys_map_memset(&sb.map[0], 0, 0x5a, sb.height * sb.pitch[0]);
	funcs->panic_flush(plane);
	KUNIT_EXPECT_NULL(test, memchr_inv(model->screen, 0x5a, WIDTH * HEIGHT * 4));
	KUNIT_EXPECT_EQ(test, model->bad, 0);
}

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
	set_plane(plane, fb);
	plane->crtc_x = 100;
	plane->crtc_y = 50;
	plane->hotspot_x = 3;
	plane->hotspot_y = 4;

	return 0;
}

/* Shows the top left corner of the buffer as a cursor. */
static int commit_cursor(struct kunit *test, struct display *display,
			 struct drm_framebuffer *fb)
{
	struct drm_modeset_acquire_ctx ctx;
	struct drm_atomic_state *state = begin_commit(test, display, &ctx);
	int ret;

	do {
		ret = fill_cursor(state, display, fb);
		if (!ret)
			ret = drm_atomic_commit(state);
	} while (backed_off(ret, state, &ctx));
	end_commit(state, &ctx);

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

static void cursor_has_image_and_hot_spot(struct kunit *test)
{
	const struct profile *profile = test->param_value;
	struct display *display = display_create(test, profile->caps, profile->fifo_caps);
	struct model *model = display->model;
	struct drm_client_buffer *image;
	struct iosys_map map;

	if (!pv_svga_has_cursor(display->svga)) {
		KUNIT_EXPECT_NULL(test, display->svga->crtc.cursor);
		return;
	}

	commit_on(test, display);
	image = drm_client_framebuffer_create(&display->client, 32, 32, DRM_FORMAT_ARGB8888);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, image);
	KUNIT_EXPECT_EQ(test, 0, drm_client_buffer_vmap(image, &map));
	((u32 *)map.vaddr)[0] = 0xff112233;
	((u32 *)map.vaddr)[33] = 0xff445566;
	drm_client_buffer_vunmap(image);

	KUNIT_EXPECT_EQ(test, 0, commit_cursor(test, display, image->fb));
	KUNIT_EXPECT_EQ(test, -EINVAL, commit_cursor(test, display, display->buffer->fb));
	model_run_fifo(model);
	KUNIT_EXPECT_EQ(test, model->cursor[0], 0xff112233);
	KUNIT_EXPECT_EQ(test, model->cursor[65], 0xff445566);
	KUNIT_EXPECT_EQ(test, model->cursor[1], 0);
	KUNIT_EXPECT_EQ(test, model->cursor_hot_x, 3);
	KUNIT_EXPECT_EQ(test, model->cursor_hot_y, 4);
	KUNIT_EXPECT_EQ(test, model->bad, 0);
	expect_cursor_at(test, model, 103, 54);
	drm_client_framebuffer_delete(image);
}

static struct kunit_case device_cases[] = {
	KUNIT_CASE_PARAM(mode_set_shows_the_buffer, profile_gen_params),
	KUNIT_CASE_PARAM(off_is_black, profile_gen_params),
	KUNIT_CASE_PARAM(damage_is_all_that_changes, profile_gen_params),
	KUNIT_CASE_PARAM(ring_goes_around, profile_gen_params),
	KUNIT_CASE(padded_lines_are_honoured),
	KUNIT_CASE(picture_may_start_anywhere),
	KUNIT_CASE(bad_pitch_draws_nothing),
	KUNIT_CASE(pitch_is_locked),
	KUNIT_CASE(regions_save_the_copy),
	KUNIT_CASE(too_few_region_pages_mean_a_copy),
	KUNIT_CASE(forgotten_regions_are_bound_anew),
	KUNIT_CASE_PARAM(stuck_device_is_an_error, profile_gen_params),
	KUNIT_CASE(bad_stop_is_an_error),
	KUNIT_CASE(busy_device_is_an_error),
	KUNIT_CASE(sync_drains_more_than_one_go),
	KUNIT_CASE(commands_that_never_fit_are_refused),
	KUNIT_CASE_PARAM(panic_screen_is_shown, profile_gen_params),
	KUNIT_CASE_PARAM(cursor_has_image_and_hot_spot, profile_gen_params),
	{ }
};

static struct kunit_suite device_suite = {
	.name = "pv_svga_device",
	.test_cases = device_cases,
};

kunit_test_suite(device_suite);
