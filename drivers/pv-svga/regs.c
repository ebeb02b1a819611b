// SPDX-License-Identifier: GPL-2.0-only
/*
 * Register access: the only place that touches the ports of BAR 0.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <kunit/static_stub.h>

#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/io.h>
#include <linux/jiffies.h>

#include "pv_svga.h"

/**
 * pv_svga_read - read a register
 * @svga: the device
 * @reg:  SVGA_REG_*
 *
 * Context: any; takes reg_lock. The caller holds drm_dev_enter().
 *
 * Return: the value; what the device says is not checked here.
 */
u32 pv_svga_read(struct pv_svga *svga, u32 reg)
{
	unsigned long flags;
	u32 value;

	KUNIT_STATIC_STUB_REDIRECT(pv_svga_read, svga, reg);

	spin_lock_irqsave(&svga->reg_lock, flags);
	outl(reg, svga->io + SVGA_INDEX_PORT);
	value = inl(svga->io + SVGA_VALUE_PORT);
	spin_unlock_irqrestore(&svga->reg_lock, flags);

	return value;
}

/**
 * pv_svga_write - write a register
 * @svga:  the device
 * @reg:   SVGA_REG_*
 * @value: what to write
 *
 * Context: any; takes reg_lock. The caller holds drm_dev_enter().
 */
void pv_svga_write(struct pv_svga *svga, u32 reg, u32 value)
{
	unsigned long flags;

	KUNIT_STATIC_STUB_REDIRECT(pv_svga_write, svga, reg, value);

	spin_lock_irqsave(&svga->reg_lock, flags);
	outl(reg, svga->io + SVGA_INDEX_PORT);
	outl(value, svga->io + SVGA_VALUE_PORT);
	spin_unlock_irqrestore(&svga->reg_lock, flags);
}

/**
 * pv_svga_panic_write - write a register on the only CPU that still runs
 * @svga:  the device
 * @reg:   SVGA_REG_*
 * @value: what to write
 *
 * The CPU that holds reg_lock may have been stopped, or may be this one. Both
 * ports are written anew, so a half-done access does no harm.
 *
 * Context: panic.
 */
void pv_svga_panic_write(struct pv_svga *svga, u32 reg, u32 value)
{
	KUNIT_STATIC_STUB_REDIRECT(pv_svga_panic_write, svga, reg, value);

	outl(reg, svga->io + SVGA_INDEX_PORT);
	outl(value, svga->io + SVGA_VALUE_PORT);
}

/**
 * pv_svga_poll_again - wait a little before the device is looked at again
 * @end: when to give up, in jiffies
 *
 * Every wait for the device goes through here, so that it has an end.
 *
 * Context: may sleep.
 *
 * Return: false if it is time to give up.
 */
bool pv_svga_poll_again(unsigned long end)
{
	KUNIT_STATIC_STUB_REDIRECT(pv_svga_poll_again, end);

	if (time_after(jiffies, end))
		return false;
	usleep_range(50, 200);

	return true;
}

/**
 * pv_svga_identify - agree with the device on the register layout
 * @svga: the device
 *
 * The guest writes the version that it wants and reads back what it gets.
 *
 * Return: 0, or -ENODEV if the device does not know SVGA_ID_2.
 */
int pv_svga_identify(struct pv_svga *svga)
{
	pv_svga_write(svga, SVGA_REG_ID, SVGA_ID_2);

	return pv_svga_read(svga, SVGA_REG_ID) == SVGA_ID_2 ? 0 : -ENODEV;
}

/**
 * pv_svga_read_claims - read once what the device says of itself
 * @svga:	the device, with the FIFO mapped
 * @fifo_bar:	length of BAR 2, bytes
 * @claims:	filled
 */
void pv_svga_read_claims(struct pv_svga *svga, u32 fifo_bar,
			 struct pv_svga_claims *claims)
{
	*claims = (struct pv_svga_claims){
		.caps = pv_svga_read(svga, SVGA_REG_CAPABILITIES),
		.max_width = pv_svga_read(svga, SVGA_REG_MAX_WIDTH),
		.max_height = pv_svga_read(svga, SVGA_REG_MAX_HEIGHT),
		.vram_size = pv_svga_read(svga, SVGA_REG_VRAM_SIZE),
		.fifo_size = pv_svga_read(svga, SVGA_REG_MEM_SIZE),
		.fifo_regs = pv_svga_read(svga, SVGA_REG_MEM_REGS),
	};

	if (claims->caps & SVGA_CAP_GMR2) {
		claims->gmr_max_ids = pv_svga_read(svga, SVGA_REG_GMR_MAX_IDS);
		claims->gmr_max_pages = pv_svga_read(svga,
						     SVGA_REG_GMRS_MAX_PAGES);
	}

	if ((claims->caps & SVGA_CAP_EXTENDED_FIFO) &&
	    fifo_bar >= SVGA_FIFO_NUM_REGS * sizeof(u32))
		claims->fifo_caps =
			READ_ONCE(svga->fifo.mem[SVGA_FIFO_CAPABILITIES]);
}
