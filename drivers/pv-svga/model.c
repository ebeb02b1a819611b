// SPDX-License-Identifier: GPL-2.0-only
/*
 * A stand-in for the device, for KUnit; see model.h for what it stands for.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <kunit/static_stub.h>
#include <kunit/test-bug.h>

#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/vmalloc.h>

#include <drm/drm_kunit_helpers.h>

#include "model.h"

static struct model *current_model(void)
{
	return kunit_get_current_test()->priv;
}

/**
 * model_random - a number that depends on the seed only (xorshift32)
 * @model: the device
 *
 * Return: the number.
 */
u32 model_random(struct model *model)
{
	model->seed ^= model->seed << 13;
	model->seed ^= model->seed >> 17;
	model->seed ^= model->seed << 5;

	return model->seed;
}

static u32 model_pitch(const struct model *model)
{
	u32 lock = model->regs[SVGA_REG_PITCHLOCK];

	if (!lock && (model->fifo[SVGA_FIFO_CAPABILITIES] & SVGA_FIFO_CAP_PITCHLOCK))
		lock = model->fifo[SVGA_FIFO_PITCHLOCK];
	if (lock)
		return lock;

	return model->regs[SVGA_REG_WIDTH] * PV_SVGA_CPP + model->pitch_pad;
}

static u32 model_read(struct pv_svga *svga, u32 reg)
{
	struct model *model = current_model();

	if (reg >= MODEL_REGS)
		return 0;
	if (model->fault == MODEL_FAULT_RANDOM && reg != SVGA_REG_ID &&
	    model_random(model) % 4 == 0)
		return model_random(model) >> model_random(model) % 32;
	if (reg == SVGA_REG_BYTES_PER_LINE)
		return model_pitch(model);
	if (reg == SVGA_REG_BUSY)
		return model->fault == MODEL_FAULT_BUSY;

	return model->regs[reg];
}

static void model_write(struct pv_svga *svga, u32 reg, u32 value)
{
	struct model *model = current_model();

	model->writes++;
	if (reg >= MODEL_REGS)
		return;
	model->regs[reg] = value;
	if (reg != SVGA_REG_SYNC)
		return;

	model->syncs++;
	model_run_fifo(model);
}

static u32 model_irq_ack(struct pv_svga *svga)
{
	struct model *model = current_model();
	u32 irq = model->irq;

	model->irq = 0;

	return irq;
}

static bool model_poll_again(unsigned long end)
{
	struct model *model = current_model();

	if (!model->polls)
		return false;
	model->polls--;

	return true;
}

/* What the device reads of one command, and moves past. */
struct reader {
	struct model *model;
	u32 at;
	u32 left;
};

static bool take(struct reader *reader, void *to, u32 bytes)
{
	const struct pv_svga_limits *limits = &reader->model->svga->limits;
	u32 *words = to;

	if (bytes > reader->left)
		return false;
	reader->left -= bytes;
	for (; bytes; bytes -= sizeof(u32)) {
		*words++ = reader->model->fifo[reader->at / sizeof(u32)];
		reader->at += sizeof(u32);
		if (reader->at == limits->fifo_max)
			reader->at = limits->fifo_min;
	}

	return true;
}

/* Takes a command whose first word has been read already. */
static bool take_rest(struct reader *reader, void *cmd, u32 bytes)
{
	return take(reader, cmd + sizeof(u32), bytes - sizeof(u32));
}

static u32 *screen_pixel(struct model *model, u32 x, u32 y)
{
	return &model->screen[y * model->regs[SVGA_REG_WIDTH] + x];
}

static bool on_screen(const struct model *model, u32 x, u32 y, u32 w, u32 h)
{
	return (u64)x + w <= model->regs[SVGA_REG_WIDTH] &&
	       (u64)y + h <= model->regs[SVGA_REG_HEIGHT];
}

static bool run_update(struct reader *reader)
{
	struct model *model = reader->model;
	u32 pitch = model_pitch(model);
	struct svga_cmd_update cmd;
	u32 y;

	if (!take_rest(reader, &cmd, sizeof(cmd)) ||
	    !on_screen(model, cmd.x, cmd.y, cmd.width, cmd.height))
		return false;
	for (y = cmd.y; y < cmd.y + cmd.height; y++)
		memcpy(screen_pixel(model, cmd.x, y),
		       model->vram + model->regs[SVGA_REG_FB_OFFSET] +
		       y * pitch + cmd.x * PV_SVGA_CPP,
		       cmd.width * PV_SVGA_CPP);

	return true;
}

