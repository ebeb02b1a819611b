/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The firmware's ACPI tables, and the ones the guest sees (acpi.c).
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_ACPI_H
#define PVMHOST_ACPI_H

#include <linux/types.h>
#include "layout.h"

struct acpi_info {
	u32 nr_cpus;
	u8 cpu_apic_id[64];
	u64 ioapic_base;
	u32 ioapic_id;
	u64 ecam_start, ecam_end;	/* 0: none */
	u64 iommu_base;			/* 0: none */
	u64 hpet_base;
};

extern struct acpi_info acpi_info;

void acpi_parse(void);
/*
 * Write RSDP, XSDT and MADT for the guest into [gpa, gpa + size), which is
 * guest memory; returns the RSDP's address.
 */
u64 acpi_build(u64 gpa, u64 size, u32 cpus);

#endif
