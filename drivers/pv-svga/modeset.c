// SPDX-License-Identifier: GPL-2.0-only
/*
 * Puts the KMS objects together.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <drm/drm_atomic.h>
#include <drm/drm_atomic_helper.h>
#include <drm/drm_mode_config.h>

#include "pv_svga.h"

static enum drm_mode_status mode_valid(struct drm_device *drm,
				       const struct drm_display_mode *mode)
{
	/* Its plane would be higher than what is scanned out. */
	if (mode->flags & DRM_MODE_FLAG_3D_MASK)
		return MODE_NO_STEREO;

	return pv_svga_mode_fits(&to_pv_svga(drm)->limits, mode->hdisplay,
				 mode->vdisplay);
}

static const struct drm_mode_config_funcs mode_config_funcs = {
	.fb_create = pv_svga_fb_create,
	.mode_valid = mode_valid,
	.atomic_check = drm_atomic_helper_check,
	.atomic_commit = drm_atomic_helper_commit,
};

/*
 * Differs from drm_atomic_helper_commit_tail_rpm() in that nobody waits for a
 * vertical blank before the old buffer is let go: it was copied, never shown.
 */
static void commit_tail(struct drm_atomic_state *state)
{
	drm_atomic_helper_commit_modeset_disables(state->dev, state);
	drm_atomic_helper_commit_modeset_enables(state->dev, state);
	drm_atomic_helper_commit_planes(state->dev, state,
					DRM_PLANE_COMMIT_ACTIVE_ONLY);
	drm_atomic_helper_commit_hw_done(state);
	drm_atomic_helper_cleanup_planes(state->dev, state);
}

static const struct drm_mode_config_helper_funcs mode_config_helper_funcs = {
	.atomic_commit_tail = commit_tail,
};

/**
 * pv_svga_modeset_init - add all KMS objects
 * @svga: the device, with its limits known
 *
 * Return: 0 or a negative error; everything is released with the device.
 */
int pv_svga_modeset_init(struct pv_svga *svga)
{
	struct drm_mode_config *config = &svga->drm.mode_config;
	int ret;

	ret = drmm_mode_config_init(&svga->drm);
	if (ret)
		return ret;

	config->min_width = 1;
	config->min_height = 1;
	config->max_width = svga->limits.max_width;
	config->max_height = svga->limits.max_height;
	config->preferred_depth = 24;
	config->funcs = &mode_config_funcs;
	config->helper_private = &mode_config_helper_funcs;

	ret = pv_svga_primary_init(svga);
	if (ret)
		return ret;
	ret = pv_svga_cursor_init(svga);
	if (ret)
		return ret;
	ret = pv_svga_crtc_init(svga);
	if (ret)
		return ret;
	ret = pv_svga_connector_init(svga);
	if (ret)
		return ret;
	ret = pv_svga_vblank_init(svga);
	if (ret)
		return ret;

	drm_mode_config_reset(&svga->drm);

	return 0;
}
