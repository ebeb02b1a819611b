/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KTAP output for guest programs (Documentation/dev-tools/ktap.rst).
 *
 * Copyright (C) 2026 the pvops developers
 *
 * A program lists its cases in an array and ends with "return ktap_run(...)".
 * A case returns 0 for ok, KTAP_SKIP, or anything else for not ok, having
 * said why with ktap_why().
 */
#ifndef KTEST_KTAP_H
#define KTEST_KTAP_H

#include <stdarg.h>
#include <stdio.h>

#define KTAP_SKIP	77

struct ktap_case {
	const char *name;
	int (*run)(void);
};

#define KTAP_CASE(fn)	{ #fn, fn }
#define ktap_run(suite, cases) \
	ktap_run_cases(suite, cases, sizeof(cases) / sizeof((cases)[0]))

/* Say why a case failed or was skipped; returns 1, so that a case can return it. */
__attribute__((format(printf, 1, 2)))
static inline int ktap_why(const char *format, ...)
{
	va_list args;

	printf("    # ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	return 1;
}

static inline int ktap_run_cases(const char *suite, const struct ktap_case *cases, unsigned int count)
{
	unsigned int i, failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("KTAP version 1\n1..1\n    KTAP version 1\n    # Subtest: %s\n    1..%u\n", suite, count);
	for (i = 0; i < count; i++) {
		int result = cases[i].run();

		if (result == KTAP_SKIP)
			printf("    ok %u %s # SKIP\n", i + 1, cases[i].name);
		else
			printf("    %sok %u %s\n", result ? "not " : "", i + 1, cases[i].name);
		if (result && result != KTAP_SKIP)
			failed++;
	}
	printf("%sok 1 %s\n", failed ? "not " : "", suite);
	return !!failed;
}

#endif /* KTEST_KTAP_H */
