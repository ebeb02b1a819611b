// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long a task waits for memory: map and touch 64 KiB again and again until
 * told to stop, and print the distribution.  Copyright (C) 2026 the pvops
 * developers
 *
 * usage: alloc-latency <seconds>; prints one line:
 *   allocations <n> p50 <us> p99 <us> max <us>
 */

#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define SIZE		(64 << 10)
#define PAGE		4096
/* Buckets of 1/8 octave over microseconds. */
#define BUCKETS		(8 * 40)

static unsigned long bucket[BUCKETS];

static unsigned long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static double upper(int i)
{
	return (1ULL << (i / 8)) * (1 + (i % 8 + 1) / 8.0);
}

static void count(unsigned long long us)
{
	int i = 0;

	while (i < BUCKETS - 1 && upper(i) < us)
		i++;
	bucket[i]++;
}

static double percentile(unsigned long total, double share)
{
	unsigned long seen = 0;
	int i;

	for (i = 0; i < BUCKETS; i++) {
		seen += bucket[i];
		if (seen >= total * share)
			break;
	}
	return upper(i);
}

static int allocate(void)
{
	char *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int i;

	if (p == MAP_FAILED)
		return -1;
	for (i = 0; i < SIZE; i += PAGE)
		p[i] = 1;
	return munmap(p, SIZE);
}

int main(int argc, char **argv)
{
	unsigned long long end, before, took, max = 0;
	unsigned long n = 0;

	if (argc != 2)
		return 2;
	end = now_ns() + strtoull(argv[1], NULL, 0) * 1000000000ULL;
	for (before = now_ns(); before < end; before = now_ns()) {
		if (allocate())
			return 1;
		took = (now_ns() - before) / 1000;
		count(took);
		if (took > max)
			max = took;
		n++;
		usleep(1000);
	}
	printf("allocations %lu p50 %.0f p99 %.0f max %llu\n", n, percentile(n, 0.5),
	       percentile(n, 0.99), max);
	return 0;
}
