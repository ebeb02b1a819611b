// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the queue of the intent extension
 *
 * Copyright (C) 2026 the pvops developers
 *
 * They need no PVM host and run on every platform.  Numbers are spelled out
 * here, so that a wrong one in intent_abi.h is noticed.
 */
#include <kunit/test.h>

#include <linux/string.h>

#include "pvm.h"

static void test_page_is_a_page_of_its_own(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, sizeof(struct pvm_intent), (size_t)512);
	KUNIT_EXPECT_EQ(test, sizeof(struct pvm_intent_page), (size_t)4096);
	KUNIT_EXPECT_EQ(test, offsetof(struct pvm_intent, entry), (size_t)64);
	KUNIT_EXPECT_EQ(test, ARRAY_SIZE(((struct pvm_intent *)NULL)->entry), (size_t)56);
}

static struct pvm_intent *queue(struct kunit *test, u32 count)
{
	struct pvm_intent *intent = kunit_kzalloc(test, sizeof(*intent), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, intent);
	intent->count = count;
	return intent;
}

static void test_one_page(struct kunit *test)
{
	struct pvm_intent *q = queue(test, 3);

	KUNIT_EXPECT_EQ(test, pvm_intent_removals(q, 0x7000, 0x8000), 1);
	KUNIT_EXPECT_EQ(test, q->count, 4);
	KUNIT_EXPECT_EQ(test, q->entry[3], 0x7002ULL);
}

static void test_address_inside_of_a_page(struct kunit *test)
{
	struct pvm_intent *q = queue(test, 0);

	KUNIT_EXPECT_EQ(test, pvm_intent_removals(q, 0x7123, 0x8123), 1);
	KUNIT_EXPECT_EQ(test, q->entry[0], 0x7002ULL);
}

static void test_range_of_several_entries(struct kunit *test)
{
	struct pvm_intent *q = queue(test, 0);

	/* 512 pages, and 3 */
	KUNIT_EXPECT_EQ(test, pvm_intent_removals(q, 0x400000, 0x603000), 2);
	KUNIT_EXPECT_EQ(test, q->count, 2);
	KUNIT_EXPECT_EQ(test, q->entry[0], 0x400ffaULL);
	KUNIT_EXPECT_EQ(test, q->entry[1], 0x600012ULL);
}

static void test_last_entry_is_used(struct kunit *test)
{
	struct pvm_intent *q = queue(test, 55);

	KUNIT_EXPECT_EQ(test, pvm_intent_removals(q, 0x1000, 0x2000), 1);
	KUNIT_EXPECT_EQ(test, q->count, 56);
	KUNIT_EXPECT_EQ(test, q->entry[55], 0x1002ULL);
}

static void test_hints_give_way_to_removals(struct kunit *test)
{
	struct pvm_intent *q = queue(test, 56);

	KUNIT_EXPECT_EQ(test, pvm_intent_removals(q, 0x1000, 0x2000), 1);
	KUNIT_EXPECT_EQ(test, q->count, 1);
	KUNIT_EXPECT_EQ(test, q->entry[0], 0x1002ULL);
}

static void test_too_large_a_range(struct kunit *test)
{
	struct pvm_intent *q = queue(test, 5);

	/* 56 entries name 56 * 2 MB */
	KUNIT_EXPECT_EQ(test, pvm_intent_removals(q, 0, 0x7001000), 0);
	KUNIT_EXPECT_EQ(test, q->count, 5);
	KUNIT_EXPECT_EQ(test, pvm_intent_removals(q, 0, 0x7000000), 56);
	KUNIT_EXPECT_EQ(test, q->count, 56);
}

static struct kunit_case intent_cases[] = {
	KUNIT_CASE(test_page_is_a_page_of_its_own),
	KUNIT_CASE(test_one_page),
	KUNIT_CASE(test_address_inside_of_a_page),
	KUNIT_CASE(test_range_of_several_entries),
	KUNIT_CASE(test_last_entry_is_used),
	KUNIT_CASE(test_hints_give_way_to_removals),
	KUNIT_CASE(test_too_large_a_range),
	{}
};

static struct kunit_suite intent_suite = {
	.name = "pvops_pvm_intent",
	.test_cases = intent_cases,
};

kunit_test_suite(intent_suite);
