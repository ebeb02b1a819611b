/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the KUnit tests against the device model share.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * The driver's own code runs, from opening the interface to the poll; only
 * registers, memory on the other side and interrupts are the model's.
 */
#ifndef _PVNET_MODEL_BENCH_H
#define _PVNET_MODEL_BENCH_H

#include <kunit/test.h>

#include "model.h"

/* What the stack received last, and how much in all. */
struct model_seen {
	u8 *data;
	u32 len;
	u32 packets;
	u8 ip_summed;
	u32 hash;
	bool vlan;
	u16 tci;
	u32 gso_size;
	u32 gso_segs;
};

/**
 * struct model_bench - a device model with the driver on it
 * @m: model
 * @seen: what the stack received
 * @frame: room for a frame to deliver or to compare with
 */
struct model_bench {
	struct pvnet_model m;
	struct model_seen seen;
	u8 *frame;
};

struct model_bench *model_probe(struct kunit *test);
void model_ifup(struct kunit *test, struct model_bench *b);
struct model_bench *model_open(struct kunit *test);
void model_rx_interrupt(struct model_bench *b, u32 q);
void model_tx_interrupt(struct model_bench *b, u32 q);
netdev_tx_t model_xmit(struct model_bench *b, struct sk_buff *skb, bool more);
struct sk_buff *model_skb(struct kunit *test, struct model_bench *b, u32 len);
struct sk_buff *model_tcp_skb(struct kunit *test, struct model_bench *b,
			      u32 payload, u16 mss);
int model_set_channels(struct model_bench *b, u32 rx, u32 tx);
void model_set_mtu(struct kunit *test, struct model_bench *b, int mtu);
void model_frame(struct model_bench *b, u32 len);

const void *model_each_version(const void *prev, char *desc);
const void *model_first_and_last_version(const void *prev, char *desc);

/* Cases of what differs between the versions run on each of them. */
#define MODEL_CASE(name)	KUNIT_CASE_PARAM(name, model_each_version)
#define MODEL_CASE_ENDS(name) \
	KUNIT_CASE_PARAM(name, model_first_and_last_version)

#endif /* _PVNET_MODEL_BENCH_H */
