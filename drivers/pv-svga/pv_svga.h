/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pv_svga: DRM driver for the VMware SVGA II device.
 *
 * Copyright (C) 2026 the pvops developers
 */

#ifndef _PV_SVGA_H
#define _PV_SVGA_H

#include <linux/atomic.h>
#include <linux/hrtimer.h>
#include <linux/idr.h>
#include <linux/iosys-map.h>
#include <linux/irqreturn.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

#include <drm/drm_connector.h>
#include <drm/drm_crtc.h>
#include <drm/drm_device.h>
#include <drm/drm_encoder.h>
#include <drm/drm_fourcc.h>
#include <drm/drm_framebuffer.h>
#include <drm/drm_plane.h>
#include <drm/drm_rect.h>

#include "abi.h"
#include "geometry.h"

struct pci_dev;
struct drm_file;
struct drm_mode_fb_cmd2;
struct drm_scanout_buffer;
struct pv_svga_cursor_cmd;

/**
 * struct pv_svga_fifo - the command ring in BAR 2
 * @mem:	the mapped BAR; %NULL until probe has mapped it
 * @next:	our copy of SVGA_FIFO_NEXT_CMD, in bytes; the word in @mem is
 *		only written. Guarded by @lock.
 * @credit:	bytes that can be queued before STOP is read again, 0 while
 *		the ring is not running. Guarded by @lock.
 * @running:	the ring is configured and the device has been well behaved.
 *		Cleared when the device breaks a rule; set by
 *		pv_svga_fifo_start(). Guarded by @lock.
 *
 * The limits of the ring are in &struct pv_svga_limits.
 */
struct pv_svga_fifo {
	/** @lock: serialises writers; held while waiting for space */
	struct mutex lock;
	u32 *mem;
	u32 next;
	u32 credit;
	bool running;
};

/**
 * struct pv_svga_vblank - the timer that stands in for a vertical blank
 * @timer:	fires once a frame while vblank events are wanted
 * @period:	frame time, 0 when disabled. Guarded by @lock.
 */
struct pv_svga_vblank {
	struct hrtimer timer;
	/**
	 * @lock: orders enable and disable against the timer function; taken
	 * with vblank_time_lock held, never the other way around
	 */
	spinlock_t lock;
	ktime_t period;
};

/**
 * struct pv_svga_fence - numbers that the device passes on
 * @seqno:	the last number given out. Guarded by &struct pv_svga_fifo.lock.
 * @wait:	woken by the interrupt
 * @irq:	whether there is an interrupt; constant after probe
 */
struct pv_svga_fence {
	u32 seqno;
	wait_queue_head_t wait;
	bool irq;
};

/**
 * struct pv_svga_gmr - guest memory regions
 * @ids:	numbers in use
 * @pages:	pages in all regions; guarded by fb_lock
 * @epoch:	counts how often the device has lost its regions
 * @usable:	whether regions are used; constant after probe
 */
struct pv_svga_gmr {
	struct ida ids;
	u32 pages;
	atomic_t epoch;
	bool usable;
};

/**
 * struct pv_svga_blit_cmd - shows pixels on a screen object
 * @from:	where they are
 * @blit:	which they are
 */
struct pv_svga_blit_cmd {
	struct svga_cmd_define_gmrfb from;
	struct svga_cmd_blit_gmrfb_to_screen blit;
};

/**
 * struct pv_svga_fb - a frame buffer
 * @base:	DRM's part
 * @map:	the kernel's mapping of the GEM objects, once shown
 * @pixels:	the first pixel in @map, or %NULL. Set once, under fb_lock.
 * @imported: the pixels are those of another device's buffer; set with @pixels
 * @gmr:	the guest memory region that covers it, 0 for none; written
 *		under fb_lock, when the device has been told of all pages
 * @gmr_epoch:	what &struct pv_svga_gmr.epoch was when it was bound; the same
 */
