/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vmxnet3 device ABI, versions 1 to 4: numbers and memory layouts only.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Facts: drivers/net/vmxnet3/vmxnet3_defs.h and upt1_defs.h of the kernel
 * tree, whose register and field names are kept.  Everything in memory is
 * little endian; bit fields are given as masks over the containing word.
 */
#ifndef _PVNET_ABI_H
#define _PVNET_ABI_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/types.h>

#define VMXNET3_PCI_DEVICE	0x07b0	/* vendor PCI_VENDOR_ID_VMWARE */

/* BAR 0: doorbells and interrupt masks, one 8-byte slot per queue or vector */
#define VMXNET3_REG_IMR		0x000	/* interrupt mask, 1 masks */
#define VMXNET3_REG_TXPROD	0x600	/* transmit producer index */
#define VMXNET3_REG_RXPROD	0x800	/* receive producer index, ring 0 */
#define VMXNET3_REG_RXPROD2	0xa00	/* receive producer index, ring 1 */
#define VMXNET3_REG_STRIDE	8
#define VMXNET3_BAR0_SIZE	0x1000

/* BAR 1: control */
#define VMXNET3_REG_VRRS	0x00	/* device revisions: read mask, write one */
#define VMXNET3_REG_UVRS	0x08	/* UPT revisions */
#define VMXNET3_REG_DSAL	0x10	/* DriverShared address, low half */
#define VMXNET3_REG_DSAH	0x18	/* DriverShared address, high half */
#define VMXNET3_REG_CMD		0x20	/* command; reads as the result */
#define VMXNET3_REG_MACL	0x28	/* MAC address bytes 0-3 */
#define VMXNET3_REG_MACH	0x30	/* MAC address bytes 4-5 */
#define VMXNET3_REG_ICR		0x38	/* INTx cause, cleared by reading */
#define VMXNET3_REG_ECR		0x40	/* event cause, write to acknowledge */
#define VMXNET3_BAR1_SIZE	0x1000

enum vmxnet3_cmd {
	VMXNET3_CMD_ACTIVATE_DEV	= 0xcafe0000,
	VMXNET3_CMD_QUIESCE_DEV		= 0xcafe0001,
	VMXNET3_CMD_RESET_DEV		= 0xcafe0002,
	VMXNET3_CMD_UPDATE_RX_MODE	= 0xcafe0003,
	VMXNET3_CMD_UPDATE_MAC_FILTERS	= 0xcafe0004,
	VMXNET3_CMD_UPDATE_VLAN_FILTERS	= 0xcafe0005,
	VMXNET3_CMD_UPDATE_RSSIDT	= 0xcafe0006,
	VMXNET3_CMD_UPDATE_IML		= 0xcafe0007,
	VMXNET3_CMD_UPDATE_PMCFG	= 0xcafe0008,
	VMXNET3_CMD_UPDATE_FEATURE	= 0xcafe0009,
	VMXNET3_CMD_SET_COALESCE	= 0xcafe000e,	/* version 3 */
	VMXNET3_CMD_SET_RSS_FIELDS	= 0xcafe0010,	/* version 4 */

	VMXNET3_CMD_GET_QUEUE_STATUS	= 0xf00d0000,
	VMXNET3_CMD_GET_STATS		= 0xf00d0001,
	VMXNET3_CMD_GET_LINK		= 0xf00d0002,
	VMXNET3_CMD_GET_PERM_MAC_LO	= 0xf00d0003,
	VMXNET3_CMD_GET_PERM_MAC_HI	= 0xf00d0004,
	VMXNET3_CMD_GET_DID_LO		= 0xf00d0005,
	VMXNET3_CMD_GET_DID_HI		= 0xf00d0006,
	VMXNET3_CMD_GET_CONF_INTR	= 0xf00d0008,
	VMXNET3_CMD_GET_TXDATA_DESC_SIZE = 0xf00d000a,	/* version 3 */
	VMXNET3_CMD_GET_COALESCE	= 0xf00d000b,	/* version 3 */
	VMXNET3_CMD_GET_RSS_FIELDS	= 0xf00d000c,	/* version 4 */
};

