// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: the host's clock against models of the hosts that there are.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * STAND-IN: stock QEMU knows none of the time commands.  The models answer as
 * VMware does, as QEMU does, and as QEMU's machine types up to 5.0 do, which
 * leave the magic in EAX for any command.  They restate the numbers.
 */

#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <kunit/test-bug.h>
#include <linux/prandom.h>
#include <linux/timekeeping.h>

#include <asm/tsc.h>

#include "ptp.h"

enum model_kind {
	MODEL_FULL_WITH_LAG,	/* knows 55, 46 and 23 */
	MODEL_FULL,		/* knows 46 and 23 */
	MODEL_SHORT,		/* knows 23 */
	MODEL_UNAWARE,		/* all ones in EAX */
	MODEL_PRETENDER,	/* touches nothing */
	MODEL_LIAR,		/* random registers */
};

/**
 * struct ptp_model - a host with a clock
 * @kind: what it knows
 * @offset_ns: its clock against the guest's monotonic one
 * @cycles: its TSC, for the tests that need one that no real delay disturbs
 * @steal_us: take the CPU away for so long, in the middle of the call
 * @calls: calls so far
 * @steal_every: every so many calls; 0: never
 * @rnd: for the liar
 */
struct ptp_model {
	enum model_kind kind;
	s64 offset_ns;
	u64 cycles;
	unsigned int steal_us;
	unsigned int calls;
	unsigned int steal_every;
	struct rnd_state rnd;
};

static void model_time(struct ptp_model *m, u64 *sec, u32 *usec)
{
	u64 now = ktime_get_ns() + m->offset_ns;

	*sec = div_u64(now, 1000000000);
	*usec = div_u64(now - *sec * 1000000000, 1000);
}

static void model_lie(struct ptp_model *m, struct pvp_regs *r)
{
	prandom_bytes_state(&m->rnd, r, sizeof(*r));
}

static void ptp_model_door(void *host, struct pvp_regs *r)
{
	struct ptp_model *m = host;
	u32 usec, cmd = r->cx;
	u64 sec;

	if (m->kind == MODEL_PRETENDER)
		return;
	if (m->kind == MODEL_LIAR)
		return model_lie(m, r);
	if (m->kind == MODEL_UNAWARE || (cmd == 55 && m->kind > MODEL_FULL_WITH_LAG) ||
	    (cmd == 46 && m->kind > MODEL_FULL)) {
		r->ax = U32_MAX;
		return;
	}

	model_time(m, &sec, &usec);
	if (m->steal_every && ++m->calls % m->steal_every == 0)
		m->cycles += (u64)m->steal_us * tsc_khz / 1000;
	r->bx = usec;
	r->cx = 1000;
	if (cmd == 23) {
		r->ax = sec;
		r->dx = 0;
		return;
	}
	r->dx = sec;
	r->si = sec >> 32;
	if (cmd == 55)
		r->di = 0;
}

static struct pvp_clock *ptp_begin(struct kunit *test, struct ptp_model *m, int expect)
{
	struct pvp_clock *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, c);
	if (!tsc_khz)
		kunit_skip(test, "no TSC frequency here");
	m->offset_ns = 1800000000LL * 1000000000;
	KUNIT_ASSERT_EQ(test, pvp_probe(c, ptp_model_door, m), expect);
	return c;
}

static void picks_best_command(struct kunit *test)
{
	static const struct {
		enum model_kind kind;
		u32 cmd;
	} hosts[] = {
		{ MODEL_FULL_WITH_LAG, 55 }, { MODEL_FULL, 46 }, { MODEL_SHORT, 23 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hosts); i++) {
		struct ptp_model m = { .kind = hosts[i].kind };
		struct pvp_clock *c = ptp_begin(test, &m, 0);

		KUNIT_EXPECT_EQ(test, c->cmd, hosts[i].cmd);
	}
}

static void refuses_false_success(struct kunit *test)
{
	struct ptp_model unaware = { .kind = MODEL_UNAWARE };
	struct ptp_model pretender = { .kind = MODEL_PRETENDER };

	ptp_begin(test, &unaware, -EOPNOTSUPP);
	ptp_begin(test, &pretender, -EOPNOTSUPP);
}

/* Repeat a reading that a busy machine really did interrupt. */
static int ptp_try(struct pvp_clock *c, struct pvp_reading *r)
{
	unsigned int i;
	int err = -EAGAIN;

	for (i = 0; i < 100 && err == -EAGAIN; i++)
		err = pvp_read(c, r, NULL);
	return err;
}

static void follows_the_host(struct kunit *test)
{
	static const s64 steps[] = { 0, 3600, -7200, 86400 * 365 };
	struct ptp_model m = { .kind = MODEL_FULL_WITH_LAG };
	struct pvp_clock *c = ptp_begin(test, &m, 0);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		struct pvp_reading r;
		u64 before, after;

		m.offset_ns += steps[i] * 1000000000;
		before = ktime_get_ns() + m.offset_ns;
		KUNIT_ASSERT_EQ(test, ptp_try(c, &r), 0);
		after = ktime_get_ns() + m.offset_ns;
		/* The host rounds down to a microsecond. */
		KUNIT_EXPECT_GE(test, r.ns + 1000, before);
		KUNIT_EXPECT_LE(test, r.ns, after);
	}
}

