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

static bool has_reserved_word(const struct pv_svga *svga)
{
	return svga->limits.fifo_caps & SVGA_FIFO_CAP_RESERVE;
}

static void fifo_write(struct pv_svga *svga, u32 word, u32 value)
{
	WRITE_ONCE(svga->fifo.mem[word], value);
}

static u32 fifo_read(struct pv_svga *svga, u32 word)
{
	return READ_ONCE(svga->fifo.mem[word]);
}

/**
 * pv_svga_fifo_fail - stop the ring of a device that breaks a rule
 * @svga:  the device
 * @why:   the rule, for the log
 * @value: what was seen, for the log
 *
 * The device is told to stop as well. It would come back to commands that speak
 * of memory which has been given to others meanwhile.
 *
 * Context: any that may take reg_lock; the caller holds fifo.lock and
 * drm_dev_enter().
 *
 * Return: -EIO.
 */
int pv_svga_fifo_fail(struct pv_svga *svga, const char *why, u32 value)
{
	pv_svga_write(svga, SVGA_REG_CONFIG_DONE, 0);
	svga->fifo.running = false;
	svga->fifo.credit = 0;
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
		return pv_svga_fifo_fail(svga, "bad STOP", *stop);

	return 0;
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
			return pv_svga_fifo_fail(svga, "no progress", stop);
		pv_svga_write(svga, SVGA_REG_SYNC, 1);
	}
}

/*
 * Makes the credit cover a command. The device is looked at once for many
 * commands: the space that it had left is there until it is used.
 *
 * Without the BUSY word the device reads the ring whenever it redraws its
 * window, and a SYNC makes it do so now. There is nothing to gain from an exit
 * per command as long as the ring does not fill up. QEMU takes at most 1023
 * commands in one go; a quarter of its ring is 768 updates.
 */
static noinline int fifo_get_credit(struct pv_svga *svga, u32 bytes)
{
	u32 size = svga->limits.fifo_max - svga->limits.fifo_min;
	u32 keep = has_busy_word(svga) ? 0 : size / 4 * 3;
	u32 space;
	int ret;

	if (bytes >= size)
		return -E2BIG;
	if (!svga->fifo.running)
		return -EIO;

	ret = fifo_wait_space(svga, bytes, &space);
	if (ret)
		return ret;

	if (space >= keep + bytes) {
		svga->fifo.credit = space - keep;
	} else {
		svga->fifo.credit = bytes;
		pv_svga_write(svga, SVGA_REG_SYNC, 1);
	}

	return 0;
}

/* Copies a command that reaches the end of the ring; returns where it ends. */
static noinline u32 fifo_copy_around(struct pv_svga *svga, const void *cmd, u32 bytes)
{
	void *mem = svga->fifo.mem;
	u32 head = svga->limits.fifo_max - svga->fifo.next;

	memcpy(mem + svga->fifo.next, cmd, head);
	memcpy(mem + svga->limits.fifo_min, cmd + head, bytes - head);

	return svga->limits.fifo_min + bytes - head;
}

/* Copies a command into the ring and gives it to the device in one step. */
static inline void fifo_put(struct pv_svga *svga, const void *cmd, u32 bytes)
{
	u32 next = svga->fifo.next;

	if (bytes < svga->limits.fifo_max - next) {
		memcpy((void *)svga->fifo.mem + next, cmd, bytes);
		next += bytes;
	} else {
		next = fifo_copy_around(svga, cmd, bytes);
	}
	svga->fifo.next = next;

	/*
	 * The command, and the pixels in write-combining VRAM that it speaks
	 * of, before the pointer that makes the device read them.
	 */
	wmb();
	fifo_write(svga, SVGA_FIFO_NEXT_CMD, next);
}

/*
 * The same with an extended FIFO. The device processes it by itself and is
 * woken when it has gone idle.
 */
