// SPDX-License-Identifier: GPL-2.0-only
/*
 * The backends, and the platforms that Linux already knows
 *
 * The latter have their code elsewhere in the tree (arch/x86/xen, arch/x86/
 * hyperv, kernel/kvm.c, kernel/cpu/vmware.c).  They are recognised here by what
 * arch/x86/kernel/cpu/hypervisor.c found, so that the report has a name for
 * them and pvops= can switch them off; nothing of them is written again.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <linux/errno.h>
#include <linux/kernel.h>

#include <xen/hvc-console.h>

#include "pvops.h"

static int type_is(const struct pvops_machine *machine, enum x86_hypervisor_type type)
{
	return machine->type == type ? 0 : -ENODEV;
}

static int detect_native(const struct pvops_machine *machine)
{
	return 0;
}

static int detect_unknown(const struct pvops_machine *machine)
{
	return machine->hypervisor_bit || machine->type != X86_HYPER_NATIVE ? 0 : -ENODEV;
}

static int detect_kvm(const struct pvops_machine *machine)
{
	return type_is(machine, X86_HYPER_KVM);
}

static int detect_xen_pv(const struct pvops_machine *machine)
{
	return type_is(machine, X86_HYPER_XEN_PV);
}

static int detect_xen_hvm(const struct pvops_machine *machine)
{
	return type_is(machine, X86_HYPER_XEN_HVM);
}

static int detect_vmware(const struct pvops_machine *machine)
{
	return type_is(machine, X86_HYPER_VMWARE);
}

static int detect_hyperv(const struct pvops_machine *machine)
{
	return type_is(machine, X86_HYPER_MS_HYPERV);
}

static const struct pvops_backend native = {
	.name		= "native",
	.owner		= PVOPS_OWNER_NATIVE,
	.priority	= 0,
	.detect		= detect_native,
};

/* A hypervisor that Linux has no code for, or none with a name here. */
static const struct pvops_backend unknown = {
	.name		= "unknown",
	.owner		= PVOPS_OWNER_NATIVE,
	.priority	= 1,
	.detect		= detect_unknown,
};

static const struct pvops_backend kvm = {
	.name		= "kvm",
	.owner		= PVOPS_OWNER_KVM,
	.priority	= 10,
	.detect		= detect_kvm,
};

static const struct pvops_backend xen_pv = {
	.name		= "xen-pv",
	.owner		= PVOPS_OWNER_XEN,
	.priority	= 10,
	.deprivileged	= true,
	.detect		= detect_xen_pv,
	.puts		= IS_ENABLED(CONFIG_HVC_XEN) ? xen_raw_console_write : NULL,
};

/* Fully virtualised Xen guests: HVM and PVH. */
static const struct pvops_backend xen_hvm = {
	.name		= "xen-hvm",
	.owner		= PVOPS_OWNER_XEN,
	.priority	= 10,
	.detect		= detect_xen_hvm,
	.puts		= IS_ENABLED(CONFIG_HVC_XEN) ? xen_raw_console_write : NULL,
};

static const struct pvops_backend vmware = {
	.name		= "vmware",
	.owner		= PVOPS_OWNER_VMWARE,
	.priority	= 10,
	.detect		= detect_vmware,
};

static const struct pvops_backend hyperv = {
	.name		= "hyperv",
	.owner		= PVOPS_OWNER_HYPERV,
	.priority	= 10,
	.detect		= detect_hyperv,
};

static const struct pvops_backend *const backends[] = {
	&native,
	&unknown,
	&kvm,
	&xen_pv,
	&xen_hvm,
	&vmware,
	&hyperv,
#ifdef CONFIG_PVOPS_PVM
	&pvops_pvm_backend,
#endif
};

const struct pvops_registry pvops_backends = {
	.backends	= backends,
	.nr		= ARRAY_SIZE(backends),
	.native		= &native,
};
