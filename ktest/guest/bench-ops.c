// SPDX-License-Identifier: GPL-2.0-only
/*
 * What operations of the system cost on one CPU. Under "-icount shift=0" the
 * time stamp counter counts instructions, exactly. The command line is that of
 * bench.h.
 *
 * Copyright (C) 2026 the pvops developers
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <x86intrin.h>
#include "bench.h"
#include "turn.h"

static char *area;

static uint64_t count_begin(void)
{
	return __rdtsc();
}

static uint64_t count_end(void)
{
	return __rdtsc();
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

static pthread_t partner;

static void *futex_partner(void *unused)
{
	answer_turns();
	return unused;
}

static void futex_setup(void)
{
	leave = false;
	turn = 0;
	if (pthread_create(&partner, NULL, futex_partner, NULL))
		die("pthread_create");
	take_turns(2);
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
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2 };

	/* Without a signal it would not even be started.  It may expire between samples. */
	signal(SIGUSR2, SIG_IGN);
	if (timer_create(CLOCK_MONOTONIC, &event, &timer))
		die("timer_create");
}

/* The next timer of the CPU, later each time: The hardware is programmed anew. */
static void timer_run(unsigned int n)
{
	while (n--) {
		struct itimerspec at = { .it_value = { .tv_nsec = 200000 } };

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

/* A process with this much memory of its own forks; the size is in MiB. */
static void big_setup(void)
{
	area = map(bench_size * MIB);
	touch(area, bench_size * MIB);
}

static void big_teardown(void)
{
	munmap(area, bench_size * MIB);
}

/* A process that goes over its memory again and again, and says so after the first time */
static void walk_run(unsigned int n)
{
	touch(area, bench_size * MIB);
	printf("walked\n");
	fflush(stdout);
	while (n--)
		touch(area, bench_size * MIB);
}

/* One page in each span of a page table; the size is in page tables. */
#define TABLE_SPAN	(2 * MIB)

static void tables_setup(void)
{
	area = map(bench_size * TABLE_SPAN);
}

static void tables_run(unsigned int n)
{
	while (n--)
		*(volatile char *)(area + n * TABLE_SPAN) = 1;
}

static void tables_teardown(void)
{
	munmap(area, bench_size * TABLE_SPAN);
}

static const struct bench_case cases[] = {
	BENCH_CASE("getppid", 64, NULL, getppid_run, NULL),
	BENCH_CASE("read", 32, file_setup, file_run, file_teardown),
	BENCH_CASE("anonfault", FAULT_PAGES, fault_setup, fault_run, fault_teardown),
	BENCH_CASE("fork", 1, NULL, fork_run, NULL),
	BENCH_CASE("exec", 1, NULL, exec_run, NULL),
	BENCH_CASE("pipe", 8, pipe_warm_setup, pipe_run, pipe_teardown),
	BENCH_CASE("switch", 16, yield_setup, yield_run, yield_teardown),
	BENCH_CASE("signal", 16, signal_setup, signal_run, NULL),
	BENCH_CASE("mmap", 16, NULL, mmap_run, NULL),
	BENCH_CASE("munmap", 1, mapped_setup, munmap_run, NULL),
	BENCH_CASE("mprotect", 32, mapped_setup, mprotect_run, mapped_teardown),
	BENCH_CASE("reprotect", 16, mapped_setup, reprotect_run, mapped_teardown),
	BENCH_CASE("futex", 8, futex_setup, take_turns, futex_teardown),
	BENCH_CASE("timer", 32, timer_setup, timer_run, timer_teardown),
	BENCH_CASE("fork-1", 1, big_setup, fork_run, big_teardown, .size = 1),
	BENCH_CASE("fork-2", 1, big_setup, fork_run, big_teardown, .size = 2),
	BENCH_CASE("fork-4", 1, big_setup, fork_run, big_teardown, .size = 4),
	BENCH_CASE("fork-8", 1, big_setup, fork_run, big_teardown, .size = 8),
	BENCH_CASE("walk-8", 1U << 31, big_setup, walk_run, big_teardown, .size = 8),
	BENCH_CASE("tables-4", 4, tables_setup, tables_run, tables_teardown, .size = 4),
	BENCH_CASE("tables-16", 16, tables_setup, tables_run, tables_teardown, .size = 16),
	BENCH_CASE("tables-64", 64, tables_setup, tables_run, tables_teardown, .size = 64),
	BENCH_CASE("tables-256", 256, tables_setup, tables_run, tables_teardown, .size = 256),
};

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "exit"))
		return 0;

	/* A switch or a wake-up is to be one on this CPU; who repeats may run beside others. */
	if (argc > 1 && isdigit(argv[1][0]))
		stay_on(sched_getcpu());
	return bench_main(argc, argv, cases, sizeof(cases) / sizeof(cases[0]));
}
