// SPDX-License-Identifier: GPL-2.0-only
/*
 * What operations of the system cost. Under "-icount shift=0" the time stamp
 * counter counts instructions, on one CPU exactly.
 *
 *   bench-ops SAMPLES [CASE...]	print SAMPLES samples of each case, or of all
 *   bench-ops repeat COUNT CASE	do one case COUNT times and print nothing
 *   bench-ops frame COUNT CASE	the same without the operations themselves
 *   bench-ops start		print the time stamp counter, as "BENCH START <count>"
 *
 * Each case is one line, "BENCH <case> <operations a sample> <samples>".  A
 * sample is the count for all of its operations, less what reading the counter
 * costs, and ends in "*" if a timer tick fell into it: the coarse clock, which
 * only the tick moves, was seen to move.  Such samples do not count as SAMPLES.
 *
 * Copyright (C) 2026 the pvops developers
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#define PAGE		4096UL
#define MIB		(1UL << 20)
#define MAX_SAMPLES	256
/* With a tick in every other sample there are enough all the same. */
#define MAX_TRIES	4

/*
 * One case: @setup and @teardown frame each sample and are not measured,
 * @run does @operations operations.
 */
struct bench_case {
	const char *name;
	unsigned int operations;
	void (*setup)(void);
	void (*run)(unsigned int operations);
	void (*teardown)(void);
};

static char *area;
static uint64_t overhead;

static void die(const char *what)
{
	fprintf(stderr, "bench-ops: %s: %s\n", what, strerror(errno));
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

static void touch(char *at, size_t size)
{
	for (size_t i = 0; i < size; i += PAGE)
		*(volatile char *)(at + i) = 1;
}

static void getppid_run(unsigned int n)
{
	while (n--)
		syscall(SYS_getppid);
}

#define FAULT_PAGES	64

static void fault_setup(void)
{
	area = map(FAULT_PAGES * PAGE);
}

static void fault_run(unsigned int n)
{
	touch(area, n * PAGE);
}

static void fault_teardown(void)
{
	munmap(area, FAULT_PAGES * PAGE);
}

static void wait_for(pid_t pid)
{
	if (waitpid(pid, NULL, 0) != pid)
		die("waitpid");
}

static void fork_run(unsigned int n)
{
	while (n--) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid)
			_exit(0);
		wait_for(pid);
	}
}

static void exec_run(unsigned int n)
{
	while (n--) {
		pid_t pid = vfork();

		if (pid < 0)
			die("vfork");
		if (!pid) {
			execl("/proc/self/exe", "bench-ops", "exit", NULL);
			_exit(1);
		}
		wait_for(pid);
	}
}

/* A child that sends every byte back */
static int to_child[2], from_child[2];
static pid_t child;

static void pipe_setup(void)
{
	char byte;

	if (pipe(to_child) || pipe(from_child))
		die("pipe");
	child = fork();
	if (child < 0)
		die("fork");
	if (!child) {
		close(to_child[1]);
		while (read(to_child[0], &byte, 1) == 1)
			if (write(from_child[1], &byte, 1) != 1)
				break;
		_exit(0);
	}
	close(to_child[0]);
	close(from_child[1]);
}

static void pipe_run(unsigned int n)
{
	char byte = 0;

	while (n--)
		if (write(to_child[1], &byte, 1) != 1 || read(from_child[0], &byte, 1) != 1)
			die("pipe");
}

/* The first round trip finds a child that has not run yet. */
static void pipe_warm_setup(void)
{
	pipe_setup();
	pipe_run(2);
}

static void pipe_teardown(void)
{
	close(to_child[1]);
	close(from_child[0]);
	wait_for(child);
}

static void on_signal(int number)
{
	(void)number;
}

static void signal_setup(void)
{
	signal(SIGUSR1, on_signal);
}

static void signal_run(unsigned int n)
{
	pid_t self = getpid();

	while (n--)
		kill(self, SIGUSR1);
}

