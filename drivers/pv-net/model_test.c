// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the driver against the device model, versions 1 to 4.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * The driver's own code runs, from opening the interface to the poll; only
 * registers, memory on the other side and interrupts are the model's.
 */
#include <kunit/device.h>
#include <kunit/test.h>
#include <linux/dma-mapping.h>
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <linux/moduleparam.h>
#include <linux/prandom.h>
#include <net/ip6_checksum.h>
#include <xen/xen.h>

#include "model.h"
#include "moderation.h"
#include "regs.h"
#include "rss.h"
#include "rx.h"
#include "tx.h"

static unsigned long fuzz = 5000;
module_param(fuzz, ulong, 0444);
MODULE_PARM_DESC(fuzz, "Completions of the KUnit fuzz test (default: 5000)");

static unsigned int fuzz_seed = 1;
module_param(fuzz_seed, uint, 0444);
MODULE_PARM_DESC(fuzz_seed, "Seed of the KUnit fuzz test (default: 1)");

/* What the stack received; the tests run one after the other. */
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

struct model_bench {
	struct pvnet_model m;
	struct model_seen seen;
	u8 *frame;
};

static rx_handler_result_t model_receive(struct sk_buff **pskb)
{
	struct model_seen *seen =
		rcu_dereference((*pskb)->dev->rx_handler_data);
	struct sk_buff *skb = *pskb;

	skb_push(skb, ETH_HLEN);
	seen->packets++;
	seen->len = skb->len;
	if (skb->len <= MODEL_PACKET_MAX)
		skb_copy_bits(skb, 0, seen->data, skb->len);
	seen->ip_summed = skb->ip_summed;
	seen->hash = skb->hash;
	seen->vlan = skb_vlan_tag_present(skb);
	seen->tci = skb_vlan_tag_get(skb);
	seen->gso_size = skb_shinfo(skb)->gso_size;
	seen->gso_segs = skb_shinfo(skb)->gso_segs;
	kfree_skb(skb);
	return RX_HANDLER_CONSUMED;
}

static void model_vectors(struct pvnet *pv)
{
	unsigned int i;

	pv->irq_mode = PVNET_IRQ_SPLIT;
	pv->max_queues = 2;
	pv->num_vec = 5;
	pv->auto_mask = true;
	for (i = 0; i < pv->num_vec; i++) {
		pv->vec[i].pv = pv;
		pv->vec[i].idx = i;
		pvnet_moderation_init(&pv->vec[i]);
	}
}

static void model_free_netdev(void *data)
{
	struct pvnet_model *m = data;

	unregister_netdev(m->dev);
	cancel_delayed_work_sync(&m->pv->reset_work);
	cancel_work_sync(&m->pv->event_work);
	pvnet_share_free(m->pv);
	free_netdev(m->dev);
}

static void model_make_netdev(struct kunit *test, struct model_bench *b,
			      u32 version)
{
	struct pvnet_model *m = &b->m;
	struct net_device *dev;
	unsigned int chosen;
	struct pvnet *pv;

	dev = alloc_etherdev_mqs(sizeof(*pv), PVNET_MAX_QUEUES,
				 PVNET_MAX_QUEUES);
	KUNIT_ASSERT_NOT_NULL(test, dev);
	pv = netdev_priv(dev);
	m->dev = dev;
	m->pv = pv;
	pv->dev = dev;
	pv->dma_dev = kunit_device_register(test, "pv-net-model");
	KUNIT_ASSERT_FALSE(test, IS_ERR(pv->dma_dev));
	dma_coerce_mask_and_coherent(pv->dma_dev, DMA_BIT_MASK(64));
	pv->bus = &m->bus;
	pv->bar0 = (void __iomem __force *)m->bar0;
	pvnet_init_netdev(pv);
	KUNIT_ASSERT_EQ(test, pvnet_select_version(pv, 4, &chosen), 0);
	KUNIT_ASSERT_EQ(test, chosen, version);
	pv->ops = pvnet_dev_ops_get(chosen);
	KUNIT_ASSERT_EQ(test, pvnet_share_alloc(pv), 0);
	model_vectors(pv);
	pvnet_init_settings(pv);
	eth_hw_addr_random(dev);
	/* nobody but the test is to send */
	dev->priv_flags |= IFF_NO_ADDRCONF;
	dev->flags |= IFF_NOARP;
	strscpy(dev->name, "pvnetmodel%d");
	KUNIT_ASSERT_EQ(test, register_netdev(dev), 0);
	KUNIT_ASSERT_EQ(test,
			kunit_add_action_or_reset(test, model_free_netdev, m),
			0);
}

