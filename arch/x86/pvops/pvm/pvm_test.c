// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of what the PVM backend parses and computes
 *
 * Copyright (C) 2026 the pvops developers
 *
 * They need no PVM host and run on every platform.  Numbers are spelled out
 * here, so that a wrong one in abi.h is noticed.
 */
#include <kunit/test.h>

#include <linux/string.h>

#include "pvm.h"

/* Four fields of 0xfe00 | index: PML4 start, PML4 end, PML5 start, PML5 end */
#define RANGE(start, end) \
	(0xfe00ULL << 48 | 0x1ffULL << 48 | 0xfe00ULL << 32 | 0x1ffULL << 32 | \
	 0xfe00ULL << 16 | (end) << 16 | 0xfe00ULL | (start))

static void test_legal_range(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, pvm_range_is_legal(RANGE(0x110ULL, 0x1ffULL)));
	KUNIT_EXPECT_TRUE(test, pvm_range_is_legal(~0ULL));
	/* A field without its fixed bits, and one whose index has bit 8 clear */
	KUNIT_EXPECT_FALSE(test, pvm_range_is_legal(0));
	KUNIT_EXPECT_FALSE(test, pvm_range_is_legal(RANGE(0x110ULL, 0x1ffULL) & ~0xff00ULL));
	KUNIT_EXPECT_FALSE(test, pvm_range_is_legal(RANGE(0x110ULL, 0x1ffULL) & ~0x100ULL));
}

static void test_whole_range_includes_slot_511(struct kunit *test)
{
	/* start=0x110, end=0x1ff: nothing is kept from the guest above the hole */
	KUNIT_EXPECT_TRUE(test, pvm_range_has_slots(RANGE(0x110ULL, 0x1ffULL), 273, 511));
	KUNIT_EXPECT_TRUE(test, pvm_range_has_slots(RANGE(0x100ULL, 0x1ffULL), 273, 511));
}

static void test_narrow_range_excludes_the_image(struct kunit *test)
{
	/* Slots 434-465, as a kvm-pvm host gives them */
	u64 range = RANGE(0x1b2ULL, 0x1d2ULL);

	KUNIT_EXPECT_FALSE(test, pvm_range_has_slots(range, 273, 511));
	KUNIT_EXPECT_TRUE(test, pvm_range_has_slots(range, 434, 465));
	KUNIT_EXPECT_FALSE(test, pvm_range_has_slots(range, 433, 465));
	KUNIT_EXPECT_FALSE(test, pvm_range_has_slots(range, 434, 466));
	/* An end of 0x1ff alone does not mean slot 511 */
	KUNIT_EXPECT_FALSE(test, pvm_range_has_slots(RANGE(0x1c0ULL, 0x1ffULL), 500, 511));
	/* The empty range */
	KUNIT_EXPECT_FALSE(test, pvm_range_has_slots(RANGE(0x1ffULL, 0x1ffULL), 511, 511));
}

static void test_generation(struct kunit *test)
{
	struct pvm_cpuid_answer l = { .max_leaf = 0x40000001 };
	struct pvm_cpuid_answer r = { .max_leaf = 0x40000002, .vendor_ebx = 0x6d7670 };
	struct pvm_cpuid_answer r_header = { .max_leaf = 0x40000002, .vendor_ebx = 0x4d5650 };
	struct pvm_cpuid_answer v1 = { .max_leaf = 0x40000001 };
	struct pvm_cpuid_answer stale = { .max_leaf = 0x40000001, .vendor_ebx = 0x4d5650 };

	memcpy(v1.v1_signature, "PVMPVMPVM\0\0", 12);

	KUNIT_EXPECT_EQ(test, pvm_generation(&l), PVM_GENERATION_L);
	KUNIT_EXPECT_EQ(test, pvm_generation(&r), PVM_GENERATION_R);
	KUNIT_EXPECT_EQ(test, pvm_generation(&r_header), PVM_GENERATION_R);
	KUNIT_EXPECT_EQ(test, pvm_generation(&v1), PVM_GENERATION_V1);
	/* A leaf beyond the highest one says nothing */
	KUNIT_EXPECT_EQ(test, pvm_generation(&stale), PVM_GENERATION_L);
}

static void filter(u32 leaf, u32 subleaf, u32 regs[4])
{
	pvm_filter_cpuid(leaf, subleaf, &regs[0], &regs[1], &regs[2], &regs[3]);
}

