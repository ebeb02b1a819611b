// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA confinement: one translation for all devices, which maps guest memory 1:1
 * and nothing else (Intel VT-d Specification 3.4, chapters 3, 9 and 11; legacy
 * mode, second-level translation).
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Interrupts are not remapped: a device that writes to 0xfeexxxxx can make the
 * host count a spurious interrupt, deliver one that the guest has set up, or, with
 * another delivery mode or a vector below 32, crash.
 */
#include "acpi.h"
#include "host.h"
#include "iommu.h"
#include "mem.h"
#include "pgtable.h"
#include "x86.h"

#define REG_CAP		0x08
#define REG_ECAP	0x10
#define REG_GCMD	0x18
#define REG_GSTS	0x1c
#define REG_RTADDR	0x20
#define REG_CCMD	0x28

#define CAP_SAGAW_39	(1ULL << 9)	/* three levels */
#define CAP_SLLPS_2M	(1ULL << 34)
#define GCMD_TE		(1u << 31)
#define GCMD_SRTP	(1u << 30)
#define CCMD_ICC	(1ULL << 63)
#define CCMD_GLOBAL	(1ULL << 61)
#define IOTLB_IVT	(1ULL << 63)
#define IOTLB_GLOBAL	(1ULL << 60)

#define CONTEXT_AW_39	1
#define CONTEXT_DOMAIN	(1ULL << 8)

#define SL_READ		1ULL
#define SL_WRITE	2ULL
#define SL_LARGE	(1ULL << 7)
#define SL_RW		(SL_READ | SL_WRITE)

#define MAX_GB		64	/* of memory that devices can reach */
#define MAX_SPLIT	16	/* 2 MB areas that are only partly the guest's */
#define SPIN_LIMIT	1000000

static u64 root_table[512] __attribute__((aligned(PAGE_SIZE)));
static u64 context_table[512] __attribute__((aligned(PAGE_SIZE)));
static u64 level3[512] __attribute__((aligned(PAGE_SIZE)));
static u64 level2[MAX_GB][512] __attribute__((aligned(PAGE_SIZE)));
static u64 level1[MAX_SPLIT][512] __attribute__((aligned(PAGE_SIZE)));
static u32 nr_split;

static volatile u32 *reg32(u32 reg)
{
	return phys_to_host(acpi_info.iommu_base + reg);
}

static volatile u64 *reg64(u32 reg)
{
	return phys_to_host(acpi_info.iommu_base + reg);
}

static bool any_ram(u64 gpa)
{
	u64 end = gpa + PMD_SIZE;

	for (; gpa < end; gpa += PAGE_SIZE) {
		if (mem_kind(gpa) == PAGE_RAM)
			return true;
	}
	return false;
}

/* A 2 MB area with pages of the host's: page by page */
static u64 split(u64 gpa)
{
	u64 *table, i;

	if (nr_split == MAX_SPLIT) {
		printk("IOMMU: no table left for %llx, devices cannot reach it\n", gpa);
		return 0;
	}
	table = level1[nr_split++];
	for (i = 0; i < 512; i++) {
		if (mem_kind(gpa + i * PAGE_SIZE) == PAGE_RAM)
			table[i] = (gpa + i * PAGE_SIZE) | SL_RW;
	}
	return host_to_phys(table) | SL_RW;
}

static void build_tables(void)
{
	u64 gpa, i;

	for (gpa = 0; gpa < (u64)MAX_GB << 30; gpa += PMD_SIZE) {
		u64 *entry = &level2[gpa >> 30][pt_index(gpa, 2)];

		if (mem_is_ram_2m(gpa))
			*entry = gpa | SL_RW | SL_LARGE;
		else if (any_ram(gpa))
			*entry = split(gpa);
	}
	for (i = 0; i < MAX_GB; i++)
		level3[i] = host_to_phys(level2[i]) | SL_RW;
	/* Every function of every bus has the same translation */
	for (i = 0; i < 256; i++) {
		context_table[2 * i] = host_to_phys(level3) | 1;
		context_table[2 * i + 1] = CONTEXT_DOMAIN | CONTEXT_AW_39;
		root_table[2 * i] = host_to_phys(context_table) | 1;
	}
}

static bool wait_status(u32 bit)
{
	u32 i;

	for (i = 0; i < SPIN_LIMIT; i++) {
		if (*reg32(REG_GSTS) & bit)
			return true;
		cpu_relax();
	}
	return false;
}

bool iommu_init(void)
{
	u64 cap;
	u32 iotlb;

	if (!acpi_info.iommu_base)
		return false;
	cap = *reg64(REG_CAP);
	if (!(cap & CAP_SAGAW_39) || !(cap & CAP_SLLPS_2M)) {
		printk("IOMMU: no three-level tables or no 2 MB pages, capabilities %llx\n", cap);
		return false;
	}
	iotlb = (*reg64(REG_ECAP) >> 8 & 0x3ff) * 16 + 8;
	build_tables();
	*reg64(REG_RTADDR) = host_to_phys(root_table);
	*reg32(REG_GCMD) = GCMD_SRTP;
	if (!wait_status(GCMD_SRTP))
		return false;
	*reg64(REG_CCMD) = CCMD_ICC | CCMD_GLOBAL;
	*reg64(iotlb) = IOTLB_IVT | IOTLB_GLOBAL;
	*reg32(REG_GCMD) = GCMD_TE;
	return wait_status(GCMD_TE);
}
