/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the pvops core share with each other and with no one else
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef _X86_PVOPS_PVOPS_H
#define _X86_PVOPS_PVOPS_H

#include <linux/cpumask.h>
#include <linux/kallsyms.h>
#include <linux/types.h>

#include <asm/paravirt.h>
#include <asm/pvops.h>

/* say.c */
void pvops_say(const char *line);
__printf(1, 2) void pvops_warn(const char *fmt, ...);

/* Longest name of a platform, a feature or a step, with its final NUL. */
#define PVOPS_NAME_LEN		24

/* How many features can be switched off on one command line. */
#define PVOPS_MAX_OFF		8

/* How many slots pv_ops has; the table in ops.c names each of them. */
#define PVOPS_NR_SLOTS		(sizeof(struct paravirt_patch_template) / sizeof(void *))

/*
 * Parameters
 */

/**
 * struct pvops_off - one ``pvops.BACKEND.no_FEATURE``
 * @backend: BACKEND
 * @feature: FEATURE
 */
struct pvops_off {
	char backend[PVOPS_NAME_LEN];
	char feature[PVOPS_NAME_LEN];
};

/**
 * struct pvops_params - what the command line asks for
 * @want: value of ``pvops=``, empty for "auto"
 * @fail: value of ``pvops.fail=``, empty for none
 * @off: features that were switched off
 * @nr_off: how many of @off are in use
 */
struct pvops_params {
	char want[PVOPS_NAME_LEN];
	char fail[PVOPS_NAME_LEN];
	struct pvops_off off[PVOPS_MAX_OFF];
	unsigned int nr_off;
};

int pvops_parse_param(struct pvops_params *params, const char *name, const char *value);
void pvops_parse_command_line(struct pvops_params *params, char *line);
bool pvops_is_off(const struct pvops_params *params, const char *backend, const char *feature);

/*
 * Choice
 */

/**
 * struct pvops_registry - backends to choose from
 * @backends: in any order
 * @nr: number of @backends
 * @native: the one to use when none detects its platform
 */
struct pvops_registry {
	const struct pvops_backend *const *backends;
	unsigned int nr;
	const struct pvops_backend *native;
};

extern const struct pvops_registry pvops_backends;

/* arch/x86/pvops/pvm/ */
extern const struct pvops_backend pvops_pvm_backend;

/**
 * struct pvops_state - the outcome of the choice
 * @backend: the platform's backend, never NULL after the choice
 * @features: bit i is set when @backend->features[i] is on
 * @failed: name of the step that failed last, or NULL
 * @error: its errno
 * @injected: a failure was injected
 * @params: the command line
 */
struct pvops_state {
	const struct pvops_backend *backend;
	u32 features;
	const char *failed;
	int error;
	bool injected;
	struct pvops_params params;
};

extern struct pvops_state pvops_state;

const struct pvops_backend *pvops_find(const struct pvops_registry *reg, const char *name);
bool pvops_native_wanted(const struct pvops_registry *reg, struct pvops_params *params,
			 bool no_native);
int pvops_select(struct pvops_state *state, const struct pvops_registry *reg,
		 const struct pvops_machine *machine);
int pvops_negotiate(struct pvops_state *state);
int pvops_run_phase(struct pvops_state *state, enum pvops_phase phase, unsigned int cpu);
void pvops_undo_phase(const struct pvops_backend *b, enum pvops_phase phase, unsigned int end,
		      unsigned int cpu);
bool pvops_keeps(const struct pvops_state *state, enum x86_hypervisor_type type);

/*
 * Inventory
 */

/**
 * struct pvops_op - something a hypervisor can replace
 * @group: structure or kind: cpu, irq, mmu, lock (of pv_ops), call, apic, smp
 * @name: member or static call
 * @area: the area it counts for
 * @where: the pointer to the function, NULL when @read says it
 * @read: returns the function behind it
 * @key: its static call, NULL for others
 * @slot: it is a slot of pv_ops
 * @helper: bare hardware has a function here that several owners install
 */
struct pvops_op {
	const char *group;
	const char *name;
	enum pvops_area area;
	void *const *where;
	void *(*read)(void);
	const struct static_call_key *key;
	bool slot;
	bool helper;
};

extern const struct pvops_op pvops_slots[PVOPS_NR_SLOTS];
extern const struct pvops_op pvops_others[];
extern const unsigned int pvops_nr_others;

void *pvops_op_function(const struct pvops_op *op);
enum pvops_owner pvops_owner_of_name(const char *symbol);
bool pvops_is_helper(const char *symbol);
enum pvops_owner pvops_op_owner(const struct pvops_op *op);
unsigned int pvops_area_owners(enum pvops_area area);

/*
 * Call sites
 */

/**
 * struct pvops_site_sum - call sites of one op, for the report
 * @direct: call the function that the op holds now
 * @inlined: have bare hardware's instructions in place of a call
 * @stale: call another function, which the op held when they were patched
 * @modules: how many of all these are in modules
 */
struct pvops_site_sum {
	u32 direct;
	u32 inlined;
	u32 stale;
	u32 modules;
};

void pvops_sum_slot(unsigned int slot, void *now, struct pvops_site_sum *sum);
void pvops_sum_static_call(const struct pvops_op *op, struct pvops_site_sum *sum);

/*
 * Report
 */

/* Longest list of owners: all of them, joined, with the final NUL */
#define PVOPS_OWNERS_LEN	64

/**
 * struct pvops_found - an optional thing that a hypervisor may supply
 * @name: as in /sys/hypervisor/pvops/features/
 * @op: on when one of these is not bare hardware's; the second may be NULL
 */
struct pvops_found {
	const char *name;
	const struct pvops_op *op[2];
};

extern const struct pvops_found pvops_found[];
extern const unsigned int pvops_nr_found;
extern const char *const pvops_area_names[PVOPS_NR_AREAS];

bool pvops_found_on(const struct pvops_found *found);
void pvops_format_owners(char *buf, size_t size, unsigned int owners);
unsigned int pvops_observe_area(enum pvops_area area);

#endif /* _X86_PVOPS_PVOPS_H */
