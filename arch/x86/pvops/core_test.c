// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests: choice of a backend, failing steps, the command line
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/string.h>

#include "pvops.h"

/*
 * A platform of its own: what its callbacks return, and in which order they
 * were called.  The suite runs in one thread.
 */
static struct {
	int detect_low, detect_high;
	int negotiate;
	int step[3];
	char log[64];
	unsigned int lines;
} fake;

static void note(const char *what)
{
	strlcat(fake.log, what, sizeof(fake.log));
}

static void count_line(const char *line)
{
	fake.lines++;
}

static int detect_bare(const struct pvops_machine *machine)
{
	return 0;
}

static int detect_low(const struct pvops_machine *machine)
{
	return fake.detect_low;
}

static int detect_high(const struct pvops_machine *machine)
{
	return fake.detect_high;
}

static int negotiate(void)
{
	return fake.negotiate;
}

static int run_a(unsigned int cpu)
{
	note("a");
	return fake.step[0];
}

static int run_b(unsigned int cpu)
{
	note("b");
	return fake.step[1];
}

static int run_c(unsigned int cpu)
{
	note("c");
	return fake.step[2];
}

static void undo_a(unsigned int cpu)
{
	note("A");
}

static void undo_b(unsigned int cpu)
{
	note("B");
}

static const struct pvops_feature features[] = {
	{ .name = "plain" },
	{ .name = "asked", .negotiate = negotiate },
};

static const struct pvops_step steps[] = {
	{ .name = "first", .phase = PVOPS_EARLY, .run = run_a, .undo = undo_a },
	{ .name = "second", .phase = PVOPS_EARLY, .run = run_b, .undo = undo_b },
	{ .name = "third", .phase = PVOPS_EARLY, .run = run_c },
	{ .name = "may", .phase = PVOPS_SMP, .run = run_a, .undo = undo_a },
	{ .name = "must", .phase = PVOPS_SMP, .run = run_b, .undo = undo_b, .required = true },
	{ .name = "after", .phase = PVOPS_SMP, .run = run_c },
};

static const struct pvops_backend bare = { .name = "bare", .detect = detect_bare };

static const struct pvops_backend low = {
	.name = "low",
	.priority = 1,
	.detect = detect_low,
};

static const struct pvops_backend high = {
	.name		= "high",
	.priority	= 2,
	.areas		= BIT(PVOPS_CPU),
	.beside		= BIT(X86_HYPER_KVM),
	.detect		= detect_high,
	.features	= features,
	.nr_features	= ARRAY_SIZE(features),
	.steps		= steps,
	.nr_steps	= ARRAY_SIZE(steps),
};

static const struct pvops_backend announced = { .name = "early", .deprivileged = true };

static const struct pvops_backend *const backends[] = { &low, &bare, &high, &announced };

static const struct pvops_registry registry = {
	.backends	= backends,
	.nr		= ARRAY_SIZE(backends),
	.native		= &bare,
};

static const struct pvops_machine machine;

static int init_fake(struct kunit *test)
{
	memset(&fake, 0, sizeof(fake));
	kunit_activate_static_stub(test, pvops_say, count_line);
	test->priv = kunit_kzalloc(test, sizeof(struct pvops_state), GFP_KERNEL);
	return test->priv ? 0 : -ENOMEM;
}

static void __init parse(struct pvops_state *state, const char *line)
{
	char copy[128];

	strscpy(copy, line, sizeof(copy));
	pvops_parse_command_line(&state->params, copy);
}

static void __init select_takes_highest_priority(struct kunit *test)
{
	struct pvops_state *state = test->priv;

	KUNIT_EXPECT_EQ(test, pvops_select(state, &registry, &machine), 0);
	KUNIT_EXPECT_PTR_EQ(test, state->backend, &high);
}

static void __init select_takes_what_is_there(struct kunit *test)
{
	struct pvops_state *state = test->priv;

	fake.detect_high = -ENODEV;
	KUNIT_EXPECT_EQ(test, pvops_select(state, &registry, &machine), 0);
	KUNIT_EXPECT_PTR_EQ(test, state->backend, &low);

	fake.detect_low = -ENODEV;
	KUNIT_EXPECT_EQ(test, pvops_select(state, &registry, &machine), 0);
	KUNIT_EXPECT_PTR_EQ(test, state->backend, &bare);
}

static void __init select_takes_announced(struct kunit *test)
{
	const struct pvops_machine deprivileged = { .announced = &announced, .no_native = true };
	struct pvops_state *state = test->priv;

	KUNIT_EXPECT_EQ(test, pvops_select(state, &registry, &deprivileged), 0);
	KUNIT_EXPECT_PTR_EQ(test, state->backend, &announced);
}

/* A hypervisor that is there but cannot be served: no weaker backend takes it. */
static void __init select_reports_failed_detection(struct kunit *test)
{
	struct pvops_state *state = test->priv;

	fake.detect_high = -EPROTO;
	KUNIT_EXPECT_EQ(test, pvops_select(state, &registry, &machine), -EPROTO);
	KUNIT_EXPECT_STREQ(test, state->failed, "detect");
	KUNIT_EXPECT_PTR_EQ(test, state->backend, &high);

	/* A stronger one does, though. */
	fake.detect_high = 0;
	fake.detect_low = -EPROTO;
	KUNIT_EXPECT_EQ(test, pvops_select(state, &registry, &machine), 0);
}

