/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is there a VMware host, or one that offers VMware's interfaces?
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PV_BALLOON_VMWARE_HOST_H
#define PV_BALLOON_VMWARE_HOST_H

#include <linux/cpufeature.h>
#include <linux/types.h>

#include <asm/cpuid.h>
#include <asm/hypervisor.h>

/**
 * vmware_host_present() - may the backdoor ports be tried?
 *
 * A hypervisor that offers the interfaces of another one shows a block of CPUID
 * leaves for each, at 0x40000000 and at each 0x100 above, with the other's
 * signature; x86_hyper_type names only one of them.
 *
 * Return: true if VMware is one of them.
 */
static inline bool vmware_host_present(void)
{
	if (x86_hyper_type == X86_HYPER_VMWARE)
		return true;
	return boot_cpu_has(X86_FEATURE_HYPERVISOR) &&
	       hypervisor_cpuid_base("VMwareVMware", 0);
}

#endif /* PV_BALLOON_VMWARE_HOST_H */
