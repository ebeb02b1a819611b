// SPDX-License-Identifier: GPL-2.0-only
/*
 * perf: software events are counted and sampled, and probes and breakpoints of
 * user space hit.
 *
 * Copyright (C) 2026 the pvops developers
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "ktap.h"

#define PAGE		4096UL
#define PAGES		64
#define RING_PAGES	8		/* of data; a power of two */
#define PERIOD_NS	1000000		/* of the CPU clock between two samples */
#define WORK_NS		100000000LL
#define HITS		1000

static int event_open(struct perf_event_attr *attr)
{
	attr->size = sizeof(*attr);
	attr->disabled = 1;
	return syscall(SYS_perf_event_open, attr, 0, -1, -1, 0);
}

static uint64_t count(int fd)
{
	uint64_t n = 0;

	ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
	if (read(fd, &n, sizeof(n)) != sizeof(n))
		n = 0;
	return n;
}

static int64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void work(void)
{
	int64_t end = cpu_ns() + WORK_NS;

	while (cpu_ns() < end)
		;
}

static int software(uint64_t config)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE, .config = config };
	int fd = event_open(&attr);

	if (fd >= 0)
		ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
	return fd;
}

static int page_faults_are_counted(void)
{
	int fd = software(PERF_COUNT_SW_PAGE_FAULTS), i;
	volatile char *pages = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t n;

	if (fd < 0)
		return ktap_why("perf_event_open: %s", strerror(errno));
	madvise((void *)pages, PAGES * PAGE, MADV_NOHUGEPAGE);
	for (i = 0; i < PAGES; i++)
		pages[i * PAGE] = 1;
	n = count(fd);
	close(fd);
	munmap((void *)pages, PAGES * PAGE);
	return n >= PAGES && n < 2 * PAGES ? 0 : ktap_why("%llu page faults", (unsigned long long)n);
}

static int context_switches_are_counted(void)
{
	int fd = software(PERF_COUNT_SW_CONTEXT_SWITCHES), i;
	struct timespec request = { .tv_nsec = 1000000 };
	uint64_t n;

	if (fd < 0)
		return ktap_why("perf_event_open: %s", strerror(errno));
	for (i = 0; i < PAGES; i++)
		nanosleep(&request, NULL);
	n = count(fd);
	close(fd);
	/* A sleep may be over before the switch, on a slow machine */
	return n >= PAGES / 2 ? 0 : ktap_why("%llu context switches", (unsigned long long)n);
}

static int task_clock_is_the_cpu_time(void)
{
	int fd = software(PERF_COUNT_SW_TASK_CLOCK);
	uint64_t n;

	if (fd < 0)
		return ktap_why("perf_event_open: %s", strerror(errno));
	work();
	n = count(fd);
	close(fd);
	/* The thread's clock counts switches of tasks whole, the event's in part only. */
	return n >= WORK_NS / 10 * 9 ? 0 : ktap_why("%llu ns", (unsigned long long)n);
}

/* How many samples lie in the ring, and how many of them have a call chain of the kernel's */
static int samples(struct perf_event_mmap_page *ring, int *chains)
{
	char *data = (char *)ring + PAGE;
	uint64_t at = 0, head = __atomic_load_n(&ring->data_head, __ATOMIC_ACQUIRE);
	int n = 0;

	while (at < head) {
		struct perf_event_header *h = (void *)(data + at % (RING_PAGES * PAGE));
		uint64_t *nr = (uint64_t *)(h + 1);

		if (h->type == PERF_RECORD_SAMPLE) {
			n++;
			*chains += *nr > 0;
		}
		at += h->size;
	}
	return n;
}

static int cpu_clock_samples(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = PERIOD_NS, .sample_type = PERF_SAMPLE_CALLCHAIN,
	};
	struct perf_event_mmap_page *ring;
	int fd = event_open(&attr), chains = 0, n;

	if (fd < 0)
		return ktap_why("perf_event_open: %s", strerror(errno));
	ring = mmap(NULL, (1 + RING_PAGES) * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ring == MAP_FAILED)
		return ktap_why("mmap: %s", strerror(errno));
	ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
	work();
	ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
	n = samples(ring, &chains);
	munmap(ring, (1 + RING_PAGES) * PAGE);
	close(fd);
	return n > 5 && chains == n ? 0 : ktap_why("%d samples, %d with a call chain", n, chains);
}

static volatile int watched;

static int breakpoint_hits(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_BREAKPOINT, .bp_type = HW_BREAKPOINT_W,
		.bp_addr = (uintptr_t)&watched, .bp_len = HW_BREAKPOINT_LEN_4,
	};
	int fd = event_open(&attr), i;
	uint64_t n;

	if (fd < 0)
		return ktap_why("perf_event_open: %s", strerror(errno));
	ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
	for (i = 0; i < HITS; i++)
		watched = i;
	n = count(fd);
	close(fd);
	return n == HITS ? 0 : ktap_why("%llu hits of %d", (unsigned long long)n, HITS);
}

/* What a user probe is put on; not inlined, and its first instruction does something */
__attribute__((noinline)) static int probed(int n)
{
	asm volatile("addl $1, %0" : "+r" (n));
	return n;
}

/* The offset of @address in the file that is running, which is not relocated */
static uint64_t file_offset(uintptr_t address)
{
	Elf64_Ehdr header;
	Elf64_Phdr segment;
	uint64_t offset = 0;
	int fd = open("/proc/self/exe", O_RDONLY), i;

	if (pread(fd, &header, sizeof(header), 0) != sizeof(header))
		return 0;
	for (i = 0; i < header.e_phnum; i++) {
		if (pread(fd, &segment, sizeof(segment), header.e_phoff + i * sizeof(segment)) !=
		    sizeof(segment))
			break;
		if (segment.p_type == PT_LOAD && address - segment.p_vaddr < segment.p_filesz)
			offset = address - segment.p_vaddr + segment.p_offset;
	}
	close(fd);
	return offset;
}

static int uprobe_type(void)
{
	char text[16] = "";
	int fd = open("/sys/bus/event_source/devices/uprobe/type", O_RDONLY);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 1)
		return -1;
	close(fd);
	return atoi(text);
}

static int user_probe_hits(void)
{
	static char path[256];
	struct perf_event_attr attr = { .type = uprobe_type(), .config1 = (uintptr_t)path };
	int fd, i, sum = 0;
	uint64_t n;

	if (readlink("/proc/self/exe", path, sizeof(path) - 1) < 0)
		return ktap_why("/proc/self/exe: %s", strerror(errno));
	attr.config2 = file_offset((uintptr_t)probed);
	fd = event_open(&attr);
	if (fd < 0)
		return ktap_why("perf_event_open: %s", strerror(errno));
	ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
	for (i = 0; i < HITS; i++)
		sum += probed(i) - i;
	n = count(fd);
	close(fd);
	if (n != HITS || sum != HITS)
		return ktap_why("%llu hits, sum %d, not %d", (unsigned long long)n, sum, HITS);
	return 0;
}

static const struct ktap_case cases[] = {
	KTAP_CASE(page_faults_are_counted),
	KTAP_CASE(context_switches_are_counted),
	KTAP_CASE(task_clock_is_the_cpu_time),
	KTAP_CASE(cpu_clock_samples),
	KTAP_CASE(breakpoint_hits),
	KTAP_CASE(user_probe_hits),
};

int main(void)
{
	return ktap_run("perf", cases);
}
