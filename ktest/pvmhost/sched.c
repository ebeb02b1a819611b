// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which vCPU runs where and when.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * A vCPU is bound to one processor.  Processors with several switch among the
 * runnable ones when one halts, yields, or has used up its slice.
 */
#include "clock.h"
#include "event.h"
#include "host.h"
#include "interp.h"
#include "lapic.h"
#include "options.h"
#include "pcpu.h"
#include "pgtable.h"
#include "sched.h"
#include "shadow.h"
#include "x86.h"

extern void guest_start(struct vcpu *v) __attribute__((noreturn));
extern void idle_wait(void);

void sched_init(void)
{
	u32 i;

	for (i = 0; i < nr_vcpus; i++) {
		vcpus[i].pcpu = &pcpus[i % nr_pcpus];
		vcpus[i].pcpu->nr_bound++;
	}
}

bool sched_runnable(const struct vcpu *v)
{
	if (v->dead || v->state == VCPU_OFF || v->state == VCPU_WAIT_SIPI)
		return false;
	return !v->halted || event_pending(v);
}

void sched_wake(struct vcpu *v)
{
	struct pcpu *p = v->pcpu;

	if (p->vcpu != v) {
		if (!v->ready_since)
			v->ready_since = rdtsc();
		p->resched = true;
	}
	if (p->in_guest || p->idle)
		pcpu_kick(p);
}

void sched_yield(struct vcpu *v)
{
	v->pcpu->slice_end = 0;
	v->pcpu->resched = true;
}

/* The runnable vCPU of @p that follows @after in order, itself last */
static struct vcpu *next_runnable(struct pcpu *p, const struct vcpu *after)
{
	u32 start = after ? after->id + 1 : 0, i;

	for (i = 0; i < nr_vcpus; i++) {
		struct vcpu *v = &vcpus[(start + i) % nr_vcpus];

		if (v->pcpu == p && sched_runnable(v))
			return v;
	}
	return NULL;
}

static void switch_out(struct pcpu *p)
{
	struct vcpu *v = p->vcpu;

	if (!v)
		return;
	vcpu_put(v);
	v->ready_since = sched_runnable(v) ? rdtsc() : 0;
	clock_preempted(v, v->ready_since != 0);
	p->vcpu = NULL;
}

static void switch_in(struct pcpu *p, struct vcpu *v)
{
	u64 now = rdtsc();

	if (v->ready_since)
		v->steal += now - v->ready_since;
	v->ready_since = 0;
	v->run_since = now;
	p->vcpu = v;
	p->slice_end = now + ns_to_tsc(options.slice_us * 1000ULL);
	vcpu_load(v);
	clock_resumed(v);
}

/* The last vCPU stays loaded: most often it is the one that wakes */
static void wait_for_work(struct pcpu *p)
{
	p->idle = 1;
	sched_set_timer(p);
	host_unlock();
	idle_wait();
	host_lock();
	p->idle = 0;
}

struct vcpu *sched_pick(struct pcpu *p)
{
	for (;;) {
		struct vcpu *v = p->vcpu;
		bool expired = !v || p->slice_end <= rdtsc();

		p->resched = false;
		if (!v || !sched_runnable(v) || expired)
			v = next_runnable(p, v);
		if (!v) {
			wait_for_work(p);
			continue;
		}
		if (v != p->vcpu) {
			switch_out(p);
			switch_in(p, v);
		} else if (expired) {
			p->slice_end = rdtsc() + ns_to_tsc(options.slice_us * 1000ULL);
		}
		sched_awake(v);
		if (v->state == VCPU_PVM)
			return v;
		interp_run(v);
		if (v->state != VCPU_PVM) {	/* let interrupts and others in */
			p->slice_end = 0;
			host_unlock();
			asm volatile("sti\n\tnop\n\tcli" : : : "memory");
			host_lock();
		}
	}
}

void sched_start(struct pcpu *p)
{
	struct vcpu *v;

	host_lock();
	v = sched_pick(p);
	v = event_prepare_entry(v);
	host_unlock();
	guest_start(v);
}

/* The earliest of the deadlines of @p's vCPUs and the end of the slice */
void sched_set_timer(struct pcpu *p)
{
	u64 next = 0, now;
	u32 i, others = 0;

	if (p->vcpu && p->nr_bound == 1 && p->vcpu->apic.deadline == p->timer_armed)
		return;		/* as nearly always */
	for (i = 0; i < nr_vcpus; i++) {
		struct vcpu *v = &vcpus[i];

		if (v->pcpu != p)
			continue;
		if (v->apic.deadline && (!next || v->apic.deadline < next))
			next = v->apic.deadline;
		if (v != p->vcpu && sched_runnable(v))
			others++;
	}
	if (p->vcpu && others && (!next || p->slice_end < next))
		next = p->slice_end;
	if (next == p->timer_armed)
		return;
	p->timer_armed = next;
	if (!next) {
		lapic_timer_stop();
		return;
	}
	now = rdtsc();
	lapic_timer(next > now ? tsc_to_ns(next - now) : 0);
}

void sched_timer(struct pcpu *p)
{
	u64 now = rdtsc();
	u32 i;

	p->timer_armed = 0;
	if (p->slice_end <= now)
		p->resched = true;
	for (i = 0; i < nr_vcpus; i++) {
		struct vcpu *v = &vcpus[i];

		if (v->pcpu == p && v->apic.deadline && v->apic.deadline <= now)
			vapic_timer_expired(v);
	}
}
