// SPDX-License-Identifier: GPL-2.0-only
/*
 * As /init, all of user space: says what the time stamp counter has counted
 * until the kernel hands over, and powers off. Under "-icount shift=0" these are
 * the instructions of a boot, in which user space has no part.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include <stdio.h>
#include <sys/reboot.h>
#include <termios.h>
#include <unistd.h>
#include <x86intrin.h>

int main(void)
{
	unsigned long long start = __rdtsc();

	printf("BENCH START %llu\nKTEST DONE 0\n", start);
	fflush(stdout);
	/* Power-off does not wait for what the console has not sent. */
	tcdrain(STDOUT_FILENO);
	reboot(RB_POWER_OFF);
	return 1;
}