static struct model_bench *model_bench_alloc(struct kunit *test, u32 version)
{
	struct model_bench *b;

	if (xen_pv_domain())
		kunit_skip(test, "bus addresses are not physical addresses");
	b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, b);
	b->m.bar0 = kunit_kzalloc(test, VMXNET3_BAR0_SIZE, GFP_KERNEL);
	b->m.packet.data = kunit_kzalloc(test, MODEL_PACKET_MAX, GFP_KERNEL);
	b->seen.data = kunit_kzalloc(test, MODEL_PACKET_MAX, GFP_KERNEL);
	b->frame = kunit_kzalloc(test, MODEL_PACKET_MAX, GFP_KERNEL);
	KUNIT_ASSERT_TRUE(test, b->m.bar0 && b->m.packet.data &&
			  b->seen.data && b->frame);
	model_init(&b->m, version);
	model_make_netdev(test, b, version);
	return b;
}

static struct model_bench *model_open(struct kunit *test)
{
	u32 version = *(const u32 *)test->param_value;
	struct model_bench *b = model_bench_alloc(test, version);
	int err;

	rtnl_lock();
	err = dev_open(b->m.dev, NULL);
	if (!err)
		err = netdev_rx_handler_register(b->m.dev, model_receive,
						 &b->seen);
	rtnl_unlock();
	KUNIT_ASSERT_EQ(test, err, 0);
	KUNIT_ASSERT_TRUE(test, b->m.active);
	return b;
}

/* The interrupt of a receive queue. */
static void model_rx_interrupt(struct model_bench *b, u32 q)
{
	local_bh_disable();
	napi_schedule(pvnet_irq_rx_vector(b->m.pv, q)->napi);
	local_bh_enable();
}

static void model_tx_interrupt(struct model_bench *b, u32 q)
{
	local_bh_disable();
	napi_schedule(pvnet_irq_tx_vector(b->m.pv, q)->napi);
	local_bh_enable();
}

static netdev_tx_t model_xmit(struct model_bench *b, struct sk_buff *skb,
			      bool more)
{
	struct netdev_queue *nq = netdev_get_tx_queue(b->m.dev, 0);
	netdev_tx_t ret;

	skb_set_queue_mapping(skb, 0);
	local_bh_disable();
	HARD_TX_LOCK(b->m.dev, nq, smp_processor_id());
	ret = netdev_start_xmit(skb, b->m.dev, nq, more);
	HARD_TX_UNLOCK(b->m.dev, nq);
	local_bh_enable();
	return ret;
}

static void model_pattern(u8 *p, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++)
		p[i] = i * 7 + (i >> 8);
}

static struct sk_buff *model_skb(struct kunit *test, struct model_bench *b,
				 u32 len)
{
	struct sk_buff *skb = netdev_alloc_skb(b->m.dev, len);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	model_pattern(skb_put(skb, len), len);
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, ETH_HLEN);
	return skb;
}

