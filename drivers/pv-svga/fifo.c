// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command FIFO: a ring in BAR 2. The guest owns NEXT_CMD, the device owns
 * STOP; the ring is empty when they are equal.
 *
 * The device is not trusted: NEXT_CMD is kept privately, STOP is read once and
 * checked, and every wait has an end.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <linux/jiffies.h>
#include <linux/string.h>

#include <drm/drm_print.h>

#include "pv_svga.h"

/* A device that makes no progress for this long is taken for dead. */
#define FIFO_TIMEOUT	(HZ / 2)

/* The command area begins behind the word, see pv_svga_limits_init(). */
static bool has_busy_word(const struct pv_svga *svga)
{
	return svga->limits.caps & SVGA_CAP_EXTENDED_FIFO;
}

static void fifo_write(struct pv_svga *svga, u32 word, u32 value)
{
	WRITE_ONCE(svga->fifo.mem[word], value);
}

static u32 fifo_read(struct pv_svga *svga, u32 word)
{
	return READ_ONCE(svga->fifo.mem[word]);
}

static int fifo_fail(struct pv_svga *svga, const char *why, u32 value)
{
	svga->fifo.running = false;
	/* What was queued may be lost, definitions of regions among it. */
	pv_svga_gmr_forget(svga);
	drm_err_ratelimited(&svga->drm, "FIFO stopped: %s (%#x)\n", why, value);

	return -EIO;
}

/* Reads STOP once and checks it. */
static int fifo_get_stop(struct pv_svga *svga, u32 *stop)
{
	*stop = fifo_read(svga, SVGA_FIFO_STOP);
	if (!pv_svga_fifo_offset_ok(&svga->limits, *stop))
		return fifo_fail(svga, "bad STOP", *stop);

	return 0;
}

/* Wakes a device that processes the ring by itself but has gone idle. */
static void fifo_kick(struct pv_svga *svga, u32 space)
{
	u32 size = svga->limits.fifo_max - svga->limits.fifo_min;

	if (has_busy_word(svga)) {
		/* Full barrier: the device must see NEXT_CMD before SYNC. */
		if (cmpxchg(&svga->fifo.mem[SVGA_FIFO_BUSY], 0, 1) == 0)
			pv_svga_write(svga, SVGA_REG_SYNC, 1);
		return;
	}

	/*
	 * Without the BUSY word the device reads the ring whenever it redraws
	 * its window, and a SYNC makes it do so now. There is nothing to gain
	 * from an exit per command as long as the ring does not fill up. QEMU
	 * takes at most 1023 commands in one go; a quarter of its ring is 768
	 * updates.
	 */
	if (space < size / 4 * 3)
		pv_svga_write(svga, SVGA_REG_SYNC, 1);
}

/* Waits until the device has made room; it is told so with every look. */
static int fifo_wait_space(struct pv_svga *svga, u32 bytes, u32 *space)
{
	unsigned long end = jiffies + FIFO_TIMEOUT;
	u32 stop;
	int ret;

	for (;;) {
		ret = fifo_get_stop(svga, &stop);
		if (ret)
			return ret;
		*space = pv_svga_fifo_space(&svga->limits, svga->fifo.next, stop);
		if (*space >= bytes)
			return 0;
		if (!pv_svga_poll_again(end))
			return fifo_fail(svga, "no progress", stop);
		pv_svga_write(svga, SVGA_REG_SYNC, 1);
	}
}

/* Copies a command into the ring and gives it to the device in one step. */
static void fifo_put(struct pv_svga *svga, const void *cmd, u32 bytes)
{
	const struct pv_svga_limits *limits = &svga->limits;
	bool reserve = limits->fifo_caps & SVGA_FIFO_CAP_RESERVE;
	u32 next = svga->fifo.next;
	u32 head = min(bytes, limits->fifo_max - next);

	/* Tells a host that checkpoints the ring how much lies past NEXT_CMD. */
	if (reserve)
		fifo_write(svga, SVGA_FIFO_RESERVED, bytes);

	memcpy(svga->fifo.mem + next / sizeof(u32), cmd, head);
	if (bytes > head)
		memcpy(svga->fifo.mem + limits->fifo_min / sizeof(u32),
		       cmd + head, bytes - head);

	next += bytes;
	if (next >= limits->fifo_max)
		next -= limits->fifo_max - limits->fifo_min;
	svga->fifo.next = next;

	/*
	 * The command, and the pixels in write-combining VRAM that it speaks
	 * of, before the pointer that makes the device read them.
	 */
	wmb();
	fifo_write(svga, SVGA_FIFO_NEXT_CMD, next);
	if (reserve)
		fifo_write(svga, SVGA_FIFO_RESERVED, 0);
}

/**
 * pv_svga_fifo_emit - queue one command
 * @svga:  the device
 * @cmd:   command word and arguments
 * @bytes: their size, a multiple of 4
 *
 * Context: may sleep while the ring is full; takes fifo.lock. The caller
 * holds drm_dev_enter().
 *
 * Return: 0; -EIO if the ring is not running or the device stops taking
 * commands; -E2BIG if the command can never fit.
 */
