// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the device shows: mode, blanking, and telling it which pixels changed.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <linux/io.h>
#include <linux/mm.h>

#include <drm/drm_panic.h>
#include <drm/drm_print.h>
#include <drm/drm_rect.h>

#include "pv_svga.h"

static void set_scanout(struct pv_svga *svga, const struct pv_svga_scanout *to)
{
	/* The stub for kernels without panic screens does not write it. */
	unsigned long flags = 0;

	/* The panic screen is drawn with whatever stands here. */
	drm_panic_lock(&svga->drm, flags);
	svga->scanout = *to;
	drm_panic_unlock(&svga->drm, flags);
}

/* Asks for a stride without padding, where the device lets the guest choose. */
static void lock_pitch(struct pv_svga *svga, u32 pitch)
{
	const struct pv_svga_limits *limits = &svga->limits;

	if (limits->caps & SVGA_CAP_PITCHLOCK)
		pv_svga_write(svga, SVGA_REG_PITCHLOCK, pitch);
	else if (limits->fifo_caps & SVGA_FIFO_CAP_PITCHLOCK)
		WRITE_ONCE(svga->fifo.mem[SVGA_FIFO_PITCHLOCK], pitch);
}

static bool has_screens(const struct pv_svga *svga)
{
	return svga->limits.fifo_caps & SVGA_FIFO_CAP_SCREEN_OBJECT_2;
}

/* Screen 0 lies at the origin, with the picture in VRAM behind it. */
static int define_screen(struct pv_svga *svga)
{
	const struct pv_svga_scanout *scanout = &svga->scanout;
	const struct svga_cmd_define_screen cmd = {
		.cmd = SVGA_CMD_DEFINE_SCREEN,
		.struct_size = sizeof(cmd) - sizeof(cmd.cmd),
		.flags = SVGA_SCREEN_MUST_BE_SET | SVGA_SCREEN_IS_PRIMARY,
		.width = scanout->width,
		.height = scanout->height,
		.backing = { SVGA_GMR_FRAMEBUFFER, scanout->offset },
		.backing_pitch = scanout->pitch,
	};

	return pv_svga_fifo_emit(svga, &cmd, sizeof(cmd));
}

/**
 * pv_svga_screen_enable - set a mode and show what VRAM holds
 * @svga:   the device
 * @width:  pixels
 * @height: lines
 *
 * Context: may sleep. The caller holds drm_dev_enter().
 *
 * Return: 0, or a negative error with nothing to draw to.
 */
int pv_svga_screen_enable(struct pv_svga *svga, u32 width, u32 height)
{
	struct pv_svga_scanout scanout = { };
	u32 pitch, offset;
	int ret;

	set_scanout(svga, &scanout);
	if (pv_svga_mode_fits(&svga->limits, width, height) != MODE_OK)
		return -EINVAL;

	ret = pv_svga_fifo_start(svga);
	if (ret)
		return ret;

	pv_svga_write(svga, SVGA_REG_WIDTH, width);
	pv_svga_write(svga, SVGA_REG_HEIGHT, height);
	pv_svga_write(svga, SVGA_REG_BITS_PER_PIXEL, PV_SVGA_CPP * 8);
	lock_pitch(svga, width * PV_SVGA_CPP);
	pv_svga_write(svga, SVGA_REG_ENABLE, SVGA_REG_ENABLE_ENABLE);
	/* Every change is announced by an UPDATE; the host need not watch. */
	if (svga->limits.caps & SVGA_CAP_TRACES)
		pv_svga_write(svga, SVGA_REG_TRACES, 0);

	/* The device says only now how it lays out the lines. */
	pitch = pv_svga_read(svga, SVGA_REG_BYTES_PER_LINE);
	offset = pv_svga_read(svga, SVGA_REG_FB_OFFSET);
	ret = pv_svga_scanout_init(&scanout, &svga->limits, width, height,
				   pitch, offset);
	if (ret) {
		drm_err_ratelimited(&svga->drm,
				    "mode %ux%u: pitch %u offset %u do not fit\n",
				    width, height, pitch, offset);
		return ret;
	}
	set_scanout(svga, &scanout);

	return has_screens(svga) ? define_screen(svga) : 0;
}

