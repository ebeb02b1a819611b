// SPDX-License-Identifier: GPL-2.0-only
/*
 * A timer stands in for the vertical blank, which the device does not have. It
 * runs only while somebody waits for an event.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <drm/drm_managed.h>
#include <drm/drm_vblank.h>

#include "pv_svga.h"

static enum hrtimer_restart vblank_tick(struct hrtimer *timer)
{
	struct pv_svga_vblank *vblank =
		container_of(timer, struct pv_svga_vblank, timer);
	struct pv_svga *svga = container_of(vblank, struct pv_svga, vblank);
	bool stop;

	spin_lock(&vblank->lock);
	/*
	 * Disabled since the timer fired, or disabled and enabled again, which
	 * has queued the timer anew.
	 */
	stop = !vblank->period || hrtimer_is_queued(timer);
	if (!stop)
		hrtimer_forward_now(timer, vblank->period);
	spin_unlock(&vblank->lock);

	if (stop)
		return HRTIMER_NORESTART;

	/* May call pv_svga_disable_vblank(), so vblank.lock is not held. */
	drm_crtc_handle_vblank(&svga->crtc);

	return READ_ONCE(vblank->period) ? HRTIMER_RESTART : HRTIMER_NORESTART;
}

/**
 * pv_svga_enable_vblank - start the timer
 * @crtc: the CRTC, with its timing constants calculated
 *
 * Context: atomic, with vblank_time_lock held.
 *
 * Return: 0.
 */
int pv_svga_enable_vblank(struct drm_crtc *crtc)
{
	struct pv_svga_vblank *vblank = &to_pv_svga(crtc->dev)->vblank;
	/* A mode without usable timings still gets its events. */
	u32 frame = drm_crtc_vblank_crtc(crtc)->framedur_ns ?: NSEC_PER_SEC / 60;
	unsigned long flags;

	/* Whoever sets a mode chooses its timings; no display is faster. */
	frame = max_t(u32, frame, NSEC_PER_MSEC);

	spin_lock_irqsave(&vblank->lock, flags);
	WRITE_ONCE(vblank->period, ns_to_ktime(frame));
	hrtimer_start(&vblank->timer, vblank->period, HRTIMER_MODE_REL);
	spin_unlock_irqrestore(&vblank->lock, flags);

	return 0;
}

/**
 * pv_svga_disable_vblank - stop the timer
 * @crtc: the CRTC
 *
 * The timer function may be running: in it the DRM core waits for
 * vblank_time_lock, which the caller holds, or it is the caller. So this does
 * not wait for it; the function sees that the period is gone.
 *
 * Context: atomic, with vblank_time_lock held.
 */
void pv_svga_disable_vblank(struct drm_crtc *crtc)
{
	struct pv_svga_vblank *vblank = &to_pv_svga(crtc->dev)->vblank;
	unsigned long flags;

	spin_lock_irqsave(&vblank->lock, flags);
	WRITE_ONCE(vblank->period, 0);
	spin_unlock_irqrestore(&vblank->lock, flags);
	hrtimer_try_to_cancel(&vblank->timer);
}

/*
 * Without a timer a frame begins now. Not inlined: callers ask while the timer
 * stands still, as a rule.
 */
static noinline ktime_t frame_start(struct pv_svga_vblank *vblank)
{
	ktime_t start = ktime_get();
	unsigned long flags;

	spin_lock_irqsave(&vblank->lock, flags);
	/* The timer has been moved on to the next frame before the event. */
	if (vblank->period)
		start = ktime_sub(hrtimer_get_expires(&vblank->timer), vblank->period);
	spin_unlock_irqrestore(&vblank->lock, flags);

	return start;
}

/**
 * pv_svga_get_vblank_timestamp - when the last frame began
 * @crtc:		the CRTC
 * @max_error:		left alone
 * @vblank_time:	set to the time
 * @in_vblank_irq:	ignored
 *
 * Return: true.
 */
bool pv_svga_get_vblank_timestamp(struct drm_crtc *crtc, int *max_error,
				  ktime_t *vblank_time, bool in_vblank_irq)
{
	struct pv_svga_vblank *vblank = &to_pv_svga(crtc->dev)->vblank;

	/* A stale answer is as good as one that was given a moment earlier. */
	*vblank_time = READ_ONCE(vblank->period) ? frame_start(vblank) : ktime_get();

	return true;
}

static void vblank_fini(struct drm_device *drm, void *data)
{
	struct pv_svga *svga = data;

	hrtimer_cancel(&svga->vblank.timer);
}

/**
 * pv_svga_vblank_init - prepare the timer
 * @svga: the device, with its CRTC
 *
 * Return: 0 or -ENOMEM.
 */
int pv_svga_vblank_init(struct pv_svga *svga)
{
	int ret;

	spin_lock_init(&svga->vblank.lock);
	hrtimer_init(&svga->vblank.timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	svga->vblank.timer.function = vblank_tick;

	ret = drm_vblank_init(&svga->drm, 1);
	if (ret)
		return ret;

	/* Released in reverse order: the timer uses what has been made above. */
	return drmm_add_action_or_reset(&svga->drm, vblank_fini, svga);
}
