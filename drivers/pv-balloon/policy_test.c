// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: the arithmetic of floor, back-off and pressure.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/time64.h>

#include "policy.h"

static u64 mib(u64 n)
{
	return n * SZ_1M / PAGE_SIZE;
}

static void floor_grows_with_root(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, pvb_auto_floor(mib(512)), mib(96));
	KUNIT_EXPECT_EQ(test, pvb_auto_floor(mib(2048)), mib(192));
	KUNIT_EXPECT_EQ(test, pvb_auto_floor(mib(32768)), mib(768));
	/* A tiny guest gives nothing. */
	KUNIT_EXPECT_EQ(test, pvb_auto_floor(mib(16)), mib(16));
	KUNIT_EXPECT_EQ(test, pvb_auto_floor(0), 0);
}

static void target_is_clamped(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, pvb_honoured(100, 1000, 200), 100);
	KUNIT_EXPECT_EQ(test, pvb_honoured(900, 1000, 200), 800);
	KUNIT_EXPECT_EQ(test, pvb_honoured(U64_MAX, 1000, 200), 800);
	KUNIT_EXPECT_EQ(test, pvb_honoured(U64_MAX, 1000, 1000), 0);
	KUNIT_EXPECT_EQ(test, pvb_honoured(U64_MAX, 1000, U64_MAX), 0);
}

static void reserve_stays(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, pvb_takeable(1000, 800), 900);
	KUNIT_EXPECT_EQ(test, pvb_takeable(100, 800), 0);
	KUNIT_EXPECT_EQ(test, pvb_takeable(99, 800), 0);
}

static void backoff_doubles(struct kunit *test)
{
	struct pvb_backoff backoff = {};
	unsigned int i;

	KUNIT_EXPECT_EQ(test, pvb_backoff_next(&backoff), 20);
	KUNIT_EXPECT_EQ(test, pvb_backoff_next(&backoff), 40);
	for (i = 0; i < 40; i++)
		pvb_backoff_next(&backoff);
	KUNIT_EXPECT_EQ(test, pvb_backoff_next(&backoff), 5000);
	pvb_backoff_clear(&backoff);
	KUNIT_EXPECT_EQ(test, pvb_backoff_next(&backoff), 20);
}

static void pressure_is_a_share(struct kunit *test)
{
	struct pvb_pressure p = {};
	u64 now = 1000 * NSEC_PER_SEC;

	/* A long history before the first sample says nothing about now. */
	pvb_pressure_update(&p, now, 500 * NSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, p.permille, 0);
	KUNIT_EXPECT_FALSE(test, pvb_pressure_due(&p, now + 99 * NSEC_PER_MSEC));
	KUNIT_EXPECT_TRUE(test, pvb_pressure_due(&p, now + 100 * NSEC_PER_MSEC));

	now += 200 * NSEC_PER_MSEC;
	pvb_pressure_update(&p, now, 500 * NSEC_PER_SEC + 50 * NSEC_PER_MSEC);
	KUNIT_EXPECT_EQ(test, p.permille, 250);

	/* More stalled than elapsed: several CPUs' clocks differ a little. */
	now += 100 * NSEC_PER_MSEC;
	pvb_pressure_update(&p, now, 501 * NSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, p.permille, 1000);

	/* After a long rest the old sample says nothing either. */
	now += 3600 * NSEC_PER_SEC;
	pvb_pressure_update(&p, now, 502 * NSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, p.permille, 0);
}

static struct kunit_case policy_cases[] = {
	KUNIT_CASE(floor_grows_with_root),
	KUNIT_CASE(target_is_clamped),
	KUNIT_CASE(reserve_stays),
	KUNIT_CASE(backoff_doubles),
	KUNIT_CASE(pressure_is_a_share),
	{}
};

static struct kunit_suite policy_suite = {
	.name = "pv_balloon_policy",
	.test_cases = policy_cases,
};

kunit_test_suite(policy_suite);
