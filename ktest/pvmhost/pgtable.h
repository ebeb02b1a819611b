/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page table entry bits and the host's own tables (pgtable.c).
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_PGTABLE_H
#define PVMHOST_PGTABLE_H

#include <linux/types.h>

#define PTE_P		0x001ULL
#define PTE_W		0x002ULL
#define PTE_U		0x004ULL
#define PTE_PCD		0x010ULL
#define PTE_A		0x020ULL
#define PTE_D		0x040ULL
#define PTE_PS		0x080ULL
#define PTE_G		0x100ULL
#define PTE_NX		0x8000000000000000ULL
#define PTE_FRAME	0x000ffffffffff000ULL

/* Bits of an address that index the table of @level (1 to 4) */
static inline u32 pt_index(u64 addr, u32 level)
{
	return (addr >> (12 + 9 * (level - 1))) & 511;
}

/* Bytes that one entry of @level maps */
static inline u64 pt_size(u32 level)
{
	return 1ULL << (12 + 9 * (level - 1));
}

/* Build the host's tables and switch to them */
void host_tables_init(void);
u64 host_checksum(void);
extern u64 host_cr3;
/* The PML4 entry of HOST_SLOT, which every root has */
extern u64 host_pml4e;

#endif
