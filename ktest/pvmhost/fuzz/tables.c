// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page tables of the bare test guest.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * The first GB is mapped 1:1 for smod, in 2 MB pages; user_table lies in the
 * same top level slot, so that supervisor and user pages share upper tables.
 */
#include "guest.h"

#define TABLE	0x27	/* present, writable, user, accessed */
#define PAGE	0x67	/* the same, dirty */
#define LARGE	0xe3	/* present, writable, supervisor, accessed, dirty, 2 MB */

u64 top_table[512] __attribute__((aligned(4096)));
u64 user_table[512] __attribute__((aligned(4096)));
static u64 level3[512] __attribute__((aligned(4096)));
static u64 kernel_level2[512] __attribute__((aligned(4096)));
static u64 user_level2[512] __attribute__((aligned(4096)));
static u8 user_pages[2][4096] __attribute__((aligned(4096)));

void tables_copy(u64 *top, u64 *own_level3, u64 *own_level2)
{
	u32 i;

	for (i = 0; i < 512; i++) {
		own_level3[i] = level3[i];
		own_level2[i] = user_level2[i];
	}
	own_level3[1] = (u64)own_level2 | TABLE;
	top[0] = (u64)own_level3 | TABLE;
}

void tables_init(void)
{
	u64 i;

	for (i = 0; i < 512; i++)
		kernel_level2[i] = i << 21 | LARGE;
	user_table[0] = (u64)user_pages[0] | PAGE;
	user_table[1] = (u64)user_pages[1] | PAGE;
	user_level2[0] = (u64)user_table | TABLE;
	level3[0] = (u64)kernel_level2 | TABLE;
	level3[1] = (u64)user_level2 | TABLE;
	top_table[0] = (u64)level3 | TABLE;
	hypercall(LOAD_PGTBL, 1, (u64)top_table, 0, 0);
}
