// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command line: pvops=, pvops.BACKEND.no_FEATURE and pvops.fail=
 *
 * Names in dots cannot be early_param()s, since which of them exist is known to
 * the backends only; the command line is read once more for them.  Whatever is
 * wrong costs one line and is left out.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <linux/errno.h>
#include <linux/init.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

#include "pvops.h"

#define PREFIX		"pvops."
#define NO_PREFIX	"no_"

static int __init copy_name(char *to, const char *from, size_t len)
{
	if (!len || len >= PVOPS_NAME_LEN)
		return -EINVAL;

	memcpy(to, from, len);
	to[len] = '\0';
	return 0;
}

static int __init parse_choice(struct pvops_params *params, const char *value)
{
	/* A name too long to be one is kept as far as it goes: it matches none. */
	if (!value || !*value)
		return -EINVAL;

	strscpy(params->want, strcmp(value, "auto") ? value : "", sizeof(params->want));
	return 0;
}

static int __init parse_fail(struct pvops_params *params, const char *value)
{
	if (!IS_ENABLED(CONFIG_PVOPS_DEBUG))
		return -EOPNOTSUPP;
	if (!value)
		return -EINVAL;

	return copy_name(params->fail, value, strlen(value));
}

/* BACKEND.no_FEATURE, without a value */
static int __init parse_off(struct pvops_params *params, const char *name, const char *value)
{
	const char *dot = strchr(name, '.');
	struct pvops_off *off;
	int ret;

	if (!dot || value || strncmp(dot + 1, NO_PREFIX, strlen(NO_PREFIX)))
		return -EINVAL;
	if (params->nr_off == PVOPS_MAX_OFF)
		return -ENOSPC;

	off = &params->off[params->nr_off];
	ret = copy_name(off->backend, name, dot - name);
	if (ret)
		return ret;

	dot += 1 + strlen(NO_PREFIX);
	ret = copy_name(off->feature, dot, strlen(dot));
	if (ret)
		return ret;

	params->nr_off++;
	return 0;
}

/**
 * pvops_parse_param - take one parameter of the command line
 * @params: where it goes
 * @name: its name
 * @value: what follows its "=", or NULL
 *
 * Return: 0 when it was taken or is none of ours; -EINVAL when it is malformed,
 * -ENOSPC when too many features are switched off, -EOPNOTSUPP when this kernel
 * cannot do it.
 */
int __init pvops_parse_param(struct pvops_params *params, const char *name, const char *value)
{
	if (!strcmp(name, "pvops"))
		return parse_choice(params, value);
	if (strncmp(name, PREFIX, strlen(PREFIX)))
		return 0;

	name += strlen(PREFIX);
	if (!strcmp(name, "fail"))
		return parse_fail(params, value);

	return parse_off(params, name, value);
}

static const char * __init complaint(int error)
{
	switch (error) {
	case -ENOSPC:
		return "too many of them";
	case -EOPNOTSUPP:
		return "needs CONFIG_PVOPS_DEBUG";
	default:
		return "malformed";
	}
}

static int __init take_param(char *name, char *value, const char *unused, void *params)
{
	int ret = pvops_parse_param(params, name, value);

	if (ret)
		pvops_warn("%s%s%s: %s: ignored", name, value ? "=" : "", value ?: "",
			   complaint(ret));

	return 0;
}

/**
 * pvops_parse_command_line - take all parameters of a command line
 * @params: where they go
 * @line: the command line; written to
 */
void __init pvops_parse_command_line(struct pvops_params *params, char *line)
{
	parse_args("pvops", line, NULL, 0, 0, 0, params, take_param);
}

/**
 * pvops_is_off - was a feature switched off on the command line?
 * @params: the command line
 * @backend: name of the backend
 * @feature: name of the feature
 *
 * Return: true if it was.
 */
bool __init pvops_is_off(const struct pvops_params *params, const char *backend,
			 const char *feature)
{
	for (unsigned int i = 0; i < params->nr_off; i++) {
		if (!strcmp(params->off[i].backend, backend) &&
		    !strcmp(params->off[i].feature, feature))
			return true;
	}

	return false;
}
