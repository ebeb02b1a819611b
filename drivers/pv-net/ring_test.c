// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of ring positions.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include <kunit/test.h>
#include <linux/prandom.h>

#include "ring.h"

static const u32 pvnet_sizes[] = { 32, 64, 96, 512, 4064, 4096 };

static void pvnet_size_desc(const u32 *size, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u entries", *size);
}

KUNIT_ARRAY_PARAM(pvnet_size, pvnet_sizes, pvnet_size_desc);

static void ring_empty_holds_nothing(struct kunit *test)
{
	u32 size = *(const u32 *)test->param_value, i;
	struct pvnet_cmd_pos pos;

	pvnet_cmd_init(&pos, size);

	KUNIT_EXPECT_TRUE(test, pvnet_cmd_empty(&pos));
	KUNIT_EXPECT_EQ(test, pvnet_cmd_used(&pos), 0);
	KUNIT_EXPECT_EQ(test, pvnet_cmd_space(&pos), size - 1);
	for (i = 0; i < 4096; i++)
		KUNIT_ASSERT_FALSE(test, pvnet_cmd_holds(&pos, i));
}

static void ring_full_has_no_space(struct kunit *test)
{
	u32 size = *(const u32 *)test->param_value, i;
	struct pvnet_cmd_pos pos;

	pvnet_cmd_init(&pos, size);
	for (i = 0; i < size - 1; i++)
		pvnet_cmd_advance(&pos);

	KUNIT_EXPECT_EQ(test, pvnet_cmd_space(&pos), 0);
	KUNIT_EXPECT_EQ(test, pvnet_cmd_used(&pos), size - 1);
	KUNIT_EXPECT_TRUE(test, pvnet_cmd_holds(&pos, 0));
	KUNIT_EXPECT_TRUE(test, pvnet_cmd_holds(&pos, size - 2));
	KUNIT_EXPECT_FALSE(test, pvnet_cmd_holds(&pos, size - 1));
	KUNIT_EXPECT_FALSE(test, pvnet_cmd_holds(&pos, size));
	KUNIT_EXPECT_FALSE(test, pvnet_cmd_holds(&pos, ~0U));
}

static void ring_generation_flips_each_lap(struct kunit *test)
{
	u32 size = *(const u32 *)test->param_value, i;
	struct pvnet_comp_pos cpos;
	struct pvnet_cmd_pos pos;

	pvnet_cmd_init(&pos, size);
	pvnet_comp_init(&cpos, size);
	for (i = 0; i < 4 * size; i++) {
		KUNIT_ASSERT_EQ(test, pos.gen, 1 ^ (i / size % 2));
		KUNIT_ASSERT_EQ(test, cpos.gen, 1 ^ (i / size % 2));
		KUNIT_ASSERT_EQ(test, pos.fill, i % size);
		KUNIT_ASSERT_EQ(test, cpos.next, i % size);
		pvnet_cmd_advance(&pos);
		pvnet_cmd_complete(&pos);
		pvnet_comp_advance(&cpos);
	}
}

/* Against a ring that is only counted, and asks for every index. */
static void ring_matches_counting(struct kunit *test)
{
	u32 size = *(const u32 *)test->param_value;
	u64 filled = 0, completed = 0;
	struct pvnet_cmd_pos pos;
	struct rnd_state rnd;
	unsigned int step;
	u32 i, used;

	prandom_seed_state(&rnd, size);
	pvnet_cmd_init(&pos, size);
	for (step = 0; step < 2000; step++) {
		u32 add = prandom_u32_state(&rnd) % (pvnet_cmd_space(&pos) + 1);
		u32 sub;

		for (i = 0; i < add; i++, filled++)
			pvnet_cmd_advance(&pos);
		sub = prandom_u32_state(&rnd) % (pvnet_cmd_used(&pos) + 1);
		for (i = 0; i < sub; i++, completed++)
			pvnet_cmd_complete(&pos);

		used = filled - completed;
		KUNIT_ASSERT_EQ(test, pvnet_cmd_used(&pos), used);
		KUNIT_ASSERT_EQ(test, pvnet_cmd_space(&pos), size - 1 - used);
		i = prandom_u32_state(&rnd) % 4096;
		KUNIT_ASSERT_EQ(test, pvnet_cmd_holds(&pos, i),
				i < size &&
				(i + size - completed % size) % size < used);
	}
}

static struct kunit_case pvnet_ring_cases[] = {
	KUNIT_CASE_PARAM(ring_empty_holds_nothing, pvnet_size_gen_params),
	KUNIT_CASE_PARAM(ring_full_has_no_space, pvnet_size_gen_params),
	KUNIT_CASE_PARAM(ring_generation_flips_each_lap, pvnet_size_gen_params),
	KUNIT_CASE_PARAM(ring_matches_counting, pvnet_size_gen_params),
	{}
};

static struct kunit_suite pvnet_ring_suite = {
	.name = "pv_net_ring",
	.test_cases = pvnet_ring_cases,
};

kunit_test_suite(pvnet_ring_suite);