static void __init select_wants_one_platform(struct kunit *test)
{
	struct pvops_state *state = test->priv;

	parse(state, "pvops=high");
	KUNIT_EXPECT_EQ(test, pvops_select(state, &registry, &machine), 0);

	parse(state, "pvops=low");
	KUNIT_EXPECT_EQ(test, pvops_select(state, &registry, &machine), -ENODEV);
	KUNIT_EXPECT_PTR_EQ(test, state->backend, &high);
}

static void __init native_is_granted_or_refused(struct kunit *test)
{
	static const struct {
		const char *line;
		bool granted;
		unsigned int lines;
	} cases[] = {
		{ "", false, 0 },
		{ "pvops=auto", false, 0 },
		{ "pvops=native pvops=auto", false, 0 },
		{ "pvops=bare", true, 0 },
		{ "pvops=high", false, 0 },
		{ "pvops=", false, 1 },
		{ "pvops", false, 1 },
		{ "pvops=hig", true, 1 },
		{ "pvops=higher", true, 1 },
		{ "pvops=a-name-that-is-far-too-long-to-be-one", true, 1 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pvops_state state = {};

		fake.lines = 0;
		parse(&state, cases[i].line);
		KUNIT_EXPECT_EQ_MSG(test, pvops_native_wanted(&registry, &state.params, false),
				    cases[i].granted, "%s", cases[i].line);
		KUNIT_EXPECT_EQ_MSG(test, fake.lines, cases[i].lines, "%s", cases[i].line);

		parse(&state, cases[i].line);
		KUNIT_EXPECT_FALSE(test, pvops_native_wanted(&registry, &state.params, true));
		if (cases[i].granted)
			KUNIT_EXPECT_STREQ(test, state.params.want, "");
	}
}

static void __init features_are_negotiated(struct kunit *test)
{
	static const struct {
		const char *line;
		int negotiate;
		u32 on;
		unsigned int lines;
	} cases[] = {
		{ "", 0, BIT(0) | BIT(1), 0 },
		{ "", -ENODEV, BIT(0), 0 },
		{ "", -EIO, BIT(0), 1 },
		{ "pvops.high.no_plain", 0, BIT(1), 0 },
		{ "pvops.high.no_plain pvops.high.no_asked", 0, 0, 0 },
		{ "pvops.low.no_plain", 0, BIT(0) | BIT(1), 1 },
		{ "pvops.high.no_such", 0, BIT(0) | BIT(1), 1 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pvops_state state = { .backend = &high };

		fake.lines = 0;
		fake.negotiate = cases[i].negotiate;
		parse(&state, cases[i].line);
		KUNIT_EXPECT_EQ(test, pvops_negotiate(&state), 0);
		KUNIT_EXPECT_EQ_MSG(test, state.features, cases[i].on, "case %u: %s", i,
				    cases[i].line);
		KUNIT_EXPECT_EQ_MSG(test, fake.lines, cases[i].lines, "case %u", i);
	}
}

static void early_failure_is_undone(struct kunit *test)
{
	static const char *const logs[] = { "a", "abA", "abcBA", "abc" };
	static const char *const names[] = { "first", "second", "third" };

	for (unsigned int i = 0; i < ARRAY_SIZE(logs); i++) {
		struct pvops_state state = { .backend = &high };

		memset(&fake, 0, sizeof(fake));
		if (i < ARRAY_SIZE(names))
			fake.step[i] = -EIO;
		KUNIT_EXPECT_EQ(test, pvops_run_phase(&state, PVOPS_EARLY, 0),
				i < ARRAY_SIZE(names) ? -EIO : 0);
		KUNIT_EXPECT_STREQ(test, fake.log, logs[i]);
		if (i < ARRAY_SIZE(names))
			KUNIT_EXPECT_STREQ(test, state.failed, names[i]);
	}
}

static void optional_failure_is_left_out(struct kunit *test)
{
	struct pvops_state state = { .backend = &high };

	fake.step[0] = -EIO;
	fake.step[2] = -EIO;
	KUNIT_EXPECT_EQ(test, pvops_run_phase(&state, PVOPS_SMP, 0), 0);
	KUNIT_EXPECT_STREQ(test, fake.log, "abc");
	KUNIT_EXPECT_EQ(test, fake.lines, 2);
}

static void required_failure_ends_the_phase(struct kunit *test)
{
	struct pvops_state state = { .backend = &high };

	fake.step[1] = -EIO;
	KUNIT_EXPECT_EQ(test, pvops_run_phase(&state, PVOPS_SMP, 0), -EIO);
	KUNIT_EXPECT_STREQ(test, fake.log, "abA");
	KUNIT_EXPECT_STREQ(test, state.failed, "must");
}

#ifdef CONFIG_PVOPS_DEBUG
static void every_step_can_be_injected(struct kunit *test)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(steps); i++) {
		struct pvops_state state = { .backend = &high };
		bool must = steps[i].required || steps[i].phase == PVOPS_EARLY;

		strscpy(state.params.fail, steps[i].name, sizeof(state.params.fail));
		KUNIT_EXPECT_EQ_MSG(test, pvops_run_phase(&state, steps[i].phase, 0),
				    must ? -EIO : 0, "%s", steps[i].name);
		KUNIT_EXPECT_TRUE_MSG(test, state.injected, "%s", steps[i].name);
	}
}
#endif