/**
 * pv_svga_screen_blank - show black
 * @svga: the device
 *
 * Without SVGA mode the device would show what its VGA part last held, so it
 * stays on and the picture is cleared.
 *
 * Context: may sleep. The caller holds drm_dev_enter().
 */
void pv_svga_screen_blank(struct pv_svga *svga)
{
	const struct pv_svga_scanout old = svga->scanout;
	const struct pv_svga_scanout none = { };

	if (!old.width)
		return;

	memset_io(svga->vram + old.offset, 0, old.pitch * old.height);
	pv_svga_screen_update(svga, &DRM_RECT_INIT(0, 0, old.width, old.height));
	set_scanout(svga, &none);
}

/**
 * pv_svga_screen_stop - give the screen back to the VGA part of the device
 * @svga: the device
 *
 * Context: may sleep. The caller holds drm_dev_enter().
 */
void pv_svga_screen_stop(struct pv_svga *svga)
{
	const struct pv_svga_scanout none = { };

	set_scanout(svga, &none);
	pv_svga_fifo_stop(svga);
	pv_svga_write(svga, SVGA_REG_ENABLE, SVGA_REG_ENABLE_DISABLE);
}

static struct pv_svga_blit_cmd blit_cmd(struct svga_guest_ptr from, u32 pitch,
					int x, int y, const struct drm_rect *dst)
{
	return (struct pv_svga_blit_cmd){
		.from = {
			.cmd = SVGA_CMD_DEFINE_GMRFB,
			.ptr = from,
			.bytes_per_line = pitch,
			.bits_per_pixel = PV_SVGA_CPP * 8,
			.color_depth = 24,
		},
		.blit = {
			.cmd = SVGA_CMD_BLIT_GMRFB_TO_SCREEN,
			.src_x = x,
			.src_y = y,
			.left = dst->x1,
			.top = dst->y1,
			.right = dst->x2,
			.bottom = dst->y2,
		},
	};
}

typedef int (*emit_fn)(struct pv_svga *svga, const void *cmd, u32 bytes);

/* Not inlined: the shorter command would pay for it. */
static noinline void show_on_screen(struct pv_svga *svga, const struct drm_rect *rect,
				    emit_fn emit)
{
	const struct pv_svga_scanout *scanout = &svga->scanout;
	const struct svga_guest_ptr vram = { SVGA_GMR_FRAMEBUFFER, scanout->offset };
	const struct pv_svga_blit_cmd cmd =
		blit_cmd(vram, scanout->pitch, rect->x1, rect->y1, rect);

	emit(svga, &cmd, sizeof(cmd));
}

/* Inline, so that @emit is called directly. */
static inline void show(struct pv_svga *svga, const struct drm_rect *rect, emit_fn emit)
{
	if (has_screens(svga)) {
		show_on_screen(svga, rect, emit);
	} else {
		const struct svga_cmd_update cmd = {
			.cmd = SVGA_CMD_UPDATE,
			.x = rect->x1,
			.y = rect->y1,
			.width = drm_rect_width(rect),
			.height = drm_rect_height(rect),
		};

		emit(svga, &cmd, sizeof(cmd));
	}
}

/**
 * pv_svga_screen_update - tell the device which pixels of VRAM have changed
 * @svga: the device
 * @rect: pixels, inside the scanout
 *
 * An error has been reported by the FIFO and leaves a stale picture.
 *
 * Context: may sleep. The caller holds drm_dev_enter().
 */
void pv_svga_screen_update(struct pv_svga *svga, const struct drm_rect *rect)
{
	show(svga, rect, pv_svga_fifo_emit);
}

/**
 * pv_svga_screen_panic_update - the same on the only CPU that still runs
 * @svga: the device
 * @rect: pixels, inside the scanout
 *
 * Context: panic.
 */
void pv_svga_screen_panic_update(struct pv_svga *svga, const struct drm_rect *rect)
{
	show(svga, rect, pv_svga_fifo_panic_emit);
}

/*
 * copy_page() moves 8 bytes at a time where memcpy_toio() moves 4. Not inlined:
 * short lines would pay for it.
 */
static noinline void copy_pages(void __iomem *to, const void *from, u32 bytes)
{
	for (; bytes >= PAGE_SIZE; bytes -= PAGE_SIZE) {
		copy_page((void __force *)to, (void *)from);
		to += PAGE_SIZE;
		from += PAGE_SIZE;
	}
	memcpy_toio(to, from, bytes);
}

