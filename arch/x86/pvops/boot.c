// SPDX-License-Identifier: GPL-2.0-only
/*
 * The boot of this machine: when the core's parts run, and what failure means
 *
 * Up to the end of pvops_choose() nothing of a hypervisor has been installed.
 * Whatever fails until then ends in a native boot where one is possible.  On a
 * machine without one, or later, a required step that fails stops the machine.
 *
 * Copyright (C) 2026 the pvops developers
 */

#define pr_fmt(fmt) "pvops: " fmt

#include <linux/cpu.h>
#include <linux/cpufeature.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/printk.h>
#include <linux/reboot.h>
#include <linux/smp.h>
#include <linux/string.h>

#include <asm/hypervisor.h>
#include <asm/setup.h>

#include <xen/xen.h>

#define CREATE_TRACE_POINTS
#include "pvops.h"
#include "trace.h"

/*
 * Written on the boot CPU before the others are up; afterwards only @failed, @error
 * and @injected change, in the later phases, which are serialised (CPU hotplug lock).
 */
struct pvops_state pvops_state;

/* Outside .bss, which may still have to be cleared when it is written. */
static const struct pvops_backend *announced __ro_after_init;

static char command_line[COMMAND_LINE_SIZE] __initdata;

/**
 * pvops_announce - early boot code found itself on a backend's platform
 * @backend: that backend; no other will be chosen
 *
 * For platforms that must be known before anything can be detected in C, since
 * they have no IDT, say.  Neither allocates nor prints.
 *
 * Context: any time before setup_arch(), boot CPU, also with an identity
 * mapping as long as it is called and passed an address by RIP-relative code
 * whose relocation has been applied.
 */
void __init pvops_announce(const struct pvops_backend *backend)
{
	announced = backend;
}

/**
 * pvops_feature_on - is a feature of the chosen backend on?
 * @backend: the caller's backend
 * @name: name of the feature
 *
 * Valid from the first step of %PVOPS_EARLY on; constant afterwards, so ask
 * once and keep the answer: this compares strings.
 *
 * Context: any.
 * Return: true if it is; false also for a name that is none of its features.
 */
bool pvops_feature_on(const struct pvops_backend *backend, const char *name)
{
	if (pvops_state.backend != backend)
		return false;

	for (unsigned int i = 0; i < backend->nr_features; i++) {
		if (!strcmp(backend->features[i].name, name))
			return pvops_state.features & BIT(i);
	}

	return false;
}

/* @found: the in-tree hypervisor code that recognised the machine, NULL before it has looked */
static bool __init no_native(const struct hypervisor_x86 *found)
{
	if (announced)
		return announced->deprivileged;

	return xen_pv_domain() || xen_pvh_domain() ||
	       (found && found->type == X86_HYPER_JAILHOUSE);
}

static void __noreturn stop_machine_for_good(const struct pvops_state *state)
{
	const struct pvops_backend *b = state->backend;
	char line[128];

	scnprintf(line, sizeof(line), "pvops: %s: required step %s failed (%d), stopping\n",
		  b->name, state->failed, state->error);
	if (b->puts)
		b->puts(line);
	else
		pr_emerg("%s", line + strlen("pvops: "));

	if (b->stop)
		b->stop();
	else
		machine_halt();

	local_irq_disable();
	for (;;)
		cpu_relax();
}

/*
 * The command line is not wanted here, only that pvops= is one of the kernel's
 * own parameters: init would get it otherwise.  params.c reads it.
 */
static int __init known_param(char *unused)
{
	return 0;
}
early_param("pvops", known_param);

/**
 * pvops_before_detection - read the command line
 *
 * A native boot is asked for with the same flag as by the nopv parameter, which
 * the in-tree guest code looks at in some places.
 *
 * Context: setup_arch(), before the hypervisor is detected.
 */
void __init pvops_before_detection(void)
{
	struct pvops_params *params = &pvops_state.params;

	strscpy(command_line, boot_command_line, sizeof(command_line));
	pvops_parse_command_line(params, command_line);

	/* Where there is no native boot, nopv is ignored by those who have none. */
	if (nopv && !params->want[0] && !no_native(NULL))
		strscpy(params->want, pvops_backends.native->name, sizeof(params->want));

	if (pvops_native_wanted(&pvops_backends, params, no_native(NULL)))
		nopv = true;
}

static void __init go_native(struct pvops_state *state)
{
	state->backend = pvops_backends.native;
	state->features = 0;
	nopv = true;
}

