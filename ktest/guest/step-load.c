// SPDX-License-Identifier: GPL-2.0-only
/*
 * Be busy on every path between user mode and kernel, while the PVM reference
 * host injects events before each of their instructions (ktest/pvmhost/step.c).
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Ends when the host has no address left, which port 0xea tells.  What is done
 * is checked: a lost or doubled event must not change a result.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PAGES		8
#define PAGE		4096
#define PORT_COMMAND	0xea
#define NAP_NS		20000
#define I386_GETPID	20

static sigjmp_buf back;
static volatile int signals;

static void on_signal(int sig)
{
	(void)sig;
	signals++;
	siglongjmp(back, 1);
}

static void must(int ok, const char *what)
{
	if (ok)
		return;
	printf("step-load: %s\n", what);
	exit(1);
}

/* #UD from user mode, and a signal frame */
static void exception(void)
{
	int before = signals;

	if (!sigsetjmp(back, 1))
		asm volatile("ud2");
	must(signals == before + 1, "signal for #UD");
}

/* Faults from user mode, and from the kernel's copy to pages that are not there */
static void faults(int zero)
{
	char *p = mmap(NULL, 2 * PAGES * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int i;

	must(p != MAP_FAILED, "mmap");
	for (i = 0; i < PAGES; i++)
		p[i * PAGE] = i + 1;
	must(read(zero, p + PAGES * PAGE, PAGES * PAGE) == PAGES * PAGE, "read");
	for (i = 0; i < PAGES; i++)
		must(p[i * PAGE] == i + 1 && !p[(PAGES + i) * PAGE], "contents of pages");
	munmap(p, 2 * PAGES * PAGE);
}

/* INT 0x80, which the kernel enters as an event; numbers are those of i386 there */
static long int80(long number)
{
	asm volatile("int $0x80" : "+a" (number) : : "memory", "r8", "r9", "r10", "r11");
	return number;
}

static volatile sig_atomic_t traps;

static void system_calls(pid_t self)
{
	int i;

	for (i = 0; i < 20; i++)
		must(syscall(SYS_getpid) == self, "getpid");
	must(int80(I386_GETPID) == self, "getpid by INT 0x80");
	traps = 0;
	asm volatile("int3\n\tnop" : : : "memory");
	must(traps == 1, "breakpoint");
}

static void on_trap(int sig)
{
	(void)sig;
	traps++;
}

int main(void)
{
	struct timespec nap = { .tv_nsec = NAP_NS };
	int port = open("/dev/port", O_RDWR), zero = open("/dev/zero", O_RDONLY);
	pid_t self = getpid();
	unsigned long rounds = 0;
	char busy;

	must(port >= 0 && zero >= 0, "/dev/port, /dev/zero");
	signal(SIGILL, on_signal);
	signal(SIGTRAP, on_trap);
	must(pwrite(port, "T", 1, PORT_COMMAND) == 1, "begin");
	do {
		exception();
		faults(zero);
		system_calls(self);
		nanosleep(&nap, NULL);
		rounds++;
		must(pread(port, &busy, 1, PORT_COMMAND) == 1, "read of /dev/port");
	} while (busy);
	printf("step-load: %lu rounds\n", rounds);
	return 0;
}
