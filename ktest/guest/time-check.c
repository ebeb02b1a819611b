// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does time ever go back?  One thread a CPU, all against one maximum.
 *
 * Copyright (C) 2026 the pvops developers
 *
 *	time-check SAMPLES
 *
 * takes so many samples of each clock, over all threads, and prints for each
 *
 *	TIME <clock> <samples> <times that it went back> <largest step back, ns>
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MAX_CPUS	64
#define NS		1000000000LL

static int64_t from_vdso(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS + t.tv_nsec;
}

static int64_t from_call(clockid_t clock)
{
	struct timespec t;

	syscall(SYS_clock_gettime, clock, &t);
	return t.tv_sec * NS + t.tv_nsec;
}

static int64_t monotonic(void)
{
	return from_call(CLOCK_MONOTONIC);
}

static int64_t monotonic_raw(void)
{
	return from_call(CLOCK_MONOTONIC_RAW);
}

static const struct clock {
	const char *name;
	int64_t (*read)(void);
} clocks[] = {
	{ "monotonic", monotonic },
	{ "monotonic-raw", monotonic_raw },
	{ "vdso", from_vdso },
};

static const struct clock *clock_now;
static _Atomic int64_t latest, largest;
static atomic_long left, back;

static void raise_to(_Atomic int64_t *max, int64_t to)
{
	int64_t seen = atomic_load(max);

	while (seen < to && !atomic_compare_exchange_weak(max, &seen, to))
		;
}

/* What another thread has read before this one begins to read cannot be later */
static void *sample(void *cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((long)cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	while (atomic_fetch_sub(&left, 1) > 0) {
		int64_t before = atomic_load(&latest), now = clock_now->read();

		if (now < before) {
			atomic_fetch_add(&back, 1);
			raise_to(&largest, before - now);
		}
		raise_to(&latest, now);
	}
	return NULL;
}

static long check(const struct clock *clock, long samples)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN), i;
	pthread_t threads[MAX_CPUS];

	clock_now = clock;
	latest = largest = 0;
	left = samples;
	back = 0;
	if (cpus > MAX_CPUS)
		cpus = MAX_CPUS;
	for (i = 0; i < cpus; i++)
		if (pthread_create(&threads[i], NULL, sample, (void *)i))
			exit(1);
	for (i = 0; i < cpus; i++)
		pthread_join(threads[i], NULL);
	printf("TIME %s %ld %ld %lld\n", clock->name, samples, (long)back, (long long)largest);
	return back;
}

int main(int argc, char **argv)
{
	long samples = argc > 1 ? atol(argv[1]) : 100000, wrong = 0;
	size_t i;

	for (i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++)
		wrong += check(&clocks[i], samples);
	return wrong != 0;
}