static bool run_define_cursor(struct reader *reader)
{
	struct model *model = reader->model;
	struct svga_cmd_define_cursor cmd;
	u8 and[PV_SVGA_CURSOR_AND_BYTES];
	u32 i;

	if (!take_rest(reader, &cmd, sizeof(cmd)) || cmd.width != PV_SVGA_CURSOR_SIDE ||
	    cmd.height != PV_SVGA_CURSOR_SIDE || cmd.and_mask_depth != 1 ||
	    cmd.xor_mask_depth != 32 || cmd.hotspot_x >= cmd.width ||
	    cmd.hotspot_y >= cmd.height)
		return false;
	if (!take(reader, and, sizeof(and)) ||
	    !take(reader, model->cursor, sizeof(model->cursor)))
		return false;

	for (i = 0; i < PV_SVGA_CURSOR_PIXELS; i++)
		if (!(and[i / 8] & (0x80 >> i % 8)))
			model->cursor[i] |= 0xff000000;
	model->cursor_hot_x = cmd.hotspot_x;
	model->cursor_hot_y = cmd.hotspot_y;

	return true;
}

static bool run_define_alpha_cursor(struct reader *reader)
{
	struct model *model = reader->model;
	struct svga_cmd_define_alpha_cursor cmd;

	if (!(model->regs[SVGA_REG_CAPABILITIES] & SVGA_CAP_ALPHA_CURSOR) ||
	    !take_rest(reader, &cmd, sizeof(cmd)) || cmd.width != PV_SVGA_CURSOR_SIDE ||
	    cmd.height != PV_SVGA_CURSOR_SIDE)
		return false;
	model->cursor_hot_x = cmd.hotspot_x;
	model->cursor_hot_y = cmd.hotspot_y;

	return take(reader, model->cursor, sizeof(model->cursor));
}

static bool run_fence(struct reader *reader)
{
	struct model *model = reader->model;
	struct svga_cmd_fence cmd;

	if (!take_rest(reader, &cmd, sizeof(cmd)))
		return false;
	model->fifo[SVGA_FIFO_FENCE] = cmd.fence;
	if (model->regs[SVGA_REG_IRQMASK] & SVGA_IRQFLAG_ANY_FENCE) {
		model->irq |= SVGA_IRQFLAG_ANY_FENCE;
		pv_svga_irq_handler(0, model->svga);
	}

	return true;
}

static bool run_define_screen(struct reader *reader)
{
	struct model *model = reader->model;
	struct svga_cmd_define_screen cmd;

	if (!take_rest(reader, &cmd, sizeof(cmd)) ||
	    cmd.struct_size != sizeof(cmd) - sizeof(u32) || cmd.id ||
	    !(cmd.flags & SVGA_SCREEN_MUST_BE_SET) ||
	    cmd.width != model->regs[SVGA_REG_WIDTH] ||
	    cmd.height != model->regs[SVGA_REG_HEIGHT] ||
	    cmd.backing_pitch < cmd.width * PV_SVGA_CPP)
		return false;
	model->has_screen = true;

	return true;
}

static bool run_define_gmrfb(struct reader *reader)
{
	struct svga_cmd_define_gmrfb cmd;

	if (!take_rest(reader, &cmd, sizeof(cmd)) || cmd.bits_per_pixel != 32 ||
	    cmd.color_depth != 24)
		return false;
	reader->model->gmrfb = cmd;

	return true;
}

/*
 * Where the device reads a pixel of the current GMRFB, or NULL; @count is cut
 * to the pixels that follow it in one piece.
 */
static const void *gmrfb_pixels(struct model *model, u32 x, u32 y, u32 *count)
{
	const struct svga_cmd_define_gmrfb *gmrfb = &model->gmrfb;
	u64 at = gmrfb->ptr.offset + (u64)y * gmrfb->bytes_per_line +
		 (u64)x * PV_SVGA_CPP;
	struct model_gmr *gmr;
	u64 page = at / PAGE_SIZE;

	*count = min_t(u32, *count, (PAGE_SIZE - at % PAGE_SIZE) / PV_SVGA_CPP);
	if (gmrfb->ptr.gmr_id == SVGA_GMR_FRAMEBUFFER)
		return at + *count * PV_SVGA_CPP <= MODEL_VRAM_BYTES ? model->vram + at : NULL;
	if (gmrfb->ptr.gmr_id >= MODEL_GMRS)
		return NULL;
	gmr = &model->gmr[gmrfb->ptr.gmr_id];
	if (page >= gmr->num_pages || !gmr->ppn[page])
		return NULL;

	return page_address(pfn_to_page(gmr->ppn[page])) + at % PAGE_SIZE;
}

static bool blit_line(struct model *model, u32 src_x, u32 src_y, u32 x, u32 y, u32 width)
{
	const void *pixels;
	u32 count;

	while (width) {
		count = width;
		pixels = gmrfb_pixels(model, src_x, src_y, &count);
		if (!pixels || !count)
			return false;
		memcpy(screen_pixel(model, x, y), pixels, count * PV_SVGA_CPP);
		src_x += count;
		x += count;
		width -= count;
	}

	return true;
}

