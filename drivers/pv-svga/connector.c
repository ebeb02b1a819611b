// SPDX-License-Identifier: GPL-2.0-only
/*
 * The connector: the list of modes.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <drm/drm_atomic_helper.h>
#include <drm/drm_atomic_state_helper.h>
#include <drm/drm_edid.h>
#include <drm/drm_probe_helper.h>

#include "pv_svga.h"

/* What QEMU's firmware sets, so that taking over changes nothing on screen. */
#define PREFERRED_WIDTH		1024
#define PREFERRED_HEIGHT	768

/* The device has no EDID; every standard mode that fits is offered. */
static int connector_get_modes(struct drm_connector *connector)
{
	const struct pv_svga_limits *limits = &to_pv_svga(connector->dev)->limits;
	int count;

	count = drm_add_modes_noedid(connector, limits->max_width,
				     limits->max_height);
	drm_set_preferred_mode(connector, PREFERRED_WIDTH, PREFERRED_HEIGHT);

	return count;
}

static const struct drm_connector_helper_funcs connector_helper_funcs = {
	.get_modes = connector_get_modes,
};

static const struct drm_connector_funcs connector_funcs = {
	.reset = drm_atomic_helper_connector_reset,
	.fill_modes = drm_helper_probe_single_connector_modes,
	.destroy = drm_connector_cleanup,
	.atomic_duplicate_state = drm_atomic_helper_connector_duplicate_state,
	.atomic_destroy_state = drm_atomic_helper_connector_destroy_state,
};

static const struct drm_encoder_funcs encoder_funcs = {
	.destroy = drm_encoder_cleanup,
};

/**
 * pv_svga_connector_init - add the encoder and the connector
 * @svga: the device, with its CRTC
 *
 * Return: 0 or a negative error.
 */
int pv_svga_connector_init(struct pv_svga *svga)
{
	int ret;

	ret = drm_encoder_init(&svga->drm, &svga->encoder, &encoder_funcs,
			       DRM_MODE_ENCODER_VIRTUAL, NULL);
	if (ret)
		return ret;
	svga->encoder.possible_crtcs = drm_crtc_mask(&svga->crtc);

	ret = drm_connector_init(&svga->drm, &svga->connector, &connector_funcs,
				 DRM_MODE_CONNECTOR_VIRTUAL);
	if (ret)
		return ret;
	drm_connector_helper_add(&svga->connector, &connector_helper_funcs);

	return drm_connector_attach_encoder(&svga->connector, &svga->encoder);
}