/*
 * The command line names another platform than this one, which may have turned
 * out only now to have no native boot.  With pvops=native on one that has, there
 * is a hypervisor that nobody was allowed to recognise; that is no mistake.
 */
static void __init mismatch(struct pvops_state *state, bool no_native)
{
	const char *want = state->params.want;

	if (no_native) {
		pvops_warn("pvops=%s refused: this machine is %s", want, state->backend->name);
		nopv = false;
		return;
	}

	if (strcmp(want, pvops_backends.native->name))
		pvops_warn("pvops=%s: this machine is %s, booting natively", want,
			   state->backend->name);
	go_native(state);
}

/* Everything before the point of no return */
static int __init set_up(struct pvops_state *state, const struct pvops_machine *machine)
{
	int ret = pvops_select(state, &pvops_backends, machine);

	if (ret == -ENODEV) {
		mismatch(state, machine->no_native);
		ret = 0;
	}

	return ret ?: pvops_negotiate(state) ?:
		pvops_run_phase(state, PVOPS_EARLY, smp_processor_id());
}

/*
 * With nopv all that Xen's code still does is to look, when ACPI can be read,
 * whether this is a PVH guest that came by the ordinary entry, and to stop it:
 * it has no native (xen_platform_hvm() in arch/x86/xen/enlighten_hvm.c).  It
 * takes out the rest when it detects itself with nopv set, which may not have
 * been so the first time.
 */
static bool __init left_to_xen(const struct hypervisor_x86 *found)
{
	if (!nopv || found->type != X86_HYPER_XEN_HVM)
		return false;

	found->detect();
	return true;
}

/**
 * pvops_choose - choose the platform's backend and run its early steps
 * @found: the in-tree hypervisor code that recognised the machine, or NULL
 *
 * Context: setup_arch(), boot CPU, interrupts off, memblock only.
 * Return: the in-tree hypervisor code to install: @found or NULL.
 */
const struct hypervisor_x86 * __init pvops_choose(const struct hypervisor_x86 *found)
{
	struct pvops_machine machine = {
		.type		= found ? found->type : X86_HYPER_NATIVE,
		.hypervisor_bit	= boot_cpu_has(X86_FEATURE_HYPERVISOR),
		.no_native	= no_native(found),
		.announced	= announced,
	};

	if (set_up(&pvops_state, &machine)) {
		if (machine.no_native)
			stop_machine_for_good(&pvops_state);

		pvops_warn("%s: %s failed (%d), booting natively", pvops_state.backend->name,
			   pvops_state.failed, pvops_state.error);
		go_native(&pvops_state);
	}

	if (!found || !(pvops_keeps(&pvops_state, found->type) || left_to_xen(found)))
		return NULL;

	return found;
}

static int run_percpu(unsigned int cpu)
{
	return pvops_run_phase(&pvops_state, PVOPS_PERCPU, cpu);
}

static int undo_percpu(unsigned int cpu)
{
	const struct pvops_backend *b = pvops_state.backend;

	pvops_undo_phase(b, PVOPS_PERCPU, b->nr_steps, cpu);
	return 0;
}

static bool __init has_percpu_steps(const struct pvops_state *state)
{
	for (unsigned int i = 0; i < state->backend->nr_steps; i++) {
		if (state->backend->steps[i].phase == PVOPS_PERCPU)
			return true;
	}

	return IS_ENABLED(CONFIG_PVOPS_DEBUG) && state->params.fail[0];
}

static int __init before_smp(void)
{
	int ret;

	if (pvops_run_phase(&pvops_state, PVOPS_SMP, 0))
		stop_machine_for_good(&pvops_state);

	if (!has_percpu_steps(&pvops_state))
		return 0;

	/* Runs on the boot CPU now and on each other one when it comes up. */
	ret = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "x86/pvops:online", run_percpu,
				undo_percpu);
	if (ret < 0) {
		/* Unless a step of the boot CPU was it, which has its name there. */
		if (!pvops_state.failed) {
			pvops_state.failed = "x86/pvops:online";
			pvops_state.error = ret;
		}
		stop_machine_for_good(&pvops_state);
	}

	return 0;
}
early_initcall(before_smp);

static int __init late(void)
{
	if (pvops_run_phase(&pvops_state, PVOPS_LATE, raw_smp_processor_id()))
		stop_machine_for_good(&pvops_state);

	if (pvops_state.params.fail[0] && !pvops_state.injected)
		pvops_warn("pvops.fail=%s: no such step or feature", pvops_state.params.fail);

	return 0;
}
late_initcall(late);
