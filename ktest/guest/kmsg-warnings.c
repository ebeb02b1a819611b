// SPDX-License-Identifier: GPL-2.0-only
/*
 * Print each record of the kernel log of level warning or worse.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Format of a record: Documentation/ABI/testing/dev-kmsg.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LEVEL_MASK	7
#define LEVEL_WARNING	4

int main(void)
{
	char record[8192];
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	bool first = true;

	if (fd < 0) {
		perror("/dev/kmsg");
		return 1;
	}
	for (;;) {
		ssize_t len = read(fd, record, sizeof(record) - 1);
		unsigned long prefix;
		char *text;

		/* EPIPE: the record was overwritten while it was read; the next read goes on */
		if (len < 0 && errno == EPIPE) {
			puts("KTEST WARN the kernel log overflowed");
			continue;
		}
		if (len <= 0)
			break;
		record[len] = '\0';
		prefix = strtoul(record, &text, 10);
		/* ",<sequence number>,": records before the first one there were lost */
		if (first && strtoul(text + 1, NULL, 10))
			puts("KTEST WARN the kernel log has lost its beginning");
		first = false;
		text = strchr(record, ';');
		/* Facility 0 is the kernel; user space may log what it likes. */
		if (!text || prefix >> 3 || (prefix & LEVEL_MASK) > LEVEL_WARNING)
			continue;
		text++;
		text[strcspn(text, "\n")] = '\0';
		printf("KTEST WARN %s\n", text);
	}
	close(fd);
	return 0;
}