int pv_svga_fifo_emit(struct pv_svga *svga, const void *cmd, u32 bytes)
{
	u32 size = svga->limits.fifo_max - svga->limits.fifo_min;
	u32 space;
	int ret = -EIO;

	if (bytes >= size || bytes % sizeof(u32))
		return -E2BIG;

	mutex_lock(&svga->fifo.lock);
	if (!svga->fifo.running)
		goto out;
	ret = fifo_wait_space(svga, bytes, &space);
	if (ret)
		goto out;

	fifo_put(svga, cmd, bytes);
	fifo_kick(svga, space - bytes);
out:
	mutex_unlock(&svga->fifo.lock);

	return ret;
}

/**
 * pv_svga_fifo_sync - wait until the device has done all that was queued
 * @svga: the device
 *
 * One SYNC on QEMU stops after 1023 commands and yet reads as not busy, so the
 * pointers decide.
 *
 * Context: may sleep; takes fifo.lock. The caller holds drm_dev_enter().
 *
 * Return: 0, or -EIO if the ring is not running or does not drain in time.
 */
int pv_svga_fifo_sync(struct pv_svga *svga)
{
	unsigned long end = jiffies + FIFO_TIMEOUT;
	u32 stop;
	int ret = -EIO;

	mutex_lock(&svga->fifo.lock);
	if (!svga->fifo.running)
		goto out;

	for (;;) {
		bool busy;

		pv_svga_write(svga, SVGA_REG_SYNC, 1);
		busy = pv_svga_read(svga, SVGA_REG_BUSY);
		ret = fifo_get_stop(svga, &stop);
		if (ret || (!busy && stop == svga->fifo.next))
			break;
		if (!pv_svga_poll_again(end)) {
			ret = fifo_fail(svga, "does not drain", stop);
			break;
		}
	}
out:
	mutex_unlock(&svga->fifo.lock);

	return ret;
}

static void fifo_write_pointers(struct pv_svga *svga)
{
	fifo_write(svga, SVGA_FIFO_MIN, svga->limits.fifo_min);
	fifo_write(svga, SVGA_FIFO_MAX, svga->limits.fifo_max);
	/* The device takes the pointers below as offsets into MIN..MAX. */
	wmb();
	fifo_write(svga, SVGA_FIFO_NEXT_CMD, svga->limits.fifo_min);
	fifo_write(svga, SVGA_FIFO_STOP, svga->limits.fifo_min);
	if (has_busy_word(svga))
		fifo_write(svga, SVGA_FIFO_BUSY, 0);
	/* All of it before the register write that makes the device look. */
	mb();
	svga->fifo.next = svga->limits.fifo_min;
}

/**
 * pv_svga_fifo_start - set up an empty ring
 * @svga: the device
 *
 * Also brings a ring back that was stopped because of an error.
 *
 * Context: may sleep; takes fifo.lock. The caller holds drm_dev_enter().
 *
 * Return: 0, or -EIO if the device does not keep what was written.
 */
int pv_svga_fifo_start(struct pv_svga *svga)
{
	int ret = 0;

	mutex_lock(&svga->fifo.lock);
	if (svga->fifo.running)
		goto out;

	pv_svga_write(svga, SVGA_REG_CONFIG_DONE, 0);
	fifo_write_pointers(svga);
	if (fifo_read(svga, SVGA_FIFO_NEXT_CMD) != svga->limits.fifo_min) {
		ret = fifo_fail(svga, "memory does not hold its value",
				fifo_read(svga, SVGA_FIFO_NEXT_CMD));
		goto out;
	}
	pv_svga_write(svga, SVGA_REG_CONFIG_DONE, 1);
	svga->fifo.running = true;
out:
	mutex_unlock(&svga->fifo.lock);

	return ret;
}

/**
 * pv_svga_fifo_stop - take the ring from the device
 * @svga: the device
 *
 * Context: may sleep; takes fifo.lock. The caller holds drm_dev_enter().
 */
void pv_svga_fifo_stop(struct pv_svga *svga)
{
	mutex_lock(&svga->fifo.lock);
	pv_svga_write(svga, SVGA_REG_CONFIG_DONE, 0);
	svga->fifo.running = false;
	mutex_unlock(&svga->fifo.lock);
}

/**
 * pv_svga_fifo_panic_emit - queue commands on the only CPU that still runs
 * @svga:  the device
 * @cmds:  command words and arguments
 * @bytes: their size, a multiple of 4, less than the smallest ring
 *
 * The ring may have been caught in the middle of a change, so it is set up
 * anew; what was queued is lost, and the commands must redraw everything.
 *
 * Context: panic; takes no lock, does not sleep.
 */
void pv_svga_fifo_panic_emit(struct pv_svga *svga, const void *cmds, u32 bytes)
{
	pv_svga_panic_write(svga, SVGA_REG_CONFIG_DONE, 0);
	fifo_write_pointers(svga);
	pv_svga_panic_write(svga, SVGA_REG_CONFIG_DONE, 1);
	fifo_put(svga, cmds, bytes);
	pv_svga_panic_write(svga, SVGA_REG_SYNC, 1);
}
