// SPDX-License-Identifier: GPL-2.0-only
/*
 * Read a PTP clock many times beside the system clock, and say how the readings
 * agree.  Copyright (C) 2026 the pvops developers
 *
 * usage: ptp-read <device> <readings> [precise]; prints one line:
 *   readings <n> refused <n> off <ns> width <ns> ahead <ns>
 * Each reading has the system time before and after it, or, if precise, the
 * system time of the same moment, paired by the driver or its host.
 * refused: requests that ended with EAGAIN; off: the largest distance of a
 * reading's middle from the median of all; width: the widest bracket; ahead:
 * that median, what the clock is ahead of the system's.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/ptp_clock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#define MOST	100000

static long long offset[MOST];

static long long ns(const struct ptp_clock_time *t)
{
	return t->sec * 1000000000LL + t->nsec;
}

static int compare(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;

	return (x > y) - (x < y);
}

/* Both return 0, or -1 with errno */
static int read_bracketed(int fd, long long *ahead, long long *width)
{
	struct ptp_sys_offset_extended x = { .n_samples = 1 };
	long long before, after;

	if (ioctl(fd, PTP_SYS_OFFSET_EXTENDED, &x))
		return -1;
	before = ns(&x.ts[0][0]);
	after = ns(&x.ts[0][2]);
	*ahead = ns(&x.ts[0][1]) - (before + after) / 2;
	*width = after - before;
	return 0;
}

static int read_paired(int fd, long long *ahead, long long *width)
{
	struct ptp_sys_offset_precise x = { 0 };

	if (ioctl(fd, PTP_SYS_OFFSET_PRECISE, &x))
		return -1;
	*ahead = ns(&x.device) - ns(&x.sys_realtime);
	*width = 0;
	return 0;
}

int main(int argc, char **argv)
{
	long long widest = 0, width, low, high, middle;
	int fd, i, got = 0, refused = 0, wanted;
	int (*take)(int fd, long long *ahead, long long *width);

	if (argc < 3 || argc > 4 || (argc == 4 && strcmp(argv[3], "precise")))
		return 2;
	take = argc == 4 ? read_paired : read_bracketed;
	fd = open(argv[1], O_RDWR);
	wanted = atoi(argv[2]);
	if (fd < 0 || wanted < 1 || wanted > MOST) {
		fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	for (i = 0; i < wanted; i++) {
		if (take(fd, &offset[got], &width)) {
			if (errno != EAGAIN) {
				perror(argv[1]);
				return 1;
			}
			refused++;
			continue;
		}
		got++;
		if (width > widest)
			widest = width;
	}
	if (!got)
		return 1;
	qsort(offset, got, sizeof(offset[0]), compare);
	middle = offset[got / 2];
	low = middle - offset[0];
	high = offset[got - 1] - middle;
	printf("readings %d refused %d off %lld width %lld ahead %lld\n", got, refused,
	       low > high ? low : high, widest, middle);
	return 0;
}
