/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Driver state of pv_net, the vmxnet3 network driver.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Lock order: rtnl, then a transmit queue's netdev_queue lock, then
 * pvnet.cmd_lock.  Everything that changes queues or their number runs under
 * rtnl; the data path sees a change only while its NAPI instances and
 * transmit queues are stopped.
 */
#ifndef _PVNET_H
#define _PVNET_H

#include <linux/bpf.h>
#include <linux/dim.h>
#include <linux/hrtimer.h>
#include <linux/netdevice.h>
#include <linux/pci.h>
#include <linux/u64_stats_sync.h>
#include <net/page_pool/helpers.h>
#include <net/xdp.h>

#include "abi.h"
#include "ring.h"

#define PVNET_NAME		"pv_net"

/* Queue pairs; 8 each way, and one for events, fit the 25 vectors. */
#define PVNET_MAX_QUEUES	8
#define PVNET_MAX_VERSION	4	/* device version */
#define PVNET_MAX_VECTORS	(2 * PVNET_MAX_QUEUES + 1)
#define PVNET_MIN_RING		64
#define PVNET_TX_RING_DEFAULT	512
#define PVNET_RX_RING_DEFAULT	1024
#define PVNET_RX2_RING_DEFAULT	512
#define PVNET_RX2_RING_UNUSED	VMXNET3_RING_SIZE_ALIGN
#define PVNET_MC_MAX		256	/* multicast filter entries */
#define PVNET_RX_COPYBREAK	256	/* bytes */
#define PVNET_RX_COPYBREAK_MAX	1024

/* Most descriptors that one packet may take. */
#define PVNET_TX_DESC_MAX	VMXNET3_MAX_TSO_TXD_PER_PKT
/* The queue stops when fewer are free, and starts when twice as many are. */
#define PVNET_TX_STOP		(PVNET_TX_DESC_MAX + 1)
#define PVNET_TX_WAKE		(2 * PVNET_TX_STOP)

struct pvnet;
struct pvnet_vector;
struct xsk_buff_pool;

/*
 * What a transmit slot's memory belongs to; set on a packet's last slot.  What
 * comes after PVNET_TX_SKB is of XDP.
 */
enum pvnet_tx_kind {
	PVNET_TX_FREE,		/* not the last slot of a packet */
	PVNET_TX_SKB,
	PVNET_TX_XDP,		/* frame of a redirect or of XDP_TX */
	PVNET_TX_XSK,		/* frame of an AF_XDP socket */
};

enum pvnet_tx_map {
	PVNET_MAP_NONE,		/* data ring, or mapped by the owner */
	PVNET_MAP_SINGLE,
	PVNET_MAP_PAGE,
};

struct pvnet_tx_buf {
	union {
		struct sk_buff *skb;
		struct xdp_frame *xdpf;
	};
	dma_addr_t dma;
	u32 len;
	u8 kind;		/* enum pvnet_tx_kind */
	u8 map;			/* enum pvnet_tx_map */
};

/**
 * struct pvnet_tx_stats - counters of a transmit queue, kept over ring changes
 * @syncp: for 32-bit readers; writers hold the queue's netdev_queue lock
 * @packets: packets handed to the device, segments of a TSO packet counted;
 *	frames of XDP and AF_XDP are among them
 * @bytes: their bytes
 * @doorbells: TXPROD writes
 * @tso: packets with segmentation left to the device
 * @csum: packets with their checksum left to the device
 * @copied: packets copied to the data ring
 * @linearized: packets with too many fragments
 * @dropped: packets that could not be sent
 * @stopped: times the queue was stopped because it ran full
 * @woken: times it was started again
 * @timeouts: ndo_tx_timeout calls
 * @bad_comp: completions that named no posted packet
 * @xdp_xmit: frames from XDP_TX and redirect
 * @xdp_drop: such frames that found no room
 * @xsk_xmit: frames of AF_XDP sockets
 */
struct pvnet_tx_stats {
	struct u64_stats_sync syncp;
	u64_stats_t packets;
	u64_stats_t bytes;
	u64_stats_t doorbells;
	u64_stats_t tso;
	u64_stats_t csum;
	u64_stats_t copied;
	u64_stats_t linearized;
	u64_stats_t dropped;
	u64_stats_t stopped;
	u64_stats_t woken;
	u64_stats_t timeouts;
	u64_stats_t bad_comp;
	u64_stats_t xdp_xmit;
	u64_stats_t xdp_drop;
	u64_stats_t xsk_xmit;
};

