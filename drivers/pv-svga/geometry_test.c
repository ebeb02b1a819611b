// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the arithmetic.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <kunit/test.h>

#include <linux/sizes.h>

#include "abi.h"
#include "geometry.h"

/* What QEMU 7.2 states with 16 MiB of VRAM */
static const struct pv_svga_claims qemu = {
	.caps = 0xe3,
	.max_width = 2368,
	.max_height = 1770,
	.vram_size = SZ_16M,
	.fifo_size = SZ_64K,
};

static void limits_of_qemu(struct kunit *test)
{
	struct pv_svga_limits limits;

	KUNIT_ASSERT_EQ(test, 0, pv_svga_limits_init(&limits, &qemu, SZ_16M, SZ_64K));
	KUNIT_EXPECT_EQ(test, limits.max_width, 2368);
	KUNIT_EXPECT_EQ(test, limits.max_height, 1770);
	KUNIT_EXPECT_EQ(test, limits.vram_size, SZ_16M);
	KUNIT_EXPECT_EQ(test, limits.fifo_min, 4096);
	KUNIT_EXPECT_EQ(test, limits.fifo_max, SZ_64K);
}

static void limits_are_cut_to_the_bars(struct kunit *test)
{
	struct pv_svga_claims claims = qemu;
	struct pv_svga_limits limits;

	claims.vram_size = U32_MAX;
	claims.fifo_size = U32_MAX;
	claims.max_width = U32_MAX;
	claims.max_height = U32_MAX;
	KUNIT_ASSERT_EQ(test, 0, pv_svga_limits_init(&limits, &claims, SZ_8M, SZ_32K));
	KUNIT_EXPECT_EQ(test, limits.vram_size, SZ_8M);
	KUNIT_EXPECT_EQ(test, limits.fifo_max, SZ_32K);
	KUNIT_EXPECT_EQ(test, limits.max_width, 8192);
	KUNIT_EXPECT_EQ(test, limits.max_height, 8192);
}

static void limits_below_the_bars_are_kept(struct kunit *test)
{
	struct pv_svga_claims claims = qemu;
	struct pv_svga_limits limits;

	claims.vram_size = SZ_4M;
	claims.fifo_size = SZ_32K - 3;
	KUNIT_ASSERT_EQ(test, 0, pv_svga_limits_init(&limits, &claims, SZ_16M, SZ_64K));
	KUNIT_EXPECT_EQ(test, limits.vram_size, SZ_4M);
	KUNIT_EXPECT_EQ(test, limits.fifo_max, SZ_32K - 4);
}

static void limits_of_nothing_are_refused(struct kunit *test)
{
	struct pv_svga_claims claims = qemu;
	struct pv_svga_limits limits;

	claims.vram_size = 640 * 480 * 4 - 1;
	KUNIT_EXPECT_EQ(test, -ENODEV,
			pv_svga_limits_init(&limits, &claims, SZ_16M, SZ_64K));
	claims = qemu;
	claims.max_width = 639;
	KUNIT_EXPECT_EQ(test, -ENODEV,
			pv_svga_limits_init(&limits, &claims, SZ_16M, SZ_64K));
	claims = qemu;
	KUNIT_EXPECT_EQ(test, -ENODEV,
			pv_svga_limits_init(&limits, &claims, SZ_16M, 4096 + 10236));
	KUNIT_EXPECT_EQ(test, 0,
			pv_svga_limits_init(&limits, &claims, SZ_16M, 4096 + 10240));
}

static void fifo_words_of_the_device_are_spared(struct kunit *test)
{
	struct pv_svga_claims claims = qemu;
	struct pv_svga_limits limits;

	claims.caps |= BIT(15);
	claims.fifo_regs = 1025;
	KUNIT_ASSERT_EQ(test, 0, pv_svga_limits_init(&limits, &claims, SZ_16M, SZ_64K));
	KUNIT_EXPECT_EQ(test, limits.fifo_min, 8192);

	/* More words than the memory has */
	claims.fifo_regs = 0x40000000;
	KUNIT_EXPECT_EQ(test, -ENODEV,
			pv_svga_limits_init(&limits, &claims, SZ_16M, SZ_64K));
	claims.fifo_regs = U32_MAX;
	KUNIT_EXPECT_EQ(test, -ENODEV,
			pv_svga_limits_init(&limits, &claims, SZ_16M, SZ_64K));
}