/* A call takes as long as the model says, however busy the machine is. */
static u64 ptp_model_cycles(void)
{
	struct ptp_model *m = kunit_get_current_test()->priv;

	m->cycles += tsc_khz / 1000;
	return m->cycles;
}

static void rejects_stolen_time(struct kunit *test)
{
	struct ptp_model m = { .kind = MODEL_FULL };
	struct pvp_clock *c = ptp_begin(test, &m, 0);
	struct pvp_reading r;
	unsigned int i;
	u64 width;

	test->priv = &m;
	kunit_activate_static_stub(test, pvp_cycles, ptp_model_cycles);
	for (i = 0; i < 20; i++)
		KUNIT_ASSERT_EQ(test, pvp_read(c, &r, NULL), 0);
	KUNIT_EXPECT_EQ(test, c->rejected, 0);
	m.steal_us = 500;
	m.steal_every = 3;
	for (i = 0; i < 50; i++) {
		KUNIT_ASSERT_EQ(test, pvp_read(c, &r, NULL), 0);
		width = div_u64((r.tsc_after - r.tsc_before) * 1000000, tsc_khz);
		KUNIT_EXPECT_LT(test, width, 500 * 1000);
		KUNIT_EXPECT_EQ(test, c->error_ns, (width + 1) / 2 + 1000);
	}
	KUNIT_EXPECT_GE(test, c->rejected, 20);

	m.steal_every = 1;
	KUNIT_EXPECT_EQ(test, pvp_read(c, &r, NULL), -EAGAIN);
}

/* By the host, in the middle of a call; with a slow TSC 2^64 cycles would not fit. */
static void rejects_a_tsc_that_goes_back(struct kunit *test)
{
	static const u32 khz[] = { 1, 500000, 1000000, 3000000, U32_MAX };
	struct pvp_window w = {};
	unsigned int i;

	KUNIT_EXPECT_EQ(test, pvp_width_ns(1000, 3000, 2000000), 1000);
	for (i = 0; i < ARRAY_SIZE(khz); i++) {
		u64 width = pvp_width_ns(1000, 999, khz[i]);

		KUNIT_EXPECT_FALSE(test, pvp_window_accepts(&w, width));
	}
}

/* Random registers are hardly ever a time, and never one outside its bounds. */
static void survives_a_liar(struct kunit *test)
{
	struct pvp_regs r;
	struct rnd_state rnd;
	unsigned int i, good = 0;
	u64 ns;

	prandom_seed_state(&rnd, 1);
	for (i = 0; i < 100000; i++) {
		prandom_bytes_state(&rnd, &r, sizeof(r));
		if (pvp_decode(i % 3 ? (i % 3 == 1 ? 55 : 46) : 23, &r, &ns))
			continue;
		good++;
		KUNIT_EXPECT_GE(test, ns, 1577836800ULL * 1000000000);
		KUNIT_EXPECT_LT(test, ns, (1ULL << 33) * 1000000000);
	}
	KUNIT_EXPECT_LT(test, good, 100);
}

static void decodes_edges(struct kunit *test)
{
	struct pvp_regs r = {
		.ax = 0x564d5868, .bx = 999999, .cx = 0, .dx = 0x10, .si = 1, .di = 0,
	};
	u64 ns;

	/* 2^32 + 16 s: beyond what command 23 can say. */
	KUNIT_EXPECT_EQ(test, pvp_decode(46, &r, &ns), 0);
	KUNIT_EXPECT_EQ(test, ns, (0x100000010ULL * 1000000 + 999999) * 1000);
	r.bx = 1000000;
	KUNIT_EXPECT_NE(test, pvp_decode(46, &r, &ns), 0);
	r.bx = 0;
	r.ax = 0;
	KUNIT_EXPECT_NE(test, pvp_decode(46, &r, &ns), 0);
	KUNIT_EXPECT_NE(test, pvp_decode(23, &r, &ns), 0);
	KUNIT_EXPECT_NE(test, pvp_decode(24, &r, &ns), 0);
}

static struct kunit_case ptp_cases[] = {
	KUNIT_CASE(picks_best_command),
	KUNIT_CASE(refuses_false_success),
	KUNIT_CASE(follows_the_host),
	KUNIT_CASE(rejects_stolen_time),
	KUNIT_CASE(rejects_a_tsc_that_goes_back),
	KUNIT_CASE(survives_a_liar),
	KUNIT_CASE(decodes_edges),
	{}
};

static struct kunit_suite ptp_suite = {
	.name = "pv_ptp",
	.test_cases = ptp_cases,
};

kunit_test_suite(ptp_suite);
