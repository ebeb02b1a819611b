// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the core complains about
 *
 * Copyright (C) 2026 the pvops developers
 */

#define pr_fmt(fmt) "pvops: " fmt

#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/stdarg.h>

#include <kunit/static_stub.h>

#include "pvops.h"

/**
 * pvops_say - print one line of level warning
 * @line: the line, without its newline
 */
void pvops_say(const char *line)
{
	KUNIT_STATIC_STUB_REDIRECT(pvops_say, line);
	pr_warn("%s\n", line);
}

/**
 * pvops_warn - print one formatted line of level warning
 * @fmt: as for printk(), without a newline
 *
 * All that the core has to complain about goes through here, so that tests can
 * count the lines.
 */
void pvops_warn(const char *fmt, ...)
{
	char line[128];
	va_list args;

	va_start(args, fmt);
	vscnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	pvops_say(line);
}
