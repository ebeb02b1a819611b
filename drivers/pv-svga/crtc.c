// SPDX-License-Identifier: GPL-2.0-only
/*
 * The CRTC: mode set, blanking and events.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <drm/drm_atomic.h>
#include <drm/drm_atomic_helper.h>
#include <drm/drm_drv.h>
#include <drm/drm_vblank.h>

#include "pv_svga.h"

static int crtc_atomic_check(struct drm_crtc *crtc,
			     struct drm_atomic_state *state)
{
	struct drm_crtc_state *new = drm_atomic_get_new_crtc_state(state, crtc);

	return new->enable ? drm_atomic_helper_check_crtc_primary_plane(new) : 0;
}

static void crtc_atomic_enable(struct drm_crtc *crtc,
			       struct drm_atomic_state *state)
{
	struct pv_svga *svga = to_pv_svga(crtc->dev);
	const struct drm_display_mode *mode = &crtc->state->mode;
	int idx;

	if (drm_dev_enter(crtc->dev, &idx)) {
		pv_svga_screen_enable(svga, mode->hdisplay, mode->vdisplay);
		drm_dev_exit(idx);
	}
	drm_crtc_vblank_on(crtc);
}

static void send_event_now(struct drm_crtc *crtc, struct drm_pending_vblank_event *event)
{
	crtc->state->event = NULL;
	spin_lock_irq(&crtc->dev->event_lock);
	drm_crtc_send_vblank_event(crtc, event);
	spin_unlock_irq(&crtc->dev->event_lock);
}

static void crtc_atomic_disable(struct drm_crtc *crtc,
				struct drm_atomic_state *state)
{
	struct pv_svga *svga = to_pv_svga(crtc->dev);
	int idx;

	drm_crtc_vblank_off(crtc);
	/* A change of mode paints over the old picture; only off is black. */
	if (!crtc->state->active && drm_dev_enter(crtc->dev, &idx)) {
		/* A cursor plane that stays as it is gets no callback. */
		if (crtc->cursor)
			pv_svga_cursor_move(svga, false, 0, 0);
		pv_svga_screen_blank(svga);
		drm_dev_exit(idx);
	}

	/* A CRTC that stays off is not flushed. */
	if (!crtc->state->active && crtc->state->event)
		send_event_now(crtc, crtc->state->event);
}

/*
 * Events that user space waits for are paced by the frame timer. The pixels
 * have been copied by now, so commits that nobody waits for, such as those of
 * the console, are complete.
 */
static void crtc_atomic_flush(struct drm_crtc *crtc,
			      struct drm_atomic_state *state)
{
	struct drm_pending_vblank_event *event = crtc->state->event;

	if (!event)
		return;
	if (!event->base.file_priv || drm_crtc_vblank_get(crtc)) {
		send_event_now(crtc, event);
		return;
	}

	crtc->state->event = NULL;
	spin_lock_irq(&crtc->dev->event_lock);
	drm_crtc_arm_vblank_event(crtc, event);
	spin_unlock_irq(&crtc->dev->event_lock);
}

static const struct drm_crtc_helper_funcs crtc_helper_funcs = {
	.atomic_check = crtc_atomic_check,
	.atomic_enable = crtc_atomic_enable,
	.atomic_disable = crtc_atomic_disable,
	.atomic_flush = crtc_atomic_flush,
};

static const struct drm_crtc_funcs crtc_funcs = {
	.reset = drm_atomic_helper_crtc_reset,
	.destroy = drm_crtc_cleanup,
	.set_config = drm_atomic_helper_set_config,
	.page_flip = drm_atomic_helper_page_flip,
	.atomic_duplicate_state = drm_atomic_helper_crtc_duplicate_state,
	.atomic_destroy_state = drm_atomic_helper_crtc_destroy_state,
	.enable_vblank = pv_svga_enable_vblank,
	.disable_vblank = pv_svga_disable_vblank,
	.get_vblank_timestamp = pv_svga_get_vblank_timestamp,
};

/**
 * pv_svga_crtc_init - add the CRTC
 * @svga: the device, with its planes
 *
 * Return: 0 or a negative error.
 */
int pv_svga_crtc_init(struct pv_svga *svga)
{
	int ret;

	ret = drm_crtc_init_with_planes(&svga->drm, &svga->crtc, &svga->primary,
					svga->cursor_cmd ? &svga->cursor : NULL,
					&crtc_funcs, NULL);
	if (ret)
		return ret;
	drm_crtc_helper_add(&svga->crtc, &crtc_helper_funcs);

	return 0;
}