/* GET_CONF_INTR */
#define VMXNET3_CONF_INTR_TYPE		GENMASK(1, 0)
#define VMXNET3_CONF_INTR_MASK_MODE	GENMASK(3, 2)
enum { VMXNET3_IT_AUTO, VMXNET3_IT_INTX, VMXNET3_IT_MSI, VMXNET3_IT_MSIX };
enum { VMXNET3_IMM_AUTO, VMXNET3_IMM_ACTIVE, VMXNET3_IMM_LAZY };

/* GET_LINK */
#define VMXNET3_LINK_UP		BIT(0)
#define VMXNET3_LINK_SPEED	GENMASK(31, 16)	/* Mb/s */

/* DriverShared.ecr and ECR register */
#define VMXNET3_ECR_RQERR	BIT(0)
#define VMXNET3_ECR_TQERR	BIT(1)
#define VMXNET3_ECR_LINK	BIT(2)
#define VMXNET3_ECR_DIC		BIT(3)
#define VMXNET3_ECR_DEBUG	BIT(4)

/* Limits */
#define VMXNET3_RING_ALIGN		512	/* bytes, ring base */
#define VMXNET3_RING_SIZE_ALIGN		32	/* entries */
#define VMXNET3_QUEUE_DESC_ALIGN	128
#define VMXNET3_TX_RING_MAX		4096
#define VMXNET3_RX_RING_MAX		4096
#define VMXNET3_RC_RING_MAX		8192
#define VMXNET3_MAX_TX_QUEUES		8
#define VMXNET3_MAX_RX_QUEUES		16
#define VMXNET3_MAX_INTRS		25	/* one of them for events */
#define VMXNET3_MAX_TX_BUF		BIT(14)	/* TxDesc.len 0 means this */
#define VMXNET3_MAX_RX_BUF		(BIT(14) - 1)
#define VMXNET3_MAX_TXD_PER_PKT		16
#define VMXNET3_MAX_TSO_TXD_PER_PKT	24
#define VMXNET3_MAX_CSUM_OFFSET		1024
#define VMXNET3_MIN_MTU			60
#define VMXNET3_MAX_MTU			9000
#define VMXNET3_TXDATA_DESC_SIZE	128	/* fixed below version 3 */
#define VMXNET3_DATA_DESC_ALIGN		64
#define VMXNET3_DATA_DESC_MAX		2048

/**
 * struct vmxnet3_tx_desc - transmit descriptor
 * @addr: bus address of the buffer
 * @dw2: VMXNET3_TXD_LEN and the generation bit, which hands the entry over
 * @dw3: offload, end of packet and VLAN; all but EOP and CQ count only on the
 *	first descriptor of a packet
 */
struct vmxnet3_tx_desc {
	__le64 addr;
	__le32 dw2;
	__le32 dw3;
};

static_assert(sizeof(struct vmxnet3_tx_desc) == 16);

#define VMXNET3_TXD_LEN		GENMASK(13, 0)
#define VMXNET3_TXD_GEN_SHIFT	14
#define VMXNET3_TXD_GEN		BIT(VMXNET3_TXD_GEN_SHIFT)
#define VMXNET3_TXD_OCO		BIT(15)		/* outer checksum, version 4 */
#define VMXNET3_TXD_MSSCOF	GENMASK(31, 18)	/* MSS or checksum offset */

#define VMXNET3_TXD_HLEN	GENMASK(9, 0)
#define VMXNET3_TXD_OM		GENMASK(11, 10)
#define VMXNET3_TXD_EOP		BIT(12)
#define VMXNET3_TXD_CQ		BIT(13)
#define VMXNET3_TXD_TI		BIT(15)
#define VMXNET3_TXD_TCI_SHIFT	16
#define VMXNET3_TXD_TCI		GENMASK(31, 16)

/*
 * Tunnels that a device with VMXNET3_OM_ENCAP looks into are told by these UDP
 * ports alone (drivers/net/vmxnet3, vmxnet3_features_check()).
 */
