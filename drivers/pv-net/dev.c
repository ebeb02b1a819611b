// SPDX-License-Identifier: GPL-2.0-only
/*
 * Life of the interface: up, down, change of rings, reset.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * All of it runs under rtnl.  A set of rings is either known to the device and
 * running (PVNET_UP), or neither.
 */
#include <linux/etherdevice.h>

#include "coalesce.h"
#include "regs.h"
#include "rss.h"
#include "rx.h"
#include "tx.h"
#include "xdp.h"
#include "xsk.h"

/* A device that breaks its queues again and again is not reset more often. */
#define PVNET_RESET_INTERVAL	HZ

static void pvnet_read_link(struct pvnet *pv)
{
	u32 link;

	if (pvnet_cmd_get(pv, VMXNET3_CMD_GET_LINK, &link))
		link = 0;
	if (link & VMXNET3_LINK_UP) {
		pv->speed = FIELD_GET(VMXNET3_LINK_SPEED, link);
		netif_carrier_on(pv->dev);
	} else {
		pv->speed = SPEED_UNKNOWN;
		netif_carrier_off(pv->dev);
	}
}

static int pvnet_activate(struct pvnet *pv)
{
	pvnet_write(pv, VMXNET3_REG_DSAL, lower_32_bits(pv->shared_dma));
	pvnet_write(pv, VMXNET3_REG_DSAH, upper_32_bits(pv->shared_dma));
	return pvnet_cmd_status(pv, VMXNET3_CMD_ACTIVATE_DEV);
}

static void pvnet_deactivate(struct pvnet *pv)
{
	spin_lock_bh(&pv->cmd_lock);
	pvnet_dev_stats_stop(pv);
	pvnet_cmd(pv, VMXNET3_CMD_QUIESCE_DEV);
	pvnet_cmd(pv, VMXNET3_CMD_RESET_DEV);
	spin_unlock_bh(&pv->cmd_lock);
}

/**
 * pvnet_up - give rings to the device and let traffic run
 * @pv: device, which is down
 * @q: rings in their first state
 *
 * Context: rtnl, may sleep.
 * Return: 0, or a negative error with the device still down
 */
int pvnet_up(struct pvnet *pv, struct pvnet_queues *q)
{
	u32 i;
	int err;

	pvnet_share_fill(pv, q);
	err = pvnet_activate(pv);
	if (err)
		return err;

	pv->queues = q;
	pvnet_dev_stats_start(pv);
	memcpy(pv->txq, q->tx, sizeof(pv->txq));
	/* those without a ring too: the watchdog looks at all of them */
	for (i = 0; i < pv->dev->num_tx_queues; i++)
		netdev_tx_reset_queue(netdev_get_tx_queue(pv->dev, i));
	for (i = 0; i < q->cfg.num_rxq; i++)
		pvnet_rx_write_prod(q->rx[i]);
	pvnet_irq_bind(pv, q);
	set_bit(PVNET_UP, &pv->state);
	pvnet_rss_activate(pv);
	pvnet_coalesce_activate(pv);
	pvnet_filter_restore(pv);
	pvnet_xsk_attach(pv);
	pvnet_irq_start(pv);
	/* the watchdog looks at stopped queues as soon as there is a carrier */
	netif_tx_wake_all_queues(pv->dev);
	pvnet_read_link(pv);
	return 0;
}

/*
 * The driver's side ends: first nobody starts anything new, senders by their
 * queue locks, XDP by PVNET_UP and a grace period; then interrupts and polls
 * end.
 */
static void pvnet_halt(struct pvnet *pv)
{
	clear_bit(PVNET_UP, &pv->state);
	netif_carrier_off(pv->dev);
	netif_tx_disable(pv->dev);
	synchronize_net();
	pvnet_irq_stop(pv);
	pvnet_xsk_detach(pv);
	pvnet_irq_unbind(pv);
}

/**
 * pvnet_down - stop traffic and take the rings from the device
 * @pv: device, which is up; its rings stay in pvnet.queues, and are nobody's
 *	when this returns
 *
 * Context: rtnl, may sleep.
 */
void pvnet_down(struct pvnet *pv)
{
	pvnet_halt(pv);
	pvnet_deactivate(pv);
}

static int pvnet_open(struct net_device *dev)
{
	struct pvnet *pv = netdev_priv(dev);
	struct pvnet_queues *q;
	int err;

	if (test_bit(PVNET_GONE, &pv->state))
		return -ENODEV;
	err = netif_set_real_num_queues(dev, pv->cfg.num_txq, pv->cfg.num_rxq);
	if (err)
		return err;
	q = pvnet_queues_alloc(pv, &pv->cfg);
	if (!q)
		return -ENOMEM;
	err = pvnet_irq_request(pv);
	if (err)
		goto free_queues;
	err = pvnet_up(pv, q);
	if (err)
		goto release_irq;
	return 0;

release_irq:
	pvnet_irq_release(pv);
free_queues:
	pvnet_queues_free(pv, q);
	return err;
}

