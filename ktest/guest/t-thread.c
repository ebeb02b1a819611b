// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads: locks, condition variables, migration between CPUs, thread storage.
 *
 * Copyright (C) 2026 the pvops developers
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ktap.h"

#define THREADS	4
#define ROUNDS	5000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn_changed = PTHREAD_COND_INITIALIZER;
static unsigned long counter;
static int turn;
static __thread uintptr_t own;

static void *add(void *unused)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&lock);
		counter++;
		pthread_mutex_unlock(&lock);
	}
	return unused;
}

static int contended_mutex(void)
{
	pthread_t threads[THREADS];
	int i;

	counter = 0;
	for (i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, add, NULL))
			return ktap_why("no thread");
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return counter == THREADS * ROUNDS ? 0 : ktap_why("counted %lu", counter);
}

static void *take_turns(void *argument)
{
	int me = (int)(intptr_t)argument, i;

	for (i = 0; i < 200; i++) {
		pthread_mutex_lock(&lock);
		while (turn != me)
			pthread_cond_wait(&turn_changed, &lock);
		turn = !me;
		pthread_cond_signal(&turn_changed);
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static int two_take_turns(void)
{
	pthread_t threads[2];
	intptr_t i;

	turn = 0;
	for (i = 0; i < 2; i++)
		if (pthread_create(&threads[i], NULL, take_turns, (void *)i))
			return ktap_why("no thread");
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	return turn ? ktap_why("turn %d", turn) : 0;
}

/* Thread storage hangs off the FS base: it must follow the thread everywhere. */
static void *migrate(void *argument)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set;
	int i;

	own = (uintptr_t)argument;
	for (i = 0; i < 200; i++) {
		CPU_ZERO(&set);
		CPU_SET(i % cpus, &set);
		if (sched_setaffinity(0, sizeof(set), &set))
			return (void *)1;
		if (sched_getcpu() != i % cpus)
			return (void *)2;
		if (own != (uintptr_t)argument)
			return (void *)3;
	}
	return NULL;
}

static int storage_follows_migration(void)
{
	pthread_t threads[THREADS];
	void *result;
	intptr_t i;
	int bad = 0;

	for (i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, migrate, (void *)(i * 0x1111)))
			return ktap_why("no thread");
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &result);
		bad |= (int)(intptr_t)result;
	}
	return bad ? ktap_why("failure %d", bad) : 0;
}

static char *volatile shared;
static volatile int stop;

static void *touch(void *unused)
{
	unsigned long sum = 0;

	while (!stop)
		sum += shared[(sum * 4096) & 0x3fff];
	(void)unused;
	return (void *)sum;
}

/* Taking pages away under a running thread flushes its CPU's TLB: shootdown. */
static int remap_under_a_reader(void)
{
	pthread_t thread;
	int i;

	shared = mmap(NULL, 0x4000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(shared, 1, 0x4000);
	stop = 0;
	if (pthread_create(&thread, NULL, touch, NULL))
		return ktap_why("no thread");
	for (i = 0; i < 300; i++) {
		if (madvise(shared, 0x4000, MADV_DONTNEED))
			return ktap_why("madvise");
		if (shared[0x1000])
			return ktap_why("a dropped page kept its contents");
		shared[0x1000] = 1;
		if (mprotect(shared, 0x4000, i & 1 ? PROT_READ | PROT_WRITE : PROT_READ))
			return ktap_why("mprotect");
		if (!(i & 1) && mprotect(shared, 0x4000, PROT_READ | PROT_WRITE))
			return ktap_why("mprotect");
	}
	stop = 1;
	pthread_join(thread, NULL);
	return munmap(shared, 0x4000);
}

int main(void)
{
	static const struct ktap_case cases[] = {
		KTAP_CASE(contended_mutex),
		KTAP_CASE(two_take_turns),
		KTAP_CASE(storage_follows_migration),
		KTAP_CASE(remap_under_a_reader),
	};

	return ktap_run("thread", cases);
}
