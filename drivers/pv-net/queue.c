// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of the rings: a whole set is made for a configuration, and freed
 * whole, so that a change can build the new set before it gives up the old.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include <linux/if_vlan.h>
#include <net/xdp_sock_drv.h>

#include "regs.h"
#include "rx.h"
#include "tx.h"

/* dma_alloc_coherent() aligns to pages, which covers VMXNET3_RING_ALIGN. */
static void *pvnet_dma_alloc(struct pvnet *pv, size_t size, dma_addr_t *dma)
{
	return dma_alloc_coherent(pv->dma_dev, size, dma, GFP_KERNEL);
}

static void pvnet_dma_free(struct pvnet *pv, size_t size, void *mem,
			   dma_addr_t dma)
{
	if (mem)
		dma_free_coherent(pv->dma_dev, size, mem, dma);
}

static void pvnet_txq_free(struct pvnet_txq *tq)
{
	struct pvnet *pv = tq->pv;
	u32 n = tq->pos.size;

	pvnet_tx_clean(tq);
	pvnet_dma_free(pv, n * tq->data_size, tq->data, tq->data_dma);
	pvnet_dma_free(pv, n * sizeof(*tq->comp), tq->comp, tq->comp_dma);
	pvnet_dma_free(pv, n * sizeof(*tq->desc), tq->desc, tq->desc_dma);
	kvfree(tq->buf);
	kfree(tq);
}

static struct pvnet_txq *pvnet_txq_alloc(struct pvnet *pv,
					 const struct pvnet_cfg *cfg, u32 idx)
{
	struct pvnet_txq *tq = kzalloc(sizeof(*tq), GFP_KERNEL);
	u32 n = cfg->tx_size;

	if (!tq)
		return NULL;
	tq->pv = pv;
	tq->idx = idx;
	tq->stats = &pv->tx_stats[idx];
	tq->vec = pvnet_irq_tx_vector(pv, idx);
	tq->nq = netdev_get_tx_queue(pv->dev, idx);
	tq->doorbell = pvnet_tx_doorbell(pv, idx);
	tq->shared = &pv->txd[idx];
	tq->data_size = pv->ops->tx_data_size(pv);
	/* a socket that only sends needs no XDP program */
	tq->xsk = pv->xsk[idx];
	pvnet_cmd_init(&tq->pos, n);
	pvnet_comp_init(&tq->cpos, n);

	tq->buf = kvcalloc(n, sizeof(*tq->buf), GFP_KERNEL);
	tq->desc = pvnet_dma_alloc(pv, n * sizeof(*tq->desc), &tq->desc_dma);
	tq->comp = pvnet_dma_alloc(pv, n * sizeof(*tq->comp), &tq->comp_dma);
	tq->data = pvnet_dma_alloc(pv, n * tq->data_size, &tq->data_dma);
	if (tq->buf && tq->desc && tq->comp && tq->data)
		return tq;

	pvnet_txq_free(tq);
	return NULL;
}

static int pvnet_rxq_alloc_pool(struct pvnet_rxq *rq,
				const struct pvnet_cfg *cfg)
{
	struct page_pool_params params = {
		.flags = PP_FLAG_DMA_MAP | PP_FLAG_DMA_SYNC_DEV,
		.pool_size = cfg->rx_size,
		.nid = dev_to_node(rq->pv->dma_dev),
		.dev = rq->pv->dma_dev,
		.napi = rq->napi,
		.netdev = rq->pv->dev,
		.queue_idx = rq->idx,
		.dma_dir = cfg->xdp ? DMA_BIDIRECTIONAL : DMA_FROM_DEVICE,
		.max_len = PAGE_SIZE,
	};
	int err;

	rq->pool = page_pool_create(&params);
	if (IS_ERR(rq->pool)) {
		err = PTR_ERR(rq->pool);
		rq->pool = NULL;
		return err;
	}

	err = xdp_rxq_info_reg(&rq->xdp_rxq, rq->pv->dev, rq->idx,
			       rq->napi->napi_id);
	if (err)
		return err;
	if (rq->xsk)
		return xdp_rxq_info_reg_mem_model(&rq->xdp_rxq,
						  MEM_TYPE_XSK_BUFF_POOL, NULL);
	return xdp_rxq_info_reg_mem_model(&rq->xdp_rxq, MEM_TYPE_PAGE_POOL,
					  rq->pool);
}

static int pvnet_rx_ring_alloc(struct pvnet_rxq *rq,
			       struct pvnet_rx_ring *ring, u32 n)
{
	pvnet_cmd_init(&ring->pos, n);
	ring->buf = kvcalloc(n, sizeof(*ring->buf), GFP_KERNEL);
	ring->desc = pvnet_dma_alloc(rq->pv, n * sizeof(*ring->desc),
				     &ring->dma);
	return ring->buf && ring->desc ? 0 : -ENOMEM;
}

