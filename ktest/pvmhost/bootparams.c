// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a Linux guest finds at its 64-bit entry point (Documentation/arch/x86/
 * boot.rst, "64-bit boot protocol").
 *
 * Copyright (C) 2026 the pvops developers
 */
#include <uapi/asm/bootparam.h>
#include "acpi.h"
#include "host.h"
#include "load.h"
#include "mem.h"
#include "options.h"
#include "pgtable.h"

#define LOADER_UNDEFINED	0xff

static void fill_e820(struct boot_params *bp)
{
	u32 i, n = 0;

	for (i = 0; i < mem_map.nr && n < E820_MAX_ENTRIES_ZEROPAGE; i++) {
		const struct mem_range *r = &mem_map.range[i];

		if (r->start >= r->end)
			continue;
		bp->e820_table[n].addr = r->start;
		bp->e820_table[n].size = r->end - r->start;
		bp->e820_table[n].type = r->type;
		n++;
	}
	bp->e820_entries = n;
}

static void fill_header(struct boot_params *bp, const struct guest_image *img)
{
	if (img->setup_header)
		memcpy(&bp->hdr, img->setup_header, sizeof(bp->hdr));
	bp->hdr.boot_flag = 0xaa55;
	memcpy(&bp->hdr.header, "HdrS", 4);
	bp->hdr.type_of_loader = LOADER_UNDEFINED;
	bp->hdr.loadflags |= LOADED_HIGH;
	if (options.kaslr)
		bp->hdr.loadflags |= KASLR_FLAG;
	bp->hdr.cmd_line_ptr = GUEST_CMDLINE;
	bp->hdr.ramdisk_image = img->initrd;
	bp->hdr.ramdisk_size = img->initrd_size;
}

/* 512 GB 1:1 in 1 GB pages; only the host's walker ever reads them */
static u64 build_identity(void)
{
	u64 *pml4 = phys_to_host(GUEST_TABLES);
	u64 *pdpt = phys_to_host(GUEST_TABLES + PAGE_SIZE);
	u64 i;

	memset(pml4, 0, PAGE_SIZE);
	pml4[0] = (GUEST_TABLES + PAGE_SIZE) | PTE_P | PTE_W | PTE_A;
	for (i = 0; i < 512; i++)
		pdpt[i] = i << 30 | PTE_P | PTE_W | PTE_A | PTE_D | PTE_PS;
	return GUEST_TABLES;
}

u64 bootparams_build(const struct guest_image *img, u32 cpus)
{
	struct boot_params *bp = phys_to_host(GUEST_BOOT_PARAMS);

	mem_reserve(GUEST_ACPI, GUEST_ACPI + GUEST_ACPI_SIZE, MEM_ACPI);
	memset(bp, 0, sizeof(*bp));
	memcpy(phys_to_host(GUEST_CMDLINE), img->line, strlen(img->line) + 1);
	fill_header(bp, img);
	bp->acpi_rsdp_addr = acpi_build(GUEST_ACPI, GUEST_ACPI_SIZE, cpus);
	fill_e820(bp);
	return build_identity();
}
