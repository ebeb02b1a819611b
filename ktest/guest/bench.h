/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frame of programs that count what operations of the system cost.
 *
 *   PROGRAM SAMPLES [CASE...]		print SAMPLES samples of each case, or of all
 *					that have no size
 *   PROGRAM repeat COUNT CASE		do one case COUNT times and print nothing
 *   PROGRAM frame COUNT CASE		the same without the operations themselves
 *
 * Each case is one line, "BENCH <case> <operations a sample> <samples>".  A
 * sample is the count for all of its operations, less what reading the counter
 * costs, and ends in "*" if a timer tick fell into it: the coarse clock, which
 * only the tick moves, was seen to move.  Such samples do not count as SAMPLES.
 *
 * The program that includes this states its cases, and count_begin() and
 * count_end(), which frame a sample; the count is what they differ by.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PAGE		4096UL
#define MIB		(1UL << 20)
#define MAX_SAMPLES	256
/* With a tick in most samples there are enough all the same. */
#define MAX_TRIES	8
#define EMPTY_SAMPLES	16

/*
 * One case: @setup and @teardown frame each sample and are not measured,
 * @run does @operations operations.  @ticks: timer ticks are part of it.
 * @size is for the case itself, which finds it in bench_size.
 */
struct bench_case {
	const char *name;
	unsigned int operations;
	void (*setup)(void);
	void (*run)(unsigned int operations);
	void (*teardown)(void);
	bool ticks;
	unsigned long size;
};

/* BENCH_CASE(name, operations, setup, run, teardown, other members...) */
#define BENCH_CASE(_name, _operations, _setup, _run, _teardown, ...)	\
	{ .name = _name, .operations = _operations, .setup = _setup,	\
	  .run = _run, .teardown = _teardown, __VA_ARGS__ }

static uint64_t count_begin(void);
static uint64_t count_end(void);

static uint64_t overhead;
static unsigned long bench_size;

static void die(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void *map(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		die("mmap");
	madvise(at, size, MADV_NOHUGEPAGE);

	return at;
}

static uint64_t coarse(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);

	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* One sample; true if a tick fell into it. */
static bool sample(const struct bench_case *one, uint64_t *count)
{
	uint64_t tick, start;
	bool hit;

	bench_size = one->size;
	if (one->setup)
		one->setup();
	tick = coarse();
	start = count_begin();
	one->run(one->operations);
	*count = count_end() - start;
	hit = coarse() != tick;
	if (one->teardown)
		one->teardown();

	return hit && !one->ticks;
}

static void nothing(unsigned int n)
{
	(void)n;
}

static void calibrate(void)
{
	const struct bench_case empty = { .name = "empty", .operations = 1, .run = nothing };
	uint64_t count;

	overhead = UINT64_MAX;
	for (int i = 0; i < EMPTY_SAMPLES; i++)
		if (!sample(&empty, &count) && count < overhead)
			overhead = count;
}

static void measure(const struct bench_case *one, unsigned int wanted)
{
	static uint64_t counts[MAX_TRIES * MAX_SAMPLES];
	static bool hits[MAX_TRIES * MAX_SAMPLES];
	unsigned int tries = 0, good = 0;

	while (good < wanted && tries < MAX_TRIES * wanted) {
		hits[tries] = sample(one, &counts[tries]);
		good += !hits[tries++];
	}
	printf("BENCH %s %u", one->name, one->operations);
	for (unsigned int i = 0; i < tries; i++)
		printf(" %llu%s", (unsigned long long)(counts[i] - overhead), hits[i] ? "*" : "");
	printf("\n");
	fflush(stdout);
}

static void repeat(const struct bench_case *one, unsigned int count, bool run)
{
	bench_size = one->size;
	while (count--) {
		if (one->setup)
			one->setup();
		if (run)
			one->run(one->operations);
		if (one->teardown)
			one->teardown();
	}
}

/* The calling thread runs on @cpu alone. */
static void stay_on(int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		die("sched_setaffinity");
}

static const struct bench_case *find(const struct bench_case *cases, size_t known,
				     const char *name)
{
	for (size_t i = 0; i < known; i++)
		if (!strcmp(cases[i].name, name))
			return &cases[i];
	fprintf(stderr, "bench: no case '%s'\n", name);
	exit(2);
}

/* What main() does when it has dealt with the words that only it knows. */
static int bench_main(int argc, char **argv, const struct bench_case *cases, size_t known)
{
	unsigned int wanted;

	if (argc == 4 && (!strcmp(argv[1], "repeat") || !strcmp(argv[1], "frame"))) {
		repeat(find(cases, known, argv[3]), strtoul(argv[2], NULL, 10), *argv[1] == 'r');
		return 0;
	}
	wanted = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	if (!wanted || wanted > MAX_SAMPLES) {
		fprintf(stderr, "bench: 1 to %u samples\n", MAX_SAMPLES);
		return 2;
	}
	calibrate();
	for (int i = 2; i < argc; i++)
		measure(find(cases, known, argv[i]), wanted);
	for (size_t i = 0; argc == 2 && i < known; i++)
		if (!cases[i].size)
			measure(&cases[i], wanted);

	return 0;
}
