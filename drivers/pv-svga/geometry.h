/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arithmetic on what the device states and on what it is asked to show. No
 * function here touches the device.
 *
 * Copyright (C) 2026 the pvops developers
 */

#ifndef _PV_SVGA_GEOMETRY_H
#define _PV_SVGA_GEOMETRY_H

#include <linux/align.h>
#include <linux/types.h>

#include <drm/drm_modes.h>

/* Every pixel is 32 bits: QEMU's device accepts no other depth. */
#define PV_SVGA_CPP		4

/* Larger sides are refused whatever the device says. */
#define PV_SVGA_MAX_SIDE	8192

/* More regions than this are not used. */
#define PV_SVGA_MAX_GMR		4096

/*
 * QEMU takes cursors of at most 1024 mask words and 4096 pixels: 64x64 is the
 * largest square with one line of padding-free masks.
 */
#define PV_SVGA_CURSOR_SIDE		64
#define PV_SVGA_CURSOR_PIXELS		(PV_SVGA_CURSOR_SIDE * PV_SVGA_CURSOR_SIDE)
#define PV_SVGA_CURSOR_AND_BYTES	(PV_SVGA_CURSOR_PIXELS / 8)

/**
 * struct pv_svga_claims - what the device says of itself, not yet believed
 * @caps:		SVGA_REG_CAPABILITIES
 * @fifo_caps:		SVGA_FIFO_CAPABILITIES, 0 without extended FIFO
 * @max_width:		SVGA_REG_MAX_WIDTH
 * @max_height:		SVGA_REG_MAX_HEIGHT
 * @vram_size:		SVGA_REG_VRAM_SIZE, bytes
 * @fifo_size:		SVGA_REG_MEM_SIZE, bytes
 * @fifo_regs:		SVGA_REG_MEM_REGS, words
 * @gmr_max_ids:	SVGA_REG_GMR_MAX_IDS, 0 without SVGA_CAP_GMR2
 * @gmr_max_pages:	SVGA_REG_GMRS_MAX_PAGES, 0 without SVGA_CAP_GMR2
 */
struct pv_svga_claims {
	u32 caps;
	u32 fifo_caps;
	u32 max_width;
	u32 max_height;
	u32 vram_size;
	u32 fifo_size;
	u32 fifo_regs;
	u32 gmr_max_ids;
	u32 gmr_max_pages;
};

/**
 * struct pv_svga_limits - the claims, cut to what the BARs really hold
 * @caps:		as claimed
 * @fifo_caps:		as claimed
 * @max_width:		1..%PV_SVGA_MAX_SIDE pixels
 * @max_height:		1..%PV_SVGA_MAX_SIDE pixels
 * @vram_size:		usable bytes of BAR 1
 * @fifo_min:		first byte of the command area in BAR 2
 * @fifo_max:		first byte after the command area
 * @gmr_max_ids:	guest memory regions are numbered below this
 * @gmr_max_pages:	pages of all regions together
 */
struct pv_svga_limits {
	u32 caps;
	u32 fifo_caps;
	u32 max_width;
	u32 max_height;
	u32 vram_size;
	u32 fifo_min;
	u32 fifo_max;
	u32 gmr_max_ids;
	u32 gmr_max_pages;
};

/**
 * struct pv_svga_scanout - where the picture lies in VRAM
 * @width:	pixels
 * @height:	lines
 * @pitch:	bytes from one line to the next
 * @offset:	bytes from the start of VRAM to the first pixel
 */
struct pv_svga_scanout {
	u32 width;
	u32 height;
	u32 pitch;
	u32 offset;
};

bool pv_svga_vmwgfx_would_bind(const struct pv_svga_claims *claims);
int pv_svga_limits_init(struct pv_svga_limits *limits,
			const struct pv_svga_claims *claims,
			u64 vram_bar, u64 fifo_bar);
enum drm_mode_status pv_svga_mode_fits(const struct pv_svga_limits *limits,
				       u32 width, u32 height);
int pv_svga_scanout_init(struct pv_svga_scanout *scanout,
			 const struct pv_svga_limits *limits,
			 u32 width, u32 height, u32 pitch, u32 offset);
void pv_svga_cursor_pad(u32 *image, const void *pixels, u32 pitch,
			u32 width, u32 height);
void pv_svga_cursor_masks(u8 *and, u32 *image);

/**
 * pv_svga_fifo_offset_ok - whether a FIFO pointer of the device is legal
 * @limits: the checked limits of the device
 * @offset: byte offset into BAR 2
 *
 * Return: true if @offset is a word inside the command area.
 */
static inline bool pv_svga_fifo_offset_ok(const struct pv_svga_limits *limits,
					  u32 offset)
{
	return IS_ALIGNED(offset, sizeof(u32)) &&
	       offset >= limits->fifo_min && offset < limits->fifo_max;
}

/**
 * pv_svga_fifo_space - bytes that can be written to the ring
 * @limits: the checked limits of the device
 * @next:   where the next command goes; a legal offset
 * @stop:   where the device reads; a legal offset
 *
 * One word stays free, since equal pointers mean an empty ring.
 *
 * Return: bytes, a multiple of 4.
 */
static inline u32 pv_svga_fifo_space(const struct pv_svga_limits *limits,
				     u32 next, u32 stop)
{
	u32 space = stop - next;

	if (next >= stop)
		space += limits->fifo_max - limits->fifo_min;

	return space - sizeof(u32);
}

#endif /* _PV_SVGA_GEOMETRY_H */