/**
 * struct pvnet_rx_stats - counters of a receive queue, kept over ring changes
 * @syncp: for 32-bit readers; the queue's NAPI poll is the only writer
 * @packets: packets given to the stack, XDP or a socket
 * @bytes: their bytes
 * @csum_good: checksum verified by the device
 * @lro: packets that the device had merged
 * @copied: small packets copied so that their buffer stayed in place
 * @errors: packets the device marked bad or cut short, or of 64 KiB or more
 * @dropped: packets for which no memory was left
 * @alloc_fail: buffers that could not be allocated
 * @skipped: buffers that the device passed over
 * @bad_comp: completions that named no posted buffer or made no sense
 * @resets: device resets that this queue asked for
 * @xdp_pass: XDP verdict
 * @xdp_drop: XDP verdict, and unknown ones
 * @xdp_tx: XDP verdict
 * @xdp_redirect: XDP verdict
 * @xdp_err: aborted programs, failed redirects and XDP_TX without room
 */
struct pvnet_rx_stats {
	struct u64_stats_sync syncp;
	u64_stats_t packets;
	u64_stats_t bytes;
	u64_stats_t csum_good;
	u64_stats_t lro;
	u64_stats_t copied;
	u64_stats_t errors;
	u64_stats_t dropped;
	u64_stats_t alloc_fail;
	u64_stats_t skipped;
	u64_stats_t bad_comp;
	u64_stats_t resets;
	u64_stats_t xdp_pass;
	u64_stats_t xdp_drop;
	u64_stats_t xdp_tx;
	u64_stats_t xdp_redirect;
	u64_stats_t xdp_err;
};

/**
 * struct pvnet_dev_stats - packets that the device lost, by its own count
 * @tx_error: not sent, because it could not
 * @tx_discard: not sent, because it would not
 * @rx_out_of_buf: not delivered, because the ring had no buffer
 * @rx_error: not delivered, because of an error
 */
struct pvnet_dev_stats {
	u64 tx_error;
	u64 tx_discard;
	u64 rx_out_of_buf;
	u64 rx_error;
};

/**
 * struct pvnet_txq - a transmit ring with its completion and data rings
 * @desc: command ring
 * @buf: what each entry of @desc carries
 * @pos: positions in @desc
 * @comp: completion ring
 * @cpos: position in @comp
 * @data: data ring, one slot of @data_size bytes for each entry of @desc
 * @data_dma: bus address of @data
 * @data_size: bytes in a slot, 0 without data ring
 * @shared: this queue's part of the queue descriptor table
 * @doorbell: TXPROD register
 * @nq: the stack's queue; its lock guards all of this structure
 * @pv: owner
 * @stats: counters
 * @vec: interrupt vector
 * @idx: queue number
 * @deferred: packets posted since the last doorbell
 * @broken: the device misbehaved; nothing is sent or completed until a reset
 * @nudged: the last timeout was answered with a doorbell
 * @xsk: AF_XDP pool with zero copy on this queue
 * @desc_dma: bus address of @desc
 * @comp_dma: bus address of @comp
 */
struct pvnet_txq {
	struct vmxnet3_tx_desc *desc;
	struct pvnet_tx_buf *buf;
	struct pvnet_cmd_pos pos;
	struct vmxnet3_tx_comp *comp;
	struct pvnet_comp_pos cpos;
	void *data;
	dma_addr_t data_dma;
	u32 data_size;
	struct vmxnet3_tx_queue_desc *shared;
	void __iomem *doorbell;
	struct netdev_queue *nq;
	struct pvnet *pv;
	struct pvnet_tx_stats *stats;
	struct pvnet_vector *vec;
	u16 idx;
	u32 deferred;
	bool broken;
	bool nudged;
	struct xsk_buff_pool *xsk;
	dma_addr_t desc_dma;
	dma_addr_t comp_dma;
};

struct pvnet_rx_buf {
	union {
		struct page *page;
		struct xdp_buff *xsk;
	};
	dma_addr_t dma;		/* where the device writes */
	u32 offset;		/* of this buffer in its page */
};

