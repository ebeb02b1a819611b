// SPDX-License-Identifier: GPL-2.0-only
/*
 * The multiboot 1 information structure ("Multiboot Specification version
 * 0.6.96", section 3.3).
 *
 * Copyright (C) 2026 the pvops developers
 */
#include "host.h"
#include "mem.h"
#include "multiboot.h"

#define MB_BOOT_MAGIC	0x2badb002
#define MB_INFO_CMDLINE	0x04
#define MB_INFO_MODS	0x08
#define MB_INFO_MMAP	0x40

struct mb_info {
	u32 flags, mem_lower, mem_upper, boot_device, cmdline;
	u32 mods_count, mods_addr, syms[4], mmap_length, mmap_addr;
};

struct mb_module {
	u32 start, end, string, reserved;
};

struct mb_mmap {
	u32 size;	/* of what follows */
	u64 addr, len;
	u32 type;
} __attribute__((packed));

struct boot_info boot_info;

static void copy_line(char *dst, u32 pa)
{
	const char *src = phys_to_host(pa);
	size_t i;

	for (i = 0; i < BOOT_LINE_MAX - 1 && src[i]; i++)
		dst[i] = src[i];
	dst[i] = 0;
}

static void copy_mmap(u32 addr, u32 len)
{
	u32 end = addr + len;

	while (addr + sizeof(struct mb_mmap) <= end) {
		const struct mb_mmap *m = phys_to_host(addr);

		/* Only whole pages of RAM; everything else as large as it is said to be */
		if (m->type == MEM_RAM)
			mem_add(ALIGN_UP(m->addr, PAGE_SIZE),
				ALIGN_DOWN(m->addr + m->len, PAGE_SIZE), MEM_RAM);
		else
			mem_add(m->addr, m->addr + m->len, m->type);
		addr += m->size + sizeof(m->size);
	}
}

void multiboot_parse(u32 magic, u64 info_pa)
{
	const struct mb_info *info = phys_to_host(info_pa);
	const struct mb_module *mods;
	u32 i;

	if (magic != MB_BOOT_MAGIC)
		panic("not started by a multiboot loader\n");
	if (!(info->flags & MB_INFO_MMAP))
		panic("the loader gives no memory map\n");
	copy_mmap(info->mmap_addr, info->mmap_length);
	if (info->flags & MB_INFO_CMDLINE)
		copy_line(boot_info.line, info->cmdline);
	if (!(info->flags & MB_INFO_MODS) || !info->mods_count)
		panic("no guest: give it with -initrd \"bzImage command line,initrd\"\n");
	mods = phys_to_host(info->mods_addr);
	boot_info.nr_modules = min(info->mods_count, (u32)ARRAY_SIZE(boot_info.module));
	for (i = 0; i < boot_info.nr_modules; i++) {
		if (mods[i].start > mods[i].end)
			panic("module %u ends before it starts\n", i);
		boot_info.module[i].start = mods[i].start;
		boot_info.module[i].end = mods[i].end;
		copy_line(boot_info.module[i].line, mods[i].string);
	}
}
