// SPDX-License-Identifier: GPL-2.0-only
/*
 * kt_peek - show bytes of the running kernel's memory
 *
 * Reads lines "ADDRESS LENGTH" (hexadecimal, decimal) from standard input and
 * writes "ADDRESS BYTES" for each, both hexadecimal, read through /proc/kcore.
 * It knows nothing of what is there: whoever asked decodes it.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <elf.h>
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX_LENGTH	64

static Elf64_Phdr *segments;
static unsigned int nr_segments;
static int kcore;

static void read_at(void *buf, size_t len, off_t offset, const char *what)
{
	if (pread(kcore, buf, len, offset) != (ssize_t)len)
		err(1, "/proc/kcore: %s at 0x%llx", what, (unsigned long long)offset);
}

static void open_kcore(void)
{
	Elf64_Ehdr header;

	kcore = open("/proc/kcore", O_RDONLY);
	if (kcore < 0)
		err(1, "/proc/kcore");

	read_at(&header, sizeof(header), 0, "header");
	nr_segments = header.e_phnum;
	segments = calloc(nr_segments, sizeof(*segments));
	if (!segments)
		err(1, "memory");

	read_at(segments, nr_segments * sizeof(*segments), header.e_phoff, "segments");
}

static off_t offset_of(uint64_t address, size_t len)
{
	for (unsigned int i = 0; i < nr_segments; i++) {
		const Elf64_Phdr *s = &segments[i];

		if (s->p_type == PT_LOAD && address >= s->p_vaddr &&
		    address + len <= s->p_vaddr + s->p_memsz)
			return s->p_offset + (address - s->p_vaddr);
	}

	errx(1, "no memory at 0x%llx", (unsigned long long)address);
}

int main(void)
{
	unsigned char bytes[MAX_LENGTH];
	unsigned long long address;
	unsigned int len;

	open_kcore();
	while (scanf("%llx %u", &address, &len) == 2) {
		if (len > sizeof(bytes))
			errx(1, "%u bytes are too many", len);

		read_at(bytes, len, offset_of(address, len), "bytes");
		printf("%llx ", address);
		for (unsigned int i = 0; i < len; i++)
			printf("%02x", bytes[i]);
		putchar('\n');
	}

	return 0;
}
