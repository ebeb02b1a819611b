/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XDP and AF_XDP.
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef _PVNET_XDP_H
#define _PVNET_XDP_H

#include "rx.h"

extern const struct xdp_metadata_ops pvnet_xdp_metadata_ops;

u32 pvnet_xdp_run(struct pvnet_rxq *rq, struct bpf_prog *prog,
		  struct pvnet_xdp_buff *pkt, struct pvnet_rx_sum *sum);
int pvnet_xdp_tx_xsk(struct pvnet_rxq *rq, struct xdp_buff *xdp);
void pvnet_xdp_finish(struct pvnet_rxq *rq, struct pvnet_rx_sum *sum);
int pvnet_xdp(struct net_device *dev, struct netdev_bpf *bpf);
int pvnet_xdp_xmit(struct net_device *dev, int n, struct xdp_frame **frames,
		   u32 flags);

#endif /* _PVNET_XDP_H */
