// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters, printed on request as lines that a test can read.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include "host.h"
#include "legs.h"
#include "shadow.h"
#include "stats.h"
#include "vcpu.h"

struct stats stats;
u64 legs[NR_LEGS];

static const char * const leg_names[] = {
#define LEG_NAME(name)	#name,
	LEGS(LEG_NAME)
#undef LEG_NAME
};

#define COUNTER(field)	{ #field, &stats.field }

static const struct {
	const char *name;
	const u64 *value;
} counters[] = {
	COUNTER(events), COUNTER(interrupts), COUNTER(kvm_hypercalls), COUNTER(hypercall_unknown),
	COUNTER(load_pgtbl), COUNTER(load_pgtbl_flush), COUNTER(cpuids), COUNTER(emulated),
	COUNTER(interpreted), COUNTER(msr_reads), COUNTER(msr_writes), COUNTER(msr_unknown),
	COUNTER(shadow_fills), COUNTER(prefetches), COUNTER(short_fills),
	COUNTER(syncs), COUNTER(synced_entries),
	COUNTER(private_slots), COUNTER(roots_made), COUNTER(roots_dropped),
	COUNTER(limbo_flushes), COUNTER(zaps), COUNTER(random_drops), COUNTER(mmio),
	COUNTER(port_ins), COUNTER(port_outs), COUNTER(port_denied), COUNTER(ipis),
	COUNTER(irqs), COUNTER(intent_drains), COUNTER(intent_fills), COUNTER(intent_removed),
	COUNTER(intent_useless), COUNTER(intent_dropped), COUNTER(intent_resyncs),
	COUNTER(intent_postponed), COUNTER(irq_spurious), COUNTER(msi_lost),
};

static const char * const hypercall_names[STATS_HYPERCALLS] = {
	"LOAD_PGTBL", "IRQ_WIN", "IRQ_HALT", "TLB_FLUSH", "TLB_FLUSH_CURRENT", "TLB_INVLPG",
	"LOAD_GS", "RDMSR", "WRMSR", "LOAD_TLS", "INTENT_FLUSH", "other",
};

static void counter_line(const char *name, const char *sub, u64 value)
{
	if (value)
		printk("counter %s%s %llu\n", name, sub, value);
}

static void print_exits(void)
{
	static const char hex[] = "0123456789abcdef";
	u32 reason, i;

	for (reason = 0; reason < EXIT_REASONS; reason++) {
		char name[3] = { hex[reason >> 4 & 15], hex[reason & 15], 0 };
		u64 sum = 0;

		for (i = 0; i < nr_vcpus; i++)
			sum += vcpus[i].stats.exits[reason];
		counter_line("exit.", reason == EXIT_SYSCALL ? "syscall" : name, sum);
	}
}

void stats_print(void)
{
	u64 syscall = 0, eretu = 0, flush = 0, cr3 = 0;
	u32 i;

	printk("counters begin\n");
	printk("counter vmcalls %llu\n", stats.vmcalls);	/* also when it is 0 */
	for (i = 0; i < nr_vcpus; i++) {
		syscall += vcpus[i].stats.fast_syscall;
		eretu += vcpus[i].stats.fast_eretu;
		flush += vcpus[i].stats.short_flushes;
		cr3 += vcpus[i].stats.cr3_loads;
	}
	counter_line("switcher.", "syscall", syscall);
	counter_line("switcher.", "eretu", eretu);
	counter_line("switcher.", "flush", flush);
	counter_line("cr3_loads", "", cr3 + syscall + eretu);
	print_exits();
	for (i = 0; i < STATS_HYPERCALLS; i++)
		counter_line("hypercall.", hypercall_names[i], stats.hypercalls[i]);
	for (i = 0; i < 32; i++) {
		static const char hex[] = "0123456789abcdef";
		char name[3] = { hex[i >> 4], hex[i & 15], 0 };

		counter_line("exception.", name, stats.exceptions[i]);
	}
	for (i = 0; i < ARRAY_SIZE(counters); i++)
		counter_line(counters[i].name, "", *counters[i].value);
	for (i = 0; i < NR_LEGS; i++)	/* also those that are 0 */
		printk("counter leg.%s %llu\n", leg_names[i], legs[i]);
	counter_line("shadow_pages", "", shadow_pages_total());
	counter_line("shadow_pages_free", "", shadow_pages_free());
	counter_line("local_super_entries", "", local_super_entries);
	printk("counters end\n");
}
