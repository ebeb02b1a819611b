// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes: fork, exec, wait, copy on write, pipes, shared memory.
 *
 * Copyright (C) 2026 the pvops developers
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ktap.h"

#define CHILDREN	50
#define PAGES		64
#define PAGE		4096

/* Every child's own exit status arrives, and none is left over. */
static int fork_and_wait(void)
{
	unsigned int seen[CHILDREN] = { 0 };
	int i, status;

	for (i = 0; i < CHILDREN; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return ktap_why("fork: %s", strerror(errno));
		if (!pid)
			_exit(i);
	}
	while (wait(&status) > 0) {
		if (!WIFEXITED(status) || WEXITSTATUS(status) >= CHILDREN)
			return ktap_why("wait status %#x", status);
		seen[WEXITSTATUS(status)]++;
	}
	for (i = 0; i < CHILDREN; i++)
		if (seen[i] != 1)
			return ktap_why("child %d seen %u times", i, seen[i]);
	return 0;
}

static int exec_program(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		execl("/bin/busybox", "sh", "-c", "exit 42", NULL);
		_exit(1);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return ktap_why("wait status %#x", status);
	return WEXITSTATUS(status) == 42 ? 0 : ktap_why("exit status %d", WEXITSTATUS(status));
}

/* A child's writes must not be seen by its parent, page by page. */
static int copy_on_write(void)
{
	unsigned char *memory = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int i, status;
	pid_t pid;

	if (memory == MAP_FAILED)
		return ktap_why("mmap: %s", strerror(errno));
	memset(memory, 0x5a, PAGES * PAGE);
	pid = fork();
	if (!pid) {
		for (i = 0; i < PAGES; i++)
			memory[i * PAGE] = 0xa5;
		_exit(memory[0] != 0xa5 || memory[1] != 0x5a);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		return ktap_why("child status %#x", status);
	for (i = 0; i < PAGES; i++)
		if (memory[i * PAGE] != 0x5a)
			return ktap_why("page %d changed by the child", i);
	return munmap(memory, PAGES * PAGE);
}

static int pipe_round_trips(void)
{
	int there[2], back[2], i, status;
	pid_t pid;

	if (pipe(there) || pipe(back))
		return ktap_why("pipe: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		for (i = 0; i < 500; i++) {
			int value;

			if (read(there[0], &value, sizeof(value)) != sizeof(value))
				_exit(1);
			value++;
			if (write(back[1], &value, sizeof(value)) != sizeof(value))
				_exit(2);
		}
		_exit(0);
	}
	for (i = 0; i < 500; i++) {
		int value = i;

		if (write(there[1], &value, sizeof(value)) != sizeof(value) ||
		    read(back[0], &value, sizeof(value)) != sizeof(value))
			return ktap_why("round trip %d: %s", i, strerror(errno));
		if (value != i + 1)
			return ktap_why("round trip %d brought %d", i, value);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		return ktap_why("child status %#x", status);
	close(there[0]);
	close(there[1]);
	close(back[0]);
	close(back[1]);
	return 0;
}

/* mprotect takes a right away at once, and gives it back. */
static int protect_memory(void)
{
	char *memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid;

	if (memory == MAP_FAILED)
		return ktap_why("mmap: %s", strerror(errno));
	memory[0] = 1;
	if (mprotect(memory, PAGE, PROT_READ))
		return ktap_why("mprotect: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		memory[0] = 2;
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status))
		return ktap_why("a write to read-only memory did not kill: %#x", status);
	if (mprotect(memory, PAGE, PROT_READ | PROT_WRITE))
		return ktap_why("mprotect: %s", strerror(errno));
	memory[0] = 3;
	return munmap(memory, PAGE);
}

int main(void)
{
	static const struct ktap_case cases[] = {
		KTAP_CASE(fork_and_wait),
		KTAP_CASE(exec_program),
		KTAP_CASE(copy_on_write),
		KTAP_CASE(pipe_round_trips),
		KTAP_CASE(protect_memory),
	};

	return ktap_run("process", cases);
}
