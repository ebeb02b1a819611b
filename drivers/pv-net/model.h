/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A model of the vmxnet3 device in memory, for KUnit.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * A stand-in for VMware hosts, which cannot be had here: device versions 1 to
 * 4 as the in-tree driver's headers describe them, with knobs to misbehave.
 * It states register and field numbers itself and shares abi.h only for the
 * layout of structures.
 */
#ifndef _PVNET_MODEL_H
#define _PVNET_MODEL_H

#include "pvnet.h"

#define MODEL_PACKET_MAX	65536

/* A packet that the model took from a transmit ring. */
struct model_packet {
	u8 *data;
	u32 len;
	u32 descs;
	u32 om;
	u32 hlen;
	u32 msscof;
	bool oco;
	bool ti;
	u16 tci;
};

/* How the model describes a packet that it delivers. */
struct model_rx {
	u32 csum;		/* bits of the last word */
	bool cnc;
	u32 rss_type;
	u32 rss_hash;
	bool vlan;
	u16 tci;
	u32 segs;		/* with @mss: a merged packet */
	u32 mss;
};

/* Positions in one ring, as the device counts. */
struct model_ring {
	u32 idx;
	u32 gen;
};

struct model_txq {
	struct model_ring tx;
	struct model_ring comp;
	u32 pending;		/* packets read and not completed */
	u32 last;		/* index of the newest of them */
	u64 error;		/* since the activation, as is the next */
	u64 discard;
};

struct model_rxq {
	struct model_ring ring[2];
	struct model_ring comp;
	u64 out_of_buf;		/* since the activation, as is the next */
	u64 error;
};

/**
 * struct pvnet_model - the device
 * @bus: its registers; also tells the driver's callbacks which model it is
 * @pv: driver state of the device
 * @dev: network device
 * @bar0: doorbells and masks, as plain memory
 * @version: highest version on offer
 * @chosen: version that the driver wrote
 * @active: between activation and quiesce
 * @refuse: activations to refuse
 * @silent: reads return all ones, like a device that is gone
 * @manual: completions wait for model_tx_complete()
 * @result: of the last command
 * @shared: DriverShared
 * @dsal: low half of its address
 * @tx: transmit queues
 * @rx: receive queues
 * @packet: last packet sent
 * @packets: how many were sent
 * @data_desc_size: answer to GET_TXDATA_DESC_SIZE
 * @coal_mode: from SET_COALESCE, ~0 before
 * @rss_fields: from SET_RSS_FIELDS, 0 after an activation
 * @rss_key: from the last activation with RSS
 * @rss_indir: table, from that or from UPDATE_RSSIDT
 * @rss_indir_size: its entries
 * @activations: activations that succeeded
 * @activated: called at the end of one, or NULL
 * @pm: wake-up settings that the active device was given
 * @mac: address that the device filters by
 * @ecr: events that the driver acknowledged last
 * @status_reads: GET_QUEUE_STATUS commands
 * @link_stopped: transmit queue 0 was stopped when the link was read last
 */
struct pvnet_model {
	struct pvnet_bus_ops bus;
	struct pvnet *pv;
	struct net_device *dev;
	u8 *bar0;
	u32 version;
	u32 chosen;
	bool active;
	u32 refuse;
	bool silent;
	bool manual;
	u32 result;
	struct vmxnet3_driver_shared *shared;
	u32 dsal;
	struct model_txq tx[PVNET_MAX_QUEUES];
	struct model_rxq rx[PVNET_MAX_QUEUES];
	struct model_packet packet;
	u32 packets;
	u32 data_desc_size;
	u32 coal_mode;
	u32 rss_fields;
	u8 rss_key[UPT1_RSS_KEY_SIZE];
	u8 rss_indir[UPT1_RSS_INDIR_MAX];
	u32 rss_indir_size;
	u32 activations;
	void (*activated)(struct pvnet_model *m);
	const struct vmxnet3_pm_conf *pm;
	u8 mac[ETH_ALEN];
	u32 ecr;
	u32 status_reads;
	bool link_stopped;
};

void model_init(struct pvnet_model *m, u32 version);
void model_tx_run(struct pvnet_model *m, u32 q);
void model_tx_complete(struct pvnet_model *m, u32 q);
void model_tx_write_comp(struct pvnet_model *m, u32 q, u32 idx);
int model_rx_deliver(struct pvnet_model *m, u32 q, const u8 *data, u32 len,
		     const struct model_rx *how);
void model_rx_write_comp(struct pvnet_model *m, u32 q, u32 dw0, u32 dw1,
			 u32 dw2, u32 dw3);

#endif /* _PVNET_MODEL_H */
