/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pvops: one kernel image on every hypervisor
 *
 * A backend says how its platform is recognised, which of the four areas it
 * supplies and what has to be done when; the core in arch/x86/pvops/ chooses
 * one, negotiates its features, runs its steps and reports what is installed.
 * Documentation/arch/x86/pvops.rst has the whole picture.
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef _ASM_X86_PVOPS_H
#define _ASM_X86_PVOPS_H

#include <linux/init.h>
#include <linux/types.h>
#include <asm/hypervisor.h>

struct module;

/**
 * enum pvops_area - what a backend can supply
 * @PVOPS_CPU: privileged instructions, context switch, spinlock waiting
 * @PVOPS_MMU: page tables and TLB
 * @PVOPS_IRQ: interrupt flag, halting, local APIC, IPIs
 * @PVOPS_TIMER: sched_clock, steal time, clocksource
 * @PVOPS_NR_AREAS: number of areas
 */
enum pvops_area {
	PVOPS_CPU,
	PVOPS_MMU,
	PVOPS_IRQ,
	PVOPS_TIMER,
	PVOPS_NR_AREAS,
};

/**
 * enum pvops_owner - whose code stands behind an op
 * @PVOPS_OWNER_NATIVE: the kernel's bare hardware code ("native")
 * @PVOPS_OWNER_PVM: the PVM backend ("pvops-pvm")
 * @PVOPS_OWNER_KVM: the in-tree KVM guest code ("kvm")
 * @PVOPS_OWNER_XEN: the in-tree Xen guest code ("xen")
 * @PVOPS_OWNER_HYPERV: the in-tree Hyper-V guest code ("hyperv")
 * @PVOPS_OWNER_VMWARE: the in-tree VMware guest code ("vmware")
 * @PVOPS_OWNER_UNKNOWN: none of the above, an out-of-tree module for example
 * @PVOPS_NR_OWNERS: number of owners
 */
enum pvops_owner {
	PVOPS_OWNER_NATIVE,
	PVOPS_OWNER_PVM,
	PVOPS_OWNER_KVM,
	PVOPS_OWNER_XEN,
	PVOPS_OWNER_HYPERV,
	PVOPS_OWNER_VMWARE,
	PVOPS_OWNER_UNKNOWN,
	PVOPS_NR_OWNERS,
};

/**
 * enum pvops_phase - when a step runs
 * @PVOPS_EARLY: boot CPU, in setup_arch() after parse_early_param() and DMI;
 *	interrupts off, memblock only, one CPU.  The point of no return is the
 *	end of this phase: until then a platform that can boot natively does so
 *	when a step fails.
 * @PVOPS_SMP: boot CPU, early_initcall: the scheduler runs, may sleep, the
 *	other CPUs are not up yet.  Call sites are already patched.
 * @PVOPS_PERCPU: on each CPU as it comes online (CPU hotplug's AP_ONLINE
 *	section), and on the boot CPU first; may sleep.  A required step that
 *	fails keeps that CPU offline.
 * @PVOPS_LATE: late_initcall; may sleep.
 * @PVOPS_NR_PHASES: number of phases
 */
enum pvops_phase {
	PVOPS_EARLY,
	PVOPS_SMP,
	PVOPS_PERCPU,
	PVOPS_LATE,
	PVOPS_NR_PHASES,
};

/**
 * struct pvops_machine - what is known when a backend is chosen
 * @type: the hypervisor that arch/x86/kernel/cpu/hypervisor.c found
 * @hypervisor_bit: CPUID.1:ECX[31] is set
 * @no_native: the image was entered in a way that excludes a native boot
 *	(Xen PV or PVH, Jailhouse, or a deprivileged backend was announced)
 * @announced: the backend that early boot code announced, or NULL
 */
struct pvops_machine {
	enum x86_hypervisor_type type;
	bool hypervisor_bit;
	bool no_native;
	const struct pvops_backend *announced;
};

