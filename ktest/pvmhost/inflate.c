// SPDX-License-Identifier: GPL-2.0-only
/*
 * The inflater of the kernel tree, built the way the kernel's own boot
 * decompressor builds it (arch/x86/boot/compressed/misc.c), and the check of
 * the gzip trailer, which that one leaves out.
 *
 * Copyright (C) 2026 the pvops developers
 */
#define STATIC static
#include <linux/types.h>

/* The allocator of decompress/mm.h takes its memory from between these */
static unsigned long free_mem_ptr, free_mem_end_ptr;

#include <linux/decompress/mm.h>

#include "lib/decompress_inflate.c"
#include "load.h"

#define HEAP_SIZE	0x20000
#define CRC32_POLY	0xedb88320	/* reflected, RFC 1952 section 8 */

static char heap[HEAP_SIZE] __attribute__((aligned(16)));
static bool failed;

static void error(char *x)
{
	failed = true;
}

static u32 crc32(const u8 *p, u64 len)
{
	static u32 table[256];
	u32 crc = ~0u, i, j;

	for (i = 0; i < 256 && !table[255]; i++) {
		u32 c = i;

		for (j = 0; j < 8; j++)
			c = c >> 1 ^ (c & 1 ? CRC32_POLY : 0);
		table[i] = c;
	}
	while (len--)
		crc = crc >> 8 ^ table[(crc ^ *p++) & 0xff];
	return ~crc;
}

s64 inflate_gzip(const u8 *in, u64 in_len, u8 *out, u64 out_max)
{
	u32 trailer[2];
	long used = 0;
	u64 len;

	free_mem_ptr = (unsigned long)heap;
	free_mem_end_ptr = free_mem_ptr + sizeof(heap);
	failed = false;
	if (in_len < 18 ||
	    __gunzip((u8 *)in, in_len, NULL, NULL, out, out_max, &used, error) || failed ||
	    used < 18 || used > in_len)
		return -1;
	__builtin_memcpy(trailer, in + used - 8, 8);	/* CRC32, length */
	len = trailer[1];
	if (len > out_max || crc32(out, len) != trailer[0])
		return -1;
	return len;
}