static void modes_must_fit_vram(struct kunit *test)
{
	struct pv_svga_limits limits;

	KUNIT_ASSERT_EQ(test, 0, pv_svga_limits_init(&limits, &qemu, SZ_8M, SZ_64K));
	KUNIT_EXPECT_EQ(test, MODE_OK, pv_svga_mode_fits(&limits, 1920, 1080));
	KUNIT_EXPECT_EQ(test, MODE_OK, pv_svga_mode_fits(&limits, 2048, 1024));
	KUNIT_EXPECT_EQ(test, MODE_MEM, pv_svga_mode_fits(&limits, 2048, 1025));
	KUNIT_EXPECT_EQ(test, MODE_MEM, pv_svga_mode_fits(&limits, 2368, 1770));
	KUNIT_EXPECT_EQ(test, MODE_BAD_HVALUE, pv_svga_mode_fits(&limits, 2369, 100));
	KUNIT_EXPECT_EQ(test, MODE_BAD_HVALUE, pv_svga_mode_fits(&limits, 0, 100));
	KUNIT_EXPECT_EQ(test, MODE_BAD_VVALUE, pv_svga_mode_fits(&limits, 100, 1771));
	KUNIT_EXPECT_EQ(test, MODE_BAD_VVALUE, pv_svga_mode_fits(&limits, 100, 0));
}

static void scanout_must_lie_in_vram(struct kunit *test)
{
	struct pv_svga_scanout scanout = { .width = 7 };
	struct pv_svga_limits limits;

	KUNIT_ASSERT_EQ(test, 0, pv_svga_limits_init(&limits, &qemu, SZ_4M, SZ_64K));
	KUNIT_EXPECT_EQ(test, -ERANGE,
			pv_svga_scanout_init(&scanout, &limits, 1024, 768, 4092, 0));
	KUNIT_EXPECT_EQ(test, -ERANGE,
			pv_svga_scanout_init(&scanout, &limits, 1024, 768, 4098, 0));
	KUNIT_EXPECT_EQ(test, -ERANGE,
			pv_svga_scanout_init(&scanout, &limits, 1024, 768, 4096, 2));
	KUNIT_EXPECT_EQ(test, -ERANGE,
			pv_svga_scanout_init(&scanout, &limits, 1024, 768, 4096,
					     SZ_4M - 768 * 4096 + 4));
	KUNIT_EXPECT_EQ(test, -ERANGE,
			pv_svga_scanout_init(&scanout, &limits, 1024, 768,
					     0xfffffffc, 0xfffffffc));
	KUNIT_EXPECT_EQ(test, scanout.width, 7);

	KUNIT_EXPECT_EQ(test, 0,
			pv_svga_scanout_init(&scanout, &limits, 1024, 768, 4096,
					     SZ_4M - 768 * 4096));
	KUNIT_EXPECT_EQ(test, scanout.width, 1024);
	KUNIT_EXPECT_EQ(test, scanout.height, 768);
	KUNIT_EXPECT_EQ(test, scanout.pitch, 4096);
	KUNIT_EXPECT_EQ(test, scanout.offset, SZ_4M - 768 * 4096);
}

static void fifo_pointers_must_lie_in_the_ring(struct kunit *test)
{
	struct pv_svga_limits limits = { .fifo_min = 4096, .fifo_max = 65536 };

	KUNIT_EXPECT_TRUE(test, pv_svga_fifo_offset_ok(&limits, 4096));
	KUNIT_EXPECT_TRUE(test, pv_svga_fifo_offset_ok(&limits, 65532));
	KUNIT_EXPECT_FALSE(test, pv_svga_fifo_offset_ok(&limits, 4092));
	KUNIT_EXPECT_FALSE(test, pv_svga_fifo_offset_ok(&limits, 65536));
	KUNIT_EXPECT_FALSE(test, pv_svga_fifo_offset_ok(&limits, 4098));
	KUNIT_EXPECT_FALSE(test, pv_svga_fifo_offset_ok(&limits, U32_MAX));
}

