// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupt vectors, NAPI and moderation.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * With MSI-X there is a vector for events and one for each queue, so that a
 * transmit vector can stay masked while senders reap completions themselves;
 * with too few vectors the queues of a pair share one; with MSI or INTx one
 * vector serves everything.
 *
 * The device masks a vector when it sends its message (auto mask), or else
 * the handler does.  The poll unmasks it, or starts the moderation timer,
 * which polls again first.
 */
#include <linux/interrupt.h>
#include <linux/log2.h>

#include "moderation.h"
#include "regs.h"
#include "rx.h"
#include "tx.h"
#include "xsk.h"

static irqreturn_t pvnet_irq_queue(int irq, void *data)
{
	struct pvnet_vector *vec = data;
	struct napi_struct *napi = READ_ONCE(vec->napi);

	if (unlikely(!vec->pv->auto_mask))
		pvnet_irq_mask(vec);
	/* a masked vector, too, interrupts if the device wants it */
	if (unlikely(!napi))
		return IRQ_HANDLED;
	vec->mod.events++;
	napi_schedule(napi);
	return IRQ_HANDLED;
}

static irqreturn_t pvnet_irq_event(int irq, void *data)
{
	struct pvnet_vector *vec = data;

	if (unlikely(!vec->pv->auto_mask))
		pvnet_irq_mask(vec);
	schedule_work(&vec->pv->event_work);
	return IRQ_HANDLED;
}

/* MSI or INTx: one vector for all. */
static irqreturn_t pvnet_irq_shared(int irq, void *data)
{
	struct pvnet_vector *vec = data;
	struct pvnet *pv = vec->pv;

	/* INTx may be somebody else's; reading ICR also lowers the line */
	if (!pv->msi && !pvnet_read(pv, VMXNET3_REG_ICR))
		return IRQ_NONE;
	if (READ_ONCE(pv->shared->ecr))
		schedule_work(&pv->event_work);
	return pvnet_irq_queue(irq, data);
}

/**
 * pvnet_poll - NAPI poll of a vector
 * @napi: instance in a struct pvnet_vector
 * @budget: most packets to receive; 0 when called by netpoll
 *
 * Return: packets received
 */
int pvnet_poll(struct napi_struct *napi, int budget)
{
	struct pvnet_vector *vec = container_of(napi, struct pvnet_napi,
						napi)->vec;
	bool again = false;
	int done = 0;

	if (vec->tq) {
		pvnet_tx_poll(vec->tq, budget);
		if (vec->tq->xsk && budget)
			again = pvnet_xsk_tx(vec->tq, budget);
	} else if (unlikely(vec->xsk_tq) && budget) {
		again = pvnet_xsk_tx_beside_rx(vec->xsk_tq, budget);
	}
	if (vec->rq && budget)
		done = vec->rq->xsk ? pvnet_xsk_rx_poll(vec->rq, budget) :
				      pvnet_rx_poll(vec->rq, budget);
	if (done == budget || again)
		return budget;

	if (napi_complete_done(napi, done))
		pvnet_moderation_rearm(vec, done);
	return done;
}

/**
 * pvnet_irq_tx_vector - vector of a transmit queue
 * @pv: device
 * @idx: queue number
 *
 * Return: the vector
 */
struct pvnet_vector *pvnet_irq_tx_vector(struct pvnet *pv, unsigned int idx)
{
	return pv->irq_mode == PVNET_IRQ_SHARED ? &pv->vec[0] :
						  &pv->vec[1 + idx];
}

/**
 * pvnet_irq_rx_vector - vector of a receive queue
 * @pv: device
 * @idx: queue number
 *
 * Return: the vector
 */
struct pvnet_vector *pvnet_irq_rx_vector(struct pvnet *pv, unsigned int idx)
{
	if (pv->irq_mode == PVNET_IRQ_SPLIT)
		return &pv->vec[1 + pv->max_queues + idx];
	return pvnet_irq_tx_vector(pv, idx);
}

static int pvnet_irq_alloc_msix(struct pvnet *pv)
{
	unsigned int want = rounddown_pow_of_two(min(PVNET_MAX_QUEUES,
						     num_online_cpus()));
	int n;

	n = pci_alloc_irq_vectors(pv->pdev, 2 * want + 1, 2 * want + 1,
				  PCI_IRQ_MSIX);
	if (n > 0) {
		pv->irq_mode = PVNET_IRQ_SPLIT;
		pv->max_queues = want;
		return n;
	}

	n = pci_alloc_irq_vectors(pv->pdev, 2, want + 1, PCI_IRQ_MSIX);
	if (n > 0) {
		pv->irq_mode = PVNET_IRQ_PAIR;
		pv->max_queues = rounddown_pow_of_two(n - 1);
	}
	return n;
}