static bool run_blit(struct reader *reader)
{
	struct svga_cmd_blit_gmrfb_to_screen cmd;
	struct model *model = reader->model;
	s32 line;

	if (!take_rest(reader, &cmd, sizeof(cmd)) || !model->has_screen || cmd.screen_id ||
	    cmd.left < 0 || cmd.top < 0 || cmd.right < cmd.left ||
	    cmd.bottom < cmd.top ||
	    !on_screen(model, cmd.left, cmd.top, cmd.right - cmd.left,
		       cmd.bottom - cmd.top))
		return false;

	for (line = 0; line < cmd.bottom - cmd.top; line++)
		if (!blit_line(model, cmd.src_x, cmd.src_y + line, cmd.left,
			       cmd.top + line, cmd.right - cmd.left))
			return false;

	return true;
}

static bool bound_too_early(struct model *model)
{
	return model->binding && pv_svga_gmr_bound(model->svga, model->binding);
}

static bool run_define_gmr2(struct reader *reader)
{
	struct svga_cmd_define_gmr2 cmd;
	struct model_gmr *gmr;

	if (!take_rest(reader, &cmd, sizeof(cmd)) || cmd.gmr_id >= MODEL_GMRS ||
	    cmd.num_pages > MODEL_GMR_PAGES || bound_too_early(reader->model))
		return false;
	gmr = &reader->model->gmr[cmd.gmr_id];
	gmr->num_pages = cmd.num_pages;
	memset(gmr->ppn, 0, MODEL_GMR_PAGES * sizeof(u32));

	return true;
}

static bool run_remap_gmr2(struct reader *reader)
{
	struct svga_cmd_remap_gmr2 cmd;
	struct model_gmr *gmr;

	if (!take_rest(reader, &cmd, sizeof(cmd)) || cmd.gmr_id >= MODEL_GMRS || cmd.flags ||
	    bound_too_early(reader->model))
		return false;
	gmr = &reader->model->gmr[cmd.gmr_id];
	if ((u64)cmd.offset_pages + cmd.num_pages > gmr->num_pages)
		return false;

	return take(reader, gmr->ppn + cmd.offset_pages,
		    cmd.num_pages * sizeof(u32));
}

static bool run_command(struct reader *reader, u32 cmd)
{
	switch (cmd) {
	case SVGA_CMD_UPDATE:
		return run_update(reader);
	case SVGA_CMD_DEFINE_CURSOR:
		return run_define_cursor(reader);
	case SVGA_CMD_DEFINE_ALPHA_CURSOR:
		return run_define_alpha_cursor(reader);
	case SVGA_CMD_FENCE:
		return run_fence(reader);
	case SVGA_CMD_DEFINE_SCREEN:
		return run_define_screen(reader);
	case SVGA_CMD_DEFINE_GMRFB:
		return run_define_gmrfb(reader);
	case SVGA_CMD_BLIT_GMRFB_TO_SCREEN:
		return run_blit(reader);
	case SVGA_CMD_DEFINE_GMR2:
		return run_define_gmr2(reader);
	case SVGA_CMD_REMAP_GMR2:
		return run_remap_gmr2(reader);
	default:
		return false;
	}
}

static bool next_command(struct model *model)
{
	const struct pv_svga_limits *limits = &model->svga->limits;
	u32 next = model->fifo[SVGA_FIFO_NEXT_CMD];
	struct reader reader = {
		.model = model, .at = model->fifo[SVGA_FIFO_STOP],
	};
	u32 cmd;

	if (next == reader.at)
		return false;
	reader.left = next - reader.at;
	if (next < reader.at)
		reader.left += limits->fifo_max - limits->fifo_min;

	model->commands++;
	if (!take(&reader, &cmd, sizeof(cmd)) || !run_command(&reader, cmd)) {
		model->bad++;
		kunit_info(kunit_get_current_test(), "bad command %u\n", cmd);
		reader.at = next;
	}
	model->fifo[SVGA_FIFO_STOP] = reader.at;

	return true;
}

/* Any word, but often the one that the driver reads most. */
static void scribble(struct model *model)
{
	u32 word = model_random(model) % 2 ? SVGA_FIFO_STOP :
					     model_random(model) % SVGA_FIFO_NUM_REGS;

	model->fifo[word] = model_random(model) >> model_random(model) % 32;
	/* Now and then it points into the ring. */
	if (model_random(model) % 2)
		model->fifo[word] = ALIGN_DOWN(model->fifo[word] % MODEL_FIFO_BYTES, sizeof(u32));
}

/**
 * model_run_fifo - do what a device does when it is kicked
 * @model: the device
 */
