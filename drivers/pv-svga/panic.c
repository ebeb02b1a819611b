// SPDX-License-Identifier: GPL-2.0-only
/*
 * The panic screen: drawn straight into VRAM, shown by polled port accesses.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <drm/drm_fourcc.h>
#include <drm/drm_panic.h>

#include "pv_svga.h"

/**
 * pv_svga_get_scanout_buffer - where the panic handler may draw
 * @plane: the primary plane
 * @sb:    filled
 *
 * Context: panic, with drm_panic_lock() held, which guards the scanout.
 *
 * Return: 0, or -ENODEV while nothing is shown.
 */
int pv_svga_get_scanout_buffer(struct drm_plane *plane,
			       struct drm_scanout_buffer *sb)
{
	struct pv_svga *svga = to_pv_svga(plane->dev);
	const struct pv_svga_scanout *scanout = &svga->scanout;

	if (!scanout->width)
		return -ENODEV;

	sb->format = drm_format_info(DRM_FORMAT_XRGB8888);
	sb->width = scanout->width;
	sb->height = scanout->height;
	sb->pitch[0] = scanout->pitch;
	iosys_map_set_vaddr_iomem(&sb->map[0], svga->vram + scanout->offset);

	return 0;
}

/**
 * pv_svga_panic_flush - make the device show the panic screen
 * @plane: the primary plane
 *
 * Context: panic, with drm_panic_lock() held.
 */
void pv_svga_panic_flush(struct drm_plane *plane)
{
	struct pv_svga *svga = to_pv_svga(plane->dev);
	const struct drm_rect all = DRM_RECT_INIT(0, 0, svga->scanout.width,
						  svga->scanout.height);

	pv_svga_screen_panic_update(svga, &all);
}
