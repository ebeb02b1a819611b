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

/* A device that does not pass a fence for this long is taken for dead. */
#define FENCE_TIMEOUT	(HZ / 2)

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
 * Return: SVGA_IRQFLAG_*, 0 if the interrupt is not ours.
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

	if (!pv_svga_irq_ack(svga))
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

static int wait_passed(struct pv_svga *svga, u32 seqno)
{
	if (!svga->fence.irq)
		return pv_svga_fifo_sync(svga);

	/* The doorbell makes an idle device start now. */
	pv_svga_write(svga, SVGA_REG_SYNC, 1);
	if (!wait_event_timeout(svga->fence.wait, fence_passed(svga, seqno),
				FENCE_TIMEOUT))
		return -ETIMEDOUT;

	return 0;
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
	int ret;

	/* QEMU would take the number of a fence for the next command. */
	if (!has_fence(svga))
		return pv_svga_fifo_sync(svga);

	ret = pv_svga_fifo_emit_fence(svga, &seqno);
	if (ret)
		return ret;

	return wait_passed(svga, seqno);
}
