// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers and clocks: they expire, not early, and no clock goes backwards.
 *
 * Copyright (C) 2026 the pvops developers
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "ktap.h"

#define MS	1000000ll
#define SAMPLES	20000

static volatile sig_atomic_t alarms;
static _Atomic int64_t latest;

static int64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static int sleep_is_not_short(void)
{
	struct timespec request = { .tv_nsec = 20 * MS };
	int64_t start, slept;
	int i;

	for (i = 0; i < 5; i++) {
		start = now(CLOCK_MONOTONIC);
		if (nanosleep(&request, NULL))
			return ktap_why("interrupted");
		slept = now(CLOCK_MONOTONIC) - start;
		if (slept < 20 * MS)
			return ktap_why("20 ms took %lld ns", (long long)slept);
	}
	return 0;
}

static void tick(int signal)
{
	(void)signal;
	alarms++;
}

static int interval_timer(void)
{
	struct itimerval every = { { 0, 10000 }, { 0, 10000 } }, off = { 0 };
	int64_t start = now(CLOCK_MONOTONIC);

	alarms = 0;
	signal(SIGALRM, tick);
	setitimer(ITIMER_REAL, &every, NULL);
	while (alarms < 5 && now(CLOCK_MONOTONIC) - start < 10000 * MS)
		pause();
	setitimer(ITIMER_REAL, &off, NULL);
	if (alarms < 5)
		return ktap_why("%d alarms of 10 ms in 10 s", (int)alarms);
	if (now(CLOCK_MONOTONIC) - start < 50 * MS)
		return ktap_why("5 alarms of 10 ms came too early");
	return 0;
}

static int timerfd_expires(void)
{
	struct itimerspec once = { .it_value = { .tv_nsec = 15 * MS } };
	struct pollfd poll_fd;
	uint64_t count = 0;
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);

	timerfd_settime(fd, 0, &once, NULL);
	poll_fd = (struct pollfd){ .fd = fd, .events = POLLIN };
	if (poll(&poll_fd, 1, 10000) != 1)
		return ktap_why("never expired");
	if (read(fd, &count, sizeof(count)) != sizeof(count) || count != 1)
		return ktap_why("%llu expirations", (unsigned long long)count);
	return close(fd);
}

/* One thread a CPU against a shared maximum: time must never be behind it. */
static void *watch(void *clock)
{
	int i;

	for (i = 0; i < SAMPLES; i++) {
		int64_t before = atomic_load(&latest);
		int64_t here = now((clockid_t)(intptr_t)clock);

		if (here < before)
			return (void *)(intptr_t)(before - here);
		while (here > before && !atomic_compare_exchange_weak(&latest, &before, here))
			;
	}
	return NULL;
}

static int never_backwards(clockid_t clock)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN), i;
	pthread_t threads[64];
	void *back;
	int bad = 0;

	if (cpus > 64)
		cpus = 64;
	atomic_store(&latest, 0);
	for (i = 0; i < cpus; i++) {
		pthread_attr_t attributes;
		cpu_set_t set;

		CPU_ZERO(&set);
		CPU_SET(i, &set);
		pthread_attr_init(&attributes);
		pthread_attr_setaffinity_np(&attributes, sizeof(set), &set);
		if (pthread_create(&threads[i], &attributes, watch, (void *)(intptr_t)clock))
			return ktap_why("no thread");
	}
	for (i = 0; i < cpus; i++) {
		pthread_join(threads[i], &back);
		if (back)
			bad = ktap_why("went back by %lld ns", (long long)(intptr_t)back);
	}
	return bad;
}

static int monotonic(void)
{
	return never_backwards(CLOCK_MONOTONIC);
}

static int monotonic_raw(void)
{
	return never_backwards(CLOCK_MONOTONIC_RAW);
}

/* The vDSO's clock and the system call's must agree. */
static int vdso_agrees(void)
{
	struct timespec kernel;
	int64_t before, between, after;
	int i;

	for (i = 0; i < 1000; i++) {
		before = now(CLOCK_MONOTONIC);
		syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &kernel);
		after = now(CLOCK_MONOTONIC);
		between = kernel.tv_sec * 1000000000ll + kernel.tv_nsec;
		if (between < before || between > after)
			return ktap_why("system call %lld outside of %lld..%lld",
					(long long)between, (long long)before, (long long)after);
	}
	return 0;
}

int main(void)
{
	static const struct ktap_case cases[] = {
		KTAP_CASE(sleep_is_not_short),
		KTAP_CASE(interval_timer),
		KTAP_CASE(timerfd_expires),
		KTAP_CASE(monotonic),
		KTAP_CASE(monotonic_raw),
		KTAP_CASE(vdso_agrees),
	};

	return ktap_run("timer", cases);
}