#define MAP_PAGES	16

static void mapped_setup(void)
{
	area = map(MAP_PAGES * PAGE);
	touch(area, MAP_PAGES * PAGE);
}

static void mapped_teardown(void)
{
	munmap(area, MAP_PAGES * PAGE);
}

static void mprotect_run(unsigned int n)
{
	while (n--)
		if (mprotect(area, PAGE, n % 2 ? PROT_READ : PROT_READ | PROT_WRITE))
			die("mprotect");
}

/* A write to a page that was made read-only and writable again: A fault of its own */
static void reprotect_run(unsigned int n)
{
	while (n--) {
		if (mprotect(area, PAGE, PROT_READ) ||
		    mprotect(area, PAGE, PROT_READ | PROT_WRITE))
			die("mprotect");
		touch(area, PAGE);
	}
}

static void munmap_run(unsigned int n)
{
	(void)n;
	munmap(area, MAP_PAGES * PAGE);
}

static void mmap_run(unsigned int n)
{
	while (n--) {
		void *at = mmap(NULL, MAP_PAGES * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
				-1, 0);

		if (at == MAP_FAILED || munmap(at, MAP_PAGES * PAGE))
			die("mmap");
	}
}

static void yield_setup(void)
{
	child = fork();
	if (child < 0)
		die("fork");
	while (!child)
		sched_yield();
	sched_yield();
	sched_yield();
}

static void yield_run(unsigned int n)
{
	while (n--)
		sched_yield();
}

static void yield_teardown(void)
{
	kill(child, SIGKILL);
	wait_for(child);
}

/* Two threads that pass a turn to each other */
static pthread_t partner;
static uint32_t turn;
static bool leave;

static void pass_turn(uint32_t to)
{
	__atomic_store_n(&turn, to, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void await_turn(uint32_t mine)
{
	while (__atomic_load_n(&turn, __ATOMIC_SEQ_CST) != mine)
		syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, !mine, NULL, NULL, 0);
}

static void *futex_partner(void *unused)
{
	for (;;) {
		await_turn(1);
		if (leave)
			return unused;
		pass_turn(0);
	}
}

static void futex_run(unsigned int n)
{
	while (n--) {
		pass_turn(1);
		await_turn(0);
	}
}

static void futex_setup(void)
{
	leave = false;
	turn = 0;
	if (pthread_create(&partner, NULL, futex_partner, NULL))
		die("pthread_create");
	futex_run(2);
}

static void futex_teardown(void)
{
	leave = true;
	pass_turn(1);
	pthread_join(partner, NULL);
}

static timer_t timer;

static void timer_setup(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_NONE };

	if (timer_create(CLOCK_MONOTONIC, &event, &timer))
		die("timer_create");
}

/* The next timer of the CPU, sooner each time: The hardware is programmed anew. */
static void timer_run(unsigned int n)
{
	while (n--) {
		struct itimerspec at = { .it_value = { .tv_nsec = 1000000 + n * 1000 } };

		if (timer_settime(timer, 0, &at, NULL))
			die("timer_settime");
	}
}

static void timer_teardown(void)
{
	timer_delete(timer);
}

static void file_run(unsigned int n)
{
	char buffer[64];

	while (n--)
		if (pread(from_child[0], buffer, sizeof(buffer), 0) != sizeof(buffer))
			die("pread");
}

static void file_setup(void)
{
	char buffer[64] = "";

	from_child[0] = memfd_create("bench", 0);
	if (from_child[0] < 0 || write(from_child[0], buffer, sizeof(buffer)) != sizeof(buffer))
		die("memfd");
}

static void file_teardown(void)
{
	close(from_child[0]);
}

static size_t fork_size;

/* A process with this much memory of its own forks. */
static void big_setup(void)
{
	area = map(fork_size);
	touch(area, fork_size);
}

static void big_teardown(void)
{
	munmap(area, fork_size);
}

