// SPDX-License-Identifier: GPL-2.0-only
/*
 * A model of the vmxnet3 device in memory, for KUnit.  A stand-in: see model.h.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include <linux/io.h>
#include <linux/unaligned.h>

#include "model.h"

#define MODEL_MAGIC	3133079265u

/* Without IOMMU, and outside Xen PV, a bus address is a physical address. */
static void *model_mem(__le64 pa)
{
	return phys_to_virt(le64_to_cpu(pa));
}

static struct vmxnet3_tx_queue_desc *model_txd(struct pvnet_model *m, u32 q)
{
	struct vmxnet3_tx_queue_desc *d =
		model_mem(m->shared->misc.queue_desc_pa);

	return &d[q];
}

static struct vmxnet3_rx_queue_desc *model_rxd(struct pvnet_model *m, u32 q)
{
	struct vmxnet3_rx_queue_desc *d =
		(void *)model_txd(m, m->shared->misc.num_tx_queues);

	return &d[q];
}

static void model_advance(struct model_ring *ring, __le32 size)
{
	if (++ring->idx == le32_to_cpu(size)) {
		ring->idx = 0;
		ring->gen ^= 1;
	}
}

static bool model_conf_ok(struct pvnet_model *m)
{
	const struct vmxnet3_misc_conf *misc = &m->shared->misc;
	u32 mtu = le32_to_cpu(misc->mtu);

	return le32_to_cpu(m->shared->magic) == MODEL_MAGIC &&
	       misc->num_tx_queues >= 1 && misc->num_tx_queues <= 8 &&
	       misc->num_rx_queues >= 1 && misc->num_rx_queues <= 8 &&
	       mtu >= 60 && mtu <= 9000;
}

static void model_read_rss_table(struct pvnet_model *m)
{
	const struct upt1_rss_conf *conf = model_mem(m->shared->rss_conf.pa);

	m->rss_indir_size = le16_to_cpu(conf->indir_size);
	memcpy(m->rss_indir, conf->indir, sizeof(m->rss_indir));
}

static void model_read_rss(struct pvnet_model *m)
{
	const struct upt1_rss_conf *conf;

	m->rss_fields = 0;
	if (!(le64_to_cpu(m->shared->misc.upt_features) & 2))
		return;
	conf = model_mem(m->shared->rss_conf.pa);
	memcpy(m->rss_key, conf->key, sizeof(m->rss_key));
	model_read_rss_table(m);
}

static u32 model_activate(struct pvnet_model *m)
{
	const struct model_ring start = { .gen = 1 };
	u32 q;

	if (m->refuse) {
		m->refuse--;
		return 1;
	}
	if (!m->shared || !model_conf_ok(m))
		return 1;
	for (q = 0; q < PVNET_MAX_QUEUES; q++) {
		m->tx[q] = (struct model_txq){ .tx = start, .comp = start };
		m->rx[q] = (struct model_rxq){
			.ring = { start, start }, .comp = start,
		};
	}
	for (q = 0; q < m->shared->misc.num_tx_queues; q++)
		model_txd(m, q)->threshold = cpu_to_le32(1);
	model_read_rss(m);
	m->active = true;
	m->activations++;
	if (m->activated)
		m->activated(m);
	return 0;
}

static void model_write_stats(struct pvnet_model *m)
{
	u32 q;

	for (q = 0; q < m->shared->misc.num_tx_queues; q++) {
		struct vmxnet3_tx_stats *stats = &model_txd(m, q)->stats;

		stats->error = cpu_to_le64(m->tx[q].error);
		stats->discard = cpu_to_le64(m->tx[q].discard);
	}
	for (q = 0; q < m->shared->misc.num_rx_queues; q++) {
		struct vmxnet3_rx_stats *stats = &model_rxd(m, q)->stats;

		stats->out_of_buf = cpu_to_le64(m->rx[q].out_of_buf);
		stats->error = cpu_to_le64(m->rx[q].error);
	}
}

static u32 model_command(struct pvnet_model *m, u32 cmd)
{
	switch (cmd) {
	case 0xcafe0000:
		return model_activate(m);
	case 0xcafe0001:
	case 0xcafe0002:
		m->active = false;
		m->pm = NULL;
		return 0;
	case 0xcafe0006:
		if (m->active && le32_to_cpu(m->shared->rss_conf.len))
			model_read_rss_table(m);
		return 0;
	case 0xcafe0008:
		if (m->active)
			m->pm = model_mem(m->shared->pm_conf.pa);
		return 0;
	case 0xcafe000e:
		m->coal_mode = *(u32 *)model_mem(m->shared->cmd_info.var_conf.pa);
		return 0;
	case 0xcafe0010:
		/* this host hashes no ESP */
		m->rss_fields = le32_to_cpu(m->shared->cmd_info.rss_fields) &
				0xf;
		return 0;
	case 0xf00d0000:
		m->status_reads++;
		return 0;
	case 0xf00d0001:
		if (m->active)
			model_write_stats(m);
		return 0;
	case 0xf00d0002:
		m->link_stopped =
			netif_tx_queue_stopped(netdev_get_tx_queue(m->dev, 0));
		return 10000 << 16 | 1;
	case 0xf00d0005:
		return 0x07b0;
	case 0xf00d000a:
		return m->version >= 3 ? m->data_desc_size : 0;
	case 0xf00d000c:
		return m->rss_fields;
	default:
		return 0;
	}
}