#define VMXNET3_PORT_VXLAN	4789
#define VMXNET3_PORT_VXLAN_OLD	8472
#define VMXNET3_PORT_GENEVE	6081

/* TxDesc.om; ENCAP is legal from version 4 on, and aborts QEMU below */
enum vmxnet3_om {
	VMXNET3_OM_NONE,
	VMXNET3_OM_ENCAP,
	VMXNET3_OM_CSUM,
	VMXNET3_OM_TSO,
};

/**
 * struct vmxnet3_tx_comp - transmit completion
 * @dw0: VMXNET3_TCD_TXIDX, index of the packet's last descriptor
 * @dw1: reserved
 * @dw2: reserved
 * @dw3: completion type and generation bit
 */
struct vmxnet3_tx_comp {
	__le32 dw0;
	__le32 dw1;
	__le32 dw2;
	__le32 dw3;
};

static_assert(sizeof(struct vmxnet3_tx_comp) == 16);

#define VMXNET3_TCD_TXIDX	GENMASK(11, 0)

/* Last word of every completion */
#define VMXNET3_CD_TYPE		GENMASK(30, 24)
#define VMXNET3_CD_GEN_SHIFT	31
#define VMXNET3_CD_GEN		BIT(VMXNET3_CD_GEN_SHIFT)
#define VMXNET3_CDTYPE_TXCOMP		0
#define VMXNET3_CDTYPE_RXCOMP		3
#define VMXNET3_CDTYPE_RXCOMP_LRO	4	/* version 2 */

/**
 * struct vmxnet3_rx_desc - receive descriptor
 * @addr: bus address of the buffer
 * @dw2: length, buffer type and the generation bit
 * @dw3: reserved
 */
struct vmxnet3_rx_desc {
	__le64 addr;
	__le32 dw2;
	__le32 dw3;
};

static_assert(sizeof(struct vmxnet3_rx_desc) == 16);

#define VMXNET3_RXD_LEN		GENMASK(13, 0)
#define VMXNET3_RXD_BTYPE_BODY	BIT(14)		/* clear: head, ring 0 only */
#define VMXNET3_RXD_GEN_SHIFT	31
#define VMXNET3_RXD_GEN		BIT(VMXNET3_RXD_GEN_SHIFT)

/**
 * struct vmxnet3_rx_comp - receive completion, one for each buffer used
 * @dw0: buffer index, ring, start and end of packet, RSS type
 * @dw1: RSS hash; with VMXNET3_CDTYPE_RXCOMP_LRO the segment count
 * @dw2: length in this buffer, error, stripped VLAN tag
 * @dw3: checksum state (or MSS with VMXNET3_CDTYPE_RXCOMP_LRO), protocol
 *	bits, type and generation bit
 */
struct vmxnet3_rx_comp {
	__le32 dw0;
	__le32 dw1;
	__le32 dw2;
	__le32 dw3;
};

static_assert(sizeof(struct vmxnet3_rx_comp) == 16);

#define VMXNET3_RCD_RXDIDX	GENMASK(11, 0)
#define VMXNET3_RCD_INNER	BIT(12)		/* bits are of the inner header */
#define VMXNET3_RCD_EOP		BIT(14)
#define VMXNET3_RCD_SOP		BIT(15)
#define VMXNET3_RCD_RQID_SHIFT	16
#define VMXNET3_RCD_RQID	GENMASK(25, 16)
#define VMXNET3_RCD_RSS_TYPE	GENMASK(29, 26)
#define VMXNET3_RCD_CNC		BIT(30)		/* checksum not calculated */

#define VMXNET3_RCD_SEGCNT	GENMASK(7, 0)	/* of dw1 */

#define VMXNET3_RCD_LEN		GENMASK(13, 0)
#define VMXNET3_RCD_ERR		BIT(14)
#define VMXNET3_RCD_TS		BIT(15)		/* VLAN tag is stripped */
#define VMXNET3_RCD_TCI		GENMASK(31, 16)