/**
 * struct pvnet_rx_ring - one of the two command rings of a receive queue
 * @desc: command ring
 * @buf: buffers posted in it
 * @pos: positions in @desc
 * @dma: bus address of @desc
 * @type: VMXNET3_RXD_BTYPE_BODY or 0 for head buffers
 * @len: bytes the device may write to each buffer
 * @headroom: bytes left free before them
 * @truesize: memory taken by a buffer
 * @active: buffers are to be posted
 */
struct pvnet_rx_ring {
	struct vmxnet3_rx_desc *desc;
	struct pvnet_rx_buf *buf;
	struct pvnet_cmd_pos pos;
	dma_addr_t dma;
	u32 type;
	u32 len;
	u32 headroom;
	u32 truesize;
	bool active;
};

/**
 * struct pvnet_xdp_buff - a packet being received
 * @xdp: must be the first member, the metadata functions cast back
 * @dw0: words of the packet's last completion, in CPU order
 * @dw1: see @dw0
 * @dw2: see @dw0
 * @dw3: see @dw0
 *
 * What follows @xdp has to fit the room that a buffer of an AF_XDP socket has
 * for the driver.
 */
struct pvnet_xdp_buff {
	struct xdp_buff xdp;
	u32 dw0;
	u32 dw1;
	u32 dw2;
	u32 dw3;
};

#define PVNET_XDP_TX_BULK	32

/**
 * struct pvnet_rxq - a receive queue
 * @ring: head buffers in 0, body buffers in 1
 * @comp: completion ring
 * @cpos: position in @comp
 * @ring_id: rqID of completions for ring 0, ring 1 and the data ring
 * @pkt: packet being received
 * @slot: where the only buffer of @pkt is in the ring, if it still is
 * @busy: between start and end of a packet
 * @sop_dw3: last word of a packet's first completion, if it has more than one
 * @pool: memory of both rings
 * @xdp_rxq: registration with XDP
 * @xsk: AF_XDP pool with zero copy on this queue
 * @data: data ring, small packets arrive here instead of in a buffer
 * @data_dma: bus address of @data
 * @data_size: bytes in a slot of @data, 0 without data ring
 * @shared: this queue's part of the queue descriptor table
 * @pv: owner
 * @stats: counters
 * @napi: NAPI instance
 * @vec: interrupt vector
 * @xdp_tx: frames that wait for the end of the poll, or for @xdp_tx_n to
 *	reach its limit
 * @xdp_tx_n: how many
 * @idx: queue number
 * @broken: the device misbehaved; nothing is received until a reset
 * @refill: retries when no memory was left
 * @comp_dma: bus address of @comp
 * @rcu: frees it, see pvnet_xsk_attach()
 *
 * The queue's NAPI poll owns all of it while the queue is up.
 */
struct pvnet_rxq {
	struct pvnet_rx_ring ring[2];
	struct vmxnet3_rx_comp *comp;
	struct pvnet_comp_pos cpos;
	u32 ring_id[3];
	struct pvnet_xdp_buff pkt;
	struct pvnet_rx_buf *slot;
	bool busy;
	u32 sop_dw3;
	struct page_pool *pool;
	struct xdp_rxq_info xdp_rxq;
	struct xsk_buff_pool *xsk;
	void *data;
	dma_addr_t data_dma;
	u32 data_size;
	struct vmxnet3_rx_queue_desc *shared;
	struct pvnet *pv;
	struct pvnet_rx_stats *stats;
	struct napi_struct *napi;
	struct pvnet_vector *vec;
	struct xdp_frame *xdp_tx[PVNET_XDP_TX_BULK];
	u32 xdp_tx_n;
	u16 idx;
	bool broken;
	struct timer_list refill;
	dma_addr_t comp_dma;
	struct rcu_head rcu;
};

/**
 * struct pvnet_moderation - interrupt moderation in software
 * @timer: runs the poll while the vector stays masked
 * @usecs: time to wait after a poll that found work, 0 unmasks at once
 * @adaptive: @usecs is chosen by @dim
 * @dim: net_dim state
 * @events: polls, for @dim
 */
