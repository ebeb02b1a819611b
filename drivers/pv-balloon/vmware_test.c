// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: the VMware transport against a model of the port.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * STAND-IN: no VMware host is at hand, and QEMU does not answer port 0x5670.
 * The model speaks the protocol as drivers/misc/vmw_balloon.c describes it and
 * restates its numbers, so that a wrong one in vmware_abi.h is found.
 */

#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/prandom.h>

#include "keeper.h"
#include "vmware_transport.h"

#define MODEL_PAGES	(SZ_16M / PAGE_SIZE)

/**
 * struct vmw_model - a VMware host
 * @keeper: pages it has
 * @caps: capabilities it offers, 0 to answer START with plain success
 * @target: balloon size it asks for
 * @started: START was given since the last reset
 * @reset: forget everything at the next command
 * @hostile: one in so many commands or entries gets a random status, 0 for none
 * @rnd: where that comes from
 * @calls: commands received, by number
 * @limit: what the guest said last about its size
 * @doorbell: what it is to ring, context and resource
 * @ring: what that calls in the guest
 * @ring_data: argument of @ring
 * @doorbells: how many the guest has
 */
struct vmw_model {
	struct pvb_keeper keeper;
	unsigned long caps;
	u64 target;
	bool started;
	bool reset;
	u32 hostile;
	struct rnd_state rnd;
	unsigned long calls[16];
	unsigned long limit;
	u32 doorbell[2];
	vmci_callback ring;
	void *ring_data;
	unsigned int doorbells;
};

static bool model_hostile(struct vmw_model *m)
{
	/* The test takes it back while the balloon's work is here. */
	u32 one_in = READ_ONCE(m->hostile);

	return one_in && !(prandom_u32_state(&m->rnd) % one_in);
}

/* That it does not have the page is no refusal: the guest uses the page then. */
static u32 model_refusal(u32 status)
{
	return status == 4 ? 5 : status;
}

static u32 model_page(struct vmw_model *m, u64 pfn, unsigned int order, bool lock)
{
	if (!pfn_valid(pfn))
		return 2;
	if (model_hostile(m))
		/* Any refusal, also those that nobody has defined. */
		return model_refusal(1 + prandom_u32_state(&m->rnd) % 31);
	if (lock)
		pvb_keeper_take(&m->keeper, pfn, order);
	else
		pvb_keeper_give(&m->keeper, pfn, order);
	return 0;
}

static u32 model_batch(struct vmw_model *m, u64 batch_pfn, unsigned long nr,
		       unsigned int order, bool lock)
{
	u64 *entry = pfn_to_kaddr(batch_pfn);
	unsigned long i;

	if (nr > 512)
		return 1;
	for (i = 0; i < nr; i++) {
		/* Bits 5 to 11 are reserved and must be zero. */
		if (entry[i] & 0xfff)
			return 1;
		entry[i] |= model_page(m, entry[i] >> 12, order, lock);
	}
	return 0;
}

static u32 model_start(struct vmw_model *m, unsigned long wanted, unsigned long *value)
{
	pvb_keeper_forget(&m->keeper);
	m->started = wanted;
	m->reset = false;
	*value = m->caps & wanted;
	return m->caps ? 0x03000000 : 0;
}

static u32 model_command(struct vmw_model *m, u32 cmd, unsigned long arg1, unsigned long arg2)
{
	bool batched = m->caps & BIT(2), batched_2m = m->caps & BIT(3);

	switch (cmd) {
	case 1:
		m->limit = arg1;
		return 0;
	case 2:
	case 3:
		return arg1 >> 32 ? 2 : model_page(m, arg1, 0, cmd == 2);
	case 4:
		return arg1 == 1 ? 0 : 1;
	case 6:
	case 7:
		return batched ? model_batch(m, arg1, arg2, 0, cmd == 6) : 1;
	case 8:
	case 9:
		return batched_2m ? model_batch(m, arg1, arg2, 9, cmd == 8) : 1;
	case 10:
		if (!(m->caps & BIT(4)))
			return 1;
		m->doorbell[0] = arg1;
		m->doorbell[1] = arg2;
		return 0;
	default:
		return 1;
	}
}