static void model_sends_what_it_is_given(struct kunit *test)
{
	static const u32 lens[] = { 14, 60, 128, 129, 256, 257, 1514, 9014,
				    20000 };
	struct model_bench *b = model_open(test);
	u8 *want = b->frame;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		struct sk_buff *skb = model_skb(test, b, lens[i]);

		memcpy(want, skb->data, lens[i]);
		KUNIT_EXPECT_EQ(test, model_xmit(b, skb, false), NETDEV_TX_OK);
		model_tx_run(&b->m, 0);
		KUNIT_EXPECT_EQ(test, b->m.packet.len, lens[i]);
		KUNIT_EXPECT_MEMEQ(test, b->m.packet.data, want, lens[i]);
		KUNIT_EXPECT_EQ(test, b->m.packet.om, 0);
	}
	KUNIT_EXPECT_EQ(test, b->m.packets, ARRAY_SIZE(lens));
}

static void model_sends_fragments(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	struct sk_buff *skb = model_skb(test, b, 200);
	u8 *want = b->frame;
	u32 i;

	for (i = 0; i < 5; i++) {
		struct page *page = alloc_page(GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, page);
		memset(page_address(page), 'a' + i, PAGE_SIZE);
		skb_add_rx_frag(skb, i, page, 100, 1000 + i, PAGE_SIZE);
	}
	skb_copy_bits(skb, 0, want, skb->len);
	i = skb->len;
	model_xmit(b, skb, false);
	model_tx_run(&b->m, 0);

	KUNIT_EXPECT_EQ(test, b->m.packet.len, i);
	KUNIT_EXPECT_EQ(test, b->m.packet.descs, 6);
	KUNIT_EXPECT_MEMEQ(test, b->m.packet.data, want, i);
}

static u32 model_doorbell(struct model_bench *b)
{
	return *(u32 *)(b->m.bar0 + 0x600);
}

static u32 model_mask(struct model_bench *b, u32 vec)
{
	return *(u32 *)(b->m.bar0 + 8 * vec);
}

static void model_doorbell_follows_xmit_more(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	u32 i;

	for (i = 0; i < 8; i++) {
		model_xmit(b, model_skb(test, b, 100), i < 7);
		KUNIT_EXPECT_EQ(test, model_doorbell(b), i < 7 ? 0 : 8);
	}
	model_tx_run(&b->m, 0);
	KUNIT_EXPECT_EQ(test, b->m.packets, 8);
}

/* Only what the doorbell did not complete needs the interrupt. */
static void model_unmasks_for_late_completions(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	struct pvnet_txq *tq = b->m.pv->txq[0];

	KUNIT_EXPECT_EQ(test, model_mask(b, 1), 1);
	model_xmit(b, model_skb(test, b, 100), false);
	KUNIT_EXPECT_EQ(test, model_mask(b, 1), 0);
	KUNIT_EXPECT_FALSE(test, pvnet_cmd_empty(&tq->pos));

	model_tx_run(&b->m, 0);
	*(u32 *)(b->m.bar0 + 8) = 1;	/* auto mask */
	model_tx_interrupt(b, 0);
	KUNIT_EXPECT_TRUE(test, pvnet_cmd_empty(&tq->pos));
	KUNIT_EXPECT_EQ(test, model_mask(b, 1), 1);
}

static void model_stops_before_the_ring_is_full(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	struct pvnet_txq *tq = b->m.pv->txq[0];
	u32 i, sent = 0;

	b->m.manual = true;
	while (!netif_tx_queue_stopped(tq->nq) && sent < tq->pos.size) {
		model_xmit(b, model_skb(test, b, 100), false);
		sent++;
	}
	KUNIT_EXPECT_TRUE(test, netif_tx_queue_stopped(tq->nq));
	KUNIT_EXPECT_GE(test, pvnet_cmd_space(&tq->pos), VMXNET3_MAX_TSO_TXD_PER_PKT);
	KUNIT_EXPECT_EQ(test, u64_stats_read(&tq->stats->dropped), 0);

	model_tx_run(&b->m, 0);
	model_tx_complete(&b->m, 0);
	model_tx_interrupt(b, 0);
	KUNIT_EXPECT_FALSE(test, netif_tx_queue_stopped(tq->nq));
	KUNIT_EXPECT_EQ(test, b->m.packets, sent);
	for (i = 0; i < 3; i++)
		model_xmit(b, model_skb(test, b, 100), false);
	model_tx_run(&b->m, 0);
	KUNIT_EXPECT_EQ(test, b->m.packets, sent + 3);
}

