// SPDX-License-Identifier: GPL-2.0-only
/*
 * Choice of a backend, negotiation of its features, and its steps
 *
 * Nothing here knows this machine: boot.c does.  What is here works on the
 * state and the registry that it is given, so that KUnit can give it others.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <linux/errno.h>
#include <linux/init.h>
#include <linux/string.h>

#include "pvops.h"
#include "trace.h"

static const char *const phase_names[PVOPS_NR_PHASES] = {
	[PVOPS_EARLY]	= "early",
	[PVOPS_SMP]	= "smp",
	[PVOPS_PERCPU]	= "percpu",
	[PVOPS_LATE]	= "late",
};

/* What pvops.fail= wants of a step */
static int injected(struct pvops_state *state, const char *step)
{
	if (!IS_ENABLED(CONFIG_PVOPS_DEBUG) || strcmp(state->params.fail, step))
		return 0;

	state->injected = true;
	return -EIO;
}

static int failed(struct pvops_state *state, const char *step, int error)
{
	state->failed = step;
	state->error = error;
	return error;
}

/**
 * pvops_find - look up a backend
 * @reg: where
 * @name: its name
 *
 * Return: the backend, or NULL.
 */
const struct pvops_backend * __init pvops_find(const struct pvops_registry *reg, const char *name)
{
	for (unsigned int i = 0; i < reg->nr; i++) {
		if (!strcmp(reg->backends[i]->name, name))
			return reg->backends[i];
	}

	return NULL;
}

/**
 * pvops_native_wanted - does the command line ask for a native boot?
 * @reg: known backends
 * @params: the command line; a request that is refused is taken out of it
 * @no_native: this machine cannot boot natively
 *
 * A platform that nobody knows is answered by a native boot too.
 *
 * Return: true if it does and gets it.
 */
bool __init pvops_native_wanted(const struct pvops_registry *reg, struct pvops_params *params,
				bool no_native)
{
	bool known;

	if (!params->want[0])
		return false;

	known = pvops_find(reg, params->want);
	if (known && strcmp(params->want, reg->native->name))
		return false;

	if (no_native) {
		pvops_warn("pvops=%s refused: %s", params->want,
			   known ? "this machine has no native boot" : "no such platform");
		params->want[0] = '\0';
		return false;
	}
	if (!known)
		pvops_warn("pvops=%s: no such platform, booting natively", params->want);

	strscpy(params->want, reg->native->name, sizeof(params->want));
	return true;
}

/*
 * The backend of highest priority that says that this is its platform, even if
 * it adds that it cannot serve it; the first registered one of these.
 */
static int __init detect_best(struct pvops_state *state, const struct pvops_registry *reg,
			      const struct pvops_machine *machine)
{
	int error = 0;

	state->backend = NULL;
	for (unsigned int i = 0; i < reg->nr; i++) {
		const struct pvops_backend *b = reg->backends[i];
		int ret;

		if (!b->detect || (state->backend && b->priority <= state->backend->priority))
			continue;

		ret = b->detect(machine);
		if (ret == -ENODEV)
			continue;

		state->backend = b;
		error = ret;
	}
	if (!state->backend)
		state->backend = reg->native;

	return error;
}

/**
 * pvops_select - choose the backend for a machine
 * @state: the command line goes in, the backend comes out; @state->backend is
 *	the one that was recognised even if this fails
 * @reg: the backends to choose from
 * @machine: what is known of the machine
 *
 * A backend that early boot code announced is the only choice.
 *
 * Return: 0; -ENODEV when ``pvops=`` names another platform than this; another
 * errno when detection failed.
 */
int __init pvops_select(struct pvops_state *state, const struct pvops_registry *reg,
			const struct pvops_machine *machine)
{
	int ret = 0;

	if (machine->announced)
		state->backend = machine->announced;
	else
		ret = detect_best(state, reg, machine);

	ret = ret ?: injected(state, "detect");
	if (ret)
		return failed(state, "detect", ret);

	if (state->params.want[0] && strcmp(state->params.want, state->backend->name))
		return -ENODEV;

	return 0;
}

static bool __init negotiate_one(struct pvops_state *state, const struct pvops_feature *feature)
{
	int ret;

	if (pvops_is_off(&state->params, state->backend->name, feature->name))
		return false;

	ret = injected(state, feature->name);
	if (!ret && feature->negotiate)
		ret = feature->negotiate();
	if (ret && ret != -ENODEV)
		pvops_warn("%s: feature %s failed (%d): off", state->backend->name, feature->name,
			   ret);

	return !ret;
}