static u32 model_door(void *host, u32 cmd, unsigned long arg1, unsigned long arg2,
		      unsigned long *value)
{
	struct vmw_model *m = host;
	u32 status;

	if (cmd >= ARRAY_SIZE(m->calls))
		return 1;
	m->calls[cmd]++;
	if (!cmd)
		return model_start(m, arg1, value);
	if (m->reset || !m->started) {
		pvb_keeper_forget(&m->keeper);
		m->started = false;
		return 7;
	}
	if (model_hostile(m)) {
		status = model_refusal(prandom_u32_state(&m->rnd) % 12);
		if (status == 7)
			m->reset = true;
		/* A failed command has acted upon nothing. */
		if (status)
			return status == 11 ? prandom_u32_state(&m->rnd) | 16 : status;
	}
	status = model_command(m, cmd, arg1, arg2);
	*value = m->target;
	return status;
}

struct vmw_test {
	struct vmw_model m;
	struct pvb_vmw *w;
	unsigned long total;
};

static void vmw_begin(struct kunit *test, unsigned long caps)
{
	struct vmw_test *t = test->priv;

	t->m.caps = caps;
	t->w = pvb_vmw_create(model_door, &t->m);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t->w);
	t->w->balloon->floor = pvb_total(t->w->balloon) - MODEL_PAGES;
}

/* Let the host ask for @target and wait until the balloon rests at @expect. */
static u64 vmw_ask_for(struct vmw_test *t, u64 target, u64 expect)
{
	struct pv_balloon *b = t->w->balloon;
	unsigned int i;

	t->m.target = target;
	for (i = 0; i < 500; i++) {
		pvb_target_changed(b);
		msleep(20);
		if (pvb_size(b) == expect && READ_ONCE(b->state) == PVB_IDLE)
			break;
	}
	return pvb_size(b);
}

static u64 vmw_ask(struct vmw_test *t, u64 target)
{
	return vmw_ask_for(t, target, target);
}

static int vmw_test_init(struct kunit *test)
{
	struct vmw_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;
	pvb_keeper_init(test, &t->m.keeper);
	t->total = totalram_pages();
	prandom_seed_state(&t->m.rnd, 1);
	return 0;
}

static void vmw_test_exit(struct kunit *test)
{
	struct vmw_test *t = test->priv;

	if (!t || IS_ERR_OR_NULL(t->w))
		return;
	WRITE_ONCE(t->m.hostile, 0);
	pvb_vmw_destroy(t->w);
	KUNIT_EXPECT_EQ_MSG(test, t->m.keeper.faults, 0, "pfn %#lx %s",
			    t->m.keeper.fault_pfn, t->m.keeper.fault);
	KUNIT_EXPECT_FALSE(test, t->m.started);
	KUNIT_EXPECT_EQ(test, t->m.keeper.held, 0);
	KUNIT_EXPECT_EQ(test, totalram_pages(), t->total);
}

static void vmw_up_and_down(struct kunit *test, unsigned long caps)
{
	struct vmw_test *t = test->priv;

	vmw_begin(test, caps);
	KUNIT_EXPECT_EQ(test, vmw_ask(t, MODEL_PAGES), MODEL_PAGES);
	KUNIT_EXPECT_EQ(test, t->m.keeper.held, MODEL_PAGES);
	KUNIT_EXPECT_EQ(test, vmw_ask(t, 5), 5);
	KUNIT_EXPECT_EQ(test, t->m.keeper.held, 5);
	KUNIT_EXPECT_EQ(test, vmw_ask(t, 0), 0);
}