static noinline void fifo_put_extended(struct pv_svga *svga, const void *cmd, u32 bytes)
{
	/* Tells a host that checkpoints the ring how much lies past NEXT_CMD. */
	if (has_reserved_word(svga))
		fifo_write(svga, SVGA_FIFO_RESERVED, bytes);
	fifo_put(svga, cmd, bytes);
	if (has_reserved_word(svga))
		fifo_write(svga, SVGA_FIFO_RESERVED, 0);

	/* Full barrier: the device must see NEXT_CMD before SYNC. */
	if (cmpxchg(&svga->fifo.mem[SVGA_FIFO_BUSY], 0, 1) == 0)
		pv_svga_write(svga, SVGA_REG_SYNC, 1);
}

/* Inline: the one caller that is made for speed would pay for the other. */
static __always_inline int fifo_queue(struct pv_svga *svga, const void *cmd, u32 bytes)
{
	int ret;

	if (bytes > svga->fifo.credit) {
		ret = fifo_get_credit(svga, bytes);
		if (ret)
			return ret;
	}

	svga->fifo.credit -= bytes;
	if (has_busy_word(svga))
		fifo_put_extended(svga, cmd, bytes);
	else
		fifo_put(svga, cmd, bytes);

	return 0;
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
	int ret;

	mutex_lock(&svga->fifo.lock);
	ret = fifo_queue(svga, cmd, bytes);
	mutex_unlock(&svga->fifo.lock);

	return ret;
}

/**
 * pv_svga_fifo_emit_fence - queue a fence with the next number
 * @svga:  the device
 * @seqno: set to the number
 *
 * Numbers are in the ring in the order in which they are given out. In another
 * order the word that the device writes would go back, and who waits for the
 * larger number would miss it.
 *
 * Context: as pv_svga_fifo_emit().
 *
 * Return: as pv_svga_fifo_emit().
 */
int pv_svga_fifo_emit_fence(struct pv_svga *svga, u32 *seqno)
{
	struct svga_cmd_fence cmd = { .cmd = SVGA_CMD_FENCE };
	int ret;

	mutex_lock(&svga->fifo.lock);
	cmd.fence = svga->fence.seqno + 1;
	ret = fifo_queue(svga, &cmd, sizeof(cmd));
	if (!ret)
		svga->fence.seqno = cmd.fence;
	mutex_unlock(&svga->fifo.lock);
	*seqno = cmd.fence;

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
			ret = pv_svga_fifo_fail(svga, "does not drain", stop);
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
	/* A number that somebody else's fences have left would pass for ours. */
	if (svga->limits.fifo_caps & SVGA_FIFO_CAP_FENCE)
		fifo_write(svga, SVGA_FIFO_FENCE, svga->fence.seqno);
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
		ret = pv_svga_fifo_fail(svga, "memory does not hold its value",
					fifo_read(svga, SVGA_FIFO_NEXT_CMD));
		goto out;
	}
	pv_svga_write(svga, SVGA_REG_CONFIG_DONE, 1);
	svga->fifo.credit = 0;
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
	svga->fifo.credit = 0;
	mutex_unlock(&svga->fifo.lock);
}

/**
 * pv_svga_fifo_panic_emit - queue a command on the only CPU that still runs
 * @svga:  the device
 * @cmd:   command word and arguments
 * @bytes: their size, a multiple of 4, less than the smallest ring
 *
 * The ring may have been caught in the middle of a change, so it is set up
 * anew; what was queued is lost, and the command must redraw everything.
 *
 * Context: panic; takes no lock, does not sleep.
 *
 * Return: 0.
 */
int pv_svga_fifo_panic_emit(struct pv_svga *svga, const void *cmd, u32 bytes)
{
	pv_svga_panic_write(svga, SVGA_REG_CONFIG_DONE, 0);
	fifo_write_pointers(svga);
	pv_svga_panic_write(svga, SVGA_REG_CONFIG_DONE, 1);
	fifo_put(svga, cmd, bytes);
	pv_svga_panic_write(svga, SVGA_REG_SYNC, 1);

	return 0;
}