struct pvnet_moderation {
	struct hrtimer timer;
	u32 usecs;
	bool adaptive;
	struct dim dim;
	u16 events;
};

/**
 * struct pvnet_napi - a NAPI instance
 * @napi: instance
 * @vec: vector it polls
 *
 * It belongs to a set of rings, because the page pools of a set are bound to
 * the instance that uses them.
 */
struct pvnet_napi {
	struct napi_struct napi;
	struct pvnet_vector *vec;
};

/**
 * struct pvnet_vector - an interrupt vector
 * @napi: poll of @tq and @rq, NULL while these are; read by the handler
 * @pv: owner
 * @tq: transmit queue served, or NULL
 * @rq: receive queue served, or NULL
 * @xsk_tq: transmit queue with a vector of its own whose AF_XDP socket polls
 *	this one, or NULL
 * @mod: moderation
 * @irq: Linux interrupt number
 * @idx: device's interrupt index
 * @requested: the interrupt is requested
 * @armed: the vector is unmasked for @tq alone; the queue's lock
 * @name: as in /proc/interrupts
 */
struct pvnet_vector {
	struct napi_struct *napi;
	struct pvnet *pv;
	struct pvnet_txq *tq;
	struct pvnet_rxq *rq;
	struct pvnet_txq *xsk_tq;
	struct pvnet_moderation mod;
	int irq;
	u8 idx;
	bool requested;
	bool armed;
	char name[IFNAMSIZ + 16];
};

/* How vectors are dealt out. */
enum pvnet_irq_mode {
	PVNET_IRQ_SPLIT,	/* MSI-X: events, each tx queue, each rx queue */
	PVNET_IRQ_PAIR,		/* MSI-X: events, each pair */
	PVNET_IRQ_SHARED,	/* MSI or INTx: one for all, one queue pair */
};

/**
 * struct pvnet_cfg - everything that shapes the rings
 * @num_txq: transmit queues
 * @num_rxq: receive queues
 * @tx_size: entries of a transmit ring
 * @rx_size: entries of a receive ring 0
 * @rx2_size: entries of a receive ring 1, when it is in use
 * @mtu: largest payload, bytes
 * @xdp: an XDP program is attached
 * @lro: the device may merge packets
 * @rxcsum: the device verifies checksums
 * @rxvlan: the device strips VLAN tags
 */
struct pvnet_cfg {
	u32 num_txq;
	u32 num_rxq;
	u32 tx_size;
	u32 rx_size;
	u32 rx2_size;
	u32 mtu;
	bool xdp;
	bool lro;
	bool rxcsum;
	bool rxvlan;
};

/**
 * struct pvnet_queues - a set of rings made for one configuration
 * @cfg: what it was made for
 * @tx: transmit queues
 * @rx: receive queues
 * @napi: NAPI instances, by vector index
 */
struct pvnet_queues {
	struct pvnet_cfg cfg;
	struct pvnet_txq *tx[PVNET_MAX_QUEUES];
	struct pvnet_rxq *rx[PVNET_MAX_QUEUES];
	struct pvnet_napi napi[PVNET_MAX_VECTORS];
};

/**
 * struct pvnet_dev_ops - what differs between device versions
 * @version: device version these are for
 * @features: netdev features on top of those every version has
 * @enc_features: the same for encapsulated packets
 * @max_rxq: receive queues that carry traffic
 * @rss: indirection table and key are there
 * @rx_data_ring: receive data rings are there
 * @device_coalesce: SET_COALESCE is there
 * @rss_fields: SET_RSS_FIELDS is there
 * @om_encap: VMXNET3_OM_ENCAP is legal
 * @tx_data_size: bytes of a transmit data ring slot
 * @lro_size: size of a merged packet's segments, from the last word of its first
 *	completion; 0 if the device does not tell
 *
 * Chosen once at probe.
 */
struct pvnet_dev_ops {
	unsigned int version;
	netdev_features_t features;
	netdev_features_t enc_features;
	unsigned int max_rxq;
	bool rss;
	bool rx_data_ring;
	bool device_coalesce;
	bool rss_fields;
	bool om_encap;
	u32 (*tx_data_size)(struct pvnet *pv);
	u32 (*lro_size)(u32 dw3);
};