static void vmw_single(struct kunit *test)
{
	struct vmw_test *t = test->priv;

	vmw_up_and_down(test, 0);
	KUNIT_EXPECT_EQ(test, t->m.calls[2], MODEL_PAGES);
	KUNIT_EXPECT_EQ(test, t->m.calls[3], MODEL_PAGES);
	KUNIT_EXPECT_EQ(test, t->m.calls[6], 0);
}

static void vmw_batched(struct kunit *test)
{
	struct vmw_test *t = test->priv;

	vmw_up_and_down(test, BIT(1) | BIT(2));
	KUNIT_EXPECT_EQ(test, t->m.calls[2], 0);
	KUNIT_EXPECT_GE(test, t->m.calls[6], MODEL_PAGES / 512);
	KUNIT_EXPECT_EQ(test, t->m.calls[8], 0);
}

static void vmw_batched_2m(struct kunit *test)
{
	struct vmw_test *t = test->priv;

	vmw_up_and_down(test, BIT(1) | BIT(2) | BIT(3) | BIT(5));
	KUNIT_EXPECT_GE(test, t->m.calls[8], 1);
	/* What is in the balloon belongs to the guest's size. */
	KUNIT_EXPECT_EQ(test, t->m.limit, t->total);
}

/* A host that offers no way to lock a page has no balloon. */
static void vmw_no_commands(struct kunit *test)
{
	struct vmw_test *t = test->priv;

	t->m.caps = BIT(4);
	t->w = pvb_vmw_create(model_door, &t->m);
	KUNIT_EXPECT_EQ(test, PTR_ERR(t->w), -EIO);
}

/* Nobody at the port: IN returns all ones. */
static u32 vmw_dead_door(void *host, u32 cmd, unsigned long arg1, unsigned long arg2,
			 unsigned long *value)
{
	return U32_MAX;
}

static void vmw_no_host(struct kunit *test)
{
	struct vmw_test *t = test->priv;

	t->w = pvb_vmw_create(vmw_dead_door, NULL);
	KUNIT_EXPECT_EQ(test, PTR_ERR(t->w), -EIO);
}

/* Bits above 32 of a target mean nothing to a host without 64-bit targets. */
static void vmw_target_width(struct kunit *test)
{
	struct vmw_test *t = test->priv;

	vmw_begin(test, BIT(1) | BIT(2));
	KUNIT_EXPECT_EQ(test, vmw_ask_for(t, BIT_ULL(40) | 9, 9), 9);
}

static void vmw_reset(struct kunit *test)
{
	struct vmw_test *t = test->priv;

	vmw_begin(test, BIT(1) | BIT(2) | BIT(3));
	KUNIT_ASSERT_EQ(test, vmw_ask(t, MODEL_PAGES), MODEL_PAGES);
	t->m.reset = true;
	t->m.target = 100;
	pvb_target_changed(t->w->balloon);
	KUNIT_EXPECT_EQ(test, vmw_ask(t, 100), 100);
	KUNIT_EXPECT_EQ(test, t->m.calls[0], 2);
	KUNIT_EXPECT_EQ(test, t->m.keeper.held, 100);
}

static void vmw_hostile(struct kunit *test)
{
	struct vmw_test *t = test->priv;
	unsigned int i;

	vmw_begin(test, BIT(1) | BIT(2) | BIT(3) | BIT(5));
	WRITE_ONCE(t->m.hostile, 20);
	for (i = 0; i < 100; i++) {
		t->m.target = prandom_u32_state(&t->m.rnd) % (2 * MODEL_PAGES);
		pvb_target_changed(t->w->balloon);
		msleep(1 + i % 10);
	}
	/* When it comes to its senses, so does the balloon. */
	WRITE_ONCE(t->m.hostile, 0);
	KUNIT_EXPECT_EQ(test, vmw_ask(t, 300), 300);
	KUNIT_EXPECT_EQ(test, t->m.keeper.held, 300);
}

