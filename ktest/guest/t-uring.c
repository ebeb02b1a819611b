// SPDX-License-Identifier: GPL-2.0-only
/*
 * io_uring, by its system calls: files, timers, polling, and a kernel thread that
 * looks for work by itself.
 *
 * Copyright (C) 2026 the pvops developers
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/time_types.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ktap.h"

#define ENTRIES		32
#define BLOCK		4096
#define BLOCKS		16
#define IDLE_MS		50	/* until the kernel thread sleeps */

struct ring {
	int fd;
	struct io_uring_params p;
	char *sq, *cq;
	struct io_uring_sqe *sqes;
	size_t sq_size, cq_size;
};

static uint32_t *word(char *area, uint32_t offset)
{
	return (uint32_t *)(area + offset);
}

static void *map(const struct ring *r, size_t size, off_t offset)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd, offset);
}

static int ring_open(struct ring *r, uint32_t flags)
{
	memset(r, 0, sizeof(*r));
	r->p.flags = flags;
	r->p.sq_thread_idle = IDLE_MS;
	r->fd = syscall(SYS_io_uring_setup, ENTRIES, &r->p);
	if (r->fd < 0)
		return ktap_why("io_uring_setup: %s", strerror(errno));
	r->sq_size = r->p.sq_off.array + r->p.sq_entries * sizeof(uint32_t);
	r->cq_size = r->p.cq_off.cqes + r->p.cq_entries * sizeof(struct io_uring_cqe);
	r->sq = map(r, r->sq_size, IORING_OFF_SQ_RING);
	r->cq = map(r, r->cq_size, IORING_OFF_CQ_RING);
	r->sqes = map(r, r->p.sq_entries * sizeof(*r->sqes), IORING_OFF_SQES);
	if (r->sq == MAP_FAILED || r->cq == MAP_FAILED || (void *)r->sqes == MAP_FAILED)
		return ktap_why("mmap: %s", strerror(errno));
	return 0;
}

static void ring_close(struct ring *r)
{
	munmap(r->sqes, r->p.sq_entries * sizeof(*r->sqes));
	munmap(r->cq, r->cq_size);
	munmap(r->sq, r->sq_size);
	close(r->fd);
}

/* A free entry, made visible by submit() */
static struct io_uring_sqe *next(struct ring *r, uint32_t ahead, uint8_t op, int fd)
{
	uint32_t tail = *word(r->sq, r->p.sq_off.tail) + ahead;
	uint32_t index = tail & *word(r->sq, r->p.sq_off.ring_mask);
	struct io_uring_sqe *sqe = &r->sqes[index];

	word(r->sq, r->p.sq_off.array)[index] = index;
	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = op;
	sqe->fd = fd;
	sqe->user_data = tail;
	return sqe;
}

static int submit(struct ring *r, uint32_t n)
{
	uint32_t *tail = word(r->sq, r->p.sq_off.tail), flags = IORING_ENTER_GETEVENTS;

	__atomic_store_n(tail, *tail + n, __ATOMIC_SEQ_CST);
	if (r->p.flags & IORING_SETUP_SQPOLL) {
		if (__atomic_load_n(word(r->sq, r->p.sq_off.flags), __ATOMIC_SEQ_CST) &
		    IORING_SQ_NEED_WAKEUP)
			flags |= IORING_ENTER_SQ_WAKEUP;
	}
	return syscall(SYS_io_uring_enter, r->fd, n, n, flags, NULL, 0);
}

/* @n completions with @result each (-ETIME: a timer) */
static int reap(struct ring *r, uint32_t n, int result)
{
	uint32_t *head = word(r->cq, r->p.cq_off.head), i;
	uint32_t tail = __atomic_load_n(word(r->cq, r->p.cq_off.tail), __ATOMIC_ACQUIRE);
	struct io_uring_cqe *cqes = (void *)(r->cq + r->p.cq_off.cqes);

	if (tail - *head != n)
		return ktap_why("%u completions of %u", tail - *head, n);
	for (i = 0; i < n; i++) {
		struct io_uring_cqe *cqe = &cqes[(*head + i) & *word(r->cq, r->p.cq_off.ring_mask)];

		if (cqe->res != result)
			return ktap_why("result %d, not %d", cqe->res, result);
	}
	__atomic_store_n(head, tail, __ATOMIC_RELEASE);
	return 0;
}

static int transfer(struct ring *r, uint8_t op, int fd, char blocks[BLOCKS][BLOCK])
{
	int i;

	for (i = 0; i < BLOCKS; i++) {
		struct io_uring_sqe *sqe = next(r, i, op, fd);

		sqe->addr = (uintptr_t)blocks[i];
		sqe->len = BLOCK;
		sqe->off = i * BLOCK;
	}
	if (submit(r, BLOCKS) != BLOCKS)
		return ktap_why("io_uring_enter: %s", strerror(errno));
	return reap(r, BLOCKS, BLOCK);
}

static int files(uint32_t flags)
{
	static char out[BLOCKS][BLOCK], in[BLOCKS][BLOCK];
	int fd = open("/tmp", O_TMPFILE | O_RDWR, 0600), i, bad;
	struct ring r;

	if (ring_open(&r, flags))
		return 1;
	for (i = 0; i < BLOCKS; i++)
		memset(out[i], 'a' + i, BLOCK);
	memset(in, 0, sizeof(in));
	bad = transfer(&r, IORING_OP_WRITE, fd, out) || transfer(&r, IORING_OP_READ, fd, in);
	if (!bad && memcmp(in, out, sizeof(in)))
		bad = ktap_why("other bytes than were written");
	close(fd);
	ring_close(&r);
	return bad;
}

static int files_are_read_and_written(void)
{
	return files(0);
}

static int kernel_thread_does_it(void)
{
	int i;

	for (i = 0; i < 5; i++) {
		if (files(IORING_SETUP_SQPOLL))
			return 1;
	}
	return 0;
}

static int timer_expires(void)
{
	struct __kernel_timespec when = { .tv_nsec = 20000000 };
	struct io_uring_sqe *sqe;
	struct ring r;
	int bad;

	if (ring_open(&r, 0))
		return 1;
	sqe = next(&r, 0, IORING_OP_TIMEOUT, -1);
	sqe->addr = (uintptr_t)&when;
	sqe->len = 1;
	submit(&r, 1);
	bad = reap(&r, 1, -ETIME);
	ring_close(&r);
	return bad;
}

static int pipe_becomes_readable(void)
{
	struct io_uring_sqe *sqe;
	struct ring r;
	int ends[2], bad;

	if (pipe(ends) || ring_open(&r, 0))
		return 1;
	sqe = next(&r, 0, IORING_OP_POLL_ADD, ends[0]);
	sqe->poll32_events = POLLIN;
	sqe = next(&r, 1, IORING_OP_WRITE, ends[1]);
	sqe->addr = (uintptr_t)"x";
	sqe->len = 1;
	submit(&r, 2);
	/* POLLIN and one byte written are the same number */
	bad = reap(&r, 2, 1);
	close(ends[0]);
	close(ends[1]);
	ring_close(&r);
	return bad;
}

static const struct ktap_case cases[] = {
	KTAP_CASE(files_are_read_and_written),
	KTAP_CASE(kernel_thread_does_it),
	KTAP_CASE(timer_expires),
	KTAP_CASE(pipe_becomes_readable),
};

int main(void)
{
	return ktap_run("io_uring", cases);
}