static u32 model_read(struct pvnet *pv, u32 reg)
{
	struct pvnet_model *m = container_of(pv->bus, struct pvnet_model, bus);

	if (m->silent)
		return ~0U;
	switch (reg) {
	case 0x00:
		return (1U << m->version) - 1;
	case 0x08:
		return 1;
	case 0x20:
		return m->result;
	default:
		return 0;
	}
}

static void model_write(struct pvnet *pv, u32 reg, u32 val)
{
	struct pvnet_model *m = container_of(pv->bus, struct pvnet_model, bus);

	switch (reg) {
	case 0x00:
		m->chosen = val;
		break;
	case 0x10:
		m->dsal = val;
		break;
	case 0x18:
		m->shared = phys_to_virt((u64)val << 32 | m->dsal);
		break;
	case 0x20:
		m->result = model_command(m, val);
		break;
	case 0x28:
		put_unaligned_le32(val, m->mac);
		break;
	case 0x40:
		m->ecr = val;
		break;
	case 0x30:
		put_unaligned_le16(val, m->mac + 4);
		break;
	}
}

/**
 * model_init - switch the model on
 * @m: model, zeroed but for its memory
 * @version: highest version on offer
 */
void model_init(struct pvnet_model *m, u32 version)
{
	m->bus.read = model_read;
	m->bus.write = model_write;
	m->version = version;
	m->data_desc_size = 256;
	m->coal_mode = ~0U;
}

/**
 * model_tx_write_comp - write a transmit completion
 * @m: model
 * @q: queue
 * @idx: any index
 */
void model_tx_write_comp(struct pvnet_model *m, u32 q, u32 idx)
{
	struct vmxnet3_tx_queue_desc *d = model_txd(m, q);
	struct vmxnet3_tx_comp *c = model_mem(d->comp_ring_pa);
	struct model_ring *ring = &m->tx[q].comp;

	c += ring->idx;
	c->dw0 = cpu_to_le32(idx);
	dma_wmb();
	c->dw3 = cpu_to_le32(ring->gen << 31);
	model_advance(ring, d->comp_ring_size);
}

/**
 * model_tx_complete - complete what was read and not completed
 * @m: model
 * @q: queue
 */
void model_tx_complete(struct pvnet_model *m, u32 q)
{
	if (m->tx[q].pending)
		model_tx_write_comp(m, q, m->tx[q].last);
	m->tx[q].pending = 0;
}

static void model_tx_meta(struct model_packet *p, u32 dw2, u32 dw3)
{
	p->msscof = dw2 >> 18;
	p->oco = dw2 >> 15 & 1;
	p->hlen = dw3 & 0x3ff;
	p->om = dw3 >> 10 & 3;
	p->ti = dw3 >> 15 & 1;
	p->tci = dw3 >> 16;
}

/**
 * model_tx_run - what a doorbell makes the device do
 * @m: model
 * @q: queue
 *
 * Reads packets until an entry is not the device's; keeps the last of them.
 */
void model_tx_run(struct pvnet_model *m, u32 q)
{
	struct vmxnet3_tx_queue_desc *d = model_txd(m, q);
	struct vmxnet3_tx_desc *ring = model_mem(d->ring_pa);
	struct model_txq *tq = &m->tx[q];
	struct model_packet *p = &m->packet;
	bool sop = true;

	for (;;) {
		struct vmxnet3_tx_desc *desc = &ring[tq->tx.idx];
		u32 dw2 = le32_to_cpu(READ_ONCE(desc->dw2)), dw3, len;

		if ((dw2 >> 14 & 1) != tq->tx.gen)
			break;
		dma_rmb();
		dw3 = le32_to_cpu(desc->dw3);
		len = dw2 & 0x3fff ?: 0x4000;
		if (sop) {
			p->len = 0;
			p->descs = 0;
			model_tx_meta(p, dw2, dw3);
		}
		if (p->len + len <= MODEL_PACKET_MAX)
			memcpy(p->data + p->len, model_mem(desc->addr), len);
		p->len += len;
		p->descs++;
		sop = dw3 >> 12 & 1;
		if (sop) {
			m->packets++;
			tq->pending++;
			tq->last = tq->tx.idx;
			if (!m->manual)
				model_tx_complete(m, q);
		}
		model_advance(&tq->tx, d->ring_size);
	}
}

