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

/* What is mapped at @shared, or 0 while it changes; what the reader has seen there. */
static int mapped, seen, ended;
static const volatile int *shared;

/* A reader whose TLB keeps the page that was mapped before sees what is in that one. */
static void *read_what_is_mapped(void *cpus)
{
	int before, value, after;

	pthread_setaffinity_np(pthread_self(), sizeof(cpu_set_t), cpus);
	do {
		before = __atomic_load_n(&mapped, __ATOMIC_ACQUIRE);
		value = *shared;
		after = __atomic_load_n(&mapped, __ATOMIC_ACQUIRE);
		if (before > 0 && before == after) {
			if (value != before) {
				__atomic_store_n(&ended, 1, __ATOMIC_RELEASE);
				return (void *)(intptr_t)value;
			}
			__atomic_store_n(&seen, value, __ATOMIC_RELEASE);
		}
	} while (before >= 0);
	return NULL;
}

/* Map one of two pages after the other; the reader must have seen each. */
static int swap_pages(int fd, int *pages, void *at, int rounds)
{
	int i, page;

	for (i = 1; i <= rounds; i++) {
		page = i & 1;
		pages[page * 1024] = i;
		__atomic_store_n(&mapped, 0, __ATOMIC_SEQ_CST);
		if (mmap(at, 4096, PROT_READ, MAP_SHARED | MAP_FIXED, fd, page * 4096) != at)
			return ktap_why("mmap");
		__atomic_store_n(&mapped, i, __ATOMIC_SEQ_CST);
		while (__atomic_load_n(&seen, __ATOMIC_ACQUIRE) != i) {
			if (__atomic_load_n(&ended, __ATOMIC_ACQUIRE))
				return ktap_why("round %d: another page was read", i);
			sched_yield();
		}
	}
	return 0;
}

/* Taking a page away under a thread on another CPU flushes that CPU's TLB: shootdown. */
static int remap_under_a_reader(void)
{
	int fd = memfd_create("pages", 0), *pages, bad;
	cpu_set_t own, other;
	pthread_t thread;
	void *at, *result;

	if (fd < 0 || ftruncate(fd, 8192))
		return ktap_why("no pages");
	pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	at = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	shared = at;
	CPU_ZERO(&own);
	CPU_ZERO(&other);
	CPU_SET(0, &own);
	CPU_SET(sysconf(_SC_NPROCESSORS_ONLN) - 1, &other);
	sched_setaffinity(0, sizeof(own), &own);
	if (pthread_create(&thread, NULL, read_what_is_mapped, &other))
		return ktap_why("no thread");
	bad = swap_pages(fd, pages, at, 300);
	__atomic_store_n(&mapped, -1, __ATOMIC_SEQ_CST);
	pthread_join(thread, &result);
	munmap(at, 4096);
	munmap(pages, 8192);
	close(fd);
	return bad ? bad : result ? ktap_why("page of round %d was read", (int)(intptr_t)result) : 0;
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
