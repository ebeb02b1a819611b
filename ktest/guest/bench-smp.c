// SPDX-License-Identifier: GPL-2.0-only
/*
 * What operations cost that take several CPUs, or whole programs.
 *
 * No counter of the guest's knows what all of its CPUs execute, so a sample is
 * framed by two instructions that do nothing, and that ktest/plugin/count.c,
 * which counts for QEMU, knows by their bytes.  The counts printed here are 0.
 *
 * The command line is that of bench.h, and
 *
 *   bench-smp SAMPLES run CASE PROGRAM [WORD...]	SAMPLES runs of a program
 *
 * Copyright (C) 2026 the pvops developers
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <x86intrin.h>
#include "bench.h"
#include "turn.h"

/* nopl with a displacement that no compiler has a reason to write */
static uint64_t count_begin(void)
{
	asm volatile(".byte 0x0f, 0x1f, 0x84, 0x00; .long 0x70766231" ::: "memory");
	return 0;
}

static uint64_t count_end(void)
{
	asm volatile(".byte 0x0f, 0x1f, 0x84, 0x00; .long 0x70766232" ::: "memory");
	return 0;
}

/* This thread is on CPU 0, the others are on CPUs of their own, to bench_size in all. */
#define MAX_CPUS	8
static pthread_t partners[MAX_CPUS];
static unsigned int there;

static void start_partners(void *(*does)(void *))
{
	leave = false;
	there = 0;
	turn = 0;
	stay_on(0);
	for (uintptr_t cpu = 1; cpu < bench_size; cpu++)
		if (pthread_create(&partners[cpu], NULL, does, (void *)cpu))
			die("pthread_create");
	while (__atomic_load_n(&there, __ATOMIC_SEQ_CST) + 1 < bench_size)
		sched_yield();
}

static void join_partners(void)
{
	for (unsigned int cpu = 1; cpu < bench_size; cpu++)
		pthread_join(partners[cpu], NULL);
}

static void arrive(void *cpu)
{
	stay_on((uintptr_t)cpu);
	__atomic_add_fetch(&there, 1, __ATOMIC_SEQ_CST);
}

static void *waking_partner(void *cpu)
{
	arrive(cpu);
	answer_turns();
	return NULL;
}

static void wake_setup(void)
{
	start_partners(waking_partner);
	take_turns(2);
}

static void wake_teardown(void)
{
	leave = true;
	pass_turn(1);
	join_partners();
}

/*
 * Runs on its CPU and wants nothing.  Its loop is counted too, but with PAUSE the
 * other CPUs have their turn after each round.
 */
static void *busy_partner(void *cpu)
{
	arrive(cpu);
	while (!__atomic_load_n(&leave, __ATOMIC_RELAXED))
		_mm_pause();

	return NULL;
}

static void busy_teardown(void)
{
	__atomic_store_n(&leave, true, __ATOMIC_RELAXED);
	join_partners();
}

/* An interrupt to every CPU that runs a thread of this process, and its end awaited */
static void ipi_run(unsigned int n)
{
	while (n--)
		if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0))
			die("membarrier");
}

/* The first of all operations finds much that is cold. */
static void ipi_setup(void)
{
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0))
		die("membarrier");
	start_partners(busy_partner);
	ipi_run(2);
}

static char *area;

/* A page in use is taken from all CPUs. */
static void shootdown_run(unsigned int n)
{
	while (n--) {
		*(volatile char *)area = 1;
		if (madvise(area, PAGE, MADV_DONTNEED))
			die("madvise");
	}
}

static void shootdown_setup(void)
{
	area = map(PAGE);
	start_partners(busy_partner);
	shootdown_run(2);
}

static void shootdown_teardown(void)
{
	busy_teardown();
	munmap(area, PAGE);
}

static char **program;

static void program_run(unsigned int n)
{
	while (n--) {
		int status, null;
		pid_t pid = vfork();

		if (pid < 0)
			die("vfork");
		if (!pid) {
			null = open("/dev/null", O_WRONLY);
			dup2(null, 1);
			execv(program[0], program);
			_exit(127);
		}
		if (waitpid(pid, &status, 0) != pid || status) {
			fprintf(stderr, "bench: %s: status %#x\n", program[0], status);
			exit(1);
		}
	}
}

static const struct bench_case cases[] = {
	BENCH_CASE("wake-2cpu", 2, wake_setup, take_turns, wake_teardown, .size = 2),
	BENCH_CASE("ipi-2cpu", 16, ipi_setup, ipi_run, busy_teardown, .size = 2),
	BENCH_CASE("shootdown-1cpu", 2, shootdown_setup, shootdown_run, shootdown_teardown,
		   .size = 1),
	BENCH_CASE("shootdown-2cpu", 2, shootdown_setup, shootdown_run, shootdown_teardown,
		   .size = 2),
	BENCH_CASE("shootdown-4cpu", 2, shootdown_setup, shootdown_run, shootdown_teardown,
		   .size = 4),
	BENCH_CASE("shootdown-8cpu", 2, shootdown_setup, shootdown_run, shootdown_teardown,
		   .size = 8),
};

int main(int argc, char **argv)
{
	if (argc > 4 && !strcmp(argv[2], "run")) {
		const struct bench_case one = { .name = argv[3], .operations = 1,
						.run = program_run, .ticks = true };

		program = argv + 4;
		calibrate();
		measure(&one, strtoul(argv[1], NULL, 10));
		return 0;
	}

	return bench_main(argc, argv, cases, sizeof(cases) / sizeof(cases[0]));
}