static int pvnet_stop(struct net_device *dev)
{
	struct pvnet *pv = netdev_priv(dev);

	if (test_bit(PVNET_UP, &pv->state))
		pvnet_down(pv);
	else
		pvnet_deactivate(pv);	/* it may listen in its sleep */
	pvnet_irq_release(pv);
	pvnet_queues_free(pv, pv->queues);
	pv->queues = NULL;
	return 0;
}

/* Replace rings that run by @q; on failure the old ones run on. */
static int pvnet_swap(struct pvnet *pv, struct pvnet_queues *q)
{
	struct pvnet_queues *old = pv->queues;
	int err;

	if (test_bit(PVNET_UP, &pv->state))
		pvnet_down(pv);
	pvnet_queues_return_xsk(old);
	err = netif_set_real_num_queues(pv->dev, q->cfg.num_txq,
					q->cfg.num_rxq);
	if (!err)
		err = pvnet_up(pv, q);
	if (!err) {
		pvnet_queues_free(pv, old);
		return 0;
	}

	netdev_err(pv->dev, "new rings refused (%d), keeping the old\n", err);
	pvnet_queues_free(pv, q);
	pvnet_queues_rewind(old);
	if (netif_set_real_num_queues(pv->dev, old->cfg.num_txq,
				      old->cfg.num_rxq) ||
	    pvnet_up(pv, old)) {
		netdev_err(pv->dev, "old rings refused too, will retry\n");
		pvnet_schedule_reset(pv);
	}
	return err;
}

/*
 * The device sleeps or is cut off, and gets the rings when it is back.  If it
 * listens in its sleep it has the old ones, which must not be freed before.
 */
static int pvnet_swap_asleep(struct pvnet *pv, struct pvnet_queues *q)
{
	int err;

	err = netif_set_real_num_queues(pv->dev, q->cfg.num_txq,
					q->cfg.num_rxq);
	if (err) {
		pvnet_queues_free(pv, q);
		return err;
	}
	pvnet_deactivate(pv);
	pvnet_queues_free(pv, pv->queues);
	pv->queues = q;
	return 0;
}

/**
 * pvnet_reconfigure - change to another configuration
 * @pv: device
 * @cfg: wanted configuration
 *
 * While the interface is open, everything that @cfg needs is allocated before
 * anything is given up, so that a failure changes nothing.
 *
 * Context: rtnl, may sleep.
 * Return: 0, or a negative error with the old configuration in use
 */
int pvnet_reconfigure(struct pvnet *pv, const struct pvnet_cfg *cfg)
{
	struct pvnet_queues *q;
	int err;

	if (!netif_running(pv->dev)) {
		err = netif_set_real_num_queues(pv->dev, cfg->num_txq,
						cfg->num_rxq);
		if (!err)
			pv->cfg = *cfg;
		return err;
	}

	q = pvnet_queues_alloc(pv, cfg);
	if (!q)
		return -ENOMEM;
	err = netif_device_present(pv->dev) ? pvnet_swap(pv, q) :
					      pvnet_swap_asleep(pv, q);
	if (!err)
		pv->cfg = *cfg;
	return err;
}

/**
 * pvnet_schedule_reset - ask for a reset of the device
 * @pv: device
 *
 * Context: any; does not sleep.
 */
void pvnet_schedule_reset(struct pvnet *pv)
{
	unsigned long due = READ_ONCE(pv->last_reset) + PVNET_RESET_INTERVAL;
	unsigned long delay = 0;

	if (pv->resets && time_before(jiffies, due))
		delay = due - jiffies;
	if (!test_and_set_bit(PVNET_RESET_PENDING, &pv->state))
		schedule_delayed_work(&pv->reset_work, delay);
}

/**
 * pvnet_reset_work - reset the device with the rings it has
 * @work: pvnet.reset_work
 */
void pvnet_reset_work(struct work_struct *work)
{
	struct pvnet *pv = container_of(work, struct pvnet, reset_work.work);

	rtnl_lock();
	clear_bit(PVNET_RESET_PENDING, &pv->state);
	if (!netif_running(pv->dev) || !netif_device_present(pv->dev) ||
	    test_bit(PVNET_GONE, &pv->state))
		goto unlock;

	WRITE_ONCE(pv->last_reset, jiffies);
	pv->resets++;
	if (test_bit(PVNET_UP, &pv->state))
		pvnet_down(pv);
	pvnet_queues_rewind(pv->queues);
	if (pvnet_up(pv, pv->queues)) {
		netdev_err(pv->dev, "reset failed, will retry\n");
		pvnet_schedule_reset(pv);
	} else {
		netdev_info(pv->dev, "device was reset\n");
	}
unlock:
	rtnl_unlock();
}