/**
 * model_rx_write_comp - write a receive completion
 * @m: model
 * @q: queue
 * @dw0: first word
 * @dw1: second word
 * @dw2: third word
 * @dw3: fourth word; its generation bit is set right
 */
void model_rx_write_comp(struct pvnet_model *m, u32 q, u32 dw0, u32 dw1,
			 u32 dw2, u32 dw3)
{
	struct vmxnet3_rx_queue_desc *d = model_rxd(m, q);
	struct vmxnet3_rx_comp *c = model_mem(d->comp_ring_pa);
	struct model_ring *ring = &m->rx[q].comp;

	c += ring->idx;
	c->dw0 = cpu_to_le32(dw0);
	c->dw1 = cpu_to_le32(dw1);
	c->dw2 = cpu_to_le32(dw2);
	dma_wmb();
	c->dw3 = cpu_to_le32((dw3 & 0x7fffffff) | ring->gen << 31);
	model_advance(ring, d->comp_ring_size);
}

/*
 * The last word of a completion: in-tree vmxnet3 looks for a merged packet's size
 * in the first of a packet, and for checksums in the last.
 */
static u32 model_rx_dw3(const struct model_rx *how, bool first, bool last)
{
	u32 dw3 = last ? how->csum << 16 : 0;

	if (first && how->mss)
		return dw3 | 4 << 24 | (how->mss & 0xffff);
	return dw3 | 3 << 24;
}

/* A merged packet's first completion counts segments where others have a hash. */
static u32 model_rx_dw1(const struct model_rx *how, bool first)
{
	return first && how->mss ? how->segs : how->rss_hash;
}

static int model_rx_data_ring(struct pvnet_model *m, u32 q, const u8 *data,
			      u32 len, const struct model_rx *how)
{
	struct vmxnet3_rx_queue_desc *d = model_rxd(m, q);
	u32 size = le16_to_cpu(d->data_desc_size);
	struct model_ring *ring = &m->rx[q].ring[0];
	u32 idx = ring->idx, id = q + 2 * m->shared->misc.num_rx_queues;

	memcpy(model_mem(d->data_ring_pa) + idx * size, data, len);
	model_advance(ring, d->ring_size[0]);
	model_rx_write_comp(m, q, idx | 3 << 14 | id << 16 | how->rss_type << 26 |
			    (u32)how->cnc << 30, model_rx_dw1(how, true),
			    len | (u32)how->vlan << 15 | (u32)how->tci << 16,
			    model_rx_dw3(how, true, true));
	return 0;
}

/**
 * model_rx_deliver - deliver a packet
 * @m: model
 * @q: queue
 * @data: frame
 * @len: its length
 * @how: what to say of it
 *
 * Return: 0, or -ENOBUFS if buffers ran out
 */
int model_rx_deliver(struct pvnet_model *m, u32 q, const u8 *data, u32 len,
		     const struct model_rx *how)
{
	struct vmxnet3_rx_queue_desc *d = model_rxd(m, q);
	u32 r = 0, done = 0;

	if (m->version >= 3 && len <= le16_to_cpu(d->data_desc_size))
		return model_rx_data_ring(m, q, data, len, how);

	do {
		struct model_ring *ring = &m->rx[q].ring[r];
		struct vmxnet3_rx_desc *desc = model_mem(d->ring_pa[r]);
		u32 idx = ring->idx, dw2, chunk, dw0;
		bool last;

		desc += idx;
		dw2 = le32_to_cpu(READ_ONCE(desc->dw2));
		if (dw2 >> 31 != ring->gen || (dw2 >> 14 & 1) != r) {
			m->rx[q].out_of_buf++;
			return -ENOBUFS;
		}
		dma_rmb();
		chunk = min(dw2 & 0x3fff, len - done);
		memcpy(model_mem(desc->addr), data + done, chunk);
		model_advance(ring, d->ring_size[r]);
		done += chunk;
		last = done == len;
		dw0 = idx | (u32)last << 14 | (u32)!r << 15 |
		      (q + r * m->shared->misc.num_rx_queues) << 16 |
		      how->rss_type << 26 | (u32)how->cnc << 30;
		model_rx_write_comp(m, q, dw0, model_rx_dw1(how, !r),
				    chunk | (u32)how->vlan << 15 |
				    (u32)how->tci << 16,
				    model_rx_dw3(how, !r, last));
		r = 1;
	} while (done < len);
	return 0;
}
