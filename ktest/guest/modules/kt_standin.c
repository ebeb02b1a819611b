// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test equipment: the guest's end of the test port of ktest/pvmhost's stand-in
 * for a VMware host (standin_vmware.c), as parameters to be written
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/timekeeping.h>

#define PORT_TEST	0x5671
#define MAGIC_TEST	0x74736574

/* The commands, numbered as in standin_vmware.c */
enum {
	TEST_TARGET,
	TEST_STEP,
	TEST_STEAL,
	TEST_CLOCK,
	TEST_CLOCK_AFTER,
	TEST_REFUSE,
	TEST_RESET,
	TEST_REPORT,
	TEST_SOME_LOCKED,
};

static u64 call(u32 command, u64 arg)
{
	u32 ax = MAGIC_TEST;

	asm volatile("inl %%dx, %%eax"
		     : "+a" (ax), "+b" (arg), "+c" (command) : "d" (PORT_TEST) : "memory");
	return ax ? U64_MAX : arg;
}

/* The parameter's argument is the command, the value that is written its operand. */
static int set_call(const char *val, const struct kernel_param *kp)
{
	long long operand;
	int err = kstrtoll(val, 0, &operand);

	if (err)
		return err;
	return call((unsigned long)kp->arg, operand) == U64_MAX ? -ENODEV : 0;
}

static const struct kernel_param_ops call_ops = { .set = set_call };

/* One access between two readings of the guest's clock */
static int set_clock(const char *val, const struct kernel_param *kp)
{
	unsigned long flags;
	u64 after;

	local_irq_save(flags);
	call(TEST_CLOCK, ktime_get_real_ns());
	after = ktime_get_real_ns();
	local_irq_restore(flags);
	call(TEST_CLOCK_AFTER, after);
	return 0;
}

static const struct kernel_param_ops clock_ops = { .set = set_clock };

/* What no guest may do: read a page that it has given away */
static int set_touch(const char *val, const struct kernel_param *kp)
{
	u64 gpa = call(TEST_SOME_LOCKED, 0);

	if (!gpa || gpa == U64_MAX)
		return -ENOENT;
	pr_info("kt_standin: page %#llx holds %#x\n", gpa, READ_ONCE(*(u32 *)phys_to_virt(gpa)));
	return 0;
}

static const struct kernel_param_ops touch_ops = { .set = set_touch };

module_param_cb(target, &call_ops, (void *)TEST_TARGET, 0200);
module_param_cb(step, &call_ops, (void *)TEST_STEP, 0200);
module_param_cb(steal, &call_ops, (void *)TEST_STEAL, 0200);
module_param_cb(refuse, &call_ops, (void *)TEST_REFUSE, 0200);
module_param_cb(reset, &call_ops, (void *)TEST_RESET, 0200);
module_param_cb(report, &call_ops, (void *)TEST_REPORT, 0200);
module_param_cb(clock, &clock_ops, NULL, 0200);
module_param_cb(touch, &touch_ops, NULL, 0200);
MODULE_PARM_DESC(target, "size of the balloon that the host wants, in pages");
MODULE_PARM_DESC(step, "step the host's clock by so many ns");
MODULE_PARM_DESC(steal, "one time call in so many loses the CPU | for so many us << 32");
MODULE_PARM_DESC(refuse, "the host refuses one page in so many");
MODULE_PARM_DESC(reset, "the host forgets the balloon");
MODULE_PARM_DESC(report, "the host prints its counters");
MODULE_PARM_DESC(clock, "the host compares the guest's clock with its own");
MODULE_PARM_DESC(touch, "read a page that is the host's");

MODULE_DESCRIPTION("Test port of the VMware stand-in");
MODULE_LICENSE("GPL");