void model_run_fifo(struct model *model)
{
	u32 count = MODEL_COMMANDS_PER_SYNC;

	if (model->fault == MODEL_FAULT_STOP)
		model->fifo[SVGA_FIFO_STOP] = model_random(model);
	if (model->fault == MODEL_FAULT_RANDOM)
		scribble(model);
	if (model->fault != MODEL_FAULT_NONE && model->fault != MODEL_FAULT_BUSY)
		return;
	if (!model->regs[SVGA_REG_CONFIG_DONE])
		return;

	while (count-- && next_command(model))
		;
	if (model->svga->limits.caps & SVGA_CAP_EXTENDED_FIFO)
		model->fifo[SVGA_FIFO_BUSY] = 0;
}

static void model_free(void *memory)
{
	vfree(memory);
}

static void *model_alloc(struct kunit *test, size_t bytes)
{
	void *memory = vzalloc(bytes);

	KUNIT_ASSERT_NOT_NULL(test, memory);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, model_free, memory));

	return memory;
}

static void model_set_registers(struct model *model, u32 caps)
{
	model->regs[SVGA_REG_CAPABILITIES] = caps;
	model->regs[SVGA_REG_MAX_WIDTH] = 2368;
	model->regs[SVGA_REG_MAX_HEIGHT] = 1770;
	model->regs[SVGA_REG_VRAM_SIZE] = MODEL_VRAM_BYTES;
	model->regs[SVGA_REG_MEM_SIZE] = MODEL_FIFO_BYTES;
	if (caps & SVGA_CAP_EXTENDED_FIFO)
		model->regs[SVGA_REG_MEM_REGS] = SVGA_FIFO_NUM_REGS;
	if (caps & SVGA_CAP_GMR2) {
		model->regs[SVGA_REG_GMR_MAX_IDS] = MODEL_GMRS;
		model->regs[SVGA_REG_GMRS_MAX_PAGES] = MODEL_GMR_PAGES;
	}
}

/* The last one is found first, so those that are used most come last. */
static void model_activate(struct kunit *test)
{
	kunit_activate_static_stub(test, pv_svga_panic_write, model_write);
	kunit_activate_static_stub(test, pv_svga_irq_ack, model_irq_ack);
	kunit_activate_static_stub(test, pv_svga_poll_again, model_poll_again);
	kunit_activate_static_stub(test, pv_svga_read, model_read);
	kunit_activate_static_stub(test, pv_svga_write, model_write);
}

static struct pv_svga *model_driver(struct kunit *test, struct model *model)
{
	struct device *dev = drm_kunit_helper_alloc_device(test);
	struct pv_svga *svga;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dev);
	svga = drm_kunit_helper_alloc_drm_device_with_driver(test, dev, struct pv_svga,
							     drm, &pv_svga_drm_driver);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, svga);

	spin_lock_init(&svga->reg_lock);
	mutex_init(&svga->fifo.lock);
	mutex_init(&svga->fb_lock);
	init_waitqueue_head(&svga->fence.wait);
	ida_init(&svga->gmr.ids);
	svga->fifo.mem = model->fifo;
	svga->vram = (void __force __iomem *)model->vram;

	return svga;
}

/**
 * model_create - a device with the driver's hardware side set up
 * @test:	owns everything
 * @caps:	SVGA_REG_CAPABILITIES
 * @fifo_caps:	SVGA_FIFO_CAPABILITIES
 *
 * Return: the device; its ring is not started.
 */
struct model *model_create(struct kunit *test, u32 caps, u32 fifo_caps)
{
	struct pv_svga_claims claims;
	struct model *model;
	u32 i;

	model = kunit_kzalloc(test, sizeof(*model), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, model);
	test->priv = model;
	model->polls = 1000;
	model->seed = 1;
	model->fifo = model_alloc(test, MODEL_FIFO_BYTES);
	model->vram = model_alloc(test, MODEL_VRAM_BYTES);
	model->screen = model_alloc(test, MODEL_VRAM_BYTES);
	for (i = 0; i < MODEL_GMRS; i++)
		model->gmr[i].ppn = model_alloc(test, MODEL_GMR_PAGES * sizeof(u32));

	model_set_registers(model, caps);
	model->fifo[SVGA_FIFO_CAPABILITIES] = fifo_caps;
	model->svga = model_driver(test, model);
	model_activate(test);

	KUNIT_ASSERT_EQ(test, 0, pv_svga_identify(model->svga));
	pv_svga_read_claims(model->svga, MODEL_FIFO_BYTES, &claims);
	KUNIT_ASSERT_EQ(test, 0, pv_svga_limits_init(&model->svga->limits, &claims,
						     MODEL_VRAM_BYTES, MODEL_FIFO_BYTES));

	return model;
}
