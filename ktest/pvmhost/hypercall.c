// SPDX-License-Identifier: GPL-2.0-only
/*
 * SYSCALL in smod: PVM's calls, and behind them KVM's.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Number in RAX, arguments in RBX, R10, RDX, RSI, result in RAX.
 */
#include "apic.h"
#include "clock.h"
#include "emulate.h"
#include "event.h"
#include "host.h"
#include "hypercall.h"
#include "intent.h"
#include "kvm_abi.h"
#include "msr.h"
#include "options.h"
#include "pcpu.h"
#include "sched.h"
#include "seg.h"
#include "shadow.h"
#include "stats.h"
#include "x86.h"

#define PVM_EIO		(-5L)

static void load_pgtbl(struct vcpu *v)
{
	u64 cr3 = v->regs.r10 & ~(1ULL << 63);
	bool flush = v->regs.rbx & PVM_LOAD_PGTBL_FLUSH;

	if (options.no_pcid)
		flush = true;
	/* Eight PCIDs: any other falls back to number 0 and flushes */
	if (options.pcid8 && (cr3 & 0xfff) > 7)
		flush = true;
	stats.load_pgtbl++;
	if (flush)
		stats.load_pgtbl_flush++;
	shadow_load(v, cr3, flush);
}

static void irq_win(struct vcpu *v)
{
	if (v->pvcs)
		v->pvcs->event_flags &= ~(u64)PVM_EVENT_FLAGS_IP;
}

static void irq_halt(struct vcpu *v)
{
	irq_win(v);
	/* Asleep, a timer that has been moved must not wake the host */
	if (vapic_tsc_deadline(v))
		intent_postponed(v, v->apic.deadline);
	event_set_if(v, true);
	if (v->pvcs)
		emulate_halt(v);
}

static u64 load_tls(struct vcpu *v)
{
	u64 desc[3] = { v->regs.rbx, v->regs.r10, v->regs.rdx };

	seg_set_tls(v, desc);
	return options.tls_result ? random() : GDT_TLS_MIN;
}

static u64 read_msr(struct vcpu *v)
{
	u64 val;

	return msr_read(v, v->regs.rbx, &val) ? val : 0;
}

static bool pvm_call(struct vcpu *v, u64 nr)
{
	struct guest_regs *r = &v->regs;

	switch (nr) {
	case PVM_HC_LOAD_PGTBL: load_pgtbl(v); return true;
	case PVM_HC_IRQ_WIN: irq_win(v); return true;
	case PVM_HC_IRQ_HALT: irq_halt(v); return true;
	case PVM_HC_TLB_FLUSH: shadow_flush_all(v); return true;
	case PVM_HC_TLB_FLUSH_CURRENT: shadow_flush_current(v); return true;
	case PVM_HC_TLB_INVLPG: shadow_invlpg(v, r->rbx); return true;
	case PVM_HC_LOAD_GS: r->rax = seg_load_user_gs(v, r->rbx); return true;
	case PVM_HC_RDMSR: r->rax = read_msr(v); return true;
	case PVM_HC_WRMSR: r->rax = msr_write(v, r->rbx, r->r10) ? 0 : PVM_EIO; return true;
	case PVM_HC_LOAD_TLS: r->rax = load_tls(v); return true;
	case PVM_HC_INTENT_FLUSH:
		if (!options.intent)
			return false;
		intent_flush(v, r->rbx);
		return true;
	}
	return false;
}

/* A bitmap of APIC IDs in two words, from @min on; ICR in RSI */
static s64 send_ipi(struct vcpu *v)
{
	u64 map[2] = { v->regs.rbx, v->regs.r10 };
	u32 low = v->regs.rdx, icr = v->regs.rsi, i;
	s64 count = 0;

	for (i = 0; i < 128 && low + i < nr_vcpus; i++) {
		struct irq_message msg = {
			.dest = low + i,
			.vector = icr,
			.mode = icr >> 8 & 7,
		};

		if (!(map[i / 64] & 1ULL << (i % 64)))
			continue;
		vapic_send(&vcpus[low + i], &msg);
		count++;
	}
	return count;
}

static s64 kvm_call(struct vcpu *v, u64 nr)
{
	struct guest_regs *r = &v->regs;

	switch (nr) {
	case KVM_HC_VAPIC_POLL_IRQ:
		return 0;
	case KVM_HC_KICK_CPU:
		if (r->r10 < nr_vcpus) {
			vcpus[r->r10].kicked = true;
			sched_wake(&vcpus[r->r10]);
		}
		sched_yield(v);
		return 0;
	case KVM_HC_CLOCK_PAIRING:
		return clock_pairing(v, r->rbx, r->r10);
	case KVM_HC_SEND_IPI:
		return send_ipi(v);
	case KVM_HC_SCHED_YIELD:
		sched_yield(v);
		return 0;
	}
	stats.hypercall_unknown++;
	return -KVM_ENOSYS;
}

/* The calls of the ABI in order, the extension's, and all others of the block */
void hypercall_count(u64 nr)
{
	u64 i = nr - PVM_HC_BASE;

	if (i >= PVM_HC_COUNT)
		stats.kvm_hypercalls++;
	else if (i < STATS_HYPERCALLS - 2)
		stats.hypercalls[i]++;
	else
		stats.hypercalls[STATS_HYPERCALLS - (nr == PVM_HC_INTENT_FLUSH ? 2 : 1)]++;
}

void hypercall(struct vcpu *v)
{
	u64 nr = v->regs.rax;

	hypercall_count(nr);
	if (options.spurious_invlpg && !(random() & 15))
		shadow_invlpg(v, v->regs.rsp);
	if (!pvm_call(v, nr))
		v->regs.rax = kvm_call(v, nr);
	/* SYSCALL destroyed both */
	v->regs.rcx = v->regs.rip;
	v->regs.r11 = v->regs.rflags;
}
