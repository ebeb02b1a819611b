// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who owns which physical page, and the only way to guest memory.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include "host.h"
#include "mem.h"
#include "mmio.h"
#include "standin_vmware.h"

struct mem_map mem_map;

#define MAX_DENIED	32
static struct mem_range denied[MAX_DENIED];
static u32 nr_denied;

u8 mem_chunk_is_ram[MEM_CHUNKS];

void mem_add(u64 start, u64 end, u32 type)
{
	if (start >= end)
		return;
	if (mem_map.nr == MAX_RANGES)
		panic("memory map has more than %u ranges\n", MAX_RANGES);
	mem_map.range[mem_map.nr++] = (struct mem_range){ start, end, type };
}

void mem_reserve(u64 start, u64 end, u32 type)
{
	u32 i, nr = mem_map.nr;

	for (i = 0; i < nr; i++) {
		struct mem_range *r = &mem_map.range[i];
		u64 r_start = r->start, r_end = r->end;

		if (r->type != MEM_RAM || end <= r_start || start >= r_end)
			continue;
		r->end = max(r_start, start);
		mem_add(r->end, min(end, r_end), type);
		mem_add(min(end, r_end), r_end, MEM_RAM);
	}
}

void mem_deny(u64 start, u64 end)
{
	if (nr_denied == MAX_DENIED)
		panic("more than %u denied ranges\n", MAX_DENIED);
	denied[nr_denied++] = (struct mem_range){ ALIGN_DOWN(start, PAGE_SIZE),
						  ALIGN_UP(end, PAGE_SIZE), 0 };
}

u64 mem_find_top(u64 size, u64 limit)
{
	u64 best = 0;
	u32 i;

	for (i = 0; i < mem_map.nr; i++) {
		struct mem_range *r = &mem_map.range[i];
		u64 end = ALIGN_DOWN(min(r->end, limit), PMD_SIZE);

		if (r->type == MEM_RAM && end >= r->start + size && end - size > best)
			best = end - size;
	}
	if (best)
		mem_reserve(best, best + size, MEM_RESERVED);
	return best;
}

static bool in_denied(u64 start, u64 end)
{
	u32 i;

	for (i = 0; i < nr_denied; i++) {
		if (start < denied[i].end && end > denied[i].start)
			return true;
	}
	return false;
}

static const struct mem_range *find_ram(u64 gpa)
{
	u32 i;

	for (i = 0; i < mem_map.nr; i++) {
		const struct mem_range *r = &mem_map.range[i];

		if (r->type == MEM_RAM && gpa >= r->start && gpa < r->end)
			return r;
	}
	return NULL;
}

void mem_freeze(void)
{
	u64 i;

	for (i = 0; i < MEM_CHUNKS; i++) {
		u64 gpa = i * PMD_SIZE;
		const struct mem_range *r = find_ram(gpa);

		mem_chunk_is_ram[i] = r && gpa + PMD_SIZE <= r->end &&
				      !in_denied(gpa, gpa + PMD_SIZE);
	}
}

enum page_kind mem_kind(u64 gpa)
{
	const struct mem_range *r;

	if (mem_is_ram_2m(gpa))
		return PAGE_RAM;
	gpa = ALIGN_DOWN(gpa, PAGE_SIZE);
	if (gpa >= HOST_MAP_MAX || in_denied(gpa, gpa + PAGE_SIZE))
		return PAGE_DENIED;
	r = find_ram(gpa);
	if (r && gpa + PAGE_SIZE <= r->end)
		return standin_page_locked(gpa) ? PAGE_LOCKED : PAGE_RAM;
	return mmio_trapped(gpa) ? PAGE_TRAPPED : PAGE_DEVICE;
}

void *guest_ptr(u64 gpa, size_t len)
{
	if ((gpa & (PAGE_SIZE - 1)) + len > PAGE_SIZE || mem_kind(gpa) != PAGE_RAM)
		return NULL;
	return phys_to_host(gpa);
}

static bool guest_copy(u64 gpa, u8 *buf, size_t len, bool write)
{
	while (len) {
		size_t part = min(len, (size_t)(PAGE_SIZE - (gpa & (PAGE_SIZE - 1))));
		void *p = guest_ptr(gpa, part);

		if (!p)
			return false;
		if (write)
			memcpy(p, buf, part);
		else
			memcpy(buf, p, part);
		gpa += part;
		buf += part;
		len -= part;
	}
	return true;
}

bool guest_read(u64 gpa, void *buf, size_t len)
{
	return guest_copy(gpa, buf, len, false);
}

bool guest_write(u64 gpa, const void *buf, size_t len)
{
	return guest_copy(gpa, (u8 *)buf, len, true);
}