/* Parameters that name no feature, or another platform's, get their one line. */
static void __init report_useless(const struct pvops_state *state)
{
	const struct pvops_backend *b = state->backend;

	for (unsigned int i = 0; i < state->params.nr_off; i++) {
		const struct pvops_off *off = &state->params.off[i];
		bool known = false;

		for (unsigned int f = 0; f < b->nr_features; f++)
			known |= !strcmp(b->features[f].name, off->feature);

		if (strcmp(b->name, off->backend))
			pvops_warn("pvops.%s.no_%s: the platform is %s: ignored", off->backend,
				   off->feature, b->name);
		else if (!known)
			pvops_warn("pvops.%s.no_%s: no such feature: ignored", off->backend,
				   off->feature);
	}
}

/**
 * pvops_negotiate - settle which features of the backend are on
 * @state: has the backend
 *
 * Return: 0 or a negative errno, by injection only: a feature that fails is off.
 */
int __init pvops_negotiate(struct pvops_state *state)
{
	const struct pvops_backend *b = state->backend;
	int ret = injected(state, "negotiate");

	if (ret)
		return failed(state, "negotiate", ret);

	report_useless(state);
	state->features = 0;
	for (unsigned int i = 0; i < b->nr_features; i++) {
		if (negotiate_one(state, &b->features[i]))
			state->features |= BIT(i);
	}

	return 0;
}

/**
 * pvops_undo_phase - undo steps of a phase, the last one first
 * @b: the backend
 * @phase: which steps
 * @end: those before this one of the backend's steps
 * @cpu: the CPU that they ran on
 *
 * Context: that of the phase, see &enum pvops_phase.
 */
void pvops_undo_phase(const struct pvops_backend *b, enum pvops_phase phase, unsigned int end,
		      unsigned int cpu)
{
	while (end--) {
		if (b->steps[end].phase == phase && b->steps[end].undo)
			b->steps[end].undo(cpu);
	}
}

static int run_step(struct pvops_state *state, const struct pvops_step *step, unsigned int cpu)
{
	int ret = injected(state, step->name);

	if (!ret)
		ret = step->run(cpu);

	trace_pvops_step(state->backend->name, step->name, cpu, ret);
	return ret;
}

/**
 * pvops_run_phase - run the backend's steps of a phase
 * @state: has the backend
 * @phase: which steps
 * @cpu: the CPU that this runs on
 *
 * Steps that are not required and fail are left out with one line.  When one that
 * is required fails, those of the phase before it are undone in reverse order.
 *
 * Context: that of the phase, see &enum pvops_phase.
 * Return: 0, or the errno of the required step that failed.
 */
int pvops_run_phase(struct pvops_state *state, enum pvops_phase phase, unsigned int cpu)
{
	const struct pvops_backend *b = state->backend;
	const int none = injected(state, phase_names[phase]);

	if (none && phase == PVOPS_EARLY)
		return failed(state, phase_names[phase], none);
	if (none)
		pvops_warn("%s: %s steps failed (%d) on CPU%u: left out", b->name,
			   phase_names[phase], none, cpu);

	for (unsigned int i = 0; i < b->nr_steps; i++) {
		const struct pvops_step *step = &b->steps[i];
		int ret;

		if (step->phase != phase || (none && !step->required))
			continue;

		ret = none ?: run_step(state, step, cpu);
		if (!ret)
			continue;

		if (step->required || phase == PVOPS_EARLY) {
			/* Of a phase that was failed as a whole none has run. */
			if (!none)
				pvops_undo_phase(b, phase, i, cpu);
			return failed(state, step->name, ret);
		}

		pvops_warn("%s: step %s failed (%d) on CPU%u: left out", b->name, step->name, ret,
			   cpu);
	}

	return 0;
}

/**
 * pvops_keeps - is in-tree code for a hypervisor to be installed?
 * @state: the choice that was made
 * @type: the hypervisor
 *
 * A backend that supplies areas itself says what it wants beside it; all others
 * stand for in-tree code, except bare hardware.
 *
 * Return: true if it is.
 */
bool __init pvops_keeps(const struct pvops_state *state, enum x86_hypervisor_type type)
{
	const struct pvops_backend *b = state->backend;

	if (b->areas)
		return b->beside & BIT(type);

	return b->priority > 0;
}
