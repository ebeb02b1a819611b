// SPDX-License-Identifier: GPL-2.0-only
/*
 * The whole driver on the stand-in for the device, for KUnit.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <linux/dma-mapping.h>

#include <drm/drm_atomic.h>
#include <drm/drm_atomic_helper.h>
#include <drm/drm_atomic_uapi.h>
#include <drm/drm_modes.h>

#include "display.h"

static const struct display_profile profiles[] = {
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

static void profile_name(const struct display_profile *profile, char *name)
{
	strscpy(name, profile->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(profile, profiles, profile_name);

/**
 * display_profile_gen_params - the devices that a case is run with
 * @previous:	the last one, or %NULL
 * @name:	filled
 *
 * Return: the next &struct display_profile, or %NULL after the last one.
 */
const void *display_profile_gen_params(const void *previous, char *name)
{
	return profile_gen_params(previous, name);
}

/**
 * display_delete - delete a frame buffer
 * @display:	the driver; its display is switched off
 * @buffer:	the frame buffer
 *
 * A frame buffer that is shown would be taken off the screen by a worker, for
 * which the stubs of the case do not hold: it would write to real ports.
 */
void display_delete(struct display *display, struct drm_client_buffer *buffer)
{
	drm_atomic_helper_shutdown(&display->svga->drm);
	drm_client_framebuffer_delete(buffer);
}

static void release_client(void *data)
{
	struct display *display = data;

	drm_client_buffer_vunmap(display->buffer);
	display_delete(display, display->buffer);
	drm_client_release(&display->client);
}

static void create_buffer(struct kunit *test, struct display *display)
{
	struct drm_client_dev *client = &display->client;
	struct iosys_map map;

	KUNIT_ASSERT_EQ(test, 0, drm_client_init(&display->svga->drm, client, "test", NULL));
	display->buffer = drm_client_framebuffer_create(client, DISPLAY_WIDTH, DISPLAY_HEIGHT,
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

/**
 * display_create - the driver on a device, with its ring running
 * @test:	owns everything
 * @caps:	SVGA_REG_CAPABILITIES
 * @fifo_caps:	SVGA_FIFO_CAPABILITIES
 *
 * Return: the driver; nothing is shown yet.
 */
struct display *display_create(struct kunit *test, u32 caps, u32 fifo_caps)
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
	display->fb = display->buffer->fb;

	return display;
}

/**
 * display_of_profile - the driver on the device that the case is about
 * @test: a case with a &struct display_profile as its parameter
 *
 * Return: the driver; nothing is shown yet.
 */
struct display *display_of_profile(struct kunit *test)
{
	const struct display_profile *profile = test->param_value;

	return display_create(test, profile->caps, profile->fifo_caps);
}

/* A mode of the buffer's size at 60 Hz. */
static const struct drm_display_mode mode_on = {
	DRM_MODE_INIT(60, DISPLAY_WIDTH, DISPLAY_HEIGHT, 0, 0),
};

static void set_primary(struct drm_plane_state *state, const struct display *display)
{
	drm_atomic_set_fb_for_plane(state, display->fb);
	state->crtc_x = -(int)display->beyond;
	state->crtc_y = -(int)display->beyond;
	state->crtc_w = DISPLAY_WIDTH + display->beyond;
	state->crtc_h = DISPLAY_HEIGHT + display->beyond;
	state->src_x = display->src_x;
	state->src_y = display->src_y;
	state->src_w = state->crtc_w << 16;
	state->src_h = state->crtc_h << 16;
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
		set_primary(plane, display);
	else
		drm_atomic_set_fb_for_plane(plane, NULL);

	return 0;
}

/**
 * display_begin_commit - an empty atomic state
 * @test:	the case
 * @display:	the driver
 * @ctx:	initialised
 *
 * The context begins and ends in the thread of the case: the KUnit helper ends
 * it in another one, where lockdep no longer knows it.
 *
 * Return: the state.
 */
struct drm_atomic_state *display_begin_commit(struct kunit *test, struct display *display,
					      struct drm_modeset_acquire_ctx *ctx)
{
	struct drm_atomic_state *state = drm_atomic_state_alloc(&display->svga->drm);

	KUNIT_ASSERT_NOT_NULL(test, state);
	drm_modeset_acquire_init(ctx, 0);
	state->acquire_ctx = ctx;

	return state;
}

/**
 * display_backed_off - give way to another holder of the locks
 * @ret:	what filling or committing @state returned
 * @state:	cleared if so
 * @ctx:	the context of @state
 *
 * A lock debugging kernel makes other holders up.
 *
 * Return: true if the commit has to be tried again.
 */
bool display_backed_off(int ret, struct drm_atomic_state *state,
			struct drm_modeset_acquire_ctx *ctx)
{
	if (ret != -EDEADLK)
		return false;
	drm_atomic_state_clear(state);
	drm_modeset_backoff(ctx);

	return true;
}

/**
 * display_end_commit - let go of a state and its locks
 * @state:	committed or not
 * @ctx:	the context of @state
 */
void display_end_commit(struct drm_atomic_state *state, struct drm_modeset_acquire_ctx *ctx)
{
	drm_atomic_state_put(state);
	drm_modeset_drop_locks(ctx);
	drm_modeset_acquire_fini(ctx);
}

/**
 * display_commit_mode - show the frame buffer
 * @test:	the case
 * @display:	the driver
 * @mode:	in which mode; %NULL switches the display off
 *
 * Return: 0 or a negative error.
 */
int display_commit_mode(struct kunit *test, struct display *display,
			const struct drm_display_mode *mode)
{
	struct drm_modeset_acquire_ctx ctx;
	struct drm_atomic_state *state = display_begin_commit(test, display, &ctx);
	int ret;

	do {
		ret = fill_state(display, state, mode);
		if (!ret)
			ret = drm_atomic_commit(state);
	} while (display_backed_off(ret, state, &ctx));
	display_end_commit(state, &ctx);

	return ret;
}

/**
 * display_commit_on - show the frame buffer in a mode of its size
 * @test:	the case, which ends if that fails
 * @display:	the driver
 */
void display_commit_on(struct kunit *test, struct display *display)
{
	struct drm_display_mode mode = mode_on;

	drm_mode_set_crtcinfo(&mode, 0);
	KUNIT_ASSERT_EQ(test, 0, display_commit_mode(test, display, &mode));
}

/**
 * display_commit_off - switch the display off
 * @test:	the case, which ends if that fails
 * @display:	the driver
 */
void display_commit_off(struct kunit *test, struct display *display)
{
	KUNIT_ASSERT_EQ(test, 0, display_commit_mode(test, display, NULL));
}

/**
 * display_draw - fill the buffer
 * @display:	the driver
 * @seed:	another picture for every number
 */
void display_draw(struct display *display, u32 seed)
{
	u32 i;

	for (i = 0; i < DISPLAY_WIDTH * DISPLAY_HEIGHT; i++)
		display->pixels[i] = i * 2654435761U + seed;
}

/**
 * display_shows - whether the buffer is what a person would see
 * @display: the driver
 *
 * Lets the device do what it has been told; a viewer would make it do so.
 *
 * Return: true if it is.
 */
bool display_shows(struct display *display)
{
	struct model *model = display->model;

	model_run_fifo(model);

	return !memcmp(model->screen, display->pixels, DISPLAY_WIDTH * DISPLAY_HEIGHT * 4);
}