static void pvnet_report_queues(struct pvnet *pv)
{
	u32 i, val;

	pvnet_cmd_get(pv, VMXNET3_CMD_GET_QUEUE_STATUS, &val);
	for (i = 0; i < pv->queues->cfg.num_txq; i++)
		if (READ_ONCE(pv->queues->tx[i]->shared->status.stopped))
			netdev_err(pv->dev, "tx queue %u stopped, error %#x\n",
				   i, le32_to_cpu(pv->queues->tx[i]->shared->status.error));
	for (i = 0; i < pv->queues->cfg.num_rxq; i++)
		if (READ_ONCE(pv->queues->rx[i]->shared->status.stopped))
			netdev_err(pv->dev, "rx queue %u stopped, error %#x\n",
				   i, le32_to_cpu(pv->queues->rx[i]->shared->status.error));
}

/**
 * pvnet_event_work - handle what the device signalled
 * @work: pvnet.event_work
 */
void pvnet_event_work(struct work_struct *work)
{
	struct pvnet *pv = container_of(work, struct pvnet, event_work);
	u32 ecr;

	rtnl_lock();
	if (!test_bit(PVNET_UP, &pv->state))
		goto unlock;

	ecr = le32_to_cpu(READ_ONCE(pv->shared->ecr));
	if (ecr)
		pvnet_write(pv, VMXNET3_REG_ECR, ecr);
	if (ecr & VMXNET3_ECR_LINK)
		pvnet_read_link(pv);
	if (ecr & (VMXNET3_ECR_TQERR | VMXNET3_ECR_RQERR)) {
		/* resets are rare: a device that goes on must not fill the log */
		if (!test_bit(PVNET_RESET_PENDING, &pv->state))
			pvnet_report_queues(pv);
		pvnet_schedule_reset(pv);
	}
	/* a shared vector is unmasked by its poll */
	if (pv->irq_mode != PVNET_IRQ_SHARED)
		pvnet_irq_unmask(&pv->vec[0]);
unlock:
	rtnl_unlock();
}

/* A lost doorbell or interrupt needs no reset; false if that was tried. */
static bool pvnet_tx_nudge(struct pvnet_txq *tq)
{
	tq->nudged = !tq->nudged && !tq->broken;
	if (!tq->nudged)
		return false;
	tq->deferred = 0;
	writel(tq->pos.fill, tq->doorbell);
	napi_schedule(tq->vec->napi);
	return true;
}

/* The stack sends nothing meanwhile, but polls and XDP may. */
static void pvnet_tx_timeout(struct net_device *dev, unsigned int idx)
{
	struct pvnet *pv = netdev_priv(dev);
	struct pvnet_txq *tq = pv->txq[idx];
	struct pvnet_cmd_pos pos;
	bool nudged, broken;
	u32 deferred;

	if (!tq)
		return;
	__netif_tx_lock(tq->nq, smp_processor_id());
	u64_stats_update_begin(&tq->stats->syncp);
	u64_stats_inc(&tq->stats->timeouts);
	u64_stats_update_end(&tq->stats->syncp);
	pos = tq->pos;
	deferred = tq->deferred;
	broken = tq->broken;
	nudged = pvnet_tx_nudge(tq);
	__netif_tx_unlock(tq->nq);
	/* the console may be one that sends: it must not need our lock */
	netdev_warn(dev, "tx queue %u: timeout, fill %u, comp %u, deferred %u%s\n",
		    idx, pos.fill, pos.comp, deferred,
		    broken ? ", broken" : "");
	if (!nudged)
		pvnet_schedule_reset(pv);
}

static int pvnet_change_mtu(struct net_device *dev, int mtu)
{
	struct pvnet *pv = netdev_priv(dev);
	struct pvnet_cfg cfg = pv->cfg;
	struct bpf_prog *prog = rtnl_dereference(pv->prog);
	int err;

	cfg.mtu = mtu;
	if (prog && !prog->aux->xdp_has_frags &&
	    pvnet_cfg_frame(&cfg) > pvnet_cfg_head_len(&cfg)) {
		netdev_warn(dev, "MTU %d needs an XDP program with multi-buffer support\n",
			    mtu);
		return -EINVAL;
	}
	if (!pvnet_xsk_fits(pv, &cfg)) {
		netdev_warn(dev, "MTU %d is too large for the buffers of an AF_XDP socket\n",
			    mtu);
		return -EINVAL;
	}
	err = pvnet_reconfigure(pv, &cfg);
	if (!err)
		WRITE_ONCE(dev->mtu, mtu);
	return err;
}