/* In place of the VMCI device, for the test's own thread. */
static int vmw_fake_create(struct vmci_handle *doorbell, vmci_callback rung, void *data)
{
	struct vmw_test *t = kunit_get_current_test()->priv;

	*doorbell = vmci_make_handle(3, 77);
	t->m.ring = rung;
	t->m.ring_data = data;
	t->m.doorbells++;
	return 0;
}

static void vmw_fake_destroy(struct vmci_handle doorbell)
{
	struct kunit *test = kunit_get_current_test();
	struct vmw_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, doorbell.context, 3);
	KUNIT_EXPECT_EQ(test, doorbell.resource, 77);
	/* The host must not ring what is no more. */
	KUNIT_EXPECT_EQ(test, t->m.doorbell[0], U32_MAX);
	KUNIT_EXPECT_EQ(test, t->m.doorbell[1], U32_MAX);
	t->m.doorbells--;
}

/* The host asks for @target and rings; nobody polls. */
static u64 vmw_ring_for(struct vmw_test *t, u64 target)
{
	unsigned int i;

	t->m.target = target;
	t->m.ring(t->m.ring_data);
	for (i = 0; i < 500 && pvb_size(t->w->balloon) != target; i++)
		msleep(20);
	return pvb_size(t->w->balloon);
}

static void vmw_doorbell(struct kunit *test)
{
	struct vmw_test *t = test->priv;

	kunit_activate_static_stub(test, pvb_vmci_create, vmw_fake_create);
	kunit_activate_static_stub(test, pvb_vmci_destroy, vmw_fake_destroy);
	vmw_begin(test, BIT(1) | BIT(2) | BIT(4));
	cancel_delayed_work_sync(&t->w->poll);
	KUNIT_ASSERT_EQ(test, t->m.doorbells, 1);
	KUNIT_EXPECT_EQ(test, t->m.doorbell[0], 3);
	KUNIT_EXPECT_EQ(test, t->m.doorbell[1], 77);
	KUNIT_EXPECT_EQ(test, vmw_ring_for(t, 100), 100);

	/* A host that was reset has to be told again. */
	t->m.reset = true;
	KUNIT_EXPECT_EQ(test, vmw_ring_for(t, 50), 50);
	KUNIT_EXPECT_EQ(test, t->m.calls[10], 1);
	pvb_vmw_doorbell_arm(t->w);
	KUNIT_EXPECT_EQ(test, t->m.calls[10], 2);
	KUNIT_EXPECT_EQ(test, t->m.doorbells, 1);

	pvb_vmw_destroy(t->w);
	t->w = NULL;
	KUNIT_EXPECT_EQ(test, t->m.doorbells, 0);
}

/* The host would ring, but there is no VMCI device: it is polled. */
static void vmw_no_vmci(struct kunit *test)
{
	struct vmw_test *t = test->priv;

	vmw_begin(test, BIT(1) | BIT(2) | BIT(4));
	KUNIT_EXPECT_EQ(test, vmw_ask(t, 100), 100);
	KUNIT_EXPECT_EQ(test, t->m.calls[10], 0);
}

static struct kunit_case vmw_cases[] = {
	KUNIT_CASE(vmw_single),
	KUNIT_CASE(vmw_batched),
	KUNIT_CASE(vmw_batched_2m),
	KUNIT_CASE(vmw_no_commands),
	KUNIT_CASE(vmw_no_host),
	KUNIT_CASE(vmw_target_width),
	KUNIT_CASE(vmw_reset),
	KUNIT_CASE(vmw_doorbell),
	KUNIT_CASE(vmw_no_vmci),
	KUNIT_CASE_SLOW(vmw_hostile),
	{}
};

static struct kunit_suite vmw_suite = {
	.name = "pv_balloon_vmware",
	.init = vmw_test_init,
	.exit = vmw_test_exit,
	.test_cases = vmw_cases,
};

kunit_test_suite(vmw_suite);