/* Choose buffers for frames of @cfg. */
static void pvnet_rxq_layout(struct pvnet_rxq *rq, const struct pvnet_cfg *cfg)
{
	struct pvnet_rx_ring *head = &rq->ring[0], *body = &rq->ring[1];

	head->active = true;
	head->truesize = pvnet_cfg_truesize(cfg);
	head->headroom = pvnet_cfg_headroom(cfg);
	head->len = pvnet_cfg_head_len(cfg);
	if (rq->xsk) {
		head->len = xsk_pool_get_rx_frame_size(rq->xsk);
		head->len = min_t(u32, head->len, VMXNET3_MAX_RX_BUF);
	}

	body->type = VMXNET3_RXD_BTYPE_BODY;
	body->truesize = PAGE_SIZE;
	body->len = PAGE_SIZE;
	body->active = !rq->xsk && pvnet_cfg_bodies(cfg);
}

static void pvnet_rxq_free(struct pvnet_rxq *rq)
{
	struct pvnet *pv = rq->pv;
	unsigned int r;

	del_timer_sync(&rq->refill);
	pvnet_rx_clean(rq);
	if (xdp_rxq_info_is_reg(&rq->xdp_rxq))
		xdp_rxq_info_unreg(&rq->xdp_rxq);
	if (rq->pool)
		page_pool_destroy(rq->pool);
	for (r = 0; r < ARRAY_SIZE(rq->ring); r++) {
		struct pvnet_rx_ring *ring = &rq->ring[r];

		pvnet_dma_free(pv, ring->pos.size * sizeof(*ring->desc),
			       ring->desc, ring->dma);
		kvfree(ring->buf);
	}
	pvnet_dma_free(pv, rq->ring[0].pos.size * rq->data_size, rq->data,
		       rq->data_dma);
	pvnet_dma_free(pv, rq->cpos.size * sizeof(*rq->comp), rq->comp,
		       rq->comp_dma);
	/* a sendto() that is under way may look up its queue's NAPI ID here */
	kfree_rcu(rq, rcu);
}

static struct pvnet_rxq *pvnet_rxq_alloc(struct pvnet *pv,
					 struct pvnet_queues *q, u32 idx)
{
	const struct pvnet_cfg *cfg = &q->cfg;
	struct pvnet_rxq *rq = kzalloc(sizeof(*rq), GFP_KERNEL);
	u32 n2 = pvnet_cfg_bodies(cfg) ? cfg->rx2_size : PVNET_RX2_RING_UNUSED;
	u32 nc = cfg->rx_size + n2;

	if (!rq)
		return NULL;
	rq->pv = pv;
	rq->idx = idx;
	rq->stats = &pv->rx_stats[idx];
	rq->vec = pvnet_irq_rx_vector(pv, idx);
	rq->napi = &q->napi[rq->vec->idx].napi;
	rq->shared = pvnet_rx_shared(pv, cfg, idx);
	rq->xsk = pvnet_cfg_xsk(pv, cfg, idx);
	rq->ring_id[0] = idx;
	rq->ring_id[1] = idx + cfg->num_rxq;
	rq->ring_id[2] = ~0U;
	timer_setup(&rq->refill, pvnet_rx_refill_timer, 0);
	pvnet_comp_init(&rq->cpos, nc);
	pvnet_rxq_layout(rq, cfg);

	rq->comp = pvnet_dma_alloc(pv, nc * sizeof(*rq->comp), &rq->comp_dma);
	if (!rq->comp || pvnet_rx_ring_alloc(rq, &rq->ring[0], cfg->rx_size) ||
	    pvnet_rx_ring_alloc(rq, &rq->ring[1], n2) ||
	    pvnet_rxq_alloc_pool(rq, cfg))
		goto free;

	if (pv->ops->rx_data_ring && !cfg->xdp) {
		/* optional: without it everything goes to buffers */
		rq->data_size = VMXNET3_TXDATA_DESC_SIZE;
		rq->data = pvnet_dma_alloc(pv, cfg->rx_size * rq->data_size,
					   &rq->data_dma);
		if (rq->data)
			rq->ring_id[2] = idx + 2 * cfg->num_rxq;
		else
			rq->data_size = 0;
	}
	/* other rings may still run with the socket's pool: the poll fills it */
	if (!rq->xsk && pvnet_rx_refill(rq, GFP_KERNEL))
		goto free;
	return rq;

free:
	pvnet_rxq_free(rq);
	return NULL;
}

/* One for each vector that serves a queue; they start disabled. */
static void pvnet_napi_add(struct pvnet *pv, struct pvnet_queues *q)
{
	u32 i;

	for (i = 0; i < q->cfg.num_rxq; i++) {
		struct pvnet_vector *vec = pvnet_irq_rx_vector(pv, i);
		struct pvnet_napi *napi = &q->napi[vec->idx];

		napi->vec = vec;
		netif_napi_add(pv->dev, &napi->napi, pvnet_poll);
	}
	for (i = 0; i < q->cfg.num_txq; i++) {
		struct pvnet_vector *vec = pvnet_irq_tx_vector(pv, i);
		struct pvnet_napi *napi = &q->napi[vec->idx];

		if (napi->vec)
			continue;	/* shared with the receive queue */
		napi->vec = vec;
		netif_napi_add_tx(pv->dev, &napi->napi, pvnet_poll);
	}
}

