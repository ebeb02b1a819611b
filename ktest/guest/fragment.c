// SPDX-License-Identifier: GPL-2.0-only
/*
 * Take nearly all memory and free every second page, so that free memory is in
 * pages of 4 KiB only.  Copyright (C) 2026 the pvops developers
 *
 * usage: fragment <MiB to leave alone>; prints "fragmented" and waits.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define MIB (1UL << 20)

int main(int argc, char **argv)
{
	unsigned long leave = argc > 1 ? strtoul(argv[1], NULL, 0) * MIB : 64 * MIB;
	unsigned long size, i;
	struct sysinfo si;
	char *p;

	if (sysinfo(&si) || si.freeram * si.mem_unit <= leave)
		return 1;
	size = si.freeram * si.mem_unit - leave;
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED || madvise(p, size, MADV_NOHUGEPAGE))
		return 1;
	for (i = 0; i < size; i += 4096)
		p[i] = 1;
	for (i = 0; i < size; i += 8192)
		madvise(p + i, 4096, MADV_DONTNEED);
	printf("fragmented %lu MiB\n", size / MIB);
	fflush(stdout);
	pause();
	return 0;
}
