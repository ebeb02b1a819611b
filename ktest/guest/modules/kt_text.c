// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test equipment: text that is patched while every CPU runs it
 *
 * Loading it puts probes on its own functions, turns static branches and a
 * static call over, and traces a function, each again and again; loading fails if
 * one of them has no effect or a wrong one.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <linux/ftrace.h>
#include <linux/jump_label.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/smp.h>
#include <linux/static_call.h>

#define CALLS		20

static uint rounds = 20;
module_param(rounds, uint, 0444);
MODULE_PARM_DESC(rounds, "how often each kind of text is patched");

/* Where probes go: an instruction that is stepped over in a copy, or run there and left */
extern const char kt_text_step[], kt_text_boost[];

static noinline int kt_text_target(int value)
{
	asm volatile("kt_text_step: addl $3, %0\n\t"
		     "kt_text_boost: addl $0x1000, %0"
		     : "+r" (value));
	return value;
}

#define ADDED	0x1003

static int complain(const char *what, long got, long wanted)
{
	pr_err("%s: %ld, not %ld\n", what, got, wanted);
	return -EIO;
}

static int check_calls(void)
{
	int i;

	for (i = 0; i < CALLS; i++) {
		if (kt_text_target(i) != i + ADDED)
			return complain("probed function", kt_text_target(i), i + ADDED);
	}

	return 0;
}

static int befores, afters;

static int before_step(struct kprobe *p, struct pt_regs *regs)
{
	befores++;
	return 0;
}

/* That there is one keeps kprobes from leaving the single step out */
static void after_step(struct kprobe *p, struct pt_regs *regs, unsigned long flags)
{
	afters++;
}

static int probe_by_step(void)
{
	struct kprobe probe = {
		.addr = (kprobe_opcode_t *)kt_text_step,
		.pre_handler = before_step,
		.post_handler = after_step,
	};
	int ret = register_kprobe(&probe);

	if (ret)
		return complain("kprobe", ret, 0);

	befores = 0;
	afters = 0;
	ret = check_calls();
	unregister_kprobe(&probe);
	if (ret)
		return ret;

	if (befores != CALLS || afters != CALLS)
		return complain("handlers of a stepped probe", befores + afters, 2 * CALLS);

	return 0;
}

/* Without the handler behind it the copy ends in a jump back, and no step is needed */
static int probe_boosted(void)
{
	struct kprobe probe = {
		.addr = (kprobe_opcode_t *)kt_text_boost,
		.pre_handler = before_step,
	};
	int ret = register_kprobe(&probe);

	if (ret)
		return complain("kprobe", ret, 0);

	befores = 0;
	ret = check_calls();
	unregister_kprobe(&probe);
	if (!ret && befores != CALLS)
		ret = complain("handlers of a boosted probe", befores, CALLS);

	return ret;
}

static int returns;

static int on_return(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	returns += regs_return_value(regs) >= ADDED;
	return 0;
}

static int probe_return(void)
{
	struct kretprobe probe = {
		.kp.symbol_name = "kt_text_target",
		.handler = on_return,
	};
	int ret = register_kretprobe(&probe);

	if (ret)
		return complain("kretprobe", ret, 0);

	returns = 0;
	ret = check_calls();
	unregister_kretprobe(&probe);
	if (!ret && returns != CALLS)
		ret = complain("returns", returns, CALLS);

	return ret;
}

static int traced;

static void on_call(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
		    struct ftrace_regs *regs)
{
	traced++;
}

static struct ftrace_ops trace_ops = { .func = on_call };

static int trace_function(void)
{
	int ret = register_ftrace_function(&trace_ops);

	if (ret)
		return complain("ftrace", ret, 0);

	traced = 0;
	ret = check_calls();
	unregister_ftrace_function(&trace_ops);
	if (!ret && traced != CALLS)
		ret = complain("traced calls", traced, CALLS);
	if (!ret)
		ret = check_calls();
	if (!ret && traced != CALLS)
		ret = complain("calls traced after the end", traced, CALLS);

	return ret;
}

static DEFINE_STATIC_KEY_FALSE(kt_text_key);
static atomic_t branches;

static void count_branch(void *unused)
{
	if (static_branch_unlikely(&kt_text_key))
		atomic_inc(&branches);
}

/* On every CPU the new code runs once the key has changed */
static int turn_key(bool on)
{
	int wanted = on ? num_online_cpus() : 0;

	if (on)
		static_branch_enable(&kt_text_key);
	else
		static_branch_disable(&kt_text_key);
	atomic_set(&branches, 0);
	on_each_cpu(count_branch, NULL, 1);
	if (atomic_read(&branches) != wanted)
		return complain("CPUs that take a static branch", atomic_read(&branches), wanted);

	return 0;
}

static atomic_t calls[2];

static void count_first(void)
{
	atomic_inc(&calls[0]);
}

static void count_second(void)
{
	atomic_inc(&calls[1]);
}

DEFINE_STATIC_CALL(kt_text_call, count_first);

static void make_call(void *unused)
{
	static_call(kt_text_call)();
}

static int turn_call(int which)
{
	static_call_update(kt_text_call, which ? count_second : count_first);
	atomic_set(&calls[which], 0);
	on_each_cpu(make_call, NULL, 1);
	if (atomic_read(&calls[which]) != num_online_cpus())
		return complain("CPUs that make a static call", atomic_read(&calls[which]),
				num_online_cpus());

	return 0;
}

static int one_round(void)
{
	int ret = probe_by_step() ?: probe_boosted() ?: probe_return() ?: trace_function();

	return ret ?: turn_key(true) ?: turn_key(false) ?: turn_call(1) ?: turn_call(0);
}

static int __init kt_text_init(void)
{
	int ret = ftrace_set_filter_ip(&trace_ops, (unsigned long)kt_text_target, 0, 0);
	uint i;

	if (ret)
		return complain("ftrace filter", ret, 0);

	for (i = 0; i < rounds && !ret; i++)
		ret = one_round();
	ftrace_free_filter(&trace_ops);

	return ret;
}

static void __exit kt_text_exit(void)
{
}

module_init(kt_text_init);
module_exit(kt_text_exit);
MODULE_DESCRIPTION("Test module that patches text while it runs");
MODULE_LICENSE("GPL");
