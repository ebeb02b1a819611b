/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing transmit descriptors: what the parts of the transmit path share.
 * All of it needs the queue's netdev_queue lock.
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef _PVNET_TX_POST_H
#define _PVNET_TX_POST_H

#include <linux/dma-mapping.h>

#include "pvnet.h"

/* Words of a packet's first descriptor that describe the whole packet. */
struct pvnet_tx_meta {
	u32 dw2;		/* VMXNET3_TXD_MSSCOF, VMXNET3_TXD_OCO */
	u32 dw3;		/* VMXNET3_TXD_HLEN, OM, TI, TCI */
	u32 segs;
	u32 bytes;
};

/* A full buffer of 16 KiB has length 0. */
static inline u32 pvnet_tx_len(u32 len)
{
	return len & VMXNET3_TXD_LEN;
}

/* The slot @n after the next to be posted. */
static inline struct pvnet_tx_buf *pvnet_tx_slot(struct pvnet_txq *tq,
						 unsigned int n)
{
	u32 idx = tq->pos.fill + n;

	return &tq->buf[idx < tq->pos.size ? idx : idx - tq->pos.size];
}

static inline void pvnet_tx_write(struct pvnet_txq *tq,
				  const struct pvnet_cmd_pos *at,
				  dma_addr_t dma, u32 dw2, u32 dw3)
{
	struct vmxnet3_tx_desc *desc = &tq->desc[at->fill];

	desc->addr = cpu_to_le64(dma);
	desc->dw3 = cpu_to_le32(dw3);
	/*
	 * The generation bit hands the entry to the device, and with the
	 * first entry of a packet all that follow: everything else first.
	 */
	dma_wmb();
	WRITE_ONCE(desc->dw2,
		   cpu_to_le32(dw2 | at->gen << VMXNET3_TXD_GEN_SHIFT));
}

void pvnet_tx_post_many(struct pvnet_txq *tq, unsigned int n,
			const struct pvnet_tx_meta *meta);

/* Hand @n mapped slots starting at the fill position to the device. */
static inline void pvnet_tx_post(struct pvnet_txq *tq, unsigned int n,
				 const struct pvnet_tx_meta *meta)
{
	const struct pvnet_tx_buf *buf = &tq->buf[tq->pos.fill];

	if (unlikely(n > 1)) {
		pvnet_tx_post_many(tq, n, meta);
		return;
	}
	pvnet_tx_write(tq, &tq->pos, buf->dma,
		       pvnet_tx_len(buf->len) | meta->dw2,
		       meta->dw3 | VMXNET3_TXD_EOP | VMXNET3_TXD_CQ);
	pvnet_cmd_advance(&tq->pos);
}

static inline void pvnet_tx_unmap(struct pvnet_txq *tq,
				  struct pvnet_tx_buf *buf)
{
	struct device *dev = tq->pv->dma_dev;

	if (buf->map == PVNET_MAP_SINGLE)
		dma_unmap_single(dev, buf->dma, buf->len, DMA_TO_DEVICE);
	else if (buf->map == PVNET_MAP_PAGE)
		dma_unmap_page(dev, buf->dma, buf->len, DMA_TO_DEVICE);
	buf->map = PVNET_MAP_NONE;
}

void pvnet_tx_unwind(struct pvnet_txq *tq, unsigned int n);

/* tx_offload.c */
int pvnet_tx_csum(struct pvnet_txq *tq, struct sk_buff *skb,
		  struct pvnet_tx_meta *meta);
int pvnet_tx_tso(struct pvnet_txq *tq, struct sk_buff *skb,
		 struct pvnet_tx_meta *meta);

#endif /* _PVNET_TX_POST_H */