struct pv_svga_fb {
	struct drm_framebuffer base;
	struct iosys_map map[DRM_FORMAT_MAX_PLANES];
	const void *pixels;
	bool imported;
	u32 gmr;
	int gmr_epoch;
};

#define to_pv_svga_fb(fb) container_of_const(fb, struct pv_svga_fb, base)

/**
 * struct pv_svga - one device
 * @drm:	the DRM device
 * @io:		first port of BAR 0
 * @vram:	BAR 1, mapped write-combining
 * @limits:	what the device offers, checked against the BARs; constant
 *		after probe
 * @fifo:	the command ring
 * @scanout:	what the device shows now, all 0 when nothing; written under
 *		drm_panic_lock() by the commit in progress
 * @firmware:	what the firmware shows, all 0 when nothing; guarded by
 *		fb_lock
 * @vblank:	the frame timer
 * @fence:	how the end of commands is known
 * @gmr:	guest memory that the device reads
 * @cursor_cmd:	where the commit of the cursor plane builds its command;
 *		%NULL without a cursor plane
 * @primary:	primary plane
 * @cursor:	cursor plane, if the device has a cursor
 * @crtc:	the only CRTC
 * @encoder:	virtual encoder
 * @connector:	virtual connector, always connected
 *
 * Lock order: modeset locks, fb_lock, reservation locks. Modeset locks,
 * fifo.lock, reg_lock. vblank_time_lock, then
 * vblank.lock.
 */
struct pv_svga {
	struct drm_device drm;

	unsigned long io;
	/**
	 * @reg_lock: makes the write of the index port and the access to the
	 * value port one step; innermost lock
	 */
	spinlock_t reg_lock;
	void __iomem *vram;
	struct pv_svga_limits limits;
	struct pv_svga_fifo fifo;
	struct pv_svga_scanout scanout;
	struct pv_svga_scanout firmware;
	struct pv_svga_vblank vblank;
	struct pv_svga_fence fence;
	struct pv_svga_gmr gmr;
	/** @fb_lock: guards the mappings of all frame buffers */
	struct mutex fb_lock;
	struct pv_svga_cursor_cmd *cursor_cmd;

	struct drm_plane primary;
	struct drm_plane cursor;
	struct drm_crtc crtc;
	struct drm_encoder encoder;
	struct drm_connector connector;
};

static inline struct pv_svga *to_pv_svga(struct drm_device *drm)
{
	return container_of(drm, struct pv_svga, drm);
}

/**
 * pv_svga_gmr_bound - the region from which the device can read a frame buffer
 * @svga: the device
 * @pfb:  the frame buffer
 *
 * A caller that has an answer uses it: the next one may be another.
 *
 * Context: any, in a commit that shows @pfb; fb_lock need not be held.
 *
 * Return: the number of a region that the device still knows, 0 for none.
 */
static inline u32 pv_svga_gmr_bound(struct pv_svga *svga,
				    const struct pv_svga_fb *pfb)
{
	/* Pairs with the release in bind_pages(). */
	u32 id = smp_load_acquire(&pfb->gmr);

	/* Pairs with the other one there. */
	if (!id || smp_load_acquire(&pfb->gmr_epoch) != atomic_read(&svga->gmr.epoch))
		return 0;

	return id;
}

/* drv.c */
extern const struct drm_driver pv_svga_drm_driver;

/* regs.c */
u32 pv_svga_read(struct pv_svga *svga, u32 reg);
void pv_svga_write(struct pv_svga *svga, u32 reg, u32 value);
void pv_svga_panic_write(struct pv_svga *svga, u32 reg, u32 value);
bool pv_svga_poll_again(unsigned long end);
int pv_svga_identify(struct pv_svga *svga);
void pv_svga_read_claims(struct pv_svga *svga, u32 fifo_bar,
			 struct pv_svga_claims *claims);

