/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Transmit path.  All of these need the queue's netdev_queue lock unless said.
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef _PVNET_TX_H
#define _PVNET_TX_H

#include "pvnet.h"

/* Takes no lock: the stack holds it. */
netdev_tx_t pvnet_start_xmit(struct sk_buff *skb, struct net_device *dev);
netdev_features_t pvnet_features_check(struct sk_buff *skb,
				       struct net_device *dev,
				       netdev_features_t features);

int pvnet_tx_post_xdp(struct pvnet_txq *tq, struct xdp_frame *xdpf,
		      bool mapped);
void pvnet_tx_post_xsk(struct pvnet_txq *tq, dma_addr_t dma, u32 len);
void pvnet_tx_flush(struct pvnet_txq *tq, int budget);
unsigned int pvnet_tx_reap(struct pvnet_txq *tq, int budget);
void pvnet_tx_arm(struct pvnet_txq *tq);

/* Take the lock themselves, NAPI context. */
void pvnet_tx_poll_reap(struct pvnet_txq *tq, int budget);
void pvnet_tx_poll(struct pvnet_txq *tq, int budget);
void pvnet_tx_poll_end(struct pvnet_txq *tq);

/* Only while the device is quiet and the queue is stopped. */
void pvnet_tx_clean(struct pvnet_txq *tq);

#endif /* _PVNET_TX_H */