static struct sk_buff *model_tcp_skb(struct kunit *test, struct model_bench *b,
				     u32 payload, u16 mss)
{
	u32 hlen = ETH_HLEN + 40;
	struct sk_buff *skb = model_skb(test, b, hlen + payload);
	struct tcphdr *th;
	struct iphdr *iph;

	eth_hdr(skb)->h_proto = htons(ETH_P_IP);
	skb->protocol = htons(ETH_P_IP);
	iph = ip_hdr(skb);
	memset(iph, 0, 40);
	iph->version = 4;
	iph->ihl = 5;
	iph->protocol = IPPROTO_TCP;
	iph->tot_len = htons(40 + payload);
	skb_set_transport_header(skb, ETH_HLEN + 20);
	th = tcp_hdr(skb);
	th->doff = 5;
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_headroom(skb) + ETH_HLEN + 20;
	skb->csum_offset = offsetof(struct tcphdr, check);
	if (mss) {
		skb_shinfo(skb)->gso_size = mss;
		skb_shinfo(skb)->gso_type = SKB_GSO_TCPV4;
		skb_shinfo(skb)->gso_segs = DIV_ROUND_UP(payload, mss);
	}
	return skb;
}

static void model_offloads_checksum_and_tso(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	struct sk_buff *skb;

	model_xmit(b, model_tcp_skb(test, b, 500, 0), false);
	model_tx_run(&b->m, 0);
	KUNIT_EXPECT_EQ(test, b->m.packet.om, 2);
	KUNIT_EXPECT_EQ(test, b->m.packet.hlen, 34);
	KUNIT_EXPECT_EQ(test, b->m.packet.msscof, 50);

	skb = model_tcp_skb(test, b, 20000, 1448);
	__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q), 0x123);
	model_xmit(b, skb, false);
	model_tx_run(&b->m, 0);
	KUNIT_EXPECT_EQ(test, b->m.packet.om, 3);
	KUNIT_EXPECT_EQ(test, b->m.packet.hlen, 54);
	KUNIT_EXPECT_EQ(test, b->m.packet.msscof, 1448);
	KUNIT_EXPECT_EQ(test, b->m.packet.descs, 2);
	KUNIT_EXPECT_TRUE(test, b->m.packet.ti);
	KUNIT_EXPECT_EQ(test, b->m.packet.tci, 0x123);
}

/* The device would look for it elsewhere: the driver computes it. */
static void model_computes_checksums_of_others(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	struct sk_buff *skb = model_tcp_skb(test, b, 500, 0);
	__wsum sum;

	ip_hdr(skb)->protocol = IPPROTO_SCTP;
	model_xmit(b, skb, false);
	model_tx_run(&b->m, 0);

	KUNIT_EXPECT_EQ(test, b->m.packet.om, 0);
	sum = csum_partial(b->m.packet.data + 34, b->m.packet.len - 34, 0);
	KUNIT_EXPECT_EQ(test, (__force u16)csum_fold(sum), 0);
}

/* What aborts QEMU must never be sent to a version that does not have it. */
static void model_encapsulates_only_from_version_4(struct kunit *test)
{
	u32 version = *(const u32 *)test->param_value;
	struct model_bench *b = model_open(test);
	struct sk_buff *skb = model_tcp_skb(test, b, 4000, 1000);

	skb->encapsulation = 1;
	skb_set_inner_network_header(skb, ETH_HLEN);
	skb_set_inner_transport_header(skb, ETH_HLEN + 20);
	skb_shinfo(skb)->gso_type |= SKB_GSO_UDP_TUNNEL_CSUM;
	model_xmit(b, skb, false);
	model_tx_run(&b->m, 0);

	if (version < 4) {
		KUNIT_EXPECT_EQ(test, b->m.packets, 0);
		KUNIT_EXPECT_FALSE(test, b->m.dev->hw_enc_features &
				   NETIF_F_ALL_TSO);
	} else {
		KUNIT_EXPECT_EQ(test, b->m.packet.om, 1);
		KUNIT_EXPECT_TRUE(test, b->m.packet.oco);
	}
}

