// SPDX-License-Identifier: GPL-2.0-only
/*
 * STAND-IN for a VMware host: the time commands of the backdoor.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Source of the facts: open-vm-tools, lib/include/backdoor_def.h and
 * services/plugins/timeSync; GETHZ: arch/x86/kernel/cpu/vmware.c.
 */
#include "clock.h"
#include "host.h"
#include "lapic.h"
#include "options.h"
#include "standin_vmware.h"
#include "vcpu.h"
#include "x86.h"

#define CMD_GETVERSION			10
#define CMD_GETTIME			23
#define CMD_GETHZ			45
#define CMD_GETTIMEFULL			46
#define CMD_GETTIMEFULL_WITH_LAG	55

#define VERSION		6
#define PRODUCT_ESX	2
#define MAX_LAG_US	1000000
#define APIC_BUS_HZ	1000000000

#define US_PER_SEC	1000000
#define NS_PER_US	1000

/* Commands that this host has, in the option vmwtime= */
#define HAS_SHORT	1
#define HAS_FULL	2
#define HAS_FULL_WITH_LAG 4

static s64 stepped;		/* ns by which the clock is off the machine's */
static u32 steal_every, steal_us, calls, steals;
static struct {
	u64 guest;
	u64 host;
} reading;

/* The guest says how long; the host's lock is held */
#define STEAL_MAX_US	100000ULL

static u64 host_clock_ns(void)
{
	return clock_wall_ns() + stepped;
}

void standin_step(s64 ns)
{
	stepped += ns;
	printk("standin: the host's clock stepped by %lld ns\n", ns);
}

void standin_steal(u32 every, u32 us)
{
	steal_every = every;
	steal_us = us;
}

static void lose_cpu(void)
{
	u64 end = rdtsc() + ns_to_tsc(min((u64)steal_us, STEAL_MAX_US) * NS_PER_US);

	steals++;
	while (rdtsc() < end)
		cpu_relax();
}

/* A vCPU may lose its processor before the host reads its clock, or after */
static u64 read_clock_us(void)
{
	bool steal = steal_every && ++calls % steal_every == 0;
	bool before = steals & 1;
	u64 us;

	if (steal && before)
		lose_cpu();
	us = host_clock_ns() / NS_PER_US;
	if (steal && !before)
		lose_cpu();
	return us;
}

static void get_time(struct guest_regs *r)
{
	u64 us = read_clock_us();

	r->rax = (u32)(us / US_PER_SEC);
	r->rbx = us % US_PER_SEC;
	r->rcx = MAX_LAG_US;
	r->rdx = 0;	/* minutes west */
}

/* RAX keeps the magic */
static void get_time_full(struct guest_regs *r, bool lag)
{
	u64 us = read_clock_us();
	u64 sec = us / US_PER_SEC;

	r->rsi = sec >> 32;
	r->rdx = (u32)sec;
	r->rbx = us % US_PER_SEC;
	r->rcx = MAX_LAG_US;
	if (lag)
		r->rdi = 0;
}

static bool has_command(u32 cmd)
{
	switch (cmd) {
	case CMD_GETTIME: return options.vmw_time & HAS_SHORT;
	case CMD_GETTIMEFULL: return options.vmw_time & HAS_FULL;
	case CMD_GETTIMEFULL_WITH_LAG: return options.vmw_time & HAS_FULL_WITH_LAG;
	}
	return true;
}

void standin_time(struct vcpu *v)
{
	struct guest_regs *r = &v->regs;
	u32 cmd = (u16)r->rcx;

	if (!has_command(cmd)) {
		r->rax = ~0u;
		return;
	}
	switch (cmd) {
	case CMD_GETVERSION:
		r->rbx = (u32)r->rax;
		r->rax = VERSION;
		r->rcx = PRODUCT_ESX;
		break;
	case CMD_GETTIME:
		get_time(r);
		break;
	case CMD_GETTIMEFULL:
	case CMD_GETTIMEFULL_WITH_LAG:
		get_time_full(r, cmd == CMD_GETTIMEFULL_WITH_LAG);
		break;
	case CMD_GETHZ:
		r->rax = (u32)(tsc_khz * 1000);
		r->rbx = tsc_khz * 1000 >> 32;
		r->rcx = APIC_BUS_HZ;
		break;
	default:
		r->rax = ~0u;
	}
}

void standin_guest_clock(u64 ns)
{
	reading.host = host_clock_ns();
	reading.guest = ns;
}

/*
 * The host read its clock between the guest's two readings; what is uncertain
 * is where.
 */
void standin_guest_clock_after(u64 ns)
{
	u64 width = ns - reading.guest;

	printk("standin: guest clock off by %lld ns, uncertain by %llu ns\n",
	       (s64)(reading.guest + width / 2 - reading.host), width / 2);
}

void standin_time_report(void)
{
	printk("standin: %u time calls counted, %u of them stolen\n", calls, steals);
}