/**
 * struct pvnet_bus_ops - how control registers are reached
 * @read: read a BAR 1 register
 * @write: write a BAR 1 register
 *
 * The hardware is the one implementation in use; the KUnit device model is
 * the other.
 */
struct pvnet_bus_ops {
	u32 (*read)(struct pvnet *pv, u32 reg);
	void (*write)(struct pvnet *pv, u32 reg, u32 val);
};

enum pvnet_state {
	PVNET_UP,		/* the device is active and the queues run */
	PVNET_GONE,		/* the device does not answer any more */
	PVNET_RESET_PENDING,	/* reset_work is to reset the device */
	PVNET_CARRIER_PENDING,	/* event_work is to read the link state */
};

/**
 * struct pvnet - a device
 * @dev: network device
 * @pdev: PCI function, NULL in KUnit tests
 * @dma_dev: device for DMA
 * @ops: differences of the device version
 * @bus: access to control registers
 * @bar0: doorbells and interrupt masks
 * @bar1: control registers
 * @txq: transmit queues while up
 * @prog: XDP program, read under RCU
 * @xsk: AF_XDP pools with zero copy, by queue number; rtnl
 * @queues: rings while the interface is open; rtnl
 * @cfg: configuration for the next open, or in use; rtnl
 * @rx_copybreak: receive packets up to this size are copied, bytes
 * @state: bits of enum pvnet_state
 * @cmd_lock: one command at a time, with the parts of @shared it reads
 * @shared: DriverShared
 * @shared_dma: its bus address
 * @txd: queue descriptor table, transmit queues first
 * @qd_dma: its bus address
 * @mc: multicast table
 * @mc_dma: its bus address
 * @pm_conf: wake-up settings
 * @pm_dma: their bus address
 * @rss_conf: RSS key and table, as the device reads it
 * @rss_dma: its bus address
 * @coal_conf: device coalescing, as the device reads it
 * @coal_dma: its bus address
 * @rss_fields: VMXNET3_RSS_FIELDS_*, version 4
 * @rss_indir: RSS table as it was set last; @rss_conf has what became of it
 * @rss_indir_size: its entries, 0 if none was set
 * @vec: interrupt vectors
 * @num_vec: how many
 * @irq_mode: how they are dealt out
 * @msi: MSI or MSI-X is in use
 * @auto_mask: the device masks a vector when it sends a message
 * @max_queues: most queue pairs
 * @event_work: handles link changes
 * @reset_work: resets the device
 * @last_reset: when it last did, jiffies
 * @speed: link speed, Mb/s
 * @wol: WAKE_* that are on
 * @vlans: VLANs to receive
 * @tx_stats: counters by queue number
 * @rx_stats: counters by queue number
 * @dev_stats: what the device counted in earlier activations, by queue number;
 *	cmd_lock
 * @dev_counts: it counts in @queues; cmd_lock
 * @resets: resets of the device
 */
struct pvnet {
	struct net_device *dev;
	struct pci_dev *pdev;
	struct device *dma_dev;
	const struct pvnet_dev_ops *ops;
	const struct pvnet_bus_ops *bus;
	void __iomem *bar0;
	void __iomem *bar1;
	struct pvnet_txq *txq[PVNET_MAX_QUEUES];
	struct bpf_prog __rcu *prog;
	struct xsk_buff_pool *xsk[PVNET_MAX_QUEUES];

	struct pvnet_queues *queues;
	struct pvnet_cfg cfg;
	u32 rx_copybreak;
	unsigned long state;

	spinlock_t cmd_lock;	/* see above */
	struct vmxnet3_driver_shared *shared;
	dma_addr_t shared_dma;
	struct vmxnet3_tx_queue_desc *txd;
	dma_addr_t qd_dma;
	u8 *mc;
	dma_addr_t mc_dma;
	struct vmxnet3_pm_conf *pm_conf;
	dma_addr_t pm_dma;
	struct upt1_rss_conf *rss_conf;
	dma_addr_t rss_dma;
	struct vmxnet3_coal_conf *coal_conf;
	dma_addr_t coal_dma;
	u32 rss_fields;
	u8 rss_indir[UPT1_RSS_INDIR_MAX];
	u32 rss_indir_size;