static void test_cpuid_hides_what_is_forbidden(struct kunit *test)
{
	u32 leaf1[4] = { ~0, ~0, ~0, ~0 };
	u32 leaf7[4] = { ~0, ~0, ~0, ~0 };
	u32 leaf72[4] = { ~0, ~0, ~0, ~0 };
	u32 leafd[4] = { ~0, ~0, ~0, ~0 };
	u32 amd[4] = { ~0, ~0, ~0, ~0 };
	u32 speculation[4] = { ~0, ~0, ~0, ~0 };
	u32 kvm[4] = { ~0, ~0, ~0, ~0 };

	filter(1, 0, leaf1);
	KUNIT_EXPECT_EQ(test, leaf1[2] & BIT(3), 0);		/* MONITOR */
	KUNIT_EXPECT_NE(test, leaf1[2] & BIT(21), 0);		/* x2APIC stays */
	KUNIT_EXPECT_EQ(test, leaf1[3] & BIT(11), 0);		/* SEP */

	filter(7, 0, leaf7);
	KUNIT_EXPECT_EQ(test, leaf7[1] & BIT(20), 0);		/* SMAP */
	KUNIT_EXPECT_EQ(test, leaf7[1] & BIT(10), 0);		/* INVPCID */
	KUNIT_EXPECT_NE(test, leaf7[1] & BIT(0), 0);		/* FSGSBASE stays */
	KUNIT_EXPECT_EQ(test, leaf7[2] & BIT(3), 0);		/* PKU */
	KUNIT_EXPECT_EQ(test, leaf7[3] & BIT(24), 0);		/* AMX-TILE */

	filter(7, 2, leaf72);
	KUNIT_EXPECT_EQ(test, leaf72[3] & BIT(4), 0);		/* BHI_CTRL */
	KUNIT_EXPECT_NE(test, leaf72[3] & BIT(5), 0);		/* MCDT_NO stays */

	filter(0x80000008, 0, speculation);
	KUNIT_EXPECT_NE(test, speculation[1] & BIT(12), 0);	/* IBPB stays */
	KUNIT_EXPECT_EQ(test, speculation[1] & BIT(14), 0);	/* IBRS */

	filter(0x80000021, 0, amd);
	KUNIT_EXPECT_EQ(test, amd[0] & BIT(8), 0);		/* automatic IBRS */
	KUNIT_EXPECT_EQ(test, amd[0] & BIT(28), 0);		/* IBPB_BRTYPE */
	KUNIT_EXPECT_NE(test, amd[0] & BIT(29), 0);		/* SRSO_NO stays */
	KUNIT_EXPECT_EQ(test, amd[0] & BIT(30), 0);		/* SRSO_USER_KERNEL_NO */

	filter(0xd, 1, leafd);
	KUNIT_EXPECT_EQ(test, leafd[0] & BIT(3), 0);		/* XSAVES */
	KUNIT_EXPECT_NE(test, leafd[0] & BIT(1), 0);		/* XSAVEC stays */
	KUNIT_EXPECT_EQ(test, leafd[0] & BIT(4), 0);		/* XFD */

	filter(0x40000001, 0, kvm);
	KUNIT_EXPECT_EQ(test, kvm[0] & BIT(4), 0);		/* async page faults */
	KUNIT_EXPECT_NE(test, kvm[0] & BIT(5), 0);		/* steal time stays */
}

static void test_cpuid_subleaf_is_kept_apart(struct kunit *test)
{
	u32 leaf[4] = { ~0, ~0, ~0, ~0 };

	filter(0xd, 0, leaf);
	KUNIT_EXPECT_EQ(test, leaf[0], ~0U);
	filter(7, 2, leaf);
	KUNIT_EXPECT_EQ(test, leaf[1], ~0U);
}

static void test_arch_caps_keep_what_mitigations_need(struct kunit *test)
{
	u64 caps = pvm_filter_arch_caps(~0ULL);

	KUNIT_EXPECT_NE(test, caps & BIT(19), 0);		/* RRSBA */
	KUNIT_EXPECT_NE(test, caps & BIT(28), 0);		/* RFDS_CLEAR */
	KUNIT_EXPECT_NE(test, caps & BIT_ULL(62), 0);		/* ITS_NO */
	/* There is no MSR_IA32_SPEC_CTRL, and no second CPL to tell apart */
	KUNIT_EXPECT_EQ(test, caps & BIT(1), 0);		/* IBRS_ALL */
	KUNIT_EXPECT_EQ(test, caps & BIT(20), 0);		/* BHI_NO */
	KUNIT_EXPECT_EQ(test, caps & BIT(7), 0);		/* TSX_CTRL */
	KUNIT_EXPECT_EQ(test, caps & BIT(21), 0);		/* XAPIC_DISABLE */
}

static void test_pvcs_is_a_page_of_its_own(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, sizeof(struct pvm_vcpu_struct), (size_t)128);
	KUNIT_EXPECT_EQ(test, sizeof(struct pvm_vcpu_page), (size_t)4096);
	KUNIT_EXPECT_EQ(test, (unsigned long)this_cpu_ptr(&pvm_vcpu_struct) & 4095, 0UL);
}

static struct kunit_case pvm_cases[] = {
	KUNIT_CASE(test_legal_range),
	KUNIT_CASE(test_whole_range_includes_slot_511),
	KUNIT_CASE(test_narrow_range_excludes_the_image),
	KUNIT_CASE(test_generation),
	KUNIT_CASE(test_cpuid_hides_what_is_forbidden),
	KUNIT_CASE(test_cpuid_subleaf_is_kept_apart),
	KUNIT_CASE(test_arch_caps_keep_what_mitigations_need),
	KUNIT_CASE(test_pvcs_is_a_page_of_its_own),
	{}
};

static struct kunit_suite pvm_suite = {
	.name = "pvops_pvm",
	.test_cases = pvm_cases,
};

kunit_test_suite(pvm_suite);
