// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the KUnit tests against the device model share: see model_bench.h.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include <kunit/device.h>
#include <linux/dma-mapping.h>
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <xen/xen.h>

#include "model_bench.h"
#include "moderation.h"
#include "regs.h"

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

/**
 * model_probe - make a device of the case's version
 * @test: case, whose parameter is the version
 *
 * Return: the bench, which goes with the case
 */
struct model_bench *model_probe(struct kunit *test)
{
	u32 version = *(const u32 *)test->param_value;
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

/**
 * model_ifup - open the interface and look at what the stack receives
 * @test: case
 * @b: bench
 */
void model_ifup(struct kunit *test, struct model_bench *b)
{
	int err;

	rtnl_lock();
	err = dev_open(b->m.dev, NULL);
	if (!err)
		err = netdev_rx_handler_register(b->m.dev, model_receive,
						 &b->seen);
	rtnl_unlock();
	KUNIT_ASSERT_EQ(test, err, 0);
	KUNIT_ASSERT_TRUE(test, b->m.active);
}

/**
 * model_open - make a device of the case's version and open its interface
 * @test: case, whose parameter is the version
 *
 * Return: the bench, which goes with the case
 */
struct model_bench *model_open(struct kunit *test)
{
	struct model_bench *b = model_probe(test);

	model_ifup(test, b);
	return b;
}

/**
 * model_rx_interrupt - the interrupt of a receive queue
 * @b: bench
 * @q: queue number
 */
void model_rx_interrupt(struct model_bench *b, u32 q)
{
	local_bh_disable();
	napi_schedule(pvnet_irq_rx_vector(b->m.pv, q)->napi);
	local_bh_enable();
}

/**
 * model_tx_interrupt - the interrupt of a transmit queue
 * @b: bench
 * @q: queue number
 */
void model_tx_interrupt(struct model_bench *b, u32 q)
{
	local_bh_disable();
	napi_schedule(pvnet_irq_tx_vector(b->m.pv, q)->napi);
	local_bh_enable();
}

/**
 * model_xmit - send a packet on queue 0, as the stack does
 * @b: bench
 * @skb: packet
 * @more: another one follows at once
 *
 * Return: what the driver returned
 */
netdev_tx_t model_xmit(struct model_bench *b, struct sk_buff *skb, bool more)
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

/**
 * model_skb - make a packet of a pattern
 * @test: case
 * @b: bench
 * @len: bytes
 *
 * Return: the packet
 */
struct sk_buff *model_skb(struct kunit *test, struct model_bench *b, u32 len)
{
	struct sk_buff *skb = netdev_alloc_skb(b->m.dev, len);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	model_pattern(skb_put(skb, len), len);
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, ETH_HLEN);
	return skb;
}

/**
 * model_tcp_skb - make a TCP/IPv4 packet whose checksum is left to the device
 * @test: case
 * @b: bench
 * @payload: bytes after the headers
 * @mss: leave segmentation to the device too, with this size; or 0
 *
 * Return: the packet
 */
struct sk_buff *model_tcp_skb(struct kunit *test, struct model_bench *b,
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

/**
 * model_set_mtu - change the MTU
 * @test: case
 * @b: bench
 * @mtu: bytes
 */
void model_set_mtu(struct kunit *test, struct model_bench *b, int mtu)
{
	rtnl_lock();
	KUNIT_EXPECT_EQ(test, dev_set_mtu(b->m.dev, mtu), 0);
	rtnl_unlock();
}

/**
 * model_set_channels - change the number of queues
 * @b: bench
 * @rx: receive queues
 * @tx: transmit queues
 *
 * Return: what the driver returned
 */
int model_set_channels(struct model_bench *b, u32 rx, u32 tx)
{
	struct ethtool_channels ch = {
		.rx_count = rx, .tx_count = tx, .other_count = 1,
	};
	int err;

	rtnl_lock();
	err = b->m.dev->ethtool_ops->set_channels(b->m.dev, &ch);
	rtnl_unlock();
	return err;
}

/**
 * model_frame - put a frame for the device's address to @b->frame
 * @b: bench
 * @len: bytes
 */
void model_frame(struct model_bench *b, u32 len)
{
	model_pattern(b->frame, len);
	memcpy(b->frame, b->m.dev->dev_addr, ETH_ALEN);
	/* a local experimental EtherType: no protocol looks inside */
	b->frame[12] = 0x88;
	b->frame[13] = 0xb5;
}

static void model_version_desc(const u32 *version, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "device model, version %u",
		 *version);
}

static const u32 model_versions[] = { 1, 2, 3, 4 };

KUNIT_ARRAY_PARAM(model_version, model_versions, model_version_desc);

static const u32 model_ends[] = { 1, 4 };

KUNIT_ARRAY_PARAM(model_end, model_ends, model_version_desc);

/**
 * model_each_version - parameters of a case: every device version
 * @prev: parameter before, or NULL
 * @desc: gets the parameter's name
 *
 * Return: the next parameter, or NULL after the last
 */
const void *model_each_version(const void *prev, char *desc)
{
	return model_version_gen_params(prev, desc);
}

/**
 * model_first_and_last_version - parameters of a case that no version changes
 * @prev: parameter before, or NULL
 * @desc: gets the parameter's name
 *
 * Return: the next parameter, or NULL after the last
 */
const void *model_first_and_last_version(const void *prev, char *desc)
{
	return model_end_gen_params(prev, desc);
}
