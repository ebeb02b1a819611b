// SPDX-License-Identifier: GPL-2.0-only
/*
 * Load and XDP programs for the tests of network drivers.
 *
 * Copyright (C) 2026 the pvops developers
 *
 *   net-load xdp IFACE NETNS|- pass|drop|tx [frags]   attach and stay
 *   net-load send ADDR COUNT SIZE                     UDP to ADDR, none answers
 *   net-load echo ADDR COUNT SIZE NETNS               UDP to ADDR in NETNS, one at a time
 *   net-load stream ADDR KBYTES NETNS                 TCP to ADDR in NETNS, each byte compared
 *
 * send and echo print "PER PACKET <nanoseconds> LOST <packets>"; with QEMU's
 * -icount shift=0 a nanosecond is an instruction.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PORT		9999
#define WARM_UP		200
#define XDP_DRV_MODE	(1U << 2)

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void enter(const char *netns)
{
	char path[128];
	int fd;

	if (!strcmp(netns, "-"))
		return;
	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	fd = open(path, O_RDONLY);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(path);
	close(fd);
}

static long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

/* A program that returns the same verdict for every packet. */
static int load_verdict(int verdict, int frags)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = verdict },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_XDP,
		.insns = (uintptr_t)insns,
		.insn_cnt = 2,
		.license = (uintptr_t)"GPL",
		.prog_flags = frags ? BPF_F_XDP_HAS_FRAGS : 0,
	};
	int fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));

	if (fd < 0)
		die("BPF_PROG_LOAD");
	return fd;
}

static void xdp(const char *iface, const char *netns, const char *verdict,
		int frags)
{
	int code = !strcmp(verdict, "drop") ? XDP_DROP :
		   !strcmp(verdict, "tx") ? XDP_TX : XDP_PASS;
	union bpf_attr attr = {};

	enter(netns);
	attr.link_create.prog_fd = load_verdict(code, frags);
	attr.link_create.target_ifindex = if_nametoindex(iface);
	attr.link_create.attach_type = BPF_XDP;
	attr.link_create.flags = XDP_DRV_MODE;
	if (syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr)) < 0)
		die("BPF_LINK_CREATE");
	puts("ATTACHED");
	fflush(stdout);
	pause();
}

static int receiver(const char *netns)
{
	struct sockaddr_in any = {
		.sin_family = AF_INET, .sin_port = htons(PORT),
	};
	struct timeval second = { .tv_sec = 1 };
	int fd;

	enter(netns);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || bind(fd, (void *)&any, sizeof(any)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second)))
		die("receiver");
	return fd;
}

static int udp(const char *addr, long count, int size, const char *netns)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(PORT),
	};
	static char data[65536];
	long start = 0, lost = 0, i;
	int out, in = -1;

	inet_aton(addr, &to.sin_addr);
	out = socket(AF_INET, SOCK_DGRAM, 0);
	if (out < 0 || connect(out, (void *)&to, sizeof(to)))
		die("sender");
	if (netns)
		in = receiver(netns);

	for (i = -WARM_UP; i < count; i++) {
		if (!i)
			start = now();
		if (send(out, data, size, 0) != size && errno != ENOBUFS)
			die("send");
		if (netns && recv(in, data, sizeof(data), 0) != size)
			lost++;
	}
	printf("PER PACKET %.1f LOST %ld\n", (double)(now() - start) / count,
	       lost);
	return lost != 0;
}

/* The bytes of a stream: xorshift, so that no two stretches are alike. */
static void fill(uint32_t *words, size_t n, uint32_t *state)
{
	while (n--) {
		*state ^= *state << 13;
		*state ^= *state >> 17;
		*state ^= *state << 5;
		*words++ = *state;
	}
}

static void read_all(int fd, void *data, size_t len)
{
	for (ssize_t n; len; data = (char *)data + n, len -= n) {
		n = read(fd, data, len);
		if (n <= 0)
			die("stream: read");
	}
}

static int listener(const char *netns)
{
	struct sockaddr_in any = {
		.sin_family = AF_INET, .sin_port = htons(PORT),
	};
	int fd, on = 1;

	enter(netns);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, (void *)&any, sizeof(any)) || listen(fd, 1))
		die("listener");
	return fd;
}

/* In a child: read @kbytes from the stream and compare. */
static int compare(int fd, long kbytes)
{
	static uint32_t want[256], got[256];
	uint32_t state = 1;
	int in = accept(fd, NULL, NULL);
	char end;

	if (in < 0)
		die("accept");
	for (long i = 0; i < kbytes; i++) {
		fill(want, 256, &state);
		read_all(in, got, sizeof(got));
		if (memcmp(want, got, sizeof(got))) {
			fprintf(stderr, "stream: kilobyte %ld differs\n", i);
			return 1;
		}
	}
	return read(in, &end, 1) != 0;
}

static int stream(const char *addr, long kbytes, const char *netns)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(PORT),
	};
	static uint32_t data[16384];
	uint32_t state = 1;
	int out, in, status;
	pid_t child;

	/* made here, before this process moves to the other namespace */
	out = socket(AF_INET, SOCK_STREAM, 0);
	in = listener(netns);
	child = fork();
	if (!child) {
		/* or the end of the stream would never be seen */
		close(out);
		exit(compare(in, kbytes));
	}
	inet_aton(addr, &to.sin_addr);
	if (out < 0 || connect(out, (void *)&to, sizeof(to)))
		die("connect");
	for (long left = kbytes; left; ) {
		long n = left < 64 ? left : 64;

		fill(data, n * 256, &state);
		for (char *p = (char *)data; p < (char *)data + n * 1024; ) {
			ssize_t w = write(out, p, (char *)data + n * 1024 - p);

			if (w <= 0)
				die("stream: write");
			p += w;
		}
		left -= n;
	}
	close(out);
	if (waitpid(child, &status, 0) != child)
		die("wait");
	return !WIFEXITED(status) || WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	if (argc >= 5 && !strcmp(argv[1], "xdp"))
		xdp(argv[2], argv[3], argv[4], argc > 5);
	if (argc == 5 && !strcmp(argv[1], "send"))
		return udp(argv[2], atol(argv[3]), atoi(argv[4]), NULL);
	if (argc == 6 && !strcmp(argv[1], "echo"))
		return udp(argv[2], atol(argv[3]), atoi(argv[4]), argv[5]);
	if (argc == 5 && !strcmp(argv[1], "stream"))
		return stream(argv[2], atol(argv[3]), argv[4]);
	fprintf(stderr, "net-load: see the head of its source\n");
	return 2;
}