static int pvnet_set_mac(struct net_device *dev, void *p)
{
	struct pvnet *pv = netdev_priv(dev);
	int err = eth_mac_addr(dev, p);

	if (!err && test_bit(PVNET_UP, &pv->state))
		pvnet_write_mac(pv, dev->dev_addr);
	return err;
}

/**
 * pvnet_fix_features - ndo_fix_features
 * @dev: network device
 * @features: wanted features
 *
 * The device merges only what it has verified.  Merged packets are described
 * to the stack by their first headers, before which there must be no VLAN tag,
 * and XDP wants packets as they were sent.
 *
 * Context: rtnl.
 * Return: those of them that can be on together
 */
netdev_features_t pvnet_fix_features(struct net_device *dev,
				     netdev_features_t features)
{
	const netdev_features_t needed = NETIF_F_RXCSUM |
					 NETIF_F_HW_VLAN_CTAG_RX;
	struct pvnet *pv = netdev_priv(dev);

	if ((features & needed) != needed || rtnl_dereference(pv->prog))
		features &= ~NETIF_F_LRO;
	return features;
}

static int pvnet_set_features(struct net_device *dev,
			      netdev_features_t features)
{
	struct pvnet *pv = netdev_priv(dev);
	struct pvnet_cfg cfg = pv->cfg;

	cfg.lro = features & NETIF_F_LRO;
	cfg.rxcsum = features & NETIF_F_RXCSUM;
	cfg.rxvlan = features & NETIF_F_HW_VLAN_CTAG_RX;
	if (cfg.lro == pv->cfg.lro && cfg.rxcsum == pv->cfg.rxcsum &&
	    cfg.rxvlan == pv->cfg.rxvlan)
		return 0;
	return pvnet_reconfigure(pv, &cfg);
}

/**
 * pvnet_detach_for_sleep - stop the device before its power goes
 * @pv: device
 * @listen: leave it active, so that it sees the packet that is to wake the
 *	machine; its rings stay as they are till it is back
 *
 * Context: may sleep; takes rtnl.
 * Return: true if the device is active
 */
bool pvnet_detach_for_sleep(struct pvnet *pv, bool listen)
{
	bool active;

	rtnl_lock();
	active = test_bit(PVNET_UP, &pv->state);
	netif_device_detach(pv->dev);
	if (active)
		pvnet_halt(pv);
	if (active && !listen)
		pvnet_deactivate(pv);
	rtnl_unlock();
	cancel_delayed_work_sync(&pv->reset_work);
	clear_bit(PVNET_RESET_PENDING, &pv->state);
	cancel_work_sync(&pv->event_work);
	return active && listen;
}

/**
 * pvnet_attach_after_sleep - bring the device back
 * @pv: device
 *
 * Context: may sleep; takes rtnl.
 * Return: 0 or a negative error
 */
int pvnet_attach_after_sleep(struct pvnet *pv)
{
	int err = 0;

	rtnl_lock();
	clear_bit(PVNET_GONE, &pv->state);
	/* it may have kept its power, and its rings */
	pvnet_deactivate(pv);
	if (netif_running(pv->dev)) {
		pvnet_queues_rewind(pv->queues);
		err = pvnet_up(pv, pv->queues);
	}
	if (!err)
		netif_device_attach(pv->dev);
	rtnl_unlock();
	return err;
}

#ifdef CONFIG_NET_POLL_CONTROLLER
static void pvnet_netpoll(struct net_device *dev)
{
	struct pvnet *pv = netdev_priv(dev);
	unsigned int i;

	for (i = 0; i < pv->num_vec; i++) {
		/* interrupts are off, so that it outlives this look at it */
		struct napi_struct *napi = READ_ONCE(pv->vec[i].napi);

		if (napi)
			napi_schedule(napi);
	}
}
#endif

const struct net_device_ops pvnet_netdev_ops = {
	.ndo_open = pvnet_open,
	.ndo_stop = pvnet_stop,
	.ndo_start_xmit = pvnet_start_xmit,
	.ndo_features_check = pvnet_features_check,
	.ndo_get_stats64 = pvnet_get_stats64,
	.ndo_tx_timeout = pvnet_tx_timeout,
	.ndo_set_rx_mode = pvnet_set_rx_mode,
	.ndo_set_mac_address = pvnet_set_mac,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_change_mtu = pvnet_change_mtu,
	.ndo_fix_features = pvnet_fix_features,
	.ndo_set_features = pvnet_set_features,
	.ndo_vlan_rx_add_vid = pvnet_vlan_add,
	.ndo_vlan_rx_kill_vid = pvnet_vlan_kill,
	.ndo_bpf = pvnet_xdp,
	.ndo_xdp_xmit = pvnet_xdp_xmit,
	.ndo_xsk_wakeup = pvnet_xsk_wakeup,
#ifdef CONFIG_NET_POLL_CONTROLLER
	.ndo_poll_controller = pvnet_netpoll,
#endif
};