static void model_set_mtu(struct kunit *test, struct model_bench *b, int mtu)
{
	rtnl_lock();
	KUNIT_EXPECT_EQ(test, dev_set_mtu(b->m.dev, mtu), 0);
	rtnl_unlock();
}

static void model_frame(struct model_bench *b, u32 len)
{
	model_pattern(b->frame, len);
	memcpy(b->frame, b->m.dev->dev_addr, ETH_ALEN);
	/* a local experimental EtherType: no protocol looks inside */
	b->frame[12] = 0x88;
	b->frame[13] = 0xb5;
}

static void model_receives_what_is_delivered(struct kunit *test)
{
	static const u32 lens[] = { 60, 128, 129, 256, 257, 1514, 4000, 9014 };
	struct model_rx how = { .cnc = true };
	struct model_bench *b = model_open(test);
	u32 i, round;

	model_set_mtu(test, b, 9000);
	/* more than once around each ring */
	for (round = 0; round < 400; round++) {
		for (i = 0; i < ARRAY_SIZE(lens); i++) {
			model_frame(b, lens[i]);
			KUNIT_ASSERT_EQ(test, model_rx_deliver(&b->m, 0,
							       b->frame,
							       lens[i], &how),
					0);
			model_rx_interrupt(b, 0);
			KUNIT_ASSERT_EQ(test, b->seen.len, lens[i]);
			KUNIT_ASSERT_EQ(test, memcmp(b->seen.data, b->frame,
						     lens[i]), 0);
		}
	}
	KUNIT_EXPECT_EQ(test, b->seen.packets, 400 * ARRAY_SIZE(lens));
	KUNIT_EXPECT_EQ(test, b->seen.ip_summed, CHECKSUM_NONE);
}

#define MODEL_TCP4_GOOD	(BIT(0) | BIT(2) | BIT(3) | BIT(5) | BIT(7))

static void model_receives_metadata(struct kunit *test)
{
	u32 version = *(const u32 *)test->param_value;
	struct model_rx how = {
		.csum = MODEL_TCP4_GOOD, .rss_type = 2, .rss_hash = 0xabcd1234,
		.vlan = true, .tci = 0x2005,
	};
	struct model_bench *b = model_open(test);

	model_frame(b, 600);
	model_rx_deliver(&b->m, 0, b->frame, 600, &how);
	model_rx_interrupt(b, 0);

	KUNIT_EXPECT_EQ(test, b->seen.packets, 1);
	KUNIT_EXPECT_EQ(test, b->seen.ip_summed, CHECKSUM_UNNECESSARY);
	KUNIT_EXPECT_TRUE(test, b->seen.vlan);
	KUNIT_EXPECT_EQ(test, b->seen.tci, 0x2005);
	KUNIT_EXPECT_EQ(test, b->seen.hash, version >= 2 ? 0xabcd1234 : 0);
}

static void model_receives_merged_packets(struct kunit *test)
{
	u32 version = *(const u32 *)test->param_value;
	struct model_rx how = { .csum = MODEL_TCP4_GOOD };
	struct model_bench *b = model_open(test);
	struct sk_buff *skb = model_tcp_skb(test, b, 14480, 0);

	if (version >= 2) {
		how.segs = 10;
		how.mss = 1448;
	}
	skb_copy_bits(skb, 0, b->frame, skb->len);
	memcpy(b->frame, b->m.dev->dev_addr, ETH_ALEN);
	KUNIT_EXPECT_EQ(test, model_rx_deliver(&b->m, 0, b->frame, skb->len,
					       &how), 0);
	model_rx_interrupt(b, 0);
	KUNIT_EXPECT_EQ(test, b->seen.len, skb->len);
	kfree_skb(skb);

	KUNIT_EXPECT_EQ(test, b->seen.packets, 1);
	KUNIT_EXPECT_EQ(test, b->seen.ip_summed, CHECKSUM_PARTIAL);
	KUNIT_EXPECT_EQ(test, b->seen.gso_size, version >= 2 ? 1448 : 536);
	KUNIT_EXPECT_EQ(test, b->seen.gso_segs, version >= 2 ? 10 : 28);
}

