/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the boot loader handed over (multiboot.c).
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_MULTIBOOT_H
#define PVMHOST_MULTIBOOT_H

#include <linux/types.h>

#define BOOT_LINE_MAX	2048	/* as the kernel's COMMAND_LINE_SIZE */

struct boot_module {
	u64 start, end;
	char line[BOOT_LINE_MAX];
};

struct boot_info {
	char line[BOOT_LINE_MAX];
	u32 nr_modules;
	struct boot_module module[2];	/* the kernel, the initrd */
};

extern struct boot_info boot_info;

/* Copies everything out of the loader's memory; fills mem_map */
void multiboot_parse(u32 magic, u64 info);

#endif
