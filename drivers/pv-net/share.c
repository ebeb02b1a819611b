// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory from which the device reads its configuration.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Every piece is an allocation of its own, so that the device is given no
 * driver state that it does not need.
 */
#include <linux/utsname.h>

#include "regs.h"
#include "rx.h"
#include "rss.h"

#define PVNET_QD_SIZE	(2 * PVNET_MAX_QUEUES * sizeof(struct vmxnet3_tx_queue_desc))
#define PVNET_MC_SIZE	(PVNET_MC_MAX * ETH_ALEN)

static_assert(sizeof(struct vmxnet3_tx_queue_desc) ==
	      sizeof(struct vmxnet3_rx_queue_desc));

/**
 * pvnet_share_alloc - allocate all of it
 * @pv: device
 *
 * Return: 0 or -ENOMEM, with nothing left allocated
 */
int pvnet_share_alloc(struct pvnet *pv)
{
	struct device *dev = pv->dma_dev;

	pv->shared = dma_alloc_coherent(dev, sizeof(*pv->shared),
					&pv->shared_dma, GFP_KERNEL);
	pv->txd = dma_alloc_coherent(dev, PVNET_QD_SIZE, &pv->qd_dma,
				     GFP_KERNEL);
	pv->mc = dma_alloc_coherent(dev, PVNET_MC_SIZE, &pv->mc_dma,
				    GFP_KERNEL);
	pv->pm_conf = dma_alloc_coherent(dev, sizeof(*pv->pm_conf),
					 &pv->pm_dma, GFP_KERNEL);
	pv->rss_conf = dma_alloc_coherent(dev, sizeof(*pv->rss_conf),
					  &pv->rss_dma, GFP_KERNEL);
	pv->coal_conf = dma_alloc_coherent(dev, sizeof(*pv->coal_conf),
					   &pv->coal_dma, GFP_KERNEL);
	if (pv->shared && pv->txd && pv->mc && pv->pm_conf && pv->rss_conf &&
	    pv->coal_conf)
		return 0;

	pvnet_share_free(pv);
	return -ENOMEM;
}

static void pvnet_share_free_one(struct pvnet *pv, size_t size, void *mem,
				 dma_addr_t dma)
{
	if (mem)
		dma_free_coherent(pv->dma_dev, size, mem, dma);
}

/**
 * pvnet_share_free - free all of it
 * @pv: device, which does not use it any more
 */
void pvnet_share_free(struct pvnet *pv)
{
	pvnet_share_free_one(pv, sizeof(*pv->coal_conf), pv->coal_conf,
			     pv->coal_dma);
	pvnet_share_free_one(pv, sizeof(*pv->rss_conf), pv->rss_conf,
			     pv->rss_dma);
	pvnet_share_free_one(pv, sizeof(*pv->pm_conf), pv->pm_conf, pv->pm_dma);
	pvnet_share_free_one(pv, PVNET_MC_SIZE, pv->mc, pv->mc_dma);
	pvnet_share_free_one(pv, PVNET_QD_SIZE, pv->txd, pv->qd_dma);
	pvnet_share_free_one(pv, sizeof(*pv->shared), pv->shared,
			     pv->shared_dma);
}

static void pvnet_share_fill_tx(struct pvnet_txq *tq)
{
	*tq->shared = (struct vmxnet3_tx_queue_desc){
		.ring_pa = cpu_to_le64(tq->desc_dma),
		.data_ring_pa = cpu_to_le64(tq->data_dma),
		.comp_ring_pa = cpu_to_le64(tq->comp_dma),
		.dd_pa = cpu_to_le64(~0ULL),
		.ring_size = cpu_to_le32(tq->pos.size),
		.data_ring_size = cpu_to_le32(tq->pos.size),
		.comp_ring_size = cpu_to_le32(tq->cpos.size),
		.data_desc_size = cpu_to_le16(tq->data_size),
		.intr_idx = tq->vec->idx,
	};
}

