// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fences: the device writes the number of the last one that it has passed into
 * the FIFO memory and, if asked, raises an interrupt.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <kunit/static_stub.h>

#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/pci.h>

#include <drm/drm_print.h>

#include "pv_svga.h"

/* A device that does not pass a fence for this long is late. */
#define FENCE_TIMEOUT	(HZ / 2)

/*
 * One that is late this often in a row is taken for dead. Not one long wait: the
 * clock of a guest may jump when its host goes on after a pause, and would end
 * it before the device, which stood still as well, had its time.
 */
#define FENCE_WAITS	20

static bool has_fence(const struct pv_svga *svga)
{
	return svga->limits.fifo_caps & SVGA_FIFO_CAP_FENCE;
}

/* Numbers wrap around; the device is never half the range behind. */
static bool fence_passed(struct pv_svga *svga, u32 seqno)
{
	return (s32)(READ_ONCE(svga->fifo.mem[SVGA_FIFO_FENCE]) - seqno) >= 0;
}

/**
 * pv_svga_irq_ack - read and clear the causes of the interrupt
 * @svga: the device
 *
 * Context: any.
 *
 * Return: SVGA_IRQFLAG_*, 0 if there are none, %U32_MAX if the device is gone.
 */
u32 pv_svga_irq_ack(struct pv_svga *svga)
{
	u32 causes;

	KUNIT_STATIC_STUB_REDIRECT(pv_svga_irq_ack, svga);

	causes = inl(svga->io + SVGA_IRQSTATUS_PORT);
	if (causes)
		outl(causes, svga->io + SVGA_IRQSTATUS_PORT);

	return causes;
}

/**
 * pv_svga_irq_handler - wake those who wait for a fence
 * @irq:  number, not used
 * @data: the device
 *
 * Context: hard interrupt; the line may be shared.
 *
 * Return: whether the device had raised the interrupt.
 */
irqreturn_t pv_svga_irq_handler(int irq, void *data)
{
	struct pv_svga *svga = data;
	u32 causes = pv_svga_irq_ack(svga);

	/* A device that has been removed reads as all ones. */
	if (!causes || causes == U32_MAX)
		return IRQ_NONE;

	wake_up_all(&svga->fence.wait);

	return IRQ_HANDLED;
}

static void irq_disable(void *data)
{
	pv_svga_irq_enable(data, false);
}

/**
 * pv_svga_irq_enable - let the device raise interrupts, or not
 * @svga: the device
 * @on:   whether it may
 *
 * Context: any. The device is there.
 */
void pv_svga_irq_enable(struct pv_svga *svga, bool on)
{
	if (!svga->fence.irq)
		return;

	pv_svga_irq_ack(svga);
	pv_svga_write(svga, SVGA_REG_IRQMASK, on ? SVGA_IRQFLAG_ANY_FENCE : 0);
}

/**
 * pv_svga_fence_init - prepare fences, with the interrupt if there is one
 * @svga: the device, with its limits known
 * @pdev: its PCI function
 *
 * Without an interrupt those who wait poll, so a failure here is not fatal.
 *
 * Return: 0 or -ENOMEM.
 */
int pv_svga_fence_init(struct pv_svga *svga, struct pci_dev *pdev)
{
	int ret;

	init_waitqueue_head(&svga->fence.wait);
	if (!has_fence(svga) || !(svga->limits.caps & SVGA_CAP_IRQMASK) ||
	    !pdev->irq)
		return 0;

	ret = devm_request_irq(&pdev->dev, pdev->irq, pv_svga_irq_handler,
			       IRQF_SHARED, "pv_svga", svga);
	if (ret) {
		drm_dbg(&svga->drm, "no interrupt: %d\n", ret);
		return 0;
	}
	svga->fence.irq = true;
	pv_svga_irq_enable(svga, true);

	return devm_add_action_or_reset(&pdev->dev, irq_disable, svga);
}

/**
 * pv_svga_fence_wait - wait for a fence, for half a second
 * @svga:  the device, with an interrupt
 * @seqno: the number of the fence
 *
 * Context: may sleep. The caller holds drm_dev_enter().
 *
 * Return: whether the device has passed it.
 */
bool pv_svga_fence_wait(struct pv_svga *svga, u32 seqno)
{
	KUNIT_STATIC_STUB_REDIRECT(pv_svga_fence_wait, svga, seqno);

	/* The doorbell makes an idle device start now. */
	pv_svga_write(svga, SVGA_REG_SYNC, 1);

	return wait_event_timeout(svga->fence.wait, fence_passed(svga, seqno),
				  FENCE_TIMEOUT);
}

/* Waits up to @waits times; *@seqno is set if that was in vain. */
static int fence_sync(struct pv_svga *svga, u32 waits, u32 *seqno)
{
	int ret;

	/* QEMU would take the number of a fence for the next command. */
	if (!has_fence(svga))
		return pv_svga_fifo_sync(svga);

	ret = pv_svga_fifo_emit_fence(svga, seqno);
	if (ret)
		return ret;
	if (!svga->fence.irq)
		return pv_svga_fifo_sync(svga);

	for (; waits; waits--)
		if (pv_svga_fence_wait(svga, *seqno))
			return 0;

	return -ETIMEDOUT;
}

/**
 * pv_svga_fence_sync - wait until the device has done all that was queued
 * @svga: the device
 *
 * Sleeps until the interrupt where there is one, else polls.
 *
 * Context: may sleep, at most half a second. The caller holds
 * drm_dev_enter().
 *
 * Return: 0, -EIO or -ETIMEDOUT if the device does not get there.
 */
int pv_svga_fence_sync(struct pv_svga *svga)
{
	u32 seqno;

	return fence_sync(svga, 1, &seqno);
}

/**
 * pv_svga_fence_settle - make sure that the device does nothing more
 * @svga: the device
 *
 * Of what was queued before, that is. A device that does not get there has its
 * ring stopped, and the screen stands still until the next mode set, so it is
 * given more time than in pv_svga_fence_sync().
 *
 * Context: may sleep, at most ten seconds; takes fifo.lock. The caller holds
 * drm_dev_enter().
 */
void pv_svga_fence_settle(struct pv_svga *svga)
{
	u32 seqno;

	if (fence_sync(svga, FENCE_WAITS, &seqno) != -ETIMEDOUT)
		return;

	mutex_lock(&svga->fifo.lock);
	/* Who sets up the ring anew, meanwhile, lets all fences pass. */
	if (svga->fifo.running && !fence_passed(svga, seqno))
		pv_svga_fifo_fail(svga, "a fence is not passed", seqno);
	mutex_unlock(&svga->fifo.lock);
}