static const struct bench_case cases[] = {
	{ "getppid", 64, NULL, getppid_run, NULL },
	{ "read", 32, file_setup, file_run, file_teardown },
	{ "anonfault", FAULT_PAGES, fault_setup, fault_run, fault_teardown },
	{ "fork", 1, NULL, fork_run, NULL },
	{ "exec", 1, NULL, exec_run, NULL },
	{ "pipe", 8, pipe_warm_setup, pipe_run, pipe_teardown },
	{ "switch", 16, yield_setup, yield_run, yield_teardown },
	{ "signal", 16, signal_setup, signal_run, NULL },
	{ "mmap", 16, NULL, mmap_run, NULL },
	{ "munmap", 1, mapped_setup, munmap_run, NULL },
	{ "mprotect", 32, mapped_setup, mprotect_run, mapped_teardown },
	{ "reprotect", 16, mapped_setup, reprotect_run, mapped_teardown },
	{ "futex", 8, futex_setup, futex_run, futex_teardown },
	{ "timer", 32, timer_setup, timer_run, timer_teardown },
	{ "fork-1", 1, big_setup, fork_run, big_teardown },
	{ "fork-2", 1, big_setup, fork_run, big_teardown },
	{ "fork-4", 1, big_setup, fork_run, big_teardown },
	{ "fork-8", 1, big_setup, fork_run, big_teardown },
};

/* The name of a growing case ends in its size in MiB. */
static void set_size(const struct bench_case *one)
{
	const char *size = strchr(one->name, '-');

	fork_size = size ? strtoul(size + 1, NULL, 10) * MIB : 0;
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

	if (one->setup)
		one->setup();
	tick = coarse();
	start = __rdtsc();
	one->run(one->operations);
	*count = __rdtsc() - start;
	hit = coarse() != tick;
	if (one->teardown)
		one->teardown();

	return hit;
}

static void nothing(unsigned int n)
{
	(void)n;
}

static void calibrate(void)
{
	const struct bench_case empty = { "empty", 1, NULL, nothing, NULL };
	uint64_t count;

	overhead = UINT64_MAX;
	for (int i = 0; i < 16; i++)
		if (!sample(&empty, &count) && count < overhead)
			overhead = count;
}

static void measure(const struct bench_case *one, unsigned int wanted)
{
	static uint64_t counts[MAX_TRIES * MAX_SAMPLES];
	static bool hits[MAX_TRIES * MAX_SAMPLES];
	unsigned int tries = 0, good = 0;

	set_size(one);
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

static const struct bench_case *find(const char *name)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (!strcmp(cases[i].name, name))
			return &cases[i];
	fprintf(stderr, "bench-ops: no case '%s'\n", name);
	exit(1);
}

static void repeat(const struct bench_case *one, unsigned int count, bool run)
{
	set_size(one);
	while (count--) {
		if (one->setup)
			one->setup();
		if (run)
			one->run(one->operations);
		if (one->teardown)
			one->teardown();
	}
}

int main(int argc, char **argv)
{
	unsigned int wanted;

	if (argc == 2 && !strcmp(argv[1], "exit"))
		return 0;
	if (argc == 2 && !strcmp(argv[1], "start")) {
		printf("BENCH START %llu\n", (unsigned long long)__rdtsc());
		return 0;
	}
	if (argc == 4 && (!strcmp(argv[1], "repeat") || !strcmp(argv[1], "frame"))) {
		repeat(find(argv[3]), strtoul(argv[2], NULL, 10), *argv[1] == 'r');
		return 0;
	}
	wanted = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	if (!wanted || wanted > MAX_SAMPLES) {
		fprintf(stderr, "bench-ops: 1 to %u samples\n", MAX_SAMPLES);
		return 2;
	}
	calibrate();
	for (int i = 2; i < argc; i++)
		measure(find(argv[i]), wanted);
	for (size_t i = 0; argc == 2 && i < sizeof(cases) / sizeof(cases[0]); i++)
		measure(&cases[i], wanted);

	return 0;
}