/* fifo.c */
int pv_svga_fifo_start(struct pv_svga *svga);
void pv_svga_fifo_stop(struct pv_svga *svga);
int pv_svga_fifo_fail(struct pv_svga *svga, const char *why, u32 value);
int pv_svga_fifo_emit(struct pv_svga *svga, const void *cmd, u32 bytes);
int pv_svga_fifo_emit_fence(struct pv_svga *svga, u32 *seqno);
int pv_svga_fifo_sync(struct pv_svga *svga);
int pv_svga_fifo_panic_emit(struct pv_svga *svga, const void *cmd, u32 bytes);

/* screen.c */
int pv_svga_screen_enable(struct pv_svga *svga, u32 width, u32 height);
void pv_svga_screen_blank(struct pv_svga *svga);
void pv_svga_screen_stop(struct pv_svga *svga);
void pv_svga_screen_update(struct pv_svga *svga, const struct drm_rect *rect);
void pv_svga_screen_panic_update(struct pv_svga *svga, const struct drm_rect *rect);
void pv_svga_screen_copy(struct pv_svga *svga, const struct pv_svga_fb *pfb,
			 const struct drm_rect *src, int x, int y);
void pv_svga_screen_blit(struct pv_svga *svga, const struct pv_svga_fb *pfb,
			 u32 gmr, const struct drm_rect *src, int x, int y);
void pv_svga_cursor_move(struct pv_svga *svga, bool on, s32 x, s32 y);

/* fence.c */
int pv_svga_fence_init(struct pv_svga *svga, struct pci_dev *pdev);
bool pv_svga_fence_wait(struct pv_svga *svga, u32 seqno);
int pv_svga_fence_sync(struct pv_svga *svga);
void pv_svga_fence_settle(struct pv_svga *svga);
void pv_svga_irq_enable(struct pv_svga *svga, bool on);
u32 pv_svga_irq_ack(struct pv_svga *svga);
irqreturn_t pv_svga_irq_handler(int irq, void *data);

/* gmr.c */
int pv_svga_gmr_init(struct pv_svga *svga, struct pci_dev *pdev);
bool pv_svga_gmr_usable(const struct pv_svga_limits *limits);
int pv_svga_gmr_bind(struct pv_svga *svga, struct pv_svga_fb *pfb);
void pv_svga_gmr_sync(struct pv_svga *svga, const struct pv_svga_fb *pfb);
void pv_svga_gmr_unbind(struct pv_svga *svga, struct pv_svga_fb *pfb);
void pv_svga_gmr_forget(struct pv_svga *svga);

/* fb.c */
struct drm_framebuffer *pv_svga_fb_create(struct drm_device *drm,
					  struct drm_file *file,
					  const struct drm_mode_fb_cmd2 *cmd);
int pv_svga_fb_access(struct drm_plane *plane, struct drm_plane_state *state);

/* plane.c, cursor.c, crtc.c, vblank.c, connector.c, panic.c: KMS objects */
extern const struct drm_plane_funcs pv_svga_plane_funcs;
int pv_svga_primary_init(struct pv_svga *svga);
bool pv_svga_has_cursor(const struct pv_svga *svga);
int pv_svga_cursor_init(struct pv_svga *svga);
int pv_svga_crtc_init(struct pv_svga *svga);
int pv_svga_connector_init(struct pv_svga *svga);
int pv_svga_vblank_init(struct pv_svga *svga);
int pv_svga_enable_vblank(struct drm_crtc *crtc);
void pv_svga_disable_vblank(struct drm_crtc *crtc);
bool pv_svga_get_vblank_timestamp(struct drm_crtc *crtc, int *max_error,
				  ktime_t *vblank_time, bool in_vblank_irq);
int pv_svga_modeset_init(struct pv_svga *svga);
int pv_svga_get_scanout_buffer(struct drm_plane *plane,
			       struct drm_scanout_buffer *sb);
void pv_svga_panic_flush(struct drm_plane *plane);

#endif /* _PV_SVGA_H */