static void pvnet_share_fill_rx(struct pvnet_rxq *rq)
{
	*rq->shared = (struct vmxnet3_rx_queue_desc){
		.ring_pa = {
			cpu_to_le64(rq->ring[0].dma),
			cpu_to_le64(rq->ring[1].dma),
		},
		.comp_ring_pa = cpu_to_le64(rq->comp_dma),
		.data_ring_pa = cpu_to_le64(rq->data_dma),
		.dd_pa = cpu_to_le64(~0ULL),
		.ring_size = {
			cpu_to_le32(rq->ring[0].pos.size),
			cpu_to_le32(rq->ring[1].pos.size),
		},
		.comp_ring_size = cpu_to_le32(rq->cpos.size),
		.data_desc_size = cpu_to_le16(rq->data_size),
		.intr_idx = rq->vec->idx,
	};
}

static u64 pvnet_share_features(struct pvnet *pv, const struct pvnet_cfg *cfg)
{
	u64 upt = 0;

	if (cfg->rxcsum)
		upt |= UPT1_F_RXCSUM;
	if (cfg->rxvlan)
		upt |= UPT1_F_RXVLAN;
	if (cfg->lro)
		upt |= UPT1_F_LRO;
	if (pv->ops->rss && cfg->num_rxq > 1)
		upt |= UPT1_F_RSS;
	if (pv->ops->om_encap)
		upt |= UPT1_F_RXINNEROFLD;
	return upt;
}

static void pvnet_share_fill_intr(struct pvnet *pv)
{
	struct vmxnet3_intr_conf *intr = &pv->shared->intr;

	intr->auto_mask = pv->auto_mask;
	intr->num_intrs = pv->num_vec;
	intr->event_intr_idx = 0;
	memset(intr->mod_levels, UPT1_IML_ADAPTIVE, pv->num_vec);
	/* vectors are unmasked one by one; this bit only holds them till then */
	intr->intr_ctrl = cpu_to_le32(VMXNET3_IC_DISABLE_ALL);
}

/**
 * pvnet_share_fill - describe rings and settings for the next activation
 * @pv: device, which is not active
 * @q: rings
 *
 * Context: rtnl.
 */
void pvnet_share_fill(struct pvnet *pv, struct pvnet_queues *q)
{
	struct vmxnet3_driver_shared *ds = pv->shared;
	struct vmxnet3_misc_conf *misc = &ds->misc;
	u32 i, queues = q->cfg.num_txq + q->cfg.num_rxq;

	memset(ds, 0, sizeof(*ds));
	ds->magic = cpu_to_le32(VMXNET3_REV1_MAGIC);
	ds->size = cpu_to_le32(sizeof(*ds));
	misc->version = cpu_to_le32(1);
	misc->gos = cpu_to_le32(VMXNET3_GOS_TYPE_LINUX |
				(IS_ENABLED(CONFIG_64BIT) ?
				 VMXNET3_GOS_BITS_64 : VMXNET3_GOS_BITS_32));
	misc->rev_spt = cpu_to_le32(BIT(pv->ops->version - 1));
	misc->upt_ver_spt = cpu_to_le32(1);
	misc->upt_features = cpu_to_le64(pvnet_share_features(pv, &q->cfg));
	misc->dd_pa = cpu_to_le64(~0ULL);
	misc->queue_desc_pa = cpu_to_le64(pv->qd_dma);
	misc->queue_desc_len = cpu_to_le32(queues * sizeof(*pv->txd));
	misc->mtu = cpu_to_le32(q->cfg.mtu);
	misc->max_rx_sg = cpu_to_le16(1 + pvnet_cfg_bodies(&q->cfg));
	misc->num_tx_queues = q->cfg.num_txq;
	misc->num_rx_queues = q->cfg.num_rxq;

	for (i = 0; i < q->cfg.num_txq; i++)
		pvnet_share_fill_tx(q->tx[i]);
	for (i = 0; i < q->cfg.num_rxq; i++)
		pvnet_share_fill_rx(q->rx[i]);
	pvnet_share_fill_intr(pv);
	pvnet_rss_fill(pv, &q->cfg);
}