static void pvnet_irq_init_vectors(struct pvnet *pv)
{
	unsigned int i;

	for (i = 0; i < pv->num_vec; i++) {
		struct pvnet_vector *vec = &pv->vec[i];

		vec->pv = pv;
		vec->idx = i;
		vec->irq = pci_irq_vector(pv->pdev, i);
		pvnet_moderation_init(vec);
	}
}

/**
 * pvnet_irq_alloc - get vectors and decide how many queues there may be
 * @pv: device
 *
 * Context: probe.
 * Return: 0 or a negative error
 */
int pvnet_irq_alloc(struct pvnet *pv)
{
	u32 conf, type;
	int err, n = -ENOSPC;

	err = pvnet_cmd_get(pv, VMXNET3_CMD_GET_CONF_INTR, &conf);
	if (err)
		return err;
	type = FIELD_GET(VMXNET3_CONF_INTR_TYPE, conf);
	pv->auto_mask = FIELD_GET(VMXNET3_CONF_INTR_MASK_MODE, conf) !=
			VMXNET3_IMM_ACTIVE;

	if (type == VMXNET3_IT_AUTO || type == VMXNET3_IT_MSIX)
		n = pvnet_irq_alloc_msix(pv);
	if (n < 0) {
		pv->irq_mode = PVNET_IRQ_SHARED;
		pv->max_queues = 1;
		n = pci_alloc_irq_vectors(pv->pdev, 1, 1,
					  type == VMXNET3_IT_INTX ?
					  PCI_IRQ_INTX :
					  PCI_IRQ_MSI | PCI_IRQ_INTX);
	}
	if (n < 0)
		return n;

	pv->num_vec = n;
	pv->msi = pv->pdev->msi_enabled || pv->pdev->msix_enabled;
	pvnet_irq_init_vectors(pv);
	return 0;
}

/**
 * pvnet_irq_free - undo pvnet_irq_alloc()
 * @pv: device
 */
void pvnet_irq_free(struct pvnet *pv)
{
	pci_free_irq_vectors(pv->pdev);
}

static irq_handler_t pvnet_irq_handler(struct pvnet *pv, unsigned int i)
{
	if (pv->irq_mode == PVNET_IRQ_SHARED)
		return pvnet_irq_shared;
	return i ? pvnet_irq_queue : pvnet_irq_event;
}

static void pvnet_irq_set_name(struct pvnet *pv, unsigned int i)
{
	struct pvnet_vector *vec = &pv->vec[i];
	const char *kind = "txrx", *dev = pv->dev->name;
	unsigned int q = i - 1;

	if (pv->irq_mode == PVNET_IRQ_SHARED) {
		strscpy(vec->name, dev);
		return;
	}
	if (!i) {
		snprintf(vec->name, sizeof(vec->name), "%s-event", dev);
		return;
	}
	if (pv->irq_mode == PVNET_IRQ_SPLIT) {
		kind = q < pv->max_queues ? "tx" : "rx";
		q %= pv->max_queues;
	}
	snprintf(vec->name, sizeof(vec->name), "%s-%s-%u", dev, kind, q);
}

/**
 * pvnet_irq_request - request all interrupts
 * @pv: device; its vectors are masked
 *
 * Context: open, under rtnl.
 * Return: 0 or a negative error, with none requested
 */
int pvnet_irq_request(struct pvnet *pv)
{
	unsigned int i;
	int err;

	for (i = 0; i < pv->num_vec; i++) {
		struct pvnet_vector *vec = &pv->vec[i];

		pvnet_irq_set_name(pv, i);
		if (!vec->irq)
			continue;	/* the device model of the tests */
		err = request_irq(vec->irq, pvnet_irq_handler(pv, i),
				  pv->msi ? 0 : IRQF_SHARED, vec->name, vec);
		if (err) {
			netdev_err(pv->dev, "no interrupt %s: %d\n", vec->name,
				   err);
			pvnet_irq_release(pv);
			return err;
		}
		vec->requested = true;
	}
	return 0;
}

/**
 * pvnet_irq_release - free all interrupts
 * @pv: device; its vectors are masked
 */
void pvnet_irq_release(struct pvnet *pv)
{
	unsigned int i;

	for (i = 0; i < pv->num_vec; i++) {
		if (!pv->vec[i].requested)
			continue;
		free_irq(pv->vec[i].irq, &pv->vec[i]);
		pv->vec[i].requested = false;
	}
}