static void pvnet_napi_del(struct pvnet *pv, struct pvnet_queues *q)
{
	u32 i;

	for (i = 0; i < PVNET_MAX_VECTORS; i++)
		if (q->napi[i].vec)
			__netif_napi_del(&q->napi[i].napi);
	/* readers of the list of instances are done before it is freed */
	synchronize_net();
}

/**
 * pvnet_queues_alloc - make the rings for a configuration
 * @pv: device
 * @cfg: configuration
 *
 * Receive rings are filled, but for those of AF_XDP sockets; the device knows
 * nothing of them yet.
 *
 * Context: rtnl, may sleep.
 * Return: the rings, or NULL without memory
 */
struct pvnet_queues *pvnet_queues_alloc(struct pvnet *pv,
					const struct pvnet_cfg *cfg)
{
	struct pvnet_queues *q = kzalloc(sizeof(*q), GFP_KERNEL);
	u32 i;

	if (!q)
		return NULL;
	q->cfg = *cfg;
	pvnet_napi_add(pv, q);
	for (i = 0; i < cfg->num_txq; i++) {
		q->tx[i] = pvnet_txq_alloc(pv, cfg, i);
		if (!q->tx[i])
			goto free;
	}
	for (i = 0; i < cfg->num_rxq; i++) {
		q->rx[i] = pvnet_rxq_alloc(pv, q, i);
		if (!q->rx[i])
			goto free;
	}
	return q;

free:
	pvnet_queues_free(pv, q);
	return NULL;
}

/**
 * pvnet_queues_free - free rings with everything in them
 * @pv: device
 * @q: rings that the device does not know any more; may be NULL
 *
 * Context: may sleep.
 */
void pvnet_queues_free(struct pvnet *pv, struct pvnet_queues *q)
{
	u32 i;

	if (!q)
		return;
	for (i = 0; i < PVNET_MAX_QUEUES; i++) {
		if (q->rx[i])
			pvnet_rxq_free(q->rx[i]);
		if (q->tx[i])
			pvnet_txq_free(q->tx[i]);
	}
	pvnet_napi_del(pv, q);
	kfree(q);
}

/**
 * pvnet_queues_return_xsk - give AF_XDP sockets back what is theirs
 * @q: rings that the device does not know any more
 *
 * A pool has no lock: rings must hold nothing of it when others run with it.
 *
 * Context: may sleep.
 */
void pvnet_queues_return_xsk(struct pvnet_queues *q)
{
	u32 i;

	for (i = 0; i < q->cfg.num_txq; i++)
		if (q->tx[i]->xsk)
			pvnet_tx_clean(q->tx[i]);
	for (i = 0; i < q->cfg.num_rxq; i++)
		if (q->rx[i]->xsk)
			pvnet_rx_clean(q->rx[i]);
}

static void pvnet_rxq_rewind(struct pvnet_rxq *rq)
{
	u32 r, i;

	if (rq->busy) {
		rq->busy = false;
		pvnet_rx_discard(rq, &rq->pkt);
	}
	memset(rq->comp, 0, rq->cpos.size * sizeof(*rq->comp));
	pvnet_comp_init(&rq->cpos, rq->cpos.size);
	for (r = 0; r < ARRAY_SIZE(rq->ring); r++) {
		struct pvnet_rx_ring *ring = &rq->ring[r];

		/* no entry may look handed over before it is */
		for (i = 0; i < ring->pos.size; i++)
			ring->desc[i].dw2 = 0;
		pvnet_cmd_init(&ring->pos, ring->pos.size);
	}
	rq->broken = false;
	/* short of memory, the first poll or the timer goes on */
	if (pvnet_rx_refill(rq, GFP_KERNEL) && !rq->xsk)
		mod_timer(&rq->refill, jiffies + 1);
}

static void pvnet_txq_rewind(struct pvnet_txq *tq)
{
	pvnet_tx_clean(tq);
	memset(tq->desc, 0, tq->pos.size * sizeof(*tq->desc));
	memset(tq->comp, 0, tq->pos.size * sizeof(*tq->comp));
	pvnet_cmd_init(&tq->pos, tq->pos.size);
	pvnet_comp_init(&tq->cpos, tq->cpos.size);
	tq->broken = false;
}

/**
 * pvnet_queues_rewind - bring used rings back to their first state
 * @q: rings that the device does not know any more
 *
 * Activation starts every ring at entry 0 with generation 1.  Packets to send
 * are dropped, receive buffers stay.
 *
 * Context: may sleep.
 */
void pvnet_queues_rewind(struct pvnet_queues *q)
{
	u32 i;

	for (i = 0; i < q->cfg.num_txq; i++)
		pvnet_txq_rewind(q->tx[i]);
	for (i = 0; i < q->cfg.num_rxq; i++)
		pvnet_rxq_rewind(q->rx[i]);
}
