// SPDX-License-Identifier: GPL-2.0-only
/*
 * PVM: what the pvops core has to know
 *
 * Copyright (C) 2026 the pvops developers
 */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/kernel.h>

#include <asm/pvops.h>

#include "../pvops.h"
#include "pvm.h"

static const struct pvops_feature features[] = {
	{ .name = "intent", .negotiate = pvm_intent_negotiate },
};

static const struct pvops_step steps[] = {
	{ .name = "vectors", .phase = PVOPS_EARLY, .run = pvm_reserve_vectors },
	{ .name = "sleep", .phase = PVOPS_LATE, .run = pvm_refuse_sleep },
	{ .name = "intent-ops", .phase = PVOPS_EARLY, .run = pvm_intent_install },
	{
		.name = "intent-page",
		.phase = PVOPS_PERCPU,
		.run = pvm_intent_online,
		.undo = pvm_intent_offline,
	},
};

/*
 * Everything is in place before the core runs: pvm_start_kernel() could not
 * have reached it otherwise.  The in-tree KVM guest code comes beside it, for
 * kvmclock, steal time and the IPI and spinlock hooks.
 */
const struct pvops_backend pvops_pvm_backend = {
	.name		= "pvm",
	.owner		= PVOPS_OWNER_PVM,
	.priority	= 100,
	.areas		= BIT(PVOPS_CPU) | BIT(PVOPS_MMU) | BIT(PVOPS_IRQ),
	.deprivileged	= true,
	.beside		= BIT(X86_HYPER_KVM),
	.features	= features,
	.nr_features	= ARRAY_SIZE(features),
	.steps		= steps,
	.nr_steps	= ARRAY_SIZE(steps),
	.puts		= pvm_puts,
	.stop		= pvm_stop,
};
