// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random claims, registers and FIFO contents: the driver must neither leave
 * the memory that it owns nor run for ever.
 *
 * The number of cases is a module parameter; at boot it is small.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <linux/moduleparam.h>
#include <linux/sizes.h>

#include <drm/drm_rect.h>

#include "model.h"

/* The parameters belong to the driver, whatever this file is called. */
#undef MODULE_PARAM_PREFIX
#define MODULE_PARAM_PREFIX "pv_svga."

static unsigned int fuzz_cases = 2000;
module_param(fuzz_cases, uint, 0444);
MODULE_PARM_DESC(fuzz_cases, "Cases that each KUnit fuzz test tries");

static unsigned int fuzz_seed = 1;
module_param(fuzz_seed, uint, 0444);
MODULE_PARM_DESC(fuzz_seed, "Where the KUnit fuzz tests start, not 0");

/* The largest command, more than the smallest ring holds */
#define FUZZ_CMD_BYTES	SZ_16K

/* Powers of two and their neighbours are likelier than evenly spread numbers. */
static u32 odd_number(struct model *model)
{
	u32 number = model_random(model);

	switch (model_random(model) % 4) {
	case 0:
		return number;
	case 1:
		return BIT(number % 32) + (number >> 8) % 3 - 1;
	case 2:
		return number % SZ_32M;
	default:
		return number % 8192;
	}
}

static void random_claims(struct model *model, struct pv_svga_claims *claims)
{
	*claims = (struct pv_svga_claims){
		.caps = model_random(model),
		.fifo_caps = model_random(model),
		.max_width = odd_number(model),
		.max_height = odd_number(model),
		.vram_size = odd_number(model),
		.fifo_size = odd_number(model),
		.fifo_regs = odd_number(model),
		.gmr_max_ids = odd_number(model),
		.gmr_max_pages = odd_number(model),
	};
}

static bool limits_hold(const struct pv_svga_limits *limits, u32 vram_bar, u32 fifo_bar)
{
	return limits->max_width && limits->max_width <= PV_SVGA_MAX_SIDE &&
	       limits->max_height && limits->max_height <= PV_SVGA_MAX_SIDE &&
	       limits->vram_size <= vram_bar && limits->fifo_max <= fifo_bar &&
	       limits->fifo_min >= 4 * sizeof(u32) && limits->fifo_min % 4 == 0 &&
	       limits->fifo_max % 4 == 0 &&
	       limits->fifo_max - limits->fifo_min >= SVGA_FIFO_MIN_SIZE &&
	       limits->fifo_max > limits->fifo_min;
}

static bool scanout_holds(const struct pv_svga_scanout *scanout,
			  const struct pv_svga_limits *limits)
{
	u64 last = scanout->offset + (u64)scanout->pitch * scanout->height;

	return scanout->pitch >= scanout->width * PV_SVGA_CPP &&
	       last <= limits->vram_size;
}

/* Whatever is claimed, what is accepted lies inside the BARs. */
static void random_claims_stay_in_the_bars(struct kunit *test)
{
	struct model *model = model_create(test, MODEL_CAPS_BARE, 0);
	struct pv_svga_claims claims;
	u32 accepted = 0, i;

	model->seed = fuzz_seed;
	for (i = 0; i < fuzz_cases; i++) {
		struct pv_svga_limits limits = { };
		struct pv_svga_scanout scanout = { };
		u32 vram_bar = odd_number(model), fifo_bar = odd_number(model);

		random_claims(model, &claims);
		if (pv_svga_limits_init(&limits, &claims, vram_bar, fifo_bar))
			continue;
		if (!limits_hold(&limits, vram_bar, fifo_bar)) {
			KUNIT_FAIL(test, "case %u: limits outside the BARs", i);
			return;
		}
		if (!pv_svga_scanout_init(&scanout, &limits, odd_number(model),
					  odd_number(model), odd_number(model),
					  odd_number(model)) &&
		    !scanout_holds(&scanout, &limits)) {
			KUNIT_FAIL(test, "case %u: picture outside VRAM", i);
			return;
		}
		accepted++;
	}
	kunit_info(test, "%u cases, %u accepted, seed %u\n", i, accepted, fuzz_seed);
	KUNIT_EXPECT_GT(test, accepted, 0);
}

/* Commands of any size, from anywhere in the ring */
static void emit_something(struct model *model, const void *cmd)
{
	struct pv_svga *svga = model->svga;
	const struct pv_svga_limits *limits = &svga->limits;
	u32 count = model_random(model) % 4;

	svga->fifo.next = limits->fifo_min +
			  ALIGN_DOWN(model_random(model) % (limits->fifo_max - limits->fifo_min),
				     sizeof(u32));
	for (; count; count--) {
		u32 most = model_random(model) % 8 ? 16 : FUZZ_CMD_BYTES / sizeof(u32);

		pv_svga_fifo_emit(svga, cmd, (1 + model_random(model) % most) * sizeof(u32));
	}
}

static bool use_device(struct model *model, const void *cmd)
{
	struct pv_svga *svga = model->svga;
	struct pv_svga_claims claims;
	u32 width, height;

	pv_svga_read_claims(svga, MODEL_FIFO_BYTES, &claims);
	if (pv_svga_limits_init(&svga->limits, &claims, MODEL_VRAM_BYTES,
				MODEL_FIFO_BYTES))
		return false;

	svga->fifo.running = false;
	width = model_random(model) % 2048;
	height = model_random(model) % 1024;
	if (!pv_svga_screen_enable(svga, width, height)) {
		pv_svga_screen_update(svga, &DRM_RECT_INIT(0, 0, width, height));
		/* Clears the whole picture, so a wrong size would be noticed. */
		if (model_random(model) % 1024 == 0)
			pv_svga_screen_blank(svga);
	}
	emit_something(model, cmd);
	pv_svga_cursor_move(svga, true, width, height);
	pv_svga_fence_sync(svga);

	return true;
}

/*
 * A device that answers at random. vmalloc() puts an unmapped page after VRAM
 * and FIFO: going past either is a fault, with or without KASAN.
 */
static void random_device_does_no_harm(struct kunit *test)
{
	struct model *model = model_create(test, MODEL_CAPS_BARE, 0);
	const void *cmd = kunit_kzalloc(test, FUZZ_CMD_BYTES, GFP_KERNEL);
	u32 used = 0, i;

	KUNIT_ASSERT_NOT_NULL(test, cmd);
	model->fault = MODEL_FAULT_RANDOM;
	model->seed = fuzz_seed;
	for (i = 0; i < fuzz_cases; i++) {
		model->polls = model_random(model) % 8;
		model->regs[SVGA_REG_CAPABILITIES] = model_random(model);
		model->regs[SVGA_REG_FB_OFFSET] = odd_number(model);
		model->pitch_pad = model_random(model) % 4 ? 0 : odd_number(model);
		model->fifo[SVGA_FIFO_CAPABILITIES] = model_random(model);
		used += use_device(model, cmd);
	}
	kunit_info(test, "%u cases, %u with a usable device, seed %u\n", i, used, fuzz_seed);
	KUNIT_EXPECT_GT(test, used, 0);
}

static struct kunit_case fuzz_cases_list[] = {
	KUNIT_CASE(random_claims_stay_in_the_bars),
	KUNIT_CASE_SLOW(random_device_does_no_harm),
	{ }
};

static struct kunit_suite fuzz_suite = {
	.name = "pv_svga_fuzz",
	.test_cases = fuzz_cases_list,
};

kunit_test_suite(fuzz_suite);