/**
 * pvnet_irq_bind - connect queues to their vectors
 * @pv: device, active, vectors stopped
 * @q: queues
 *
 * Transmit vectors stay masked, see tx.c.  It is seen to here, where no sender
 * can have armed one yet.
 *
 * Context: rtnl.
 */
void pvnet_irq_bind(struct pvnet *pv, struct pvnet_queues *q)
{
	u32 i;

	for (i = 0; i < q->cfg.num_txq; i++) {
		struct pvnet_vector *vec = q->tx[i]->vec;

		vec->tq = q->tx[i];
		vec->armed = false;
		pvnet_irq_mask(vec);
		WRITE_ONCE(vec->napi, &q->napi[vec->idx].napi);
	}
	for (i = 0; i < q->cfg.num_rxq; i++) {
		struct pvnet_vector *vec = q->rx[i]->vec;

		vec->rq = q->rx[i];
		if (!vec->tq && i < q->cfg.num_txq && q->tx[i]->xsk)
			vec->xsk_tq = q->tx[i];
		WRITE_ONCE(vec->napi, &q->napi[vec->idx].napi);
	}
}

/**
 * pvnet_irq_unbind - undo pvnet_irq_bind()
 * @pv: device, vectors stopped
 *
 * A handler that still has the NAPI instance is done with it before
 * pvnet_queues_free() frees it, which waits for a grace period.
 */
void pvnet_irq_unbind(struct pvnet *pv)
{
	unsigned int i;

	for (i = 0; i < pv->num_vec; i++) {
		pv->vec[i].tq = NULL;
		pv->vec[i].rq = NULL;
		pv->vec[i].xsk_tq = NULL;
		WRITE_ONCE(pv->vec[i].napi, NULL);
	}
}

static void pvnet_irq_tell_stack(struct pvnet *pv, struct pvnet_vector *vec,
				 struct napi_struct *napi)
{
	if (vec->tq)
		netif_queue_set_napi(pv->dev, vec->tq->idx,
				     NETDEV_QUEUE_TYPE_TX, napi);
	if (vec->rq)
		netif_queue_set_napi(pv->dev, vec->rq->idx,
				     NETDEV_QUEUE_TYPE_RX, napi);
}

/**
 * pvnet_irq_start - let the bound vectors run
 * @pv: device, active
 *
 * What asked for a poll since the activation, an interrupt, a socket or a timer,
 * has got none: each instance is polled once.  That also fills the rings of
 * AF_XDP sockets.
 *
 * Context: rtnl.
 */
void pvnet_irq_start(struct pvnet *pv)
{
	unsigned int i;

	for (i = 0; i < pv->num_vec; i++) {
		struct pvnet_vector *vec = &pv->vec[i];

		if (!vec->tq && !vec->rq)
			continue;
		netif_napi_set_irq(vec->napi, vec->irq);
		napi_enable(vec->napi);
		pvnet_irq_tell_stack(pv, vec, vec->napi);
	}

	pv->shared->intr.intr_ctrl &= ~cpu_to_le32(VMXNET3_IC_DISABLE_ALL);
	for (i = 0; i < pv->num_vec; i++)
		if (!i || pv->vec[i].rq)
			pvnet_irq_unmask(&pv->vec[i]);

	local_bh_disable();
	for (i = 0; i < pv->num_vec; i++)
		if (pv->vec[i].napi)
			napi_schedule(pv->vec[i].napi);
	local_bh_enable();
}

/**
 * pvnet_irq_stop - mask all vectors and wait until none of them runs
 * @pv: device
 *
 * Context: rtnl, may sleep.
 */
void pvnet_irq_stop(struct pvnet *pv)
{
	unsigned int i;

	pv->shared->intr.intr_ctrl |= cpu_to_le32(VMXNET3_IC_DISABLE_ALL);
	for (i = 0; i < pv->num_vec; i++) {
		struct pvnet_vector *vec = &pv->vec[i];

		pvnet_irq_mask(vec);
		if (vec->requested)
			synchronize_irq(vec->irq);
		if (!vec->tq && !vec->rq)
			continue;
		pvnet_irq_tell_stack(pv, vec, NULL);
		napi_disable(vec->napi);
	}
	/*
	 * napi_disable() returns when a poll has called napi_complete_done();
	 * wait also for what the poll does after that: it looks at the queues,
	 * and starts the timer or unmasks the vector.
	 */
	synchronize_net();
	for (i = 0; i < pv->num_vec; i++) {
		pvnet_moderation_stop(&pv->vec[i]);
		pvnet_irq_mask(&pv->vec[i]);
	}
}
