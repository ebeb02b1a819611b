// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests: the inventory of this machine's ops
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <kunit/test.h>
#include <linux/bitops.h>
#include <linux/static_call.h>
#include <linux/string.h>

#include <asm/apic.h>

#include "pvops.h"

static void every_slot_has_a_name(struct kunit *test)
{
	for (unsigned int i = 0; i < PVOPS_NR_SLOTS; i++) {
		KUNIT_ASSERT_NOT_NULL_MSG(test, pvops_slots[i].name, "slot %u", i);
		KUNIT_EXPECT_PTR_EQ_MSG(test, pvops_slots[i].where, (void *const *)&pv_ops + i,
					"%s", pvops_slots[i].name);
	}
}

static void names_are_unique(struct kunit *test)
{
	for (unsigned int i = 0; i < pvops_nr_others; i++) {
		for (unsigned int k = 0; k < i; k++) {
			if (!strcmp(pvops_others[i].group, pvops_others[k].group))
				KUNIT_EXPECT_STRNEQ(test, pvops_others[i].name,
						    pvops_others[k].name);
		}
	}
}

static void owners_are_known_by_prefix(struct kunit *test)
{
	static const struct {
		const char *symbol;
		enum pvops_owner owner;
		bool helper;
	} cases[] = {
		{ "native_write_cr3", PVOPS_OWNER_NATIVE },
		{ "flat_send_IPI_mask", PVOPS_OWNER_NATIVE },
		{ "not_xen_at_all", PVOPS_OWNER_NATIVE },
		{ "xenon", PVOPS_OWNER_NATIVE },
		{ "kvm_flush_tlb_multi", PVOPS_OWNER_KVM },
		{ "__raw_callee_save___kvm_vcpu_is_preempted", PVOPS_OWNER_KVM },
		{ "xen_write_cr3", PVOPS_OWNER_XEN },
		{ "__raw_callee_save_xen_pte_val", PVOPS_OWNER_XEN },
		{ "hyperv_flush_tlb_multi", PVOPS_OWNER_HYPERV },
		{ "hv_apic_eoi_write", PVOPS_OWNER_HYPERV },
		{ "read_hv_sched_clock_tsc", PVOPS_OWNER_HYPERV },
		{ "vmware_sched_clock", PVOPS_OWNER_VMWARE },
		{ "pvm_irq_enable", PVOPS_OWNER_PVM },
		{ "__raw_callee_save_pvm_save_fl", PVOPS_OWNER_PVM },
		{ "nop_func", PVOPS_OWNER_NATIVE, true },
		{ "_paravirt_ident_64", PVOPS_OWNER_NATIVE, true },
		{ "__raw_callee_save___pv_queued_spin_unlock", PVOPS_OWNER_NATIVE, true },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		KUNIT_EXPECT_EQ_MSG(test, pvops_owner_of_name(cases[i].symbol), cases[i].owner,
				    "%s", cases[i].symbol);
		KUNIT_EXPECT_EQ_MSG(test, pvops_is_helper(cases[i].symbol), cases[i].helper,
				    "%s", cases[i].symbol);
	}
}

static void owners_are_joined(struct kunit *test)
{
	char buf[PVOPS_OWNERS_LEN];

	pvops_format_owners(buf, sizeof(buf), BIT(PVOPS_OWNER_NATIVE));
	KUNIT_EXPECT_STREQ(test, buf, "native");

	pvops_format_owners(buf, sizeof(buf), BIT(PVOPS_OWNER_KVM) | BIT(PVOPS_OWNER_PVM));
	KUNIT_EXPECT_STREQ(test, buf, "pvops-pvm+kvm");

	pvops_format_owners(buf, sizeof(buf), BIT(PVOPS_NR_OWNERS) - 1);
	KUNIT_EXPECT_STREQ(test, buf, "native+pvops-pvm+kvm+xen+hyperv+vmware+unknown");
}

/* On no platform of ours is there a function that nobody knows. */
static void no_owner_is_unknown(struct kunit *test)
{
	for (unsigned int area = 0; area < PVOPS_NR_AREAS; area++)
		KUNIT_EXPECT_FALSE_MSG(test, pvops_area_owners(area) & BIT(PVOPS_OWNER_UNKNOWN),
				       "%s", pvops_area_names[area]);
}

/* Bare hardware has no hypervisor's functions; where there are some, it is not native. */
static void owners_fit_the_platform(struct kunit *test)
{
	unsigned int owners = 0;

	for (unsigned int area = 0; area < PVOPS_NR_AREAS; area++)
		owners |= pvops_area_owners(area);

	if (pvops_state.backend->owner == PVOPS_OWNER_NATIVE)
		KUNIT_EXPECT_EQ(test, owners, BIT(PVOPS_OWNER_NATIVE));
	else
		KUNIT_EXPECT_TRUE(test, owners & BIT(pvops_state.backend->owner));
}

/*
 * Whether a site is a call or bare hardware's instructions depends on the
 * platform, but not how many there are; and all calls go to what the slot holds,
 * since nothing replaced it after they were patched.
 */
static void call_sites_were_counted(struct kunit *test)
{
	unsigned int sites = 0;

	for (unsigned int i = 0; i < PVOPS_NR_SLOTS; i++) {
		struct pvops_site_sum sum;

		pvops_sum_slot(i, pvops_op_function(&pvops_slots[i]), &sum);
		sites += sum.direct + sum.inlined;
		KUNIT_EXPECT_EQ_MSG(test, sum.stale, 0, "%s", pvops_slots[i].name);
	}

	/* io_delay() and queued_spin_unlock() alone have more. */
	KUNIT_EXPECT_GT(test, sites, 100);
}

static void static_calls_were_counted(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_HAVE_STATIC_CALL_INLINE))
		kunit_skip(test, "needs inline static calls");

	for (unsigned int i = 0; i < pvops_nr_others; i++) {
		const struct pvops_op *op = &pvops_others[i];
		struct pvops_site_sum sum;

		if (strcmp(op->name, "eoi") && strcmp(op->name, "pv_sched_clock"))
			continue;

		pvops_sum_static_call(op, &sum);
		KUNIT_EXPECT_GT_MSG(test, sum.direct, 0, "%s", op->name);
	}
}

static void functions_are_read_from_where_they_are(struct kunit *test)
{
	for (unsigned int i = 0; i < pvops_nr_others; i++) {
		const struct pvops_op *op = &pvops_others[i];

		if (!strcmp(op->name, "eoi"))
			KUNIT_EXPECT_PTR_EQ(test, pvops_op_function(op),
					    (void *)static_call_query(apic_call_eoi));
#ifdef CONFIG_SMP
		if (!strcmp(op->name, "send_call_func_ipi"))
			KUNIT_EXPECT_PTR_EQ(test, pvops_op_function(op),
					    (void *)smp_ops.send_call_func_ipi);
#endif
	}
}

static struct kunit_case inventory_test_cases[] = {
	KUNIT_CASE(every_slot_has_a_name),
	KUNIT_CASE(names_are_unique),
	KUNIT_CASE(owners_are_known_by_prefix),
	KUNIT_CASE(owners_are_joined),
	KUNIT_CASE(no_owner_is_unknown),
	KUNIT_CASE(owners_fit_the_platform),
	KUNIT_CASE(call_sites_were_counted),
	KUNIT_CASE(static_calls_were_counted),
	KUNIT_CASE(functions_are_read_from_where_they_are),
	{}
};

static struct kunit_suite inventory_test_suite = {
	.name = "pvops_inventory",
	.test_cases = inventory_test_cases,
};

kunit_test_suite(inventory_test_suite);