#define VMXNET3_RCD_CSUM	GENMASK(15, 0)	/* or MSS */
#define VMXNET3_RCD_TUC		BIT(16)		/* TCP/UDP checksum correct */
#define VMXNET3_RCD_UDP		BIT(17)
#define VMXNET3_RCD_TCP		BIT(18)
#define VMXNET3_RCD_IPC		BIT(19)		/* IP checksum correct */
#define VMXNET3_RCD_V6		BIT(20)
#define VMXNET3_RCD_V4		BIT(21)
#define VMXNET3_RCD_FRG		BIT(22)
#define VMXNET3_RCD_FCS		BIT(23)

enum vmxnet3_rss_type {
	VMXNET3_RSS_TYPE_NONE,
	VMXNET3_RSS_TYPE_IPV4,
	VMXNET3_RSS_TYPE_TCPIPV4,
	VMXNET3_RSS_TYPE_IPV6,
	VMXNET3_RSS_TYPE_TCPIPV6,
	VMXNET3_RSS_TYPE_UDPIPV4,
	VMXNET3_RSS_TYPE_UDPIPV6,
	VMXNET3_RSS_TYPE_ESPIPV4,
	VMXNET3_RSS_TYPE_ESPIPV6,
	VMXNET3_RSS_TYPES,
};

/* DriverShared: the driver's half of the contract, in host-visible memory */
#define VMXNET3_REV1_MAGIC	0xbabefee1

#define VMXNET3_GOS_BITS_32	1
#define VMXNET3_GOS_BITS_64	2
#define VMXNET3_GOS_TYPE_LINUX	BIT(2)

#define UPT1_F_RXCSUM		BIT(0)
#define UPT1_F_RSS		BIT(1)
#define UPT1_F_RXVLAN		BIT(2)	/* strip VLAN tags */
#define UPT1_F_LRO		BIT(3)
#define UPT1_F_RXINNEROFLD	BIT(4)	/* version 4 */

struct vmxnet3_misc_conf {
	__le32 version;			/* of the driver */
	__le32 gos;			/* guest operating system */
	__le32 rev_spt;			/* device revision mask in use */
	__le32 upt_ver_spt;
	__le64 upt_features;
	__le64 dd_pa;			/* driver data, unused */
	__le64 queue_desc_pa;
	__le32 dd_len;
	__le32 queue_desc_len;
	__le32 mtu;
	__le16 max_rx_sg;		/* buffers per received packet */
	u8 num_tx_queues;
	u8 num_rx_queues;
	__le32 reserved[4];
};

static_assert(sizeof(struct vmxnet3_misc_conf) == 72);

#define VMXNET3_IC_DISABLE_ALL	BIT(0)
#define UPT1_IML_ADAPTIVE	8

struct vmxnet3_intr_conf {
	u8 auto_mask;
	u8 num_intrs;
	u8 event_intr_idx;
	u8 mod_levels[VMXNET3_MAX_INTRS];
	__le32 intr_ctrl;
	__le32 reserved[2];
};

static_assert(sizeof(struct vmxnet3_intr_conf) == 40);

#define VMXNET3_RXM_UCAST	BIT(0)
#define VMXNET3_RXM_MCAST	BIT(1)
#define VMXNET3_RXM_BCAST	BIT(2)
#define VMXNET3_RXM_ALL_MULTI	BIT(3)
#define VMXNET3_RXM_PROMISC	BIT(4)
#define VMXNET3_VFT_WORDS	(4096 / 32)

struct vmxnet3_rx_filter_conf {
	__le32 rx_mode;
	__le16 mf_table_len;		/* bytes */
	__le16 pad;
	__le64 mf_table_pa;
	__le32 vf_table[VMXNET3_VFT_WORDS];
};

static_assert(sizeof(struct vmxnet3_rx_filter_conf) == 528);

struct vmxnet3_var_conf {
	__le32 ver;
	__le32 len;
	__le64 pa;
};

