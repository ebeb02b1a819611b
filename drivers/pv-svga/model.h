/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stand-in for the device, for KUnit.
 *
 * QEMU offers the bare device only. What other hosts have besides (extended
 * FIFO, fences with interrupts, fixed strides, alpha cursors, screen objects,
 * guest memory regions) is modelled here after vmwgfx's use of it; none of it
 * has been compared with a real host.
 *
 * Copyright (C) 2026 the pvops developers
 */

#ifndef _PV_SVGA_MODEL_H
#define _PV_SVGA_MODEL_H

#include <kunit/test.h>

#include "pv_svga.h"

#define MODEL_REGS		64
#define MODEL_FIFO_BYTES	(64 * 1024)
#define MODEL_VRAM_BYTES	(2 * 1024 * 1024)
#define MODEL_GMRS		16
#define MODEL_GMR_PAGES		2048
/* What QEMU 7.2 does at most for one SYNC */
#define MODEL_COMMANDS_PER_SYNC	1023

/**
 * enum model_fault - how the device misbehaves
 * @MODEL_FAULT_NONE:	it does not
 * @MODEL_FAULT_STUCK:	it takes no commands
 * @MODEL_FAULT_STOP:	it writes nonsense into STOP
 * @MODEL_FAULT_BUSY:	it is busy for ever
 * @MODEL_FAULT_RANDOM:	every register and FIFO word reads as anything
 */
enum model_fault {
	MODEL_FAULT_NONE,
	MODEL_FAULT_STUCK,
	MODEL_FAULT_STOP,
	MODEL_FAULT_BUSY,
	MODEL_FAULT_RANDOM,
};

/**
 * struct model_gmr - a region as the device knows it
 * @num_pages:	0 if it is not defined
 * @ppn:	its pages
 */
struct model_gmr {
	u32 num_pages;
	u32 *ppn;
};

/**
 * struct model - the device
 * @svga:	the driver's side
 * @regs:	register contents
 * @fifo:	BAR 2
 * @vram:	BAR 1
 * @screen:	what a person would see, max_width * max_height pixels
 * @cursor:	64x64 pixels, alpha 0 or 255 for a cursor with masks
 * @cursor_hot_x: hot spot
 * @cursor_hot_y: hot spot
 * @gmr:	regions
 * @binding:	the frame buffer whose region is expected, or %NULL: a driver
 *		that takes it for bound before all pages are there is wrong
 * @gmrfb:	where BLIT_GMRFB_TO_SCREEN reads
 * @has_screen:	a screen object is defined
 * @irq:	causes not yet acknowledged
 * @fault:	how it misbehaves
 * @pitch_pad:	bytes that it adds to every line unless the pitch is locked
 * @seed:	of %MODEL_FAULT_RANDOM
 * @polls:	how often the driver may wait before its time is up
 * @commands:	commands seen
 * @bad:	commands that a real device would choke on
 * @writes:	register writes
 * @syncs:	those to SVGA_REG_SYNC
 */
struct model {
	struct pv_svga *svga;
	u32 regs[MODEL_REGS];
	u32 *fifo;
	u8 *vram;
	u32 *screen;
	u32 cursor[PV_SVGA_CURSOR_PIXELS];
	u32 cursor_hot_x;
	u32 cursor_hot_y;
	struct model_gmr gmr[MODEL_GMRS];
	const struct pv_svga_fb *binding;
	struct svga_cmd_define_gmrfb gmrfb;
	bool has_screen;
	u32 irq;
	enum model_fault fault;
	u32 pitch_pad;
	u32 seed;
	u32 polls;
	u32 commands;
	u32 bad;
	u32 writes;
	u32 syncs;
};

#define MODEL_CAPS_BARE		0x3
#define MODEL_CAPS_CURSOR	0xe3
#define MODEL_CAPS_FULL							\
	(MODEL_CAPS_CURSOR | SVGA_CAP_ALPHA_CURSOR | SVGA_CAP_EXTENDED_FIFO | \
	 SVGA_CAP_PITCHLOCK | SVGA_CAP_IRQMASK | SVGA_CAP_TRACES | SVGA_CAP_GMR2)
#define MODEL_FIFO_CAPS_FULL						\
	(SVGA_FIFO_CAP_FENCE | SVGA_FIFO_CAP_PITCHLOCK |		\
	 SVGA_FIFO_CAP_CURSOR_BYPASS_3 | SVGA_FIFO_CAP_RESERVE |	\
	 SVGA_FIFO_CAP_GMR2 | SVGA_FIFO_CAP_SCREEN_OBJECT_2)

struct model *model_create(struct kunit *test, u32 caps, u32 fifo_caps);
u32 model_random(struct model *model);
void model_run_fifo(struct model *model);

#endif /* _PV_SVGA_MODEL_H */