static void fifo_keeps_one_word_free(struct kunit *test)
{
	struct pv_svga_limits limits = { .fifo_min = 4096, .fifo_max = 65536 };

	KUNIT_EXPECT_EQ(test, 61440 - 4, pv_svga_fifo_space(&limits, 4096, 4096));
	KUNIT_EXPECT_EQ(test, 61440 - 4, pv_svga_fifo_space(&limits, 65532, 65532));
	KUNIT_EXPECT_EQ(test, 0, pv_svga_fifo_space(&limits, 4096, 4100));
	KUNIT_EXPECT_EQ(test, 0, pv_svga_fifo_space(&limits, 65532, 4096));
	KUNIT_EXPECT_EQ(test, 16, pv_svga_fifo_space(&limits, 8192, 8212));
	KUNIT_EXPECT_EQ(test, 61440 - 24, pv_svga_fifo_space(&limits, 8212, 8192));
}

static void vmwgfx_needs_a_fixed_stride(struct kunit *test)
{
	struct pv_svga_claims claims = qemu;

	KUNIT_EXPECT_FALSE(test, pv_svga_vmwgfx_would_bind(&claims));
	claims.fifo_caps = BIT(2);
	KUNIT_EXPECT_FALSE(test, pv_svga_vmwgfx_would_bind(&claims));
	claims.caps |= BIT(15);
	KUNIT_EXPECT_TRUE(test, pv_svga_vmwgfx_would_bind(&claims));
	claims.fifo_caps = 0;
	KUNIT_EXPECT_FALSE(test, pv_svga_vmwgfx_would_bind(&claims));
	claims.caps = BIT(17);
	KUNIT_EXPECT_TRUE(test, pv_svga_vmwgfx_would_bind(&claims));
	claims.caps = BIT(19);
	KUNIT_EXPECT_TRUE(test, pv_svga_vmwgfx_would_bind(&claims));
}

static void cursor_is_padded(struct kunit *test)
{
	static const u32 pixels[] = { 1, 2, 99, 3, 4, 99 };
	u32 *image = kunit_kmalloc_array(test, 64 * 64, sizeof(*image), GFP_KERNEL);
	u32 i, sum = 0;

	KUNIT_ASSERT_NOT_NULL(test, image);
	pv_svga_cursor_pad(image, pixels, 12, 2, 2);
	KUNIT_EXPECT_EQ(test, image[0], 1);
	KUNIT_EXPECT_EQ(test, image[1], 2);
	KUNIT_EXPECT_EQ(test, image[64], 3);
	KUNIT_EXPECT_EQ(test, image[65], 4);
	for (i = 0; i < 64 * 64; i++)
		sum += image[i];
	KUNIT_EXPECT_EQ(test, sum, 10);
}

static void cursor_masks_follow_alpha(struct kunit *test)
{
	u32 *image = kunit_kzalloc(test, 64 * 64 * sizeof(*image), GFP_KERNEL);
	u8 *and = kunit_kzalloc(test, 64 * 64 / 8, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, image);
	KUNIT_ASSERT_NOT_NULL(test, and);
	image[0] = 0xff123456;
	image[1] = 0x7f654321;
	image[9] = 0x80abcdef;
	pv_svga_cursor_masks(and, image);
	KUNIT_EXPECT_EQ(test, image[0], 0x123456);
	KUNIT_EXPECT_EQ(test, image[1], 0);
	KUNIT_EXPECT_EQ(test, image[9], 0xabcdef);
	KUNIT_EXPECT_EQ(test, and[0], 0x7f);
	KUNIT_EXPECT_EQ(test, and[1], 0xbf);
	KUNIT_EXPECT_EQ(test, and[511], 0xff);
}

static struct kunit_case geometry_cases[] = {
	KUNIT_CASE(limits_of_qemu),
	KUNIT_CASE(limits_are_cut_to_the_bars),
	KUNIT_CASE(limits_below_the_bars_are_kept),
	KUNIT_CASE(limits_of_nothing_are_refused),
	KUNIT_CASE(fifo_words_of_the_device_are_spared),
	KUNIT_CASE(modes_must_fit_vram),
	KUNIT_CASE(scanout_must_lie_in_vram),
	KUNIT_CASE(fifo_pointers_must_lie_in_the_ring),
	KUNIT_CASE(fifo_keeps_one_word_free),
	KUNIT_CASE(vmwgfx_needs_a_fixed_stride),
	KUNIT_CASE(cursor_is_padded),
	KUNIT_CASE(cursor_masks_follow_alpha),
	{ }
};

static struct kunit_suite geometry_suite = {
	.name = "pv_svga_geometry",
	.test_cases = geometry_cases,
};

kunit_test_suite(geometry_suite);
