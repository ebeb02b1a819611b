// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arithmetic on what the device states and on what it is asked to show.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <linux/align.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "abi.h"
#include "geometry.h"

/**
 * pv_svga_vmwgfx_would_bind - whether vmwgfx can drive a device
 * @claims: what the device says
 *
 * vmwgfx has fixed strides: its probe fails with -ENOSYS and "Hardware has no
 * pitchlock" on a device that has none of the three ways to set one (see
 * vmw_driver_load() in drivers/gpu/drm/vmwgfx/vmwgfx_drv.c).
 *
 * Return: true if the probe of vmwgfx passes that test.
 */
bool pv_svga_vmwgfx_would_bind(const struct pv_svga_claims *claims)
{
	if (claims->caps & (SVGA_CAP_DISPLAY_TOPOLOGY | SVGA_CAP_PITCHLOCK))
		return true;

	return (claims->caps & SVGA_CAP_EXTENDED_FIFO) &&
	       (claims->fifo_caps & SVGA_FIFO_CAP_PITCHLOCK);
}

/*
 * First byte of the command area: past the words that the device keeps for
 * itself, and past those that we use, rounded up to a page as vmwgfx does.
 */
static u64 fifo_first_byte(const struct pv_svga_claims *claims)
{
	u64 regs = SVGA_FIFO_STOP + 1;

	if (claims->caps & SVGA_CAP_EXTENDED_FIFO)
		regs = max_t(u64, claims->fifo_regs, SVGA_FIFO_NUM_REGS);

	return ALIGN(regs * sizeof(u32), PAGE_SIZE);
}

/**
 * pv_svga_limits_init - check what the device says against its BARs
 * @limits:	filled on success
 * @claims:	what the device says
 * @vram_bar:	length of BAR 1, bytes
 * @fifo_bar:	length of BAR 2, bytes
 *
 * A size beyond the BAR is cut to the BAR; 0 stands for the whole of it.
 *
 * Return: 0, or -ENODEV if what is left cannot hold a 640x480 picture or the
 * smallest command area.
 */
int pv_svga_limits_init(struct pv_svga_limits *limits,
			const struct pv_svga_claims *claims,
			u64 vram_bar, u64 fifo_bar)
{
	u64 vram = claims->vram_size ? min_t(u64, claims->vram_size, vram_bar) :
				       min_t(u64, vram_bar, U32_MAX);
	u64 fifo = claims->fifo_size ? min_t(u64, claims->fifo_size, fifo_bar) :
				       min_t(u64, fifo_bar, U32_MAX);
	u64 first = fifo_first_byte(claims);

	fifo = ALIGN_DOWN(fifo, sizeof(u32));
	if (fifo < first + SVGA_FIFO_MIN_SIZE)
		return -ENODEV;

	*limits = (struct pv_svga_limits){
		.caps = claims->caps,
		.fifo_caps = claims->fifo_caps,
		.max_width = min(claims->max_width, PV_SVGA_MAX_SIDE),
		.max_height = min(claims->max_height, PV_SVGA_MAX_SIDE),
		.vram_size = vram,
		.fifo_min = first,
		.fifo_max = fifo,
		.gmr_max_ids = min(claims->gmr_max_ids, PV_SVGA_MAX_GMR),
		.gmr_max_pages = claims->gmr_max_pages,
	};

	return pv_svga_mode_fits(limits, 640, 480) == MODE_OK ? 0 : -ENODEV;
}

/**
 * pv_svga_mode_fits - whether a mode can be shown
 * @limits: the checked limits of the device
 * @width:  pixels
 * @height: lines
 *
 * QEMU accepts modes that its VRAM cannot hold, so the memory is counted here.
 *
 * Return: %MODE_OK or the reason why not.
 */
enum drm_mode_status pv_svga_mode_fits(const struct pv_svga_limits *limits,
				       u32 width, u32 height)
{
	if (!width || width > limits->max_width)
		return MODE_BAD_HVALUE;
	if (!height || height > limits->max_height)
		return MODE_BAD_VVALUE;
	if ((u64)width * PV_SVGA_CPP * height > limits->vram_size)
		return MODE_MEM;

	return MODE_OK;
}

/**
 * pv_svga_scanout_init - check where the device says the picture lies
 * @scanout:	filled on success, left alone otherwise
 * @limits:	the checked limits of the device
 * @width:	pixels that were asked for
 * @height:	lines that were asked for
 * @pitch:	SVGA_REG_BYTES_PER_LINE as read back
 * @offset:	SVGA_REG_FB_OFFSET as read back
 *
 * Return: 0, or -ERANGE if a pixel would lie outside VRAM or lines overlap.
 */
int pv_svga_scanout_init(struct pv_svga_scanout *scanout,
			 const struct pv_svga_limits *limits,
			 u32 width, u32 height, u32 pitch, u32 offset)
{
	if (pv_svga_mode_fits(limits, width, height) != MODE_OK)
		return -ERANGE;
	if (pitch < width * PV_SVGA_CPP)
		return -ERANGE;
	if (!IS_ALIGNED(pitch, PV_SVGA_CPP) || !IS_ALIGNED(offset, PV_SVGA_CPP))
		return -ERANGE;
	if (offset + (u64)pitch * height > limits->vram_size)
		return -ERANGE;

	*scanout = (struct pv_svga_scanout){
		.width = width,
		.height = height,
		.pitch = pitch,
		.offset = offset,
	};

	return 0;
}

/**
 * pv_svga_cursor_pad - put an image into the corner of an empty 64x64 one
 * @image:	64x64 pixels, written
 * @pixels:	ARGB8888
 * @pitch:	bytes from one line of @pixels to the next
 * @width:	pixels, at most 64
 * @height:	lines, at most 64
 */
void pv_svga_cursor_pad(u32 *image, const void *pixels, u32 pitch,
			u32 width, u32 height)
{
	u32 y;

	memset(image, 0, PV_SVGA_CURSOR_PIXELS * sizeof(*image));
	for (y = 0; y < height; y++)
		memcpy(image + y * PV_SVGA_CURSOR_SIDE, pixels + y * pitch,
		       width * sizeof(*image));
}

/**
 * pv_svga_cursor_masks - turn a cursor with alpha into one with masks
 * @and:	%PV_SVGA_CURSOR_AND_BYTES bytes, written; a set bit leaves the
 *		screen as it is. The most significant bit is leftmost.
 * @image:	64x64 pixels, ARGB8888; becomes the XOR mask
 *
 * A pixel is drawn if it is at least half opaque. The colour of one that is
 * not drawn must be 0, or the device would invert the screen with it.
 */
void pv_svga_cursor_masks(u8 *and, u32 *image)
{
	u32 i;

	memset(and, 0, PV_SVGA_CURSOR_AND_BYTES);
	for (i = 0; i < PV_SVGA_CURSOR_PIXELS; i++) {
		if (image[i] >> 24 >= 0x80) {
			image[i] &= 0x00ffffff;
		} else {
			image[i] = 0;
			and[i / 8] |= 0x80 >> i % 8;
		}
	}
}