static void model_uses_what_the_version_has(struct kunit *test)
{
	u32 version = *(const u32 *)test->param_value;
	struct model_bench *b = model_open(test);
	struct vmxnet3_driver_shared *ds = b->m.shared;
	const struct vmxnet3_tx_queue_desc *txd =
		phys_to_virt(le64_to_cpu(ds->misc.queue_desc_pa));
	const struct vmxnet3_rx_queue_desc *rxd =
		(const void *)&txd[ds->misc.num_tx_queues];

	KUNIT_EXPECT_EQ(test, b->m.chosen, 1U << (version - 1));
	KUNIT_EXPECT_EQ(test, ds->misc.num_rx_queues, version >= 2 ? 2 : 1);
	KUNIT_EXPECT_EQ(test, !!(le64_to_cpu(ds->misc.upt_features) & 2),
			version >= 2);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ds->rss_conf.len),
			version >= 2 ? 176 : 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(txd[0].data_desc_size),
			version >= 3 ? 256 : 128);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(rxd[0].data_desc_size),
			version >= 3 ? 128 : 0);
	KUNIT_EXPECT_EQ(test, b->m.coal_mode, version >= 3 ? 0 : ~0U);
	KUNIT_EXPECT_EQ(test, b->m.rss_fields, version >= 4 ? 3 : 0);
}

static void model_keeps_old_rings_when_refused(struct kunit *test)
{
	struct model_rx how = { .cnc = true };
	struct model_bench *b = model_open(test);
	struct pvnet_cfg cfg = b->m.pv->cfg;
	int err;

	cfg.rx_size = 2048;
	b->m.refuse = 1;
	rtnl_lock();
	err = pvnet_reconfigure(b->m.pv, &cfg);
	rtnl_unlock();

	KUNIT_EXPECT_EQ(test, err, -EIO);
	KUNIT_EXPECT_EQ(test, b->m.pv->cfg.rx_size, PVNET_RX_RING_DEFAULT);
	KUNIT_EXPECT_EQ(test, b->m.activations, 2);
	model_frame(b, 500);
	KUNIT_EXPECT_EQ(test, model_rx_deliver(&b->m, 0, b->frame, 500, &how),
			0);
	model_rx_interrupt(b, 0);
	KUNIT_EXPECT_EQ(test, b->seen.packets, 1);
}

static void model_gives_up_on_a_silent_device(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	u32 val;

	b->m.silent = true;
	KUNIT_EXPECT_EQ(test, pvnet_cmd_get(b->m.pv, VMXNET3_CMD_GET_LINK,
					    &val), -ETIMEDOUT);
	KUNIT_EXPECT_TRUE(test, test_bit(PVNET_GONE, &b->m.pv->state));
	rtnl_lock();
	dev_close(b->m.dev);
	KUNIT_EXPECT_EQ(test, dev_open(b->m.dev, NULL), -ENODEV);
	rtnl_unlock();
}

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

/* The device passes over a buffer. */
static void model_skip(struct model_ring *ring, u32 size)
{
	if (++ring->idx == size) {
		ring->idx = 0;
		ring->gen ^= 1;
	}
}

