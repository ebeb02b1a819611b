// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals: delivery, faults with their addresses, alternate stacks, nesting.
 *
 * Copyright (C) 2026 the pvops developers
 */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ktap.h"

static volatile sig_atomic_t hits;
static void *volatile fault_address;
static volatile int fault_code;
static void *volatile handler_stack;
static sigjmp_buf resume;

static void count(int signal)
{
	(void)signal;
	hits++;
}

static void fault(int signal, siginfo_t *info, void *context)
{
	int marker;

	(void)context;
	fault_address = info->si_addr;
	fault_code = info->si_code;
	handler_stack = &marker;
	siglongjmp(resume, signal);
}

static void catch(int signal, int flags)
{
	struct sigaction action = { .sa_sigaction = fault, .sa_flags = SA_SIGINFO | flags };

	sigaction(signal, &action, NULL);
}

static int deliver_many(void)
{
	struct sigaction action = { .sa_handler = count };
	int i;

	hits = 0;
	sigaction(SIGUSR1, &action, NULL);
	for (i = 0; i < 1000; i++)
		raise(SIGUSR1);
	return hits == 1000 ? 0 : ktap_why("%d of 1000 signals arrived", (int)hits);
}

static int blocked_then_taken(void)
{
	struct sigaction action = { .sa_handler = count };
	sigset_t set;

	hits = 0;
	sigaction(SIGUSR2, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGUSR2);
	if (hits)
		return ktap_why("a blocked signal arrived");
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	return hits == 1 ? 0 : ktap_why("%d signals after unblocking", (int)hits);
}

static int fault_address_is_told(void)
{
	char *memory = mmap(NULL, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	catch(SIGSEGV, 0);
	if (!sigsetjmp(resume, 1)) {
		*(volatile char *)(memory + 4097) = 1;
		return ktap_why("no fault");
	}
	if (fault_address != memory + 4097)
		return ktap_why("fault at %p and not at %p", fault_address, memory + 4097);
	if (fault_code != SEGV_ACCERR)
		return ktap_why("si_code %d", fault_code);
	return munmap(memory, 8192);
}

/* Where the kernel's code is, which moves from boot to boot; 0 if it is not told. */
static unsigned long kernel_text(void)
{
	FILE *symbols = fopen("/proc/kallsyms", "r");
	unsigned long at = 0;
	char name[256];

	while (symbols && fscanf(symbols, "%lx %*c %255s%*[^\n]", &at, name) == 2)
		if (!strcmp(name, "_text"))
			break;
	if (symbols)
		fclose(symbols);
	return at;
}

/* User space must not reach the kernel's half of the address space. */
static int kernel_memory_is_closed(void)
{
	unsigned long at = kernel_text();

	if (!at)
		return ktap_why("no address of _text");
	catch(SIGSEGV, 0);
	if (!sigsetjmp(resume, 1)) {
		(void)*(volatile char *)at;
		return ktap_why("kernel memory was read");
	}
	return 0;
}

static int divide_error(void)
{
	catch(SIGFPE, 0);
	if (!sigsetjmp(resume, 1)) {
		/* In assembly: a compiler may fold the division away. */
		asm volatile("div %0" : : "r" (0), "a" (1), "d" (0) : "cc");
		return ktap_why("no fault");
	}
	return fault_code == FPE_INTDIV ? 0 : ktap_why("si_code %d", fault_code);
}

static int undefined_opcode(void)
{
	catch(SIGILL, 0);
	if (!sigsetjmp(resume, 1)) {
		asm volatile("ud2");
		return ktap_why("no fault");
	}
	return 0;
}

static int privileged_opcode(void)
{
	catch(SIGSEGV, 0);
	if (!sigsetjmp(resume, 1)) {
		asm volatile("cli");
		return ktap_why("cli was executed");
	}
	if (!sigsetjmp(resume, 1)) {
		asm volatile("hlt");
		return ktap_why("hlt was executed");
	}
	return 0;
}

static int breakpoint(void)
{
	catch(SIGTRAP, 0);
	if (!sigsetjmp(resume, 1)) {
		asm volatile("int3");
		return ktap_why("no trap");
	}
	return 0;
}

static int alternate_stack(void)
{
	char *volatile unmapped = (char *)8;
	static char stack[65536];
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };

	sigaltstack(&alternate, NULL);
	catch(SIGSEGV, SA_ONSTACK);
	if (!sigsetjmp(resume, 1)) {
		*(volatile char *)unmapped = 1;
		return ktap_why("no fault");
	}
	if ((char *)handler_stack < stack || (char *)handler_stack >= stack + sizeof(stack))
		return ktap_why("the handler ran on %p", handler_stack);
	return 0;
}

int main(void)
{
	static const struct ktap_case cases[] = {
		KTAP_CASE(deliver_many),
		KTAP_CASE(blocked_then_taken),
		KTAP_CASE(fault_address_is_told),
		KTAP_CASE(kernel_memory_is_closed),
		KTAP_CASE(divide_error),
		KTAP_CASE(undefined_opcode),
		KTAP_CASE(privileged_opcode),
		KTAP_CASE(breakpoint),
		KTAP_CASE(alternate_stack),
	};

	return ktap_run("signal", cases);
}
