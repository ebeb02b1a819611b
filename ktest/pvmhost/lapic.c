// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine's own local APIC, and how fast its timer and the TSC run.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * SDM volume 3, chapter "APIC"; the timer of QEMU counts at 1 GHz.
 */
#include <asm/apicdef.h>
#include "host.h"
#include "lapic.h"
#include "mem.h"
#include "x86.h"

#define PIT_HZ		1193182
#define PIT_CALIBRATE	59659	/* 50 ms; the counter has 16 bits */

u64 tsc_khz;
static u64 lapic_khz;

static u32 lapic_read(u32 reg)
{
	return *(volatile u32 *)phys_to_host(LAPIC_PHYS + reg);
}

static void lapic_write(u32 reg, u32 val)
{
	*(volatile u32 *)phys_to_host(LAPIC_PHYS + reg) = val;
}

void lapic_init(void)
{
	wrmsr(MSR_IA32_APICBASE, (rdmsr(MSR_IA32_APICBASE) & 0xfff) | LAPIC_PHYS |
	      MSR_IA32_APICBASE_ENABLE);
	lapic_write(APIC_TASKPRI, 0);
	lapic_write(APIC_LVTT, APIC_LVT_MASKED);
	lapic_write(APIC_LVT0, APIC_LVT_MASKED);
	lapic_write(APIC_LVT1, APIC_DM_NMI);	/* QEMU's NMI button */
	lapic_write(APIC_TDCR, APIC_TDR_DIV_1);
	lapic_write(APIC_SPIV, APIC_SPIV_APIC_ENABLED | HOST_VECTOR_SPURIOUS);
}

u32 lapic_id(void)
{
	return lapic_read(APIC_ID) >> 24;
}

void lapic_eoi(void)
{
	lapic_write(APIC_EOI, 0);
}

void lapic_send(u32 apic_id, u32 icr_low)
{
	lapic_write(APIC_ICR2, apic_id << 24);
	lapic_write(APIC_ICR, icr_low);
	while (lapic_read(APIC_ICR) & APIC_ICR_BUSY)
		cpu_relax();
}

void lapic_send_self(u32 vector)
{
	lapic_write(APIC_ICR, APIC_DEST_SELF | vector);
}

void lapic_timer(u64 ns)
{
	u64 count = ns * lapic_khz / 1000000;

	lapic_write(APIC_LVTT, HOST_VECTOR_TIMER);
	lapic_write(APIC_TMICT, min(max(count, (u64)1), (u64)0xffffffff));
}

void lapic_timer_stop(void)
{
	lapic_write(APIC_LVTT, APIC_LVT_MASKED);
	lapic_write(APIC_TMICT, 0);
}

/* Channel 2 of the PIT once down, gated by port 0x61; speaker off */
static void pit_start(void)
{
	outb(0x61, (inb(0x61) & ~2) | 1);
	outb(0x43, 0xb0);
	outb(0x42, PIT_CALIBRATE & 0xff);
	outb(0x42, PIT_CALIBRATE >> 8);
}

/* TSC and local APIC count at one moment; the tightest of some tries */
static void read_both(u64 *tsc, u32 *count)
{
	u64 best = ~0ULL;
	u32 i;

	for (i = 0; i < 16; i++) {
		u64 before = rdtsc(), after;
		u32 c = lapic_read(APIC_TMCCT);

		after = rdtsc();
		if (after - before >= best)
			continue;
		best = after - before;
		*tsc = before + best / 2;
		*count = c;
	}
}

/*
 * The PIT says how fast the local APIC's timer counts, roughly; it is a round
 * number.  The TSC is measured against that timer, which can be read quickly,
 * so that a machine that is not always running does not spoil the result.
 */
void tsc_calibrate(void)
{
	u64 start = 0, end = 0, ticks, measured;
	u32 first = 0, last = 0;

	lapic_write(APIC_TMICT, 0xffffffff);
	read_both(&start, &first);
	pit_start();
	while (!(inb(0x61) & 0x20))
		cpu_relax();
	read_both(&end, &last);
	lapic_write(APIC_TMICT, 0);
	ticks = end - start;
	measured = (u64)(first - last) * PIT_HZ / PIT_CALIBRATE / 1000;
	if (!ticks || first <= last)
		panic("the TSC or the local APIC timer does not count\n");
	/* QEMU's is 1 GHz; the PIT is read late on a busy machine, never early */
	lapic_khz = measured > 990000 ? 1000000 : measured;
	tsc_khz = ticks * lapic_khz / (first - last);
	/* Under -icount the TSC is exactly 1 GHz */
	if (tsc_khz > 999000 && tsc_khz < 1001000)
		tsc_khz = 1000000;
}

/* val * mul / div; a time beyond decades is cut so that the quotient fits */
static u64 mul_div(u64 val, u64 mul, u64 div)
{
	u64 high, low;

	val = min(val, 1ULL << 60);
	asm("mulq %3\n\tdivq %4" : "=&a" (low), "=&d" (high) : "0" (val), "r" (mul), "r" (div) : "cc");
	return low;
}

u64 tsc_to_ns(u64 ticks)
{
	return mul_div(ticks, 1000000, tsc_khz);
}

u64 ns_to_tsc(u64 ns)
{
	return mul_div(ns, tsc_khz, 1000000);
}
