// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test equipment: random hypercalls, MSRs and flushes from a Linux guest of PVM
 *
 * Unlike the bare guest of ktest/pvmhost/fuzz it does so from a kernel that goes
 * on working meanwhile, on every CPU at once, with shadow page tables in use.
 * What would be the guest's own ruin is left out: CR3, the PVM MSRs that say
 * where events go, the segment bases, and the x2APIC's registers in use.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/io.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/prandom.h>

#include <asm/kvm_para.h>

/* ABI of generation L2, section 8 */
#define PVM_HC_BASE		0x17088200
#define PVM_HC_TLB_FLUSH	(PVM_HC_BASE + 3)
#define PVM_HC_TLB_INVLPG	(PVM_HC_BASE + 5)
#define PVM_HC_RDMSR		(PVM_HC_BASE + 7)
#define PVM_HC_WRMSR		(PVM_HC_BASE + 8)
#define PVM_HC_UNUSED		(PVM_HC_BASE + 10)
#define PVM_HC_LAST		(PVM_HC_BASE + 255)

/* Of ktest/pvmhost/port.c */
#define PORT_COMMAND		0xea
#define COMMAND_AUDIT		'A'
#define AUDIT_EVERY		4096

static unsigned int cases = 1000;
module_param(cases, uint, 0444);
MODULE_PARM_DESC(cases, "cases of each class and CPU");

static unsigned int seed = 1;
module_param(seed, uint, 0444);
MODULE_PARM_DESC(seed, "of the random numbers");

/* Mostly edges */
static u64 value(struct rnd_state *r)
{
	u64 random = (u64)prandom_u32_state(r) << 32 | prandom_u32_state(r);

	switch (prandom_u32_state(r) & 7) {
	case 0: return 0;
	case 1: return random & 0xffff;
	case 2: return BIT_ULL(random & 63);
	case 3: return ~0ULL;
	case 4: return 0x7ffffffff000 + (random & 0x1fff);
	case 5: return 0xffff800000000000 + (random & 0xffffffff);
	case 6: return random & 0xffffffff;
	default: return random;
	}
}

/* Numbers without a meaning, whatever the arguments */
static void unknown_hypercall(struct rnd_state *r)
{
	u32 number = PVM_HC_UNUSED + prandom_u32_state(r) % (PVM_HC_LAST - PVM_HC_UNUSED + 1);

	kvm_hypercall4(number, value(r), value(r), value(r), value(r));
}

static void flush(struct rnd_state *r)
{
	u32 number = PVM_HC_TLB_FLUSH + prandom_u32_state(r) %
		     (PVM_HC_TLB_INVLPG - PVM_HC_TLB_FLUSH + 1);

	kvm_hypercall1(number, value(r));
}

static void read_msr(struct rnd_state *r)
{
	kvm_hypercall1(PVM_HC_RDMSR, (u32)value(r));
}

/* Known ones that may be written with anything, and ones that nobody has */
static void write_msr(struct rnd_state *r)
{
	static const u32 msrs[] = {
		0x4b564df2, 0x4b564df3, 0x4b564df7, 0x4b564d20, 0x10, 0x3b, 0x174, 0x175, 0x176,
		0x17a, 0x1d9, 0x277, 0x400, 0xc0000083, 0xc0000084, 0x802, 0x803, 0x80d, 0x8ff,
	};
	u32 msr = msrs[prandom_u32_state(r) % ARRAY_SIZE(msrs)];

	if (!(prandom_u32_state(r) & 3))
		msr = 0x10000000 | prandom_u32_state(r) >> 8;
	kvm_hypercall2(PVM_HC_WRMSR, msr, value(r));
}

/* Calls of KVM's that PVM passes on; not the ones that would send interrupts */
static void kvm_call(struct rnd_state *r)
{
	static const u32 numbers[] = { 1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 0xffffffff };

	kvm_hypercall4(numbers[prandom_u32_state(r) % ARRAY_SIZE(numbers)],
		       value(r) | BIT_ULL(40), value(r), value(r), value(r));
}

static const struct {
	const char *name;
	void (*run)(struct rnd_state *r);
} classes[] = {
	{ "unknown-hypercall", unknown_hypercall },
	{ "flush", flush },
	{ "read-msr", read_msr },
	{ "write-msr", write_msr },
	{ "kvm-call", kvm_call },
};

static DECLARE_COMPLETION(done);

static int fuzz(void *cpu)
{
	struct rnd_state r;

	prandom_seed_state(&r, (u64)seed << 8 | (unsigned long)cpu);
	for (unsigned int i = 0; i < ARRAY_SIZE(classes); i++) {
		for (unsigned int n = 1; n <= cases; n++) {
			classes[i].run(&r);
			if (n % AUDIT_EVERY == 0)
				outb(COMMAND_AUDIT, PORT_COMMAND);
			cond_resched();
		}
		outb(COMMAND_AUDIT, PORT_COMMAND);
		pr_notice("kt_pvmfuzz: cpu %lu class %s cases %u seed %u\n", (unsigned long)cpu,
			  classes[i].name, cases, seed);
	}
	kthread_complete_and_exit(&done, 0);
}

static int __init kt_pvmfuzz_init(void)
{
	unsigned int started = 0;
	unsigned long cpu;

	if (!cpu_feature_enabled(X86_FEATURE_PVM_GUEST))
		return -ENODEV;

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		struct task_struct *task = kthread_create_on_cpu(fuzz, (void *)cpu, cpu,
								 "kt_pvmfuzz/%u");

		if (IS_ERR(task))
			break;
		wake_up_process(task);
		started++;
	}
	cpus_read_unlock();
	while (started--)
		wait_for_completion(&done);
	return 0;
}

static void __exit kt_pvmfuzz_exit(void)
{
}

module_init(kt_pvmfuzz_init);
module_exit(kt_pvmfuzz_exit);
MODULE_DESCRIPTION("Test module that makes random calls to a PVM host");
MODULE_LICENSE("GPL");