/**
 * struct pvops_feature - something a backend can do without
 * @name: for ``pvops.BACKEND.no_NAME`` and /sys/hypervisor/pvops/features/
 * @negotiate: ask the other side; 0 when both sides have it, -ENODEV when the
 *	other side lacks it, another error when it is offered but does not
 *	work.  Called once in setup_arch(), same context as %PVOPS_EARLY.
 *	NULL means always there.
 *
 * A feature that is switched off or not negotiated is off, never an error.
 * The backend asks with pvops_feature_on().
 */
struct pvops_feature {
	const char *name;
	int (*negotiate)(void);
};

/**
 * struct pvops_step - one init step of a backend
 * @name: for messages, tracepoints and ``pvops.fail=NAME``
 * @phase: when it runs
 * @required: the platform cannot run without it; steps of %PVOPS_EARLY always are
 * @run: do it; 0 or a negative errno.  @cpu is the CPU it runs on.
 * @undo: take it back, because a later, required step of the phase failed or,
 *	for %PVOPS_PERCPU, the CPU goes offline.  Also called for a step that is
 *	not required and failed.  May be NULL.
 */
struct pvops_step {
	const char *name;
	enum pvops_phase phase;
	bool required;
	int (*run)(unsigned int cpu);
	void (*undo)(unsigned int cpu);
};

/**
 * struct pvops_backend - one platform
 * @name: platform name, as in ``pvops=NAME`` and in the report
 * @owner: who owns the code that serves it
 * @priority: the highest one that detects its platform is chosen
 * @areas: bit mask of &enum pvops_area that the backend itself supplies; 0 for
 *	a backend that recognises a platform whose code is elsewhere in the tree
 * @deprivileged: the kernel is not in ring 0: no native boot to fall back to
 * @beside: bit mask of &enum x86_hypervisor_type whose in-tree guest code is
 *	to be installed too
 * @detect: does this machine belong to the backend?  0 yes, -ENODEV no, another
 *	error when it does but cannot be served.  Called with interrupts off;
 *	must be safe on every other platform.  NULL: only by pvops_announce().
 * @features: optional features, may be NULL
 * @nr_features: number of @features, at most 32
 * @steps: init steps, run in this order within a phase
 * @nr_steps: number of @steps
 * @puts: write a line on the earliest console, for messages before any console
 *	is registered; may be NULL
 * @stop: stop the machine for good; NULL for machine_halt()
 */
struct pvops_backend {
	const char *name;
	enum pvops_owner owner;
	unsigned int priority;
	unsigned int areas;
	bool deprivileged;
	unsigned int beside;
	int (*detect)(const struct pvops_machine *machine);
	const struct pvops_feature *features;
	unsigned int nr_features;
	const struct pvops_step *steps;
	unsigned int nr_steps;
	void (*puts)(const char *line);
	void (*stop)(void);
};

#ifdef CONFIG_PVOPS

void pvops_announce(const struct pvops_backend *backend);
bool pvops_feature_on(const struct pvops_backend *backend, const char *name);

/* Called by arch/x86/kernel/cpu/hypervisor.c, around its own detection. */
void pvops_before_detection(void);
const struct hypervisor_x86 *pvops_choose(const struct hypervisor_x86 *found);

/* Called by arch/x86/kernel/alternative.c and module.c. */
void pvops_count_site(const u8 *instr, bool direct_call);
void pvops_module_begin(struct module *mod);
void pvops_module_gone(struct module *mod);

#else /* !CONFIG_PVOPS */

static inline void pvops_before_detection(void) { }

static inline const struct hypervisor_x86 *
pvops_choose(const struct hypervisor_x86 *found)
{
	return found;
}

static inline void pvops_count_site(const u8 *instr, bool direct_call) { }
static inline void pvops_module_begin(struct module *mod) { }
static inline void pvops_module_gone(struct module *mod) { }

#endif /* CONFIG_PVOPS */

#endif /* _ASM_X86_PVOPS_H */
