// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's own page tables: all of physical memory at HOST_BASE, supervisor
 * only, global; the host's text is read-only and all the rest not executable.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include "host.h"
#include "mem.h"
#include "pgtable.h"
#include "x86.h"

static u64 pml4[512] __attribute__((aligned(PAGE_SIZE)));
static u64 pdpt[512] __attribute__((aligned(PAGE_SIZE)));
static u64 pd[512] __attribute__((aligned(PAGE_SIZE)));		/* first GB */
static u64 pt[4][512] __attribute__((aligned(PAGE_SIZE)));	/* first 8 MB */

u64 host_cr3, host_pml4e;

extern char host_start[], host_text_end[], host_rodata_end[], host_end[];

#define HOST_PTE	(PTE_P | PTE_A | PTE_D | PTE_G)

static u64 small_page(u64 pa)
{
	u64 va = pa + HOST_BASE;

	if (va >= (u64)host_start && va < (u64)host_text_end)
		return pa | HOST_PTE;
	if (va >= (u64)host_text_end && va < (u64)host_rodata_end)
		return pa | HOST_PTE | PTE_NX;
	return pa | HOST_PTE | PTE_W | PTE_NX;
}

/* Of the text and the constants, which nothing may ever change */
u64 host_checksum(void)
{
	const u64 *p = (const u64 *)host_start;
	u64 sum = 0;

	for (; p < (const u64 *)host_rodata_end; p++)
		sum = (sum << 5 | sum >> 59) ^ *p;
	return sum;
}

void host_tables_init(void)
{
	const u64 rw = PTE_P | PTE_W | PTE_A;
	u64 i;

	if (!(cpuid(0x80000001, 0).edx & (1u << 26)))
		panic("the processor has no 1 GB pages\n");
	if (host_to_phys(host_end) > sizeof(pt) / sizeof(u64) * PAGE_SIZE)
		panic("the host's image is too large\n");
	for (i = 0; i < ARRAY_SIZE(pt) * 512; i++)
		pt[i / 512][i % 512] = small_page(i * PAGE_SIZE);
	for (i = 0; i < 512; i++) {
		if (i < ARRAY_SIZE(pt))
			pd[i] = host_to_phys(pt[i]) | rw;
		else
			pd[i] = i * PMD_SIZE | HOST_PTE | PTE_W | PTE_NX | PTE_PS;
	}
	pdpt[0] = host_to_phys(pd) | rw;
	for (i = 1; i < 512; i++)
		pdpt[i] = i << 30 | HOST_PTE | PTE_W | PTE_NX | PTE_PS;
	host_pml4e = host_to_phys(pdpt) | rw;
	pml4[HOST_SLOT] = host_pml4e;
	host_cr3 = host_to_phys(pml4);
	write_cr3(host_cr3);
}
