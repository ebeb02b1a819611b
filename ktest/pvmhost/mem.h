/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who owns which physical page, and the only way to guest memory (mem.c).
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Guest-physical addresses are machine addresses.
 */
#ifndef PVMHOST_MEM_H
#define PVMHOST_MEM_H

#include <linux/types.h>
#include "layout.h"

enum page_kind {
	PAGE_DENIED,	/* the host's, or a device the guest must not reach: reads as 1s */
	PAGE_RAM,	/* the guest's memory */
	PAGE_DEVICE,	/* mapped through to the guest: MMIO, ROM, firmware tables */
	PAGE_TRAPPED,	/* emulated access by access, see mmio.c */
	PAGE_LOCKED,	/* in the balloon of standin_balloon.c: nobody's */
};

/* Types of the memory map, as E820 and multiboot number them */
#define MEM_RAM		1
#define MEM_RESERVED	2
#define MEM_ACPI	3

struct mem_range {
	u64 start, end;
	u32 type;
};

#define MAX_RANGES	64

struct mem_map {
	u32 nr;
	struct mem_range range[MAX_RANGES];
};

extern struct mem_map mem_map;		/* the machine's, then the guest's */

static inline void *phys_to_host(u64 pa)
{
	return (void *)(pa + HOST_BASE);
}

static inline u64 host_to_phys(const void *p)
{
	return (u64)p - HOST_BASE;
}

void mem_add(u64 start, u64 end, u32 type);
/* Take [start, end) out of RAM: it becomes @type in the guest's map */
void mem_reserve(u64 start, u64 end, u32 type);
/* No guest mapping, ever */
void mem_deny(u64 start, u64 end);
/* The highest @size bytes of RAM below @limit, aligned to 2 MB, reserved; 0: none */
u64 mem_find_top(u64 size, u64 limit);
/* After the last reservation and before the guest starts */
void mem_freeze(void);

/* One byte for each 2 MB of the first 128 GB: is all of it guest memory? */
#define MEM_CHUNKS	65536
extern u8 mem_chunk_is_ram[MEM_CHUNKS];

/* All of the 2 MB at @gpa is guest memory */
static inline bool mem_is_ram_2m(u64 gpa)
{
	u64 chunk = gpa / PMD_SIZE;

	return chunk < MEM_CHUNKS && mem_chunk_is_ram[chunk];
}

enum page_kind mem_kind(u64 gpa);

/* Pointer to @len bytes of guest memory inside one page, or NULL */
void *guest_ptr(u64 gpa, size_t len);

/* Pointer to the page of guest memory at @gpa, or NULL */
static inline void *guest_page(u64 gpa)
{
	return mem_is_ram_2m(gpa) ? phys_to_host(gpa) : guest_ptr(gpa, PAGE_SIZE);
}

bool guest_read(u64 gpa, void *buf, size_t len);
bool guest_write(u64 gpa, const void *buf, size_t len);

#endif