static void __init command_line_is_checked(struct kunit *test)
{
	static const struct {
		const char *name, *value;
		int result;
	} cases[] = {
		{ "pvops", "kvm", 0 },
		{ "pvops", NULL, -EINVAL },
		{ "pvops", "", -EINVAL },
		{ "pvopsy", "x", 0 },
		{ "pvops.", NULL, -EINVAL },
		{ "pvops.fial", "x", -EINVAL },
		{ "pvops.kvm", NULL, -EINVAL },
		{ "pvops.kvm.", NULL, -EINVAL },
		{ "pvops.kvm.no_", NULL, -EINVAL },
		{ "pvops..no_x", NULL, -EINVAL },
		{ "pvops.kvm.no_x", "1", -EINVAL },
		{ "pvops.kvm.yes_x", NULL, -EINVAL },
		{ "pvops.a-name-that-is-far-too-long.no_x", NULL, -EINVAL },
		{ "pvops.kvm.no_a_name_that_is_far_too_long", NULL, -EINVAL },
		{ "pvops.kvm.no_x", NULL, 0 },
	};
	struct pvops_params *params = kunit_kzalloc(test, sizeof(*params), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, params);
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++)
		KUNIT_EXPECT_EQ_MSG(test,
				    pvops_parse_param(params, cases[i].name, cases[i].value),
				    cases[i].result, "%s", cases[i].name);

	KUNIT_EXPECT_EQ(test, params->nr_off, 1);
	for (unsigned int i = 1; i < PVOPS_MAX_OFF; i++)
		KUNIT_EXPECT_EQ(test, pvops_parse_param(params, "pvops.kvm.no_x", NULL), 0);
	KUNIT_EXPECT_EQ(test, pvops_parse_param(params, "pvops.kvm.no_x", NULL), -ENOSPC);
}

static void __init in_tree_code_is_kept(struct kunit *test)
{
	struct pvops_state state = { .backend = &low };

	KUNIT_EXPECT_TRUE(test, pvops_keeps(&state, X86_HYPER_VMWARE));

	state.backend = &bare;
	KUNIT_EXPECT_FALSE(test, pvops_keeps(&state, X86_HYPER_VMWARE));

	state.backend = &high;
	KUNIT_EXPECT_TRUE(test, pvops_keeps(&state, X86_HYPER_KVM));
	KUNIT_EXPECT_FALSE(test, pvops_keeps(&state, X86_HYPER_VMWARE));
}

/* The backends of this kernel: names and callbacks that the core relies on */
static void __init registry_is_sound(struct kunit *test)
{
	const struct pvops_registry *reg = &pvops_backends;

	KUNIT_EXPECT_PTR_EQ(test, pvops_find(reg, "native"), reg->native);
	for (unsigned int i = 0; i < reg->nr; i++) {
		const struct pvops_backend *b = reg->backends[i];

		KUNIT_EXPECT_LT(test, strlen(b->name), PVOPS_NAME_LEN);
		KUNIT_EXPECT_PTR_EQ(test, pvops_find(reg, b->name), b);
		KUNIT_EXPECT_LE(test, b->nr_features, 32);
		for (unsigned int s = 0; s < b->nr_steps; s++)
			KUNIT_EXPECT_NOT_NULL(test, b->steps[s].run);
		for (unsigned int f = 0; f < b->nr_features; f++) {
			for (unsigned int k = 0; k < pvops_nr_found; k++)
				KUNIT_EXPECT_STRNEQ(test, b->features[f].name,
						    pvops_found[k].name);
		}
	}
}

static struct kunit_case __refdata core_test_cases[] = {
	KUNIT_CASE(select_takes_highest_priority),
	KUNIT_CASE(select_takes_what_is_there),
	KUNIT_CASE(select_takes_announced),
	KUNIT_CASE(select_reports_failed_detection),
	KUNIT_CASE(select_wants_one_platform),
	KUNIT_CASE(native_is_granted_or_refused),
	KUNIT_CASE(features_are_negotiated),
	KUNIT_CASE(early_failure_is_undone),
	KUNIT_CASE(optional_failure_is_left_out),
	KUNIT_CASE(required_failure_ends_the_phase),
#ifdef CONFIG_PVOPS_DEBUG
	KUNIT_CASE(every_step_can_be_injected),
#endif
	KUNIT_CASE(command_line_is_checked),
	KUNIT_CASE(in_tree_code_is_kept),
	KUNIT_CASE(registry_is_sound),
	{}
};

static struct kunit_suite core_test_suite = {
	.name = "pvops_core",
	.init = init_fake,
	.test_cases = core_test_cases,
};

kunit_test_init_section_suite(core_test_suite);
