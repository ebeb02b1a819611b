// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose code is a function?
 *
 * Known by the prefix of its symbol: each hypervisor's guest code keeps to its
 * own.  What has none of them and is part of the kernel image is bare hardware
 * code; what is neither is unknown.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <linux/bitops.h>
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include <asm/sections.h>

#include "pvops.h"

static const struct {
	const char *prefix;
	enum pvops_owner owner;
} prefixes[] = {
	{ "pvm_",	PVOPS_OWNER_PVM },
	{ "kvm_",	PVOPS_OWNER_KVM },
	{ "xen_",	PVOPS_OWNER_XEN },
	{ "hv_",	PVOPS_OWNER_HYPERV },
	{ "hyperv_",	PVOPS_OWNER_HYPERV },
	{ "read_hv_",	PVOPS_OWNER_HYPERV },
	{ "vmware_",	PVOPS_OWNER_VMWARE },
};

/*
 * Shared by bare hardware and several hypervisors: the symbol does not tell who
 * installed them, so the ops beside them have to.
 */
static const char *const helpers[] = {
	"nop_func",				/* also called paravirt_nop */
	"paravirt_ret0",
	"paravirt_ident_64",
	"tlb_remove_table",
	"pv_queued_spin_lock_slowpath",
	"pv_queued_spin_unlock",
};

/* The symbol without what PV_CALLEE_SAVE() and private names put before it */
static const char *bare_symbol(const char *symbol)
{
	static const char thunk[] = "__raw_callee_save_";

	if (!strncmp(symbol, thunk, strlen(thunk)))
		symbol += strlen(thunk);

	return symbol + strspn(symbol, "_");
}

/**
 * pvops_owner_of_name - owner of a function by its symbol
 * @symbol: as kallsyms has it
 *
 * Return: the owner; native when no hypervisor's prefix fits.
 */
enum pvops_owner pvops_owner_of_name(const char *symbol)
{
	symbol = bare_symbol(symbol);
	for (unsigned int i = 0; i < ARRAY_SIZE(prefixes); i++) {
		if (!strncmp(symbol, prefixes[i].prefix, strlen(prefixes[i].prefix)))
			return prefixes[i].owner;
	}

	return PVOPS_OWNER_NATIVE;
}

/**
 * pvops_is_helper - is this a function that several owners install?
 * @symbol: as kallsyms has it
 *
 * Return: true if it is.
 */
bool pvops_is_helper(const char *symbol)
{
	return match_string(helpers, ARRAY_SIZE(helpers), bare_symbol(symbol)) >= 0;
}

static void symbol_of(void *function, char *symbol)
{
	sprint_symbol_no_offset(symbol, (unsigned long)function);
}

/* Owner of what stands by itself; helpers and empty slots are native so far. */
static noinline_for_stack enum pvops_owner plain_owner(void *function)
{
	char symbol[KSYM_SYMBOL_LEN];
	enum pvops_owner owner;

	if (!function)
		return PVOPS_OWNER_NATIVE;

	symbol_of(function, symbol);
	owner = pvops_owner_of_name(symbol);
	if (owner == PVOPS_OWNER_NATIVE && !core_kernel_text((unsigned long)function))
		return PVOPS_OWNER_UNKNOWN;

	return owner;
}

static noinline_for_stack bool is_helper(void *function)
{
	char symbol[KSYM_SYMBOL_LEN];

	if (!function)
		return true;

	symbol_of(function, symbol);
	return pvops_is_helper(symbol);
}

static unsigned int plain_owners(const char *group)
{
	unsigned int owners = 0;

	for (unsigned int i = 0; i < PVOPS_NR_SLOTS; i++) {
		if (!strcmp(pvops_slots[i].group, group))
			owners |= BIT(plain_owner(pvops_op_function(&pvops_slots[i])));
	}

	return owners & ~(BIT(PVOPS_OWNER_NATIVE) | BIT(PVOPS_OWNER_UNKNOWN));
}

/*
 * A helper that bare hardware does not have here, or nothing, was installed by
 * whoever replaced other slots of its group; failing that, a helper was by the
 * platform's own code.
 */
static enum pvops_owner helper_owner(const struct pvops_op *op, void *function)
{
	unsigned int owners = plain_owners(op->group);

	if (hweight32(owners) == 1)
		return __ffs(owners);

	return function ? pvops_state.backend->owner : PVOPS_OWNER_NATIVE;
}

/**
 * pvops_op_owner - owner of the function behind an op, at this moment
 * @op: the op
 *
 * Context: process context, after pvops_choose(); may sleep.
 * Return: the owner.
 */
enum pvops_owner pvops_op_owner(const struct pvops_op *op)
{
	void *function = pvops_op_function(op);

	if (!op->slot || !is_helper(function) || (op->helper && function))
		return plain_owner(function);

	return helper_owner(op, function);
}

/**
 * pvops_area_owners - all owners of an area's ops
 * @area: the area
 *
 * Every platform leaves some ops to bare hardware, so that "native" is said
 * only of an area in which nothing else is installed.
 *
 * Context: process context, after pvops_choose(); may sleep.
 * Return: bit mask of &enum pvops_owner, never 0.
 */
unsigned int pvops_area_owners(enum pvops_area area)
{
	unsigned int owners = 0;

	for (unsigned int i = 0; i < PVOPS_NR_SLOTS; i++) {
		if (pvops_slots[i].area == area)
			owners |= BIT(pvops_op_owner(&pvops_slots[i]));
	}
	for (unsigned int i = 0; i < pvops_nr_others; i++) {
		if (pvops_others[i].area == area)
			owners |= BIT(pvops_op_owner(&pvops_others[i]));
	}

	return (owners & ~BIT(PVOPS_OWNER_NATIVE)) ?: BIT(PVOPS_OWNER_NATIVE);
}

/**
 * pvops_found_on - does a hypervisor supply it, at this moment?
 * @found: the optional thing
 *
 * Context: process context; may sleep.
 * Return: true if one does.
 */
bool pvops_found_on(const struct pvops_found *found)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(found->op) && found->op[i]; i++) {
		if (pvops_op_owner(found->op[i]) != PVOPS_OWNER_NATIVE)
			return true;
	}

	return false;
}