	struct pvnet_vector vec[PVNET_MAX_VECTORS];
	unsigned int num_vec;
	enum pvnet_irq_mode irq_mode;
	bool msi;
	bool auto_mask;
	unsigned int max_queues;
	struct work_struct event_work;
	struct delayed_work reset_work;
	unsigned long last_reset;
	u32 speed;
	u32 wol;
	DECLARE_BITMAP(vlans, VLAN_N_VID);

	struct pvnet_tx_stats tx_stats[PVNET_MAX_QUEUES];
	struct pvnet_rx_stats rx_stats[PVNET_MAX_QUEUES];
	struct pvnet_dev_stats dev_stats[PVNET_MAX_QUEUES];
	bool dev_counts;
	u64 resets;
};

/* main.c: set-up, shared with the tests */
void pvnet_init_netdev(struct pvnet *pv);
void pvnet_init_settings(struct pvnet *pv);

/* dev.c: life of the interface */
extern const struct net_device_ops pvnet_netdev_ops;
int pvnet_up(struct pvnet *pv, struct pvnet_queues *q);
void pvnet_down(struct pvnet *pv);
int pvnet_reconfigure(struct pvnet *pv, const struct pvnet_cfg *cfg);
netdev_features_t pvnet_fix_features(struct net_device *dev,
				     netdev_features_t features);
void pvnet_schedule_reset(struct pvnet *pv);
void pvnet_reset_work(struct work_struct *work);
void pvnet_event_work(struct work_struct *work);
bool pvnet_detach_for_sleep(struct pvnet *pv, bool listen);
int pvnet_attach_after_sleep(struct pvnet *pv);

/* queue.c: memory of the rings */
struct pvnet_queues *pvnet_queues_alloc(struct pvnet *pv,
					const struct pvnet_cfg *cfg);
void pvnet_queues_free(struct pvnet *pv, struct pvnet_queues *q);
void pvnet_queues_return_xsk(struct pvnet_queues *q);
void pvnet_queues_rewind(struct pvnet_queues *q);

/* share.c: memory that the device reads its configuration from */
int pvnet_share_alloc(struct pvnet *pv);
void pvnet_share_free(struct pvnet *pv);
void pvnet_share_fill(struct pvnet *pv, struct pvnet_queues *q);

/* irq.c */
int pvnet_irq_alloc(struct pvnet *pv);
void pvnet_irq_free(struct pvnet *pv);
int pvnet_irq_request(struct pvnet *pv);
void pvnet_irq_release(struct pvnet *pv);
void pvnet_irq_bind(struct pvnet *pv, struct pvnet_queues *q);
void pvnet_irq_unbind(struct pvnet *pv);
void pvnet_irq_start(struct pvnet *pv);
void pvnet_irq_stop(struct pvnet *pv);
struct pvnet_vector *pvnet_irq_tx_vector(struct pvnet *pv, unsigned int idx);
struct pvnet_vector *pvnet_irq_rx_vector(struct pvnet *pv, unsigned int idx);
int pvnet_poll(struct napi_struct *napi, int budget);

/* filter.c */
void pvnet_set_rx_mode(struct net_device *dev);
int pvnet_vlan_add(struct net_device *dev, __be16 proto, u16 vid);
int pvnet_vlan_kill(struct net_device *dev, __be16 proto, u16 vid);
void pvnet_write_mac(struct pvnet *pv, const u8 *mac);
void pvnet_filter_restore(struct pvnet *pv);

/* stats.c */
extern const struct netdev_stat_ops pvnet_stat_ops;
void pvnet_get_stats64(struct net_device *dev, struct rtnl_link_stats64 *s);
int pvnet_stats_count(struct pvnet *pv);
void pvnet_stats_strings(struct pvnet *pv, u8 *data);
void pvnet_stats_values(struct pvnet *pv, u64 *data);

/* dev_stats.c */
void pvnet_dev_stats_start(struct pvnet *pv);
void pvnet_dev_stats_stop(struct pvnet *pv);
void pvnet_dev_stats_get(struct pvnet *pv, struct pvnet_dev_stats *st);

/* ethtool.c */
extern const struct ethtool_ops pvnet_ethtool_ops;

/* versions.c */
const struct pvnet_dev_ops *pvnet_dev_ops_get(unsigned int version);

#endif /* _PVNET_H */