static_assert(sizeof(struct vmxnet3_var_conf) == 16);

union vmxnet3_cmd_info {
	struct vmxnet3_var_conf var_conf;
	__le32 rss_fields;		/* VMXNET3_RSS_FIELDS_* */
	__le64 data[2];
};

static_assert(sizeof(union vmxnet3_cmd_info) == 16);

struct vmxnet3_driver_shared {
	__le32 magic;
	__le32 size;
	struct vmxnet3_misc_conf misc;
	struct vmxnet3_intr_conf intr;
	struct vmxnet3_rx_filter_conf rx_filter;
	struct vmxnet3_var_conf rss_conf;
	struct vmxnet3_var_conf pm_conf;
	struct vmxnet3_var_conf plugin_conf;
	__le32 ecr;
	__le32 reserved;
	union vmxnet3_cmd_info cmd_info;
};

static_assert(sizeof(struct vmxnet3_driver_shared) == 720);
static_assert(offsetof(struct vmxnet3_driver_shared, ecr) == 696);

struct vmxnet3_queue_status {
	u8 stopped;
	u8 pad[3];
	__le32 error;			/* VMXNET3_ERR_* */
};

#define VMXNET3_ERR_NOEOP		0x80000000
#define VMXNET3_ERR_TXD_REUSE		0x80000001
#define VMXNET3_ERR_BIG_PKT		0x80000002
#define VMXNET3_ERR_DESC_NOT_SPT	0x80000003
#define VMXNET3_ERR_SMALL_BUF		0x80000004
#define VMXNET3_ERR_STRESS		0x80000005
#define VMXNET3_ERR_SWITCH		0x80000006
#define VMXNET3_ERR_TXD_INVALID		0x80000007

struct vmxnet3_tx_stats {
	__le64 tso_pkts;
	__le64 tso_bytes;
	__le64 ucast_pkts;
	__le64 ucast_bytes;
	__le64 mcast_pkts;
	__le64 mcast_bytes;
	__le64 bcast_pkts;
	__le64 bcast_bytes;
	__le64 error;
	__le64 discard;
};

struct vmxnet3_rx_stats {
	__le64 lro_pkts;
	__le64 lro_bytes;
	__le64 ucast_pkts;
	__le64 ucast_bytes;
	__le64 mcast_pkts;
	__le64 mcast_bytes;
	__le64 bcast_pkts;
	__le64 bcast_bytes;
	__le64 out_of_buf;
	__le64 error;
};

struct vmxnet3_tx_queue_desc {
	/* control */
	__le32 num_deferred;		/* packets posted since the doorbell */
	__le32 threshold;		/* written by the device */
	__le64 reserved0;
	/* configuration */
	__le64 ring_pa;
	__le64 data_ring_pa;
	__le64 comp_ring_pa;
	__le64 dd_pa;
	__le64 reserved1;
	__le32 ring_size;
	__le32 data_ring_size;
	__le32 comp_ring_size;
	__le32 dd_len;
	u8 intr_idx;
	u8 pad1;
	__le16 data_desc_size;		/* version 3 */
	u8 pad2[4];
	/* written by the device in answer to a GET command */
	struct vmxnet3_queue_status status;
	struct vmxnet3_tx_stats stats;
	u8 pad3[88];
};

static_assert(sizeof(struct vmxnet3_tx_queue_desc) == 256);
static_assert(offsetof(struct vmxnet3_tx_queue_desc, intr_idx) == 72);
static_assert(offsetof(struct vmxnet3_tx_queue_desc, stats) == 88);

struct vmxnet3_rx_queue_desc {
	/* control */
	u8 update_rx_prod;		/* device wants RXPROD writes */
	u8 pad0[7];
	__le64 reserved0;
	/* configuration */
	__le64 ring_pa[2];
	__le64 comp_ring_pa;
	__le64 dd_pa;
	__le64 data_ring_pa;		/* version 3 */
	__le32 ring_size[2];
	__le32 comp_ring_size;
	__le32 dd_len;
	u8 intr_idx;
	u8 pad1;
	__le16 data_desc_size;		/* version 3 */
	u8 pad2[4];
	struct vmxnet3_queue_status status;
	struct vmxnet3_rx_stats stats;
	u8 pad3[88];
};

