// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the boot loader to the first guest entry.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include "acpi.h"
#include "clock.h"
#include "host.h"
#include "ioapic.h"
#include "iommu.h"
#include "lapic.h"
#include "load.h"
#include "mem.h"
#include "multiboot.h"
#include "options.h"
#include "pci.h"
#include "pcpu.h"
#include "pgtable.h"
#include "sched.h"
#include "shadow.h"

#define BELOW_4G	0x100000000ULL

extern char host_end[];
void host_main(u32 magic, u64 info);

/* What the guest must never map: section 3 of the issue of this host */
static void deny_host(u64 pool, u64 pool_size)
{
	mem_deny(HOST_LOAD, host_to_phys(host_end));
	mem_deny(pool, pool + pool_size);
	mem_deny(LAPIC_PHYS, LAPIC_PHYS + 0x100000);	/* and the MSI window */
	if (acpi_info.hpet_base)
		mem_deny(acpi_info.hpet_base, acpi_info.hpet_base + PAGE_SIZE);
	if (acpi_info.ecam_start)
		mem_deny(acpi_info.ecam_start, acpi_info.ecam_end);
	if (acpi_info.iommu_base)
		mem_deny(acpi_info.iommu_base, acpi_info.iommu_base + PAGE_SIZE);
}

static u64 memory_setup(void)
{
	u64 size = (u64)options.pool_mb << 20, pool;

	mem_reserve(HOST_LOAD, ALIGN_UP(host_to_phys(host_end), PAGE_SIZE), MEM_RESERVED);
	return size && (pool = mem_find_top(size, BELOW_4G)) ? pool : 0;
}

static void processors_setup(void)
{
	struct pcpu *p = &pcpus[0];

	p->apic_id = lapic_id();
	p->online = 1;
	nr_pcpus = 1;
	smp_start();
	nr_vcpus = options.vcpus ? options.vcpus : nr_pcpus;
	vcpu_init_all();
	sched_init();
	printk("%u vCPUs on %u processors, TSC %llu kHz\n", nr_vcpus, nr_pcpus, tsc_khz);
}

void host_main(u32 magic, u64 info)
{
	struct guest_image img = { 0 };
	u64 pool, cr3;

	print_init();
	printk("PVM reference host: test equipment, not for production\n");
	host_tables_init();
	cpu_init(&pcpus[0]);
	multiboot_parse(magic, info);
	options_parse(boot_info.line);
	acpi_parse();
	lapic_init();
	tsc_calibrate();
	clock_init();

	pool = memory_setup();
	if (!pool)
		panic("no memory for %u MB of shadow pages\n", options.pool_mb);
	deny_host(pool, (u64)options.pool_mb << 20);
	load_guest(&img);
	shadow_init(pool, (u64)options.pool_mb << 20);

	host_lock();	/* keeps the other processors waiting */
	processors_setup();
	ioapic_init();
	pci_init();
	cr3 = bootparams_build(&img, nr_vcpus);
	mem_freeze();
	printk(iommu_init() ? "DMA is confined to guest memory by the IOMMU\n" :
			      "DMA is not confined: no IOMMU in use\n");
	printk("entering the guest at %llx, command line: %s\n", img.entry, img.line);
	vcpu_start_bsp(&vcpus[0], img.entry, GUEST_BOOT_PARAMS, GUEST_STACK, cr3);
	host_unlock();
	sched_start(&pcpus[0]);
}