/**
 * pv_svga_screen_copy - copy pixels to VRAM
 * @svga: the device
 * @pfb:  the frame buffer, mapped
 * @src:  pixels of the frame buffer
 * @x:    the pixel of the frame buffer in the corner of the screen
 * @y:    the same, down
 *
 * They are seen after pv_svga_screen_update().
 *
 * Context: any. The caller holds drm_dev_enter().
 */
void pv_svga_screen_copy(struct pv_svga *svga, const struct pv_svga_fb *pfb,
			 const struct drm_rect *src, int x, int y)
{
	const struct pv_svga_scanout *scanout = &svga->scanout;
	u32 from_pitch = pfb->base.pitches[0], to_pitch = scanout->pitch;
	u32 bytes = drm_rect_width(src) * PV_SVGA_CPP;
	u32 lines = drm_rect_height(src);
	const void *from = pfb->pixels + (size_t)src->y1 * from_pitch +
			   src->x1 * PV_SVGA_CPP;
	void __iomem *to = svga->vram + scanout->offset +
			   (size_t)(src->y1 - y) * to_pitch + (src->x1 - x) * PV_SVGA_CPP;

	/* Whole lines without padding lie in one piece. */
	if (bytes == from_pitch && bytes == to_pitch) {
		bytes *= lines;
		lines = 1;
	}

	for (; lines; lines--) {
		if (bytes < PAGE_SIZE)
			memcpy_toio(to, from, bytes);
		else
			copy_pages(to, from, bytes);
		from += from_pitch;
		to += to_pitch;
	}
}

/**
 * pv_svga_screen_blit - make the device read pixels from guest memory
 * @svga: the device, with screen objects
 * @pfb:  the frame buffer
 * @gmr:  the region that it is bound to
 * @src:  pixels of the frame buffer
 * @x:    the pixel of the frame buffer in the corner of the screen
 * @y:    the same, down
 *
 * The pixels may be read until pv_svga_fence_sync().
 *
 * Context: may sleep. The caller holds drm_dev_enter().
 */
void pv_svga_screen_blit(struct pv_svga *svga, const struct pv_svga_fb *pfb,
			 u32 gmr, const struct drm_rect *src, int x, int y)
{
	const struct svga_guest_ptr from = { gmr, pfb->base.offsets[0] };
	struct drm_rect dst = *src;
	struct pv_svga_blit_cmd cmd;

	drm_rect_translate(&dst, -x, -y);
	cmd = blit_cmd(from, pfb->base.pitches[0], src->x1, src->y1, &dst);
	pv_svga_fifo_emit(svga, &cmd, sizeof(cmd));
}

static void move_by_fifo(struct pv_svga *svga, bool on, s32 x, s32 y)
{
	u32 *words = svga->fifo.mem;

	WRITE_ONCE(words[SVGA_FIFO_CURSOR_ON], on);
	WRITE_ONCE(words[SVGA_FIFO_CURSOR_X], x);
	WRITE_ONCE(words[SVGA_FIFO_CURSOR_Y], y);
	/* The device takes the position when it sees the count change. */
	wmb();
	WRITE_ONCE(words[SVGA_FIFO_CURSOR_COUNT],
		   READ_ONCE(words[SVGA_FIFO_CURSOR_COUNT]) + 1);
}

/**
 * pv_svga_cursor_move - show or hide the cursor
 * @svga: the device
 * @on:   whether it is shown
 * @x:    where its hot spot is, in pixels of the screen; may lie outside
 * @y:    the same, down
 *
 * Context: any. The caller holds drm_dev_enter().
 */
void pv_svga_cursor_move(struct pv_svga *svga, bool on, s32 x, s32 y)
{
	if (svga->limits.fifo_caps & SVGA_FIFO_CAP_CURSOR_BYPASS_3) {
		move_by_fifo(svga, on, x, y);
		return;
	}

	pv_svga_write(svga, SVGA_REG_CURSOR_X, x);
	pv_svga_write(svga, SVGA_REG_CURSOR_Y, y);
	pv_svga_write(svga, SVGA_REG_CURSOR_ON,
		      on ? SVGA_CURSOR_ON_SHOW : SVGA_CURSOR_ON_HIDE);
}
