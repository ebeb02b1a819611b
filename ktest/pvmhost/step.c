// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events before each instruction of ranges of guest code.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * A hardware breakpoint goes through the instructions of the ranges.  When the
 * guest, which should be busy, comes to it, the event is injected before that
 * instruction, as often as "steprepeat" says, and the breakpoint moves on.  An
 * event that comes back through the same code thus meets the next one there.
 * After the last one the addresses that were hit and those that were not are
 * printed.  Code that only runs when an interrupt comes at one certain moment is
 * reached with one or two more breakpoints, "stepfirst", at which an interrupt is
 * injected each time; "stepnmi" does the same with an NMI.
 *
 * The guest's own breakpoints do not work meanwhile.
 */
#include "decode.h"
#include "emulate.h"
#include "event.h"
#include "host.h"
#include "lapic.h"
#include "options.h"
#include "pcpu.h"
#include "sched.h"
#include "stats.h"
#include "step.h"
#include "walk.h"
#include "x86.h"

#define MAX_ADDRESSES	2048
#define STACK_SIZE	16384		/* of a guest's kernel stack, and its alignment */
#define STACK_ROOM	4096		/* no NMI or #MC on a stack that is deeper */
#define INT3		0xcc		/* what fills the gaps between functions */
/* For one address, then it is a miss: the guest's rounds, or events at "stepfirst" */
#define PATIENCE_ROUNDS	400
#define PATIENCE_FIRSTS	500
#define VECTOR_RESCHEDULE 0xfd		/* harmless to the guest, and counted by it */
#define DR7_L0		0x001		/* local, execution, DR0; and so on */
#define DR7_L1		0x004
#define DR7_L2		0x010
#define DR7_L3		0x040

static struct {
	bool on;
	u64 address[MAX_ADDRESSES];
	bool hit[MAX_ADDRESSES];
	u32 nr, now, times;
	u32 deepest;		/* bytes of the guest's stack */
	u32 rounds, firsts;	/* since the address is waited for */
} step;

/* Where instructions begin; a byte that is not known may be the start of one */
static void find_addresses(struct vcpu *v, const struct step_range *r)
{
	u64 a = r->low;

	while (a < r->high && step.nr < MAX_ADDRESSES) {
		u8 bytes[INSN_MAX];
		u32 n = gva_fetch(v, a, bytes, sizeof(bytes));
		struct insn i;

		if (n && bytes[0] != INT3) {
			step.hit[step.nr] = false;
			step.address[step.nr++] = a;
		}
		a += n && bytes[0] != INT3 && insn_decode(&i, bytes, n, 64) ? i.len : 1;
	}
}

void step_start(struct vcpu *v)
{
	u32 i;

	step.nr = 0;
	for (i = 0; i < options.step_ranges; i++)
		find_addresses(v, &options.step_range[i]);
	if (!step.nr) {
		printk("step: no instruction in any steprange=\n");
		return;
	}
	step.now = step.times = step.deepest = step.rounds = step.firsts = 0;
	step.on = true;
	printk("step: begin, %u addresses\n", step.nr);
}

bool step_active(void)
{
	return step.on;
}

bool step_round(void)
{
	step.rounds++;
	return step.on;
}

static void report(void)
{
	u32 i, hits = 0;

	for (i = 0; i < step.nr; i++) {
		hits += step.hit[i];
		printk("step: %s %llx\n", step.hit[i] ? "hit" : "miss", step.address[i]);
	}
	printk("step: done, %u of %u addresses hit, %llu interrupts, %llu NMIs, %llu machine checks, %u bytes of stack\n",
	       hits, step.nr, stats.step_irqs, stats.step_nmis, stats.step_mces, step.deepest);
}

static void advance(void)
{
	step.times = step.rounds = step.firsts = 0;
	if (++step.now < step.nr)
		return;
	step.on = false;
	report();
}

void step_enter(struct vcpu *v)
{
	if (step.on && (step.rounds >= PATIENCE_ROUNDS || step.firsts >= PATIENCE_FIRSTS))
		advance();
	if (!step.on) {
		if (v->pcpu->stepping) {
			v->pcpu->stepping = false;
			emulate_load_debug(v);
		}
		return;
	}
	v->pcpu->stepping = true;
	write_dr0(step.address[step.now]);
	write_dr1(options.step_first[0]);
	write_dr2(options.step_first[1]);
	write_dr3(options.step_nmi);
	write_dr7(DR7_L0 | (options.step_firsts > 0 ? DR7_L1 : 0) |
		  (options.step_firsts > 1 ? DR7_L2 : 0) | (options.step_nmi ? DR7_L3 : 0));
}

/* Counted only if it is a new one: what is pending already merges */
static void inject(struct vcpu *v, enum step_kind kind)
{
	u64 bit = 1ULL << (VECTOR_RESCHEDULE & 63);
	u16 recorded = v->pvcs ? v->pvcs->event_vector : 0;

	switch (kind) {
	case STEP_IRQ:
		if (!(v->apic.irr[VECTOR_RESCHEDULE / 64] & bit))
			stats.step_irqs++;
		vapic_set_irr(v, VECTOR_RESCHEDULE, false);
		break;
	case STEP_NMI:
		if (!v->nmi_pending && !(recorded & PVM_EVENT_VECTOR_NMI))
			stats.step_nmis++;
		event_nmi(v);
		break;
	case STEP_MCE:
		if (!v->mce_pending && !(recorded & PVM_EVENT_VECTOR_MCE))
			stats.step_mces++;
		event_mce(v);
		break;
	}
}

/* Bytes of the kernel's stack; at the first instructions RSP is still the user's */
static u32 depth(const struct vcpu *v)
{
	u64 rsp = v->regs.rsp;

	return rsp >> 63 ? -rsp & (STACK_SIZE - 1) : 0;
}

/*
 * NMI and #MC are never masked: one before each instruction of the return from
 * the one before would fill any stack.
 */
static bool has_room(const struct vcpu *v, enum step_kind kind)
{
	return kind == STEP_IRQ || depth(v) < STACK_ROOM;
}

bool step_hit(struct vcpu *v, u64 dr6)
{
	if (!v->pcpu->stepping || !(dr6 & 15))
		return false;
	/* On with this instruction, whatever comes before it */
	v->regs.rflags |= X86_EFLAGS_RF;
	if (!step.on)
		return true;
	if (((dr6 & 2) && v->regs.rip == options.step_first[0]) ||
	    ((dr6 & 4) && v->regs.rip == options.step_first[1])) {
		step.firsts++;
		inject(v, STEP_IRQ);
	}
	if ((dr6 & 8) && v->regs.rip == options.step_nmi && has_room(v, STEP_NMI))
		inject(v, STEP_NMI);
	if ((dr6 & 1) && v->regs.rip == step.address[step.now] &&
	    has_room(v, options.step_kind)) {
		inject(v, options.step_kind);
		step.hit[step.now] = true;
		step.deepest = max(step.deepest, depth(v));
		if (++step.times >= options.step_repeat)
			advance();
	}
	return true;
}