static void model_passes_over_skipped_buffers(struct kunit *test)
{
	struct model_rx how = { .cnc = true };
	struct model_bench *b = model_open(test);
	u32 i;

	for (i = 0; i < 3000; i++) {
		struct model_ring *ring = &b->m.rx[0].ring[0];

		if (i % 3 == 0)
			model_skip(ring, b->m.pv->cfg.rx_size);
		model_frame(b, 700);
		KUNIT_ASSERT_EQ(test, model_rx_deliver(&b->m, 0, b->frame, 700,
						       &how), 0);
		model_rx_interrupt(b, 0);
		KUNIT_ASSERT_EQ(test, b->seen.packets, i + 1);
	}
	KUNIT_EXPECT_EQ(test, u64_stats_read(&b->m.pv->rx_stats[0].skipped),
			1000);
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

static void model_fuzz_rx(struct model_bench *b, struct rnd_state *rnd)
{
	struct pvnet_rxq *rq = b->m.pv->queues->rx[0];
	struct pvnet_rx_ring *ring = &rq->ring[rq->pkt.busy];
	bool eop = prandom_u32_state(rnd) % 4;
	u32 len = prandom_u32_state(rnd) % (ring->len + 1);

	/* the driver's own next index, so that much of it is believed */
	model_rx_write_comp(&b->m, 0,
			    model_mutate(rnd, ring->pos.comp | eop << 14 |
					 !rq->pkt.busy << 15 |
					 rq->ring_id[rq->pkt.busy] << 16),
			    prandom_u32_state(rnd), model_mutate(rnd, len),
			    model_mutate(rnd, 3 << 24));
	model_rx_interrupt(b, 0);
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
 * Random completions: nothing may be touched but posted buffers, which KASAN
 * watches in the debug kernel, and whenever the queue breaks a reset mends it.
 */
static void model_survives_fuzz(struct kunit *test)
{
	struct model_bench *b = model_open(test);
	struct pvnet *pv = b->m.pv;
	struct rnd_state rnd;
	unsigned long i;
	u64 breaks = 0;

	model_set_mtu(test, b, 9000);
	prandom_seed_state(&rnd, fuzz_seed);
	b->m.manual = true;
	for (i = 0; i < fuzz; i++) {
		if (i % 8)
			model_fuzz_rx(b, &rnd);
		else
			model_fuzz_tx(test, b, &rnd);
		if (!test_bit(PVNET_RESET_PENDING, &pv->state))
			continue;
		breaks++;
		model_mend(b);
		cond_resched();
	}
	kunit_info(test, "%lu completions, seed %u, %llu breaks, %u packets\n",
		   fuzz, fuzz_seed, breaks, b->seen.packets);
	KUNIT_EXPECT_GT(test, b->seen.packets, 0);
	if (fuzz > 1000)
		KUNIT_EXPECT_GT(test, breaks, 0);
}

static const u32 model_versions[] = { 1, 2, 3, 4 };

static void model_version_desc(const u32 *version, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "device model, version %u",
		 *version);
}

KUNIT_ARRAY_PARAM(model_version, model_versions, model_version_desc);

#define MODEL_CASE(name) KUNIT_CASE_PARAM(name, model_version_gen_params)

static struct kunit_case model_cases[] = {
	MODEL_CASE(model_sends_what_it_is_given),
	MODEL_CASE(model_sends_fragments),
	MODEL_CASE(model_doorbell_follows_xmit_more),
	MODEL_CASE(model_unmasks_for_late_completions),
	MODEL_CASE(model_stops_before_the_ring_is_full),
	MODEL_CASE(model_offloads_checksum_and_tso),
	MODEL_CASE(model_computes_checksums_of_others),
	MODEL_CASE(model_encapsulates_only_from_version_4),
	MODEL_CASE(model_receives_what_is_delivered),
	MODEL_CASE(model_receives_metadata),
	MODEL_CASE(model_receives_merged_packets),
	MODEL_CASE(model_uses_what_the_version_has),
	MODEL_CASE(model_keeps_old_rings_when_refused),
	MODEL_CASE(model_gives_up_on_a_silent_device),
	MODEL_CASE(model_distrusts_receive_completions),
	MODEL_CASE(model_distrusts_transmit_completions),
	MODEL_CASE(model_passes_over_skipped_buffers),
	MODEL_CASE(model_survives_fuzz),
	{}
};

static struct kunit_suite model_suite = {
	.name = "pv_net_model",
	.test_cases = model_cases,
};

kunit_test_suite(model_suite);
