// SPDX-License-Identifier: GPL-2.0-only
/*
 * A container as its user sees it: namespaces, a root of its own, a network
 * of its own, and a limit on processes.
 *
 * Copyright (C) 2026 the pvops developers
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "loopback.h"
#include "ktap.h"

#define NEW_ROOT	"/tmp/container"
#define STACK		65536

/* Inside: the first process of its PID name space, in a root with one file. */
static int inside(void *unused)
{
	struct utsname name;

	(void)unused;
	if (getpid() != 1)
		return 10;
	if (sethostname("inside", 6) || uname(&name) || strcmp(name.nodename, "inside"))
		return 11;
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return 12;
	if (mount("tmpfs", NEW_ROOT, "tmpfs", 0, NULL) || chroot(NEW_ROOT) || chdir("/"))
		return 13;
	if (!access("/ktest", F_OK))
		return 14;
	if (loopback_up())
		return 15;
	if (loopback_tcp(AF_INET))
		return 16;
	return 0;
}

static int container(void)
{
	int flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC |
		    SIGCHLD;
	char *stack = malloc(STACK);
	struct utsname name;
	int status;
	pid_t pid;

	mkdir(NEW_ROOT, 0755);
	pid = clone(inside, stack + STACK, flags, NULL);
	if (pid < 0)
		return ktap_why("clone: %s", strerror(errno));
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return ktap_why("wait status %#x", status);
	free(stack);
	if (WEXITSTATUS(status))
		return ktap_why("inside: step %d", WEXITSTATUS(status));
	if (uname(&name) || !strcmp(name.nodename, "inside"))
		return ktap_why("the host name leaked");
	return rmdir(NEW_ROOT) ? ktap_why("the mount leaked") : 0;
}

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	ssize_t done = fd < 0 ? -1 : write(fd, text, strlen(text));

	if (fd >= 0)
		close(fd);
	return done == (ssize_t)strlen(text) ? 0 : -1;
}

/* A control group stops a process from starting more than it may. */
static int process_limit(void)
{
	static const char group[] = "/sys/fs/cgroup/ktest";
	int status;
	pid_t pid;

	if (put("/sys/fs/cgroup/cgroup.subtree_control", "+pids") || mkdir(group, 0755))
		return ktap_why("no control group: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		if (put("/sys/fs/cgroup/ktest/pids.max", "1") ||
		    put("/sys/fs/cgroup/ktest/cgroup.procs", "0"))
			_exit(1);
		_exit(fork() != -1 || errno != EAGAIN);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		return ktap_why("the limit does not hold: %#x", status);
	return rmdir(group) ? ktap_why("rmdir: %s", strerror(errno)) : 0;
}

int main(void)
{
	static const struct ktap_case cases[] = {
		KTAP_CASE(container),
		KTAP_CASE(process_limit),
	};

	return ktap_run("container", cases);
}
