// SPDX-License-Identifier: GPL-2.0-only
/*
 * Read a PTP clock many times with system time stamps around each reading, and
 * say how the readings agree.  Copyright (C) 2026 the pvops developers
 *
 * usage: ptp-read <device> <readings>; prints one line:
 *   readings <n> refused <n> off <ns> width <ns>
 * refused: requests that ended with EAGAIN; off: the largest distance of a
 * reading's middle from the median of all; width: the widest bracket.
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

int main(int argc, char **argv)
{
	long long widest = 0, low, high, middle;
	int fd, i, got = 0, refused = 0, wanted;

	if (argc != 3)
		return 2;
	fd = open(argv[1], O_RDWR);
	wanted = atoi(argv[2]);
	if (fd < 0 || wanted < 1 || wanted > MOST) {
		fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	for (i = 0; i < wanted; i++) {
		struct ptp_sys_offset_extended x = { .n_samples = 1 };
		long long before, after;

		if (ioctl(fd, PTP_SYS_OFFSET_EXTENDED, &x)) {
			if (errno != EAGAIN) {
				perror("PTP_SYS_OFFSET_EXTENDED");
				return 1;
			}
			refused++;
			continue;
		}
		before = ns(&x.ts[0][0]);
		after = ns(&x.ts[0][2]);
		offset[got++] = ns(&x.ts[0][1]) - (before + after) / 2;
		if (after - before > widest)
			widest = after - before;
	}
	if (!got)
		return 1;
	qsort(offset, got, sizeof(offset[0]), compare);
	middle = offset[got / 2];
	low = middle - offset[0];
	high = offset[got - 1] - middle;
	printf("readings %d refused %d off %lld width %lld\n", got, refused,
	       low > high ? low : high, widest);
	return 0;
}
