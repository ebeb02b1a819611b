// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's command line: words, and words with a number.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include "host.h"
#include "layout.h"
#include "options.h"

struct options options = {
	.verbose = 1,
	.pool_mb = 24,
	.slice_us = 4000,
	.seed = 1,
	.step_repeat = 1,
	.vmw_time = 7,
	.vmw_caps = 0x2e,	/* basic, batched, 2 MB, 64-bit target */
};

static const struct {
	const char *name;
	bool *flag;
} flags[] = {
	{ "stats", &options.stats },
	{ "end=poweroff", &options.end_poweroff },
	{ "end=reset", &options.end_reset },
	{ "kaslr", &options.kaslr },
	{ "noswitch", &options.no_switcher },
	{ "dropshadow", &options.drop_shadow },
	{ "lateAD", &options.late_ad },
	{ "staleIP", &options.stale_ip },
	{ "invlpgspur", &options.spurious_invlpg },
	{ "nopcid", &options.no_pcid },
	{ "pcid8", &options.pcid8 },
	{ "tlsret", &options.tls_result },
	{ "nmibits", &options.nmi_bits },
	{ "noprefetch", &options.no_prefetch },
	{ "intent", &options.intent },
	{ "intentdrop", &options.intent_drop },
	{ "vmware", &options.vmware },
};

static const struct {
	const char *name;
	u32 *value;
	u32 low, high;
} numbers[] = {
	{ "vcpus=", &options.vcpus, 1, MAX_VCPUS },
	{ "verbose=", &options.verbose, 0, 9 },
	{ "pool=", &options.pool_mb, 1, 1024 },
	{ "slice=", &options.slice_us, 100, 1000000 },
	{ "steprepeat=", &options.step_repeat, 1, 1000 },
	{ "vmwtime=", &options.vmw_time, 0, 7 },
	{ "vmwcaps=", &options.vmw_caps, 0, 63 },
};

static const struct {
	const char *name;
	enum generation generation;
} generations[] = {
	{ "l1", GEN_L1 },
	{ "gen=R", GEN_R },
	{ "gen=V1", GEN_V1 },
};

static const struct {
	const char *name;
	enum step_kind kind;
} step_kinds[] = {
	{ "step=irq", STEP_IRQ },
	{ "step=nmi", STEP_NMI },
	{ "step=mce", STEP_MCE },
};

static bool word_is(const char *word, size_t len, const char *name)
{
	return strlen(name) == len && !strncmp(word, name, len);
}

static bool parse_number(const char *s, size_t len, u64 *val)
{
	*val = 0;
	for (; len; len--, s++) {
		if (*s < '0' || *s > '9' || *val > 1000000000)
			return false;
		*val = *val * 10 + *s - '0';
	}
	return true;
}

/* An address, 16 digits without 0x */
static bool parse_hex(const char *s, size_t len, u64 *val)
{
	*val = 0;
	if (!len || len > 16)
		return false;
	for (; len; len--, s++) {
		if (*s >= '0' && *s <= '9')
			*val = *val << 4 | (*s - '0');
		else if (*s >= 'a' && *s <= 'f')
			*val = *val << 4 | (*s - 'a' + 10);
		else
			return false;
	}
	return true;
}

/* Two addresses with '-' between them */
static bool parse_range(const char *s, size_t len)
{
	struct step_range *r = &options.step_range[options.step_ranges];
	size_t first = 0;

	while (first < len && s[first] != '-')
		first++;
	if (first == len || options.step_ranges == STEP_RANGES)
		return false;
	options.step_ranges++;
	return parse_hex(s, first, &r->low) && parse_hex(s + first + 1, len - first - 1, &r->high);
}

static bool parse_value(const char *word, size_t len)
{
	size_t i, n;
	u64 val;

	if (len > 5 && !strncmp(word, "seed=", 5))
		return parse_number(word + 5, len - 5, &options.seed);
	if (len > 10 && !strncmp(word, "stepfirst=", 10))
		return options.step_firsts < STEP_FIRSTS &&
		       parse_hex(word + 10, len - 10, &options.step_first[options.step_firsts++]);
	if (len > 8 && !strncmp(word, "stepnmi=", 8))
		return parse_hex(word + 8, len - 8, &options.step_nmi);
	if (len > 10 && !strncmp(word, "steprange=", 10))
		return parse_range(word + 10, len - 10);
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		n = strlen(numbers[i].name);
		if (len <= n || strncmp(word, numbers[i].name, n))
			continue;
		if (!parse_number(word + n, len - n, &val) ||
		    val < numbers[i].low || val > numbers[i].high)
			return false;
		*numbers[i].value = val;
		return true;
	}
	return false;
}

static bool parse_word(const char *word, size_t len)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		if (word_is(word, len, flags[i].name)) {
			*flags[i].flag = true;
			return true;
		}
	}
	for (i = 0; i < ARRAY_SIZE(generations); i++) {
		if (word_is(word, len, generations[i].name)) {
			options.generation = generations[i].generation;
			return true;
		}
	}
	for (i = 0; i < ARRAY_SIZE(step_kinds); i++) {
		if (word_is(word, len, step_kinds[i].name)) {
			options.step_kind = step_kinds[i].kind;
			return true;
		}
	}
	return parse_value(word, len);
}

/* QEMU puts the file name of the host first; that word is skipped */
void options_parse(const char *line)
{
	const char *end;
	bool first = true;

	for (; *line; line = end) {
		while (*line == ' ')
			line++;
		for (end = line; *end && *end != ' '; end++)
			;
		if (end != line && !first && !parse_word(line, end - line))
			panic("unknown or out of range option at '%s'", line);
		first = false;
	}
}

u32 random(void)
{
	static u64 state;

	if (!state)
		state = options.seed * 0x9e3779b97f4a7c15 + 1;
	state ^= state << 13;	/* xorshift64 */
	state ^= state >> 7;
	state ^= state << 17;
	return state >> 16;
}