static_assert(sizeof(struct vmxnet3_rx_queue_desc) == 256);
static_assert(offsetof(struct vmxnet3_rx_queue_desc, intr_idx) == 72);
static_assert(offsetof(struct vmxnet3_rx_queue_desc, stats) == 88);

/* RSS, DriverShared.rss_conf */
#define UPT1_RSS_HASH_TYPE_IPV4		0x01
#define UPT1_RSS_HASH_TYPE_TCP_IPV4	0x02
#define UPT1_RSS_HASH_TYPE_IPV6		0x04
#define UPT1_RSS_HASH_TYPE_TCP_IPV6	0x08
#define UPT1_RSS_HASH_FUNC_TOEPLITZ	0x01
#define UPT1_RSS_KEY_SIZE		40
#define UPT1_RSS_INDIR_MAX		128

struct upt1_rss_conf {
	__le16 hash_type;
	__le16 hash_func;
	__le16 key_size;
	__le16 indir_size;
	u8 key[UPT1_RSS_KEY_SIZE];
	u8 indir[UPT1_RSS_INDIR_MAX];
};

static_assert(sizeof(struct upt1_rss_conf) == 176);

/* SET_RSS_FIELDS and GET_RSS_FIELDS, version 4 */
#define VMXNET3_RSS_FIELDS_TCPIP4	BIT(0)
#define VMXNET3_RSS_FIELDS_TCPIP6	BIT(1)
#define VMXNET3_RSS_FIELDS_UDPIP4	BIT(2)
#define VMXNET3_RSS_FIELDS_UDPIP6	BIT(3)
#define VMXNET3_RSS_FIELDS_ESPIP4	BIT(4)
#define VMXNET3_RSS_FIELDS_ESPIP6	BIT(5)

/* SET_COALESCE and GET_COALESCE, version 3 */
enum vmxnet3_coal_mode {
	VMXNET3_COALESCE_DISABLED,
	VMXNET3_COALESCE_ADAPT,
	VMXNET3_COALESCE_STATIC,
	VMXNET3_COALESCE_RBC,		/* rate based */
};

#define VMXNET3_COAL_STATIC_MAX_DEPTH	128
#define VMXNET3_COAL_RBC_MIN_RATE	100	/* interrupts per second */
#define VMXNET3_COAL_RBC_MAX_RATE	100000

struct vmxnet3_coal_conf {
	__le32 mode;
	union {
		__le32 rbc_rate;
		struct {
			__le32 tx_depth;
			__le32 tx_comp_depth;
			__le32 rx_depth;
		};
	};
};

static_assert(sizeof(struct vmxnet3_coal_conf) == 16);

/* Wake on LAN, DriverShared.pm_conf */
#define VMXNET3_PM_WAKEUP_MAGIC		BIT(0)
#define VMXNET3_PM_WAKEUP_FILTER	BIT(1)
#define VMXNET3_PM_MAX_FILTERS		6
#define VMXNET3_PM_PATTERN_SIZE		128
#define VMXNET3_PM_MASK_SIZE		(VMXNET3_PM_PATTERN_SIZE / 8)

struct vmxnet3_pm_filter {
	u8 mask_size;
	u8 pattern_size;
	u8 mask[VMXNET3_PM_MASK_SIZE];
	u8 pattern[VMXNET3_PM_PATTERN_SIZE];
	u8 pad[6];
};

static_assert(sizeof(struct vmxnet3_pm_filter) == 152);

struct vmxnet3_pm_conf {
	__le16 wake_up_events;
	u8 num_filters;
	u8 pad[5];
	struct vmxnet3_pm_filter filters[VMXNET3_PM_MAX_FILTERS];
};

static_assert(sizeof(struct vmxnet3_pm_conf) == 920);

#endif /* _PVNET_ABI_H */
