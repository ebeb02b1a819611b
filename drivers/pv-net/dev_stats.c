// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the device counted: packets that it lost, and the driver never saw.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * It counts in the descriptors of the queues, and from its activation on.  What
 * was counted before a reset or a change of rings is kept here.
 */
#include "regs.h"

/* Asks the device, and adds what it counted since its activation to @st. */
static void pvnet_dev_stats_add(struct pvnet *pv, struct pvnet_dev_stats *st)
{
	const struct pvnet_queues *q = pv->queues;
	u32 i;

	/* writes them before the register write ends, as in-tree vmxnet3 expects */
	pvnet_cmd(pv, VMXNET3_CMD_GET_STATS);
	for (i = 0; i < q->cfg.num_txq; i++) {
		const struct vmxnet3_tx_stats *tx = &q->tx[i]->shared->stats;

		st[i].tx_error += le64_to_cpu(READ_ONCE(tx->error));
		st[i].tx_discard += le64_to_cpu(READ_ONCE(tx->discard));
	}
	for (i = 0; i < q->cfg.num_rxq; i++) {
		const struct vmxnet3_rx_stats *rx = &q->rx[i]->shared->stats;

		st[i].rx_out_of_buf += le64_to_cpu(READ_ONCE(rx->out_of_buf));
		st[i].rx_error += le64_to_cpu(READ_ONCE(rx->error));
	}
}

/**
 * pvnet_dev_stats_start - the device counts in pvnet.queues from now on
 * @pv: device, which has just been activated
 *
 * Context: rtnl; takes pvnet.cmd_lock.
 */
void pvnet_dev_stats_start(struct pvnet *pv)
{
	spin_lock_bh(&pv->cmd_lock);
	pv->dev_counts = true;
	spin_unlock_bh(&pv->cmd_lock);
}

/**
 * pvnet_dev_stats_stop - keep what the device counted since its activation
 * @pv: device, which is about to be quiesced
 *
 * Context: rtnl; the caller holds pvnet.cmd_lock.
 */
void pvnet_dev_stats_stop(struct pvnet *pv)
{
	lockdep_assert_held(&pv->cmd_lock);

	if (pv->dev_counts)
		pvnet_dev_stats_add(pv, pv->dev_stats);
	pv->dev_counts = false;
}

/**
 * pvnet_dev_stats_get - what the device lost so far
 * @pv: device
 * @st: %PVNET_MAX_QUEUES of them, by queue number
 *
 * Context: does not sleep; takes pvnet.cmd_lock.
 */
void pvnet_dev_stats_get(struct pvnet *pv, struct pvnet_dev_stats *st)
{
	spin_lock_bh(&pv->cmd_lock);
	memcpy(st, pv->dev_stats, sizeof(pv->dev_stats));
	if (pv->dev_counts)
		pvnet_dev_stats_add(pv, st);
	spin_unlock_bh(&pv->cmd_lock);
}
