// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is different in a PVM guest: calls that the ABI cannot serve, and the
 * clock that a hypercall reads.
 *
 * Copyright (C) 2026 the pvops developers
 */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "ktap.h"

#define PAGE		4096
#define READS		1000
/* Documentation/driver-api/ptp.rst: how a descriptor names a clock */
#define FD_TO_CLOCKID(fd)	((~(clockid_t)(fd) << 3) | 3)

static int fails_with(const char *what, long result, int wanted)
{
	if (result == -1 && errno == wanted)
		return 0;
	return ktap_why("%s: %ld, %s", what, result, strerror(errno));
}

/* As on a kernel without CONFIG_MODIFY_LDT_SYSCALL */
static int modify_ldt_is_absent(void)
{
	struct user_desc desc = { .entry_number = 0, .limit = 1, .seg_32bit = 1 };

	return fails_with("modify_ldt", syscall(SYS_modify_ldt, 1, &desc, sizeof(desc)), ENOSYS);
}

/* As on a kernel without CONFIG_X86_IOPL_IOPERM */
static int iopl_is_absent(void)
{
	return fails_with("iopl", iopl(3), ENOSYS);
}

static int ioperm_is_absent(void)
{
	return fails_with("ioperm", ioperm(0x80, 1, 1), ENOSYS);
}

static int kexec_is_refused(void)
{
	static char page[PAGE];
	struct kexec_segment segment = {
		.buf = page, .bufsz = PAGE, .mem = (void *)0x2000000UL, .memsz = PAGE,
	};
	long result = syscall(SYS_kexec_load, 0x2000000UL, 1UL, &segment, KEXEC_ARCH_DEFAULT);

	return fails_with("kexec_load", result, EOPNOTSUPP);
}

static int power(const char *file, const char *state)
{
	int fd = open(file, O_WRONLY), result;

	if (fd < 0)
		return -1;
	result = write(fd, state, strlen(state));
	close(fd);

	return result < 0 ? -1 : 0;
}

static int hibernation_is_refused(void)
{
	return power("/sys/power/state", "disk") ? 0 : ktap_why("it came back from it");
}

/* The devices sleep and wake up again. */
static int suspend_to_memory_is_refused(void)
{
	if (power("/sys/power/mem_sleep", "deep"))
		return ktap_why("the machine has no S3");

	return fails_with("mem", power("/sys/power/state", "mem"), ENOSYS);
}

/* ptp_kvm's clock: a hypercall each time, through KVM_HYPERCALL in a module */
static int ptp_clock_advances(void)
{
	int fd = open("/dev/ptp0", O_RDONLY), i;
	struct timespec before = { 0 }, now;

	if (fd < 0)
		return ktap_why("/dev/ptp0: %s", strerror(errno));
	for (i = 0; i < READS; i++) {
		if (clock_gettime(FD_TO_CLOCKID(fd), &now))
			return ktap_why("clock_gettime: %s", strerror(errno));
		if (now.tv_sec < before.tv_sec ||
		    (now.tv_sec == before.tv_sec && now.tv_nsec < before.tv_nsec))
			return ktap_why("went back after %d reads", i);
		before = now;
	}
	close(fd);
	return 0;
}

static const struct ktap_case cases[] = {
	KTAP_CASE(modify_ldt_is_absent),
	KTAP_CASE(iopl_is_absent),
	KTAP_CASE(ioperm_is_absent),
	KTAP_CASE(kexec_is_refused),
	KTAP_CASE(hibernation_is_refused),
	KTAP_CASE(suspend_to_memory_is_refused),
	KTAP_CASE(ptp_clock_advances),
};

int main(void)
{
	return ktap_run("pvm", cases);
}
