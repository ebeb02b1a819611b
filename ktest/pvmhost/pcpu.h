/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The physical processor, and the one lock.
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_PCPU_H
#define PVMHOST_PCPU_H

#include <linux/types.h>
#include "layout.h"
#include "vcpu.h"

struct tss {
	u32 reserved0;
	u64 rsp0, rsp1, rsp2, reserved1, ist[7], reserved2;
	u16 reserved3, iomap;
} __attribute__((packed));

struct pcpu {
	u32 id, apic_id;
	struct vcpu *vcpu;	/* loaded on the hardware, or NULL */
	u32 nr_bound;		/* vCPUs that run here and nowhere else */
	u64 cr3;		/* hardware CR3 */
	u64 slice_end;		/* TSC when the next vCPU gets its turn */
	u64 timer_armed;	/* TSC the local timer is set to, 0: off */
	bool need_flush;	/* load CR3 before the next guest entry */
	bool resched;
	bool stepping;		/* breakpoints of step.c are loaded */
	/*
	 * 1 from the release of host_lock before guest entry to the first
	 * instruction of vcpu_exit().  Set under host_lock; read by
	 * pcpus_leave_guest(), which waits for 0.
	 */
	volatile u32 in_guest;
	volatile u32 idle;
	volatile u32 online;
	u64 gdt[GDT_ENTRIES] __attribute__((aligned(16)));
	struct tss tss __attribute__((aligned(16)));
	struct vcpu idle_vcpu;	/* GS base while no vCPU is loaded */
	u8 stack[HOST_STACK_SIZE] __attribute__((aligned(16)));
	u8 ist_stack[4][IST_STACK_SIZE] __attribute__((aligned(16)));
};

extern struct pcpu pcpus[MAX_PCPUS];
extern u32 nr_pcpus;

static inline struct pcpu *this_pcpu(void)
{
	struct vcpu *v;

	asm volatile("movq %%gs:%c1, %0" : "=r" (v) : "i" (__builtin_offsetof(struct vcpu, self)));
	return v->pcpu;
}

/* cpu.c */
void cpu_init(struct pcpu *p);
void cpu_set_gs(struct vcpu *v);
void cpu_set_rsp0(struct pcpu *p, struct vcpu *v);
/* smp.c */
void smp_start(void);
void ap_main(struct pcpu *p);
/* Make every other processor leave the guest and flush before it returns */
void pcpus_leave_guest(void);
void pcpu_kick(struct pcpu *p);

/*
 * host_lock guards everything that is not marked otherwise.  It is taken at
 * every exit and released at every entry; no other lock exists.
 */
void host_lock(void);
void host_unlock(void);

#endif
