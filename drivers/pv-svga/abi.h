/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Device ABI of the VMware SVGA II adapter (PCI 15ad:0405): numbers and
 * layouts only.
 *
 * Names follow drivers/gpu/drm/vmwgfx/device_include/svga_reg.h, which is
 * where every number here can be looked up. The device is little endian and
 * exists on x86 only, so plain u32 is used.
 *
 * Copyright (C) 2026 the pvops developers
 */

#ifndef _PV_SVGA_ABI_H
#define _PV_SVGA_ABI_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/types.h>

/* PCI BARs */
#define SVGA_BAR_IO			0
#define SVGA_BAR_VRAM			1
#define SVGA_BAR_FIFO			2

/* Ports in BAR 0. The value port is one byte up: 32-bit access, unaligned. */
#define SVGA_INDEX_PORT			0x0
#define SVGA_VALUE_PORT			0x1
#define SVGA_IRQSTATUS_PORT		0x8
#define SVGA_IO_SIZE			16

#define SVGA_ID_2			0x90000002U

/* Registers, written to the index port */
#define SVGA_REG_ID			0
#define SVGA_REG_ENABLE			1
#define SVGA_REG_WIDTH			2
#define SVGA_REG_HEIGHT			3
#define SVGA_REG_MAX_WIDTH		4
#define SVGA_REG_MAX_HEIGHT		5
#define SVGA_REG_BITS_PER_PIXEL		7
#define SVGA_REG_BYTES_PER_LINE		12
#define SVGA_REG_FB_OFFSET		14
#define SVGA_REG_VRAM_SIZE		15
#define SVGA_REG_CAPABILITIES		17
#define SVGA_REG_MEM_SIZE		19
#define SVGA_REG_CONFIG_DONE		20
#define SVGA_REG_SYNC			21
#define SVGA_REG_BUSY			22
#define SVGA_REG_CURSOR_X		25
#define SVGA_REG_CURSOR_Y		26
#define SVGA_REG_CURSOR_ON		27
#define SVGA_REG_MEM_REGS		30
#define SVGA_REG_PITCHLOCK		32
#define SVGA_REG_IRQMASK		33
#define SVGA_REG_GMR_MAX_IDS		43
#define SVGA_REG_TRACES			45
#define SVGA_REG_GMRS_MAX_PAGES		46

#define SVGA_REG_ENABLE_DISABLE		0
#define SVGA_REG_ENABLE_ENABLE		1

#define SVGA_CURSOR_ON_HIDE		0
#define SVGA_CURSOR_ON_SHOW		1

/* SVGA_REG_CAPABILITIES */
#define SVGA_CAP_CURSOR			BIT(5)
#define SVGA_CAP_ALPHA_CURSOR		BIT(9)
#define SVGA_CAP_EXTENDED_FIFO		BIT(15)
#define SVGA_CAP_PITCHLOCK		BIT(17)
#define SVGA_CAP_IRQMASK		BIT(18)
#define SVGA_CAP_DISPLAY_TOPOLOGY	BIT(19)
#define SVGA_CAP_TRACES			BIT(21)
#define SVGA_CAP_GMR2			BIT(22)

/* SVGA_IRQSTATUS_PORT and SVGA_REG_IRQMASK */
#define SVGA_IRQFLAG_ANY_FENCE		BIT(0)

/* 32-bit words at the start of the FIFO memory */
#define SVGA_FIFO_MIN			0
#define SVGA_FIFO_MAX			1
#define SVGA_FIFO_NEXT_CMD		2
#define SVGA_FIFO_STOP			3
/* ... and with SVGA_CAP_EXTENDED_FIFO */
#define SVGA_FIFO_CAPABILITIES		4
#define SVGA_FIFO_FENCE			6
#define SVGA_FIFO_PITCHLOCK		8
#define SVGA_FIFO_CURSOR_ON		9
#define SVGA_FIFO_CURSOR_X		10
#define SVGA_FIFO_CURSOR_Y		11
#define SVGA_FIFO_CURSOR_COUNT		12
#define SVGA_FIFO_RESERVED		14
#define SVGA_FIFO_CURSOR_SCREEN_ID	15
#define SVGA_FIFO_BUSY			290
#define SVGA_FIFO_NUM_REGS		291

/* The smallest command area that the device accepts, in bytes */
#define SVGA_FIFO_MIN_SIZE		(10 * 1024)

