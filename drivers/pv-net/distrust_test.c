// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests against the device model: completions that no good device writes.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include <linux/moduleparam.h>
#include <linux/prandom.h>

#include "model_bench.h"
#include "regs.h"
#include "rx.h"
#include "tx.h"

static unsigned long fuzz = 2000;
module_param(fuzz, ulong, 0444);
MODULE_PARM_DESC(fuzz, "Completions of the KUnit fuzz test, for each device version (default: 2000)");

static unsigned int fuzz_seed = 1;
module_param(fuzz_seed, uint, 0444);
MODULE_PARM_DESC(fuzz_seed, "Seed of the KUnit fuzz test (default: 1)");

/*
 * A completion that no good device writes.  Before each but the first a packet
 * was received, so that entry 0 is not posted and entry 1 is.
 */
struct model_lie {
	const char *what;
	u32 dw0;
	u32 dw2;
};

static const struct model_lie model_lies[] = {
	{ "index past the ring", 4095 | 3 << 14, 60 },
	{ "buffer not posted", 0 | 3 << 14, 60 },
	{ "unknown ring", 1 | 3 << 14 | 77 << 16, 60 },
	{ "longer than the buffer", 1 | 3 << 14, 16383 },
	{ "no start of packet", 1 | 1 << 14, 60 },
	{ "body ring at the start", 1 | 3 << 14 | 2 << 16, 60 },
};

static void model_recovers(struct kunit *test, struct model_bench *b)
{
	struct model_rx how = { .cnc = true };
	u32 before = b->seen.packets;

	KUNIT_EXPECT_TRUE(test, test_bit(PVNET_RESET_PENDING,
					 &b->m.pv->state));
	flush_delayed_work(&b->m.pv->reset_work);
	model_frame(b, 300);
	KUNIT_EXPECT_EQ(test, model_rx_deliver(&b->m, 0, b->frame, 300, &how),
			0);
	model_rx_interrupt(b, 0);
	KUNIT_EXPECT_EQ(test, b->seen.packets, before + 1);
}

static void model_distrusts_receive_completions(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	struct pvnet_rx_stats *stats = &b->m.pv->rx_stats[0];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(model_lies); i++) {
		const struct model_lie *lie = &model_lies[i];

		model_rx_write_comp(&b->m, 0, lie->dw0, 0, lie->dw2, 3 << 24);
		model_rx_interrupt(b, 0);
		KUNIT_EXPECT_EQ_MSG(test, u64_stats_read(&stats->bad_comp),
				    i + 1, "%s", lie->what);
		model_recovers(test, b);
	}
}

static void model_distrusts_transmit_completions(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	struct pvnet_tx_stats *stats = &b->m.pv->tx_stats[0];

	b->m.manual = true;
	model_xmit(b, model_skb(test, b, 100), false);
	model_tx_write_comp(&b->m, 0, 4095);
	model_tx_interrupt(b, 0);
	KUNIT_EXPECT_EQ(test, u64_stats_read(&stats->bad_comp), 1);
	model_recovers(test, b);
}

/* A word that is right, nearly right, or anything. */
static u32 model_mutate(struct rnd_state *rnd, u32 good)
{
	u32 r = prandom_u32_state(rnd);

	switch (r % 256) {
	case 0:
		return prandom_u32_state(rnd);
	case 1:
	case 2:
		return good ^ BIT(r >> 27);
	default:
		return good;
	}
}

/*
 * @room: bytes of the buffers that the packet in progress may have, counted
 * without the driver's help; what the stack gets must fit them.
 */
static void model_fuzz_rx(struct kunit *test, struct model_bench *b,
			  struct rnd_state *rnd, u32 *room)
{
	struct pvnet_rxq *rq = b->m.pv->queues->rx[0];
	struct pvnet_rx_ring *ring = &rq->ring[rq->busy];
	bool eop = prandom_u32_state(rnd) % 4;
	u32 len = prandom_u32_state(rnd) % (ring->len + 1);
	u32 before = b->seen.packets, dw0, dw2;

	/* the driver's own next index, so that much of it is believed */
	dw0 = model_mutate(rnd, ring->pos.comp | eop << 14 |
				!rq->busy << 15 |
				rq->ring_id[rq->busy] << 16);
	dw2 = model_mutate(rnd, len);
	*room = (dw0 >> 15 & 1 ? 0 : *room) + min(dw2 & 0x3fff, ring->len);
	model_rx_write_comp(&b->m, 0, dw0, prandom_u32_state(rnd), dw2,
			    model_mutate(rnd, 3 << 24));
	model_rx_interrupt(b, 0);

