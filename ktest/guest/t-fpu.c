// SPDX-License-Identifier: GPL-2.0-only
/*
 * FPU state: kept across system calls, faults, signals and other processes.
 *
 * Copyright (C) 2026 the pvops developers
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ktap.h"

#define REGISTERS	16
#define LANES		4

typedef uint32_t vector __attribute__((vector_size(16)));

static volatile sig_atomic_t signals;

/* Fill xmm0-15 from @seed, do @work, and read them back: 0 if nothing changed. */
static int keeps_registers(uint32_t seed, void (*work)(void))
{
	vector in[REGISTERS], out[REGISTERS];
	unsigned int i, lane;

	for (i = 0; i < REGISTERS; i++)
		for (lane = 0; lane < LANES; lane++)
			in[i][lane] = seed * 2654435761u + i * 16 + lane;
	asm volatile("movdqu 0(%[in]), %%xmm0\n\tmovdqu 16(%[in]), %%xmm1\n\t"
		     "movdqu 32(%[in]), %%xmm2\n\tmovdqu 48(%[in]), %%xmm3\n\t"
		     "movdqu 64(%[in]), %%xmm4\n\tmovdqu 80(%[in]), %%xmm5\n\t"
		     "movdqu 96(%[in]), %%xmm6\n\tmovdqu 112(%[in]), %%xmm7\n\t"
		     "movdqu 128(%[in]), %%xmm8\n\tmovdqu 144(%[in]), %%xmm9\n\t"
		     "movdqu 160(%[in]), %%xmm10\n\tmovdqu 176(%[in]), %%xmm11\n\t"
		     "movdqu 192(%[in]), %%xmm12\n\tmovdqu 208(%[in]), %%xmm13\n\t"
		     "movdqu 224(%[in]), %%xmm14\n\tmovdqu 240(%[in]), %%xmm15\n\t"
		     "mov %%rsp, %%r12\n\tsub $128, %%rsp\n\tand $-16, %%rsp\n\t"
		     "call *%[work]\n\tmov %%r12, %%rsp\n\t"
		     "movdqu %%xmm0, 0(%[out])\n\tmovdqu %%xmm1, 16(%[out])\n\t"
		     "movdqu %%xmm2, 32(%[out])\n\tmovdqu %%xmm3, 48(%[out])\n\t"
		     "movdqu %%xmm4, 64(%[out])\n\tmovdqu %%xmm5, 80(%[out])\n\t"
		     "movdqu %%xmm6, 96(%[out])\n\tmovdqu %%xmm7, 112(%[out])\n\t"
		     "movdqu %%xmm8, 128(%[out])\n\tmovdqu %%xmm9, 144(%[out])\n\t"
		     "movdqu %%xmm10, 160(%[out])\n\tmovdqu %%xmm11, 176(%[out])\n\t"
		     "movdqu %%xmm12, 192(%[out])\n\tmovdqu %%xmm13, 208(%[out])\n\t"
		     "movdqu %%xmm14, 224(%[out])\n\tmovdqu %%xmm15, 240(%[out])\n\t"
		     : : [in] "r" (in), [out] "b" (out), [work] "r" (work)
		     : "memory", "cc", "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11",
		       "r12", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
		       "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
	return memcmp(in, out, sizeof(in));
}

/* The work functions must not touch vector registers themselves: raw system calls only. */
static long raw_syscall(long number, long a, long b)
{
	long result;

	asm volatile("syscall" : "=a" (result) : "a" (number), "D" (a), "S" (b)
		     : "rcx", "r11", "memory");
	return result;
}

static void yield_often(void)
{
	int i;

	for (i = 0; i < 50; i++)
		raw_syscall(24 /* sched_yield */, 0, 0);
}

static char *volatile fresh;

static void touch_fresh_page(void)
{
	*fresh = 1;
}

static void signal_oneself(void)
{
	raw_syscall(62 /* kill */, raw_syscall(39 /* getpid */, 0, 0), SIGUSR1);
}

/* The handler spoils every register it can; the kernel restores them. */
static void spoil(int signal)
{
	(void)signal;
	asm volatile("pxor %%xmm0, %%xmm0\n\tpxor %%xmm7, %%xmm7\n\tpxor %%xmm15, %%xmm15"
		     : : : "xmm0", "xmm7", "xmm15");
	signals++;
}

static int across_switches(void)
{
	pid_t children[3];
	int i, round, status, bad = 0;

	for (i = 0; i < 3; i++) {
		children[i] = fork();
		if (!children[i]) {
			for (round = 0; round < 20; round++)
				if (keeps_registers(i * 1000 + round, yield_often))
					_exit(1);
			_exit(0);
		}
	}
	for (i = 0; i < 3; i++)
		if (waitpid(children[i], &status, 0) != children[i] || status)
			bad++;
	return bad ? ktap_why("%d of 3 processes lost register contents", bad) : 0;
}

static int across_a_page_fault(void)
{
	char *memory = mmap(NULL, 16 * 4096, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int i;

	for (i = 0; i < 16; i++) {
		fresh = memory + i * 4096;
		if (keeps_registers(i, touch_fresh_page))
			return ktap_why("page %d", i);
	}
	return munmap(memory, 16 * 4096);
}

static int across_a_signal(void)
{
	signals = 0;
	signal(SIGUSR1, spoil);
	if (keeps_registers(7, signal_oneself))
		return ktap_why("register contents lost");
	return signals == 1 ? 0 : ktap_why("%d signals", (int)signals);
}

int main(void)
{
	static const struct ktap_case cases[] = {
		KTAP_CASE(across_switches),
		KTAP_CASE(across_a_page_fault),
		KTAP_CASE(across_a_signal),
	};

	return ktap_run("fpu", cases);
}
