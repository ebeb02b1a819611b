// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transmit path of XDP frames and AF_XDP sockets.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include "tx.h"
#include "tx_post.h"

static void pvnet_tx_count_frame(struct pvnet_txq *tq, u32 len)
{
	u64_stats_inc(&tq->stats->packets);
	u64_stats_add(&tq->stats->bytes, len);
}

static void pvnet_tx_use_pool_page(struct pvnet_txq *tq,
				   struct pvnet_tx_buf *buf, struct page *page,
				   unsigned int offset)
{
	buf->map = PVNET_MAP_NONE;
	buf->dma = page_pool_get_dma_addr(page) + offset;
	dma_sync_single_for_device(tq->pv->dma_dev, buf->dma, buf->len,
				   DMA_BIDIRECTIONAL);
}

static int pvnet_tx_map_xdp_head(struct pvnet_txq *tq, struct pvnet_tx_buf *buf,
				 struct xdp_frame *xdpf, bool mapped)
{
	struct device *dev = tq->pv->dma_dev;

	buf->len = xdpf->len;
	buf->kind = PVNET_TX_FREE;
	if (mapped) {
		pvnet_tx_use_pool_page(tq, buf, virt_to_page(xdpf->data),
				       offset_in_page(xdpf->data));
		return 0;
	}
	buf->map = PVNET_MAP_NONE;
	buf->dma = dma_map_single(dev, xdpf->data, buf->len, DMA_TO_DEVICE);
	if (dma_mapping_error(dev, buf->dma))
		return -ENOMEM;
	buf->map = PVNET_MAP_SINGLE;
	return 0;
}

static int pvnet_tx_map_xdp_frag(struct pvnet_txq *tq, struct pvnet_tx_buf *buf,
				 const skb_frag_t *frag, bool mapped)
{
	struct device *dev = tq->pv->dma_dev;

	buf->len = skb_frag_size(frag);
	buf->kind = PVNET_TX_FREE;
	if (mapped) {
		pvnet_tx_use_pool_page(tq, buf, skb_frag_page(frag),
				       skb_frag_off(frag));
		return 0;
	}
	buf->map = PVNET_MAP_NONE;
	buf->dma = skb_frag_dma_map(dev, frag, 0, buf->len, DMA_TO_DEVICE);
	if (dma_mapping_error(dev, buf->dma))
		return -ENOMEM;
	buf->map = PVNET_MAP_PAGE;
	return 0;
}

/**
 * pvnet_tx_post_xdp - post a frame of XDP
 * @tq: queue
 * @xdpf: frame; owned by the queue on success
 * @mapped: its pages are of a page pool and so mapped already
 *
 * Context: netdev_queue lock held.
 * Return: 0, or a negative error with nothing posted
 */
int pvnet_tx_post_xdp(struct pvnet_txq *tq, struct xdp_frame *xdpf,
		      bool mapped)
{
	struct pvnet_tx_buf *buf = pvnet_tx_slot(tq, 0);
	struct pvnet_tx_meta meta = { .segs = 1 };
	struct skb_shared_info *info = NULL;
	unsigned int frags = 0, n;

	if (xdp_frame_has_frags(xdpf)) {
		info = xdp_get_shared_info_from_frame(xdpf);
		frags = info->nr_frags;
	}
	/* a stack that was not stopped must find room */
	if (unlikely(tq->broken || frags + 1 > VMXNET3_MAX_TXD_PER_PKT ||
		     xdpf->len > VMXNET3_MAX_TX_BUF ||
		     pvnet_cmd_space(&tq->pos) < PVNET_TX_STOP + frags + 1))
		return -ENOBUFS;

	if (unlikely(pvnet_tx_map_xdp_head(tq, buf, xdpf, mapped)))
		return -ENOMEM;
	for (n = 1; n <= frags; n++) {
		buf = pvnet_tx_slot(tq, n);
		if (pvnet_tx_map_xdp_frag(tq, buf, &info->frags[n - 1],
					  mapped)) {
			pvnet_tx_unwind(tq, n);
			return -ENOMEM;
		}
	}

	buf->xdpf = xdpf;
	buf->kind = PVNET_TX_XDP;
	pvnet_tx_post(tq, n, &meta);
	tq->deferred++;
	pvnet_tx_count_frame(tq, xdp_get_frame_len(xdpf));
	u64_stats_inc(&tq->stats->xdp_xmit);
	return 0;
}

/**
 * pvnet_tx_post_xsk - post a frame of an AF_XDP socket
 * @tq: queue, with room for it
 * @dma: bus address
 * @len: bytes, not 0
 *
 * Context: netdev_queue lock held.
 */
void pvnet_tx_post_xsk(struct pvnet_txq *tq, dma_addr_t dma, u32 len)
{
	struct pvnet_tx_meta meta = { .segs = 1 };
	struct pvnet_tx_buf *buf = pvnet_tx_slot(tq, 0);

	*buf = (struct pvnet_tx_buf){
		.dma = dma, .len = len, .kind = PVNET_TX_XSK,
	};
	pvnet_tx_post(tq, 1, &meta);
	tq->deferred++;
	pvnet_tx_count_frame(tq, len);
	u64_stats_inc(&tq->stats->xsk_xmit);
}