	KUNIT_ASSERT_LE(test, b->seen.packets - before, 1);
	if (b->seen.packets != before)
		KUNIT_ASSERT_EQ(test, b->seen.len, *room);
}

static void model_fuzz_tx(struct kunit *test, struct model_bench *b,
			  struct rnd_state *rnd)
{
	struct pvnet_txq *tq = b->m.pv->txq[0];
	u32 idx = tq->pos.fill;

	model_xmit(b, model_skb(test, b, 60 + prandom_u32_state(rnd) % 400),
		   false);
	model_tx_write_comp(&b->m, 0, model_mutate(rnd, idx) & 0xfff);
	model_tx_interrupt(b, 0);
}

/*
 * The device also may write to what it only is to read.  The driver never reads
 * descriptors back, so whatever is in them must not matter.
 */
static void model_scribble(struct model_bench *b, struct rnd_state *rnd)
{
	u32 r = prandom_u32_state(rnd);
	struct pvnet_rx_ring *ring = &b->m.pv->queues->rx[0]->ring[r & 1];
	struct pvnet_txq *tq = b->m.pv->txq[0];

	prandom_bytes_state(rnd, &ring->desc[(r >> 1) % ring->pos.size],
			    sizeof(*ring->desc));
	prandom_bytes_state(rnd, &tq->desc[(r >> 1) % tq->pos.size],
			    sizeof(*tq->desc));
}

/* Small rings wrap often, and are soon mended. */
static void model_shrink(struct kunit *test, struct model_bench *b)
{
	struct pvnet_cfg cfg = b->m.pv->cfg;

	cfg.rx_size = PVNET_MIN_RING;
	cfg.rx2_size = PVNET_MIN_RING;
	cfg.tx_size = PVNET_MIN_RING;
	rtnl_lock();
	KUNIT_EXPECT_EQ(test, pvnet_reconfigure(b->m.pv, &cfg), 0);
	rtnl_unlock();
}

/* What the reset does to the rings, without its pause of a second. */
static void model_mend(struct model_bench *b)
{
	struct pvnet *pv = b->m.pv;

	cancel_delayed_work_sync(&pv->reset_work);
	clear_bit(PVNET_RESET_PENDING, &pv->state);
	pvnet_queues_rewind(pv->queues);
	netdev_tx_reset_queue(pv->txq[0]->nq);
	netif_tx_start_queue(pv->txq[0]->nq);
	pvnet_write(pv, VMXNET3_REG_CMD, VMXNET3_CMD_ACTIVATE_DEV);
}

/*
 * Random completions: a packet has no more bytes than its posted buffers, none
 * are touched but those, which KASAN watches in the debug kernel, and whenever
 * the queue breaks a reset mends it.
 */
static void model_survives_fuzz(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	struct pvnet *pv = b->m.pv;
	struct rnd_state rnd;
	unsigned long i;
	u64 breaks = 0;
	u32 room = 0;

	model_set_mtu(test, b, 9000);
	model_shrink(test, b);
	prandom_seed_state(&rnd, fuzz_seed);
	b->m.manual = true;
	for (i = 0; i < fuzz; i++) {
		if (i % 8)
			model_fuzz_rx(test, b, &rnd, &room);
		else
			model_fuzz_tx(test, b, &rnd);
		if (i % 16 == 15)
			model_scribble(b, &rnd);
		if (!test_bit(PVNET_RESET_PENDING, &pv->state))
			continue;
		breaks++;
		model_mend(b);
		cond_resched();
	}
	kunit_info(test, "%lu completions, seed %u, %llu breaks, %u packets\n",
		   fuzz, fuzz_seed, breaks, b->seen.packets);
	KUNIT_EXPECT_GT(test, b->seen.packets, 0);
	if (fuzz >= 1000)
		KUNIT_EXPECT_GT(test, breaks, 0);
}

static struct kunit_case model_distrust_cases[] = {
	MODEL_CASE_ENDS(model_distrusts_receive_completions),
	MODEL_CASE_ENDS(model_distrusts_transmit_completions),
	MODEL_CASE(model_survives_fuzz),
	{}
};

static struct kunit_suite model_distrust_suite = {
	.name = "pv_net_distrust",
	.test_cases = model_distrust_cases,
};

kunit_test_suite(model_distrust_suite);
