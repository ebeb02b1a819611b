/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AF_XDP with zero copy.
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef _PVNET_XSK_H
#define _PVNET_XSK_H

#include "rx.h"

int pvnet_xsk_setup(struct net_device *dev, struct xsk_buff_pool *pool,
		    u16 qid);
bool pvnet_xsk_fits(struct pvnet *pv, const struct pvnet_cfg *cfg);
void pvnet_xsk_attach(struct pvnet *pv);
void pvnet_xsk_detach(struct pvnet *pv);
int pvnet_xsk_wakeup(struct net_device *dev, u32 qid, u32 flags);
int pvnet_xsk_rx_poll(struct pvnet_rxq *rq, int budget);
bool pvnet_xsk_tx(struct pvnet_txq *tq, int budget);
bool pvnet_xsk_tx_beside_rx(struct pvnet_txq *tq, int budget);

#endif /* _PVNET_XSK_H */