/* SVGA_FIFO_CAPABILITIES */
#define SVGA_FIFO_CAP_FENCE		BIT(0)
#define SVGA_FIFO_CAP_PITCHLOCK		BIT(2)
#define SVGA_FIFO_CAP_CURSOR_BYPASS_3	BIT(4)
#define SVGA_FIFO_CAP_RESERVE		BIT(6)
#define SVGA_FIFO_CAP_GMR2		BIT(8)
#define SVGA_FIFO_CAP_SCREEN_OBJECT_2	BIT(9)

/* Guest memory regions */
#define SVGA_GMR_FRAMEBUFFER		0xfffffffeU

/* SVGA_CMD_DEFINE_SCREEN flags */
#define SVGA_SCREEN_MUST_BE_SET		BIT(0)
#define SVGA_SCREEN_IS_PRIMARY		BIT(1)

/* Commands */
#define SVGA_CMD_UPDATE			1
#define SVGA_CMD_DEFINE_CURSOR		19
#define SVGA_CMD_DEFINE_ALPHA_CURSOR	22
#define SVGA_CMD_FENCE			30
#define SVGA_CMD_DEFINE_SCREEN		34
#define SVGA_CMD_DEFINE_GMRFB		36
#define SVGA_CMD_BLIT_GMRFB_TO_SCREEN	37
#define SVGA_CMD_DEFINE_GMR2		41
#define SVGA_CMD_REMAP_GMR2		42

struct svga_cmd_update {
	u32 cmd;
	u32 x;
	u32 y;
	u32 width;
	u32 height;
};

static_assert(sizeof(struct svga_cmd_update) == 20);

/* Followed by the AND mask, then the XOR mask; rows padded to 32 bits */
struct svga_cmd_define_cursor {
	u32 cmd;
	u32 id;
	u32 hotspot_x;
	u32 hotspot_y;
	u32 width;
	u32 height;
	u32 and_mask_depth;
	u32 xor_mask_depth;
};

static_assert(sizeof(struct svga_cmd_define_cursor) == 32);

/* Followed by width * height premultiplied ARGB8888 pixels */
struct svga_cmd_define_alpha_cursor {
	u32 cmd;
	u32 id;
	u32 hotspot_x;
	u32 hotspot_y;
	u32 width;
	u32 height;
};

static_assert(sizeof(struct svga_cmd_define_alpha_cursor) == 24);

struct svga_cmd_fence {
	u32 cmd;
	u32 fence;
};

static_assert(sizeof(struct svga_cmd_fence) == 8);

struct svga_guest_ptr {
	u32 gmr_id;
	u32 offset;
};

/* struct_size counts from itself and excludes the command word */
struct svga_cmd_define_screen {
	u32 cmd;
	u32 struct_size;
	u32 id;
	u32 flags;
	u32 width;
	u32 height;
	s32 root_x;
	s32 root_y;
	struct svga_guest_ptr backing;
	u32 backing_pitch;
	u32 clone_count;
};

static_assert(sizeof(struct svga_cmd_define_screen) == 48);

struct svga_cmd_define_gmrfb {
	u32 cmd;
	struct svga_guest_ptr ptr;
	u32 bytes_per_line;
	u8 bits_per_pixel;
	u8 color_depth;
	u16 reserved;
};

static_assert(sizeof(struct svga_cmd_define_gmrfb) == 20);

struct svga_cmd_blit_gmrfb_to_screen {
	u32 cmd;
	s32 src_x;
	s32 src_y;
	s32 left;
	s32 top;
	s32 right;
	s32 bottom;
	u32 screen_id;
};

static_assert(sizeof(struct svga_cmd_blit_gmrfb_to_screen) == 32);

struct svga_cmd_define_gmr2 {
	u32 cmd;
	u32 gmr_id;
	u32 num_pages;
};

static_assert(sizeof(struct svga_cmd_define_gmr2) == 12);

/* Followed by num_pages page numbers of 32 bits (flags 0) */
struct svga_cmd_remap_gmr2 {
	u32 cmd;
	u32 gmr_id;
	u32 flags;
	u32 offset_pages;
	u32 num_pages;
};

static_assert(sizeof(struct svga_cmd_remap_gmr2) == 20);

#endif /* _PV_SVGA_ABI_H */
