// SPDX-License-Identifier: GPL-2.0-only
/*
 * Paravirtual time, as Documentation/virt/kvm/x86/msr.rst has it.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * All processors' TSCs are one under QEMU, so that one set of clock parameters
 * serves every vCPU for good.
 */
#include <linux/types.h>
#include <asm/pvclock-abi.h>
#include "kvm_abi.h"
#include "clock.h"
#include "host.h"
#include "lapic.h"
#include "mem.h"
#include "shadow.h"
#include "vcpu.h"
#include "x86.h"

#define KVM_OPNOTSUPP	(-95L)
#define KVM_FAULT	(-14L)
#define NS_PER_SEC	1000000000ULL

static u64 start_tsc;
static u64 start_wall;		/* seconds since 1970 at start_tsc */
static u32 scale_mul;
static s8 scale_shift;

static u8 cmos(u8 reg)
{
	outb(0x70, reg);
	return inb(0x71);
}

static u32 bcd(u8 val)
{
	return (val >> 4) * 10 + (val & 15);
}

static u64 days_since_1970(u32 year, u32 month, u32 day)
{
	/* Months counted from March, so that the leap day comes last */
	u64 y = month <= 2 ? year - 1 : year;
	u64 m = month <= 2 ? month + 9 : month - 3;

	return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static u64 read_rtc(void)
{
	u32 tries = 1000000;

	while ((cmos(0x0a) & 0x80) && --tries)
		;
	return days_since_1970(2000 + bcd(cmos(0x09)), bcd(cmos(0x08)), bcd(cmos(0x07))) * 86400 +
	       bcd(cmos(0x04)) * 3600 + bcd(cmos(0x02)) * 60 + bcd(cmos(0x00));
}

/* ns = ((ticks << shift) * mul) >> 32 */
void clock_init(void)
{
	u64 hz = tsc_khz * 1000;

	for (; hz > 2 * NS_PER_SEC; hz >>= 1)
		scale_shift--;
	for (; hz <= NS_PER_SEC; hz <<= 1)
		scale_shift++;
	scale_mul = (NS_PER_SEC << 32) / hz;
	start_wall = read_rtc();
	start_tsc = rdtsc();
}

static u64 clock_ns(u64 tsc)
{
	u64 ticks = tsc - start_tsc;

	ticks = scale_shift < 0 ? ticks >> -scale_shift : ticks << scale_shift;
	return ((unsigned __int128)ticks * scale_mul) >> 32;
}

static bool write_system_time(struct vcpu *v, u64 val)
{
	struct pvclock_vcpu_time_info *t;

	v->kvmclock_msr = val;
	if (!(val & 1))
		return true;
	t = guest_ptr(val & ~1ULL, sizeof(*t));
	if (!t)
		return false;
	t->version |= 1;
	barrier();	/* odd version before the contents: the guest reads in between */
	t->tsc_timestamp = start_tsc;
	t->system_time = 0;
	t->tsc_to_system_mul = scale_mul;
	t->tsc_shift = scale_shift;
	t->flags = PVCLOCK_TSC_STABLE_BIT;
	barrier();
	t->version++;
	return true;
}

static bool write_wall_clock(u64 gpa)
{
	struct pvclock_wall_clock *w = guest_ptr(gpa, sizeof(*w));

	if (!w)
		return false;
	w->version |= 1;
	barrier();
	w->sec = start_wall;
	w->nsec = 0;
	barrier();
	w->version++;
	return true;
}

static struct kvm_steal_time *steal_time(struct vcpu *v)
{
	if (!(v->steal_msr & KVM_MSR_ENABLED))
		return NULL;
	return guest_ptr(v->steal_msr & KVM_STEAL_VALID_BITS, sizeof(struct kvm_steal_time));
}

bool clock_msr_read(struct vcpu *v, u32 msr, u64 *val)
{
	switch (msr) {
	case MSR_KVM_SYSTEM_TIME_NEW: *val = v->kvmclock_msr; return true;
	case MSR_KVM_WALL_CLOCK_NEW: *val = 0; return true;
	case MSR_KVM_STEAL_TIME: *val = v->steal_msr; return true;
	case MSR_KVM_PV_EOI_EN: *val = v->eoi_msr; return true;
	case MSR_KVM_POLL_CONTROL: *val = v->poll_msr; return true;
	}
	return false;
}

bool clock_msr_write(struct vcpu *v, u32 msr, u64 val)
{
	switch (msr) {
	case MSR_KVM_SYSTEM_TIME_NEW: return write_system_time(v, val);
	case MSR_KVM_WALL_CLOCK_NEW: return write_wall_clock(val);
	case MSR_KVM_STEAL_TIME:
		if (val & KVM_STEAL_RESERVED_MASK)
			return false;
		v->steal_msr = val;
		return true;
	case MSR_KVM_PV_EOI_EN:
		v->eoi_msr = val;
		v->eoi_pending = false;
		return true;
	case MSR_KVM_POLL_CONTROL:
		v->poll_msr = val;
		return !(val & ~1ULL);
	}
	return false;
}

void clock_preempted(struct vcpu *v, bool runnable)
{
	struct kvm_steal_time *st = steal_time(v);

	if (st && runnable)
		__atomic_fetch_or(&st->preempted, KVM_VCPU_PREEMPTED, __ATOMIC_SEQ_CST);
}

/* PV TLB flush: the guest asks a vCPU that is not running through its flag */
void clock_resumed(struct vcpu *v)
{
	struct kvm_steal_time *st = steal_time(v);

	if (!st)
		return;
	if (__atomic_exchange_n(&st->preempted, 0, __ATOMIC_SEQ_CST) & KVM_VCPU_FLUSH_TLB &&
	    v->root)
		shadow_flush_all(v);
	st->version |= 1;
	barrier();
	st->steal = tsc_to_ns(v->steal);
	barrier();
	st->version++;
}

u64 clock_wall_ns(void)
{
	return start_wall * NS_PER_SEC + clock_ns(rdtsc());
}

s64 clock_pairing(struct vcpu *v, u64 gpa, u64 type)
{
	struct kvm_clock_pairing p = { 0 };
	u64 ns;

	if (type != KVM_CLOCK_PAIRING_WALLCLOCK)
		return KVM_OPNOTSUPP;
	p.tsc = rdtsc();
	ns = clock_ns(p.tsc);
	p.sec = start_wall + ns / NS_PER_SEC;
	p.nsec = ns % NS_PER_SEC;
	return guest_write(gpa, &p, sizeof(p)) ? 0 : KVM_FAULT;
}
