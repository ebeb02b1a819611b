// SPDX-License-Identifier: GPL-2.0-only
/*
 * Balloon transport for VMware: the backdoor at port 0x5670.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Every call is synchronous and every page has a status of its own, so there
 * is nothing in flight and nothing to wait for.  The host may forget the
 * balloon at any call (RESET): then every page is ours again, and the
 * conversation begins anew.
 */

#include <linux/bitfield.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>

#include "transports.h"
#include "vmware_host.h"
#include "vmware_transport.h"

#define VMW_POLL_EVERY		HZ

#define VMW_CAPS_WANTED		(VMW_CAP_BASIC | VMW_CAP_BATCHED | VMW_CAP_BATCHED_2M | \
				 VMW_CAP_SIGNALLED_WAKEUP | \
				 (IS_ENABLED(CONFIG_64BIT) ? VMW_CAP_64_BIT_TARGET : 0))

static u32 pvb_vmw_real_door(void *host, u32 cmd, unsigned long arg1, unsigned long arg2,
			     unsigned long *value)
{
	unsigned long status, bx, cx, dx, si;

	asm volatile("inl %%dx, %%eax"
		     : "=a" (status), "=b" (bx), "=c" (cx), "=d" (dx), "=S" (si)
		     : "a" (VMW_MAGIC), "b" (arg1), "c" (cmd), "d" (VMW_PORT), "S" (arg2)
		     : "memory");
	*value = cmd == VMW_CMD_START ? cx : bx;
	return status;
}

static int pvb_vmw_errno(u32 status)
{
	switch (status) {
	case VMW_SUCCESS:
		return 0;
	case VMW_ERROR_RESET:
		return -ECONNRESET;
	case VMW_ERROR_CMD_INVALID:
		return -EIO;
	default:
		/* Busy, a bad page, or a status that nobody has defined. */
		return -EAGAIN;
	}
}

/* The door, for the commands that return the target. */
static u32 pvb_vmw_call(struct pvb_vmw *w, u32 cmd, unsigned long arg1, unsigned long arg2)
{
	unsigned long value = 0;
	u32 status = w->door(w->host, cmd, arg1, arg2, &value);

	if (w->balloon)
		pvb_count(w->balloon, PVB_N_KICKS, 1);
	if (status == VMW_SUCCESS)
		w->target = w->caps & VMW_CAP_64_BIT_TARGET ? value : (u32)value;
	return status;
}

static int pvb_vmw_begin(struct pvb_vmw *w)
{
	unsigned long caps = 0, unused;
	u32 status;

	/* A new conversation: the host has forgotten the doorbell too. */
	w->armed = false;
	status = w->door(w->host, VMW_CMD_START, VMW_CAPS_WANTED, 0, &caps);

	if (status == VMW_SUCCESS_WITH_CAPABILITIES)
		w->caps = caps & VMW_CAPS_WANTED;
	else if (status == VMW_SUCCESS)
		w->caps = VMW_CAP_BASIC;
	else
		return -EIO;
	if (!(w->caps & (VMW_CAP_BASIC | VMW_CAP_BATCHED)))
		return -EIO;

	/* For the host's information only, so its answer does not matter. */
	w->door(w->host, VMW_CMD_GUEST_ID, VMW_GUEST_LINUX, 0, &unused);
	return 0;
}

static int pvb_vmw_target(struct pv_balloon *b, u64 *pages)
{
	struct pvb_vmw *w = b->priv;
	u64 limit = pvb_total(b);
	int err;

	if (!(w->caps & VMW_CAP_64_BIT_TARGET))
		limit = min(limit, U32_MAX);
	err = pvb_vmw_errno(pvb_vmw_call(w, VMW_CMD_GET_TARGET, limit, 0));
	*pages = w->target;
	return err;
}

/* After a RESET a page may be named that the host does not have any more. */
static bool pvb_vmw_refused(u32 cmd, u32 status)
{
	bool unlock = cmd == VMW_CMD_UNLOCK || cmd == VMW_CMD_BATCHED_UNLOCK ||
		      cmd == VMW_CMD_BATCHED_2M_UNLOCK;

	return status != VMW_SUCCESS && !(unlock && status == VMW_ERROR_PPN_UNLOCKED);
}

static int pvb_vmw_single(struct pvb_vmw *w, struct pvb_batch *batch, u32 cmd)
{
	while (batch->done < batch->nr) {
		unsigned long pfn = page_to_pfn(batch->pages[batch->done]);
		u32 status = VMW_ERROR_PPN_INVALID;

		/* Only 32 bits of a PFN fit into the call. */
		if (pfn <= U32_MAX)
			status = pvb_vmw_call(w, cmd, pfn, 1);
		if (status == VMW_ERROR_RESET || status == VMW_ERROR_CMD_INVALID)
			return pvb_vmw_errno(status);
		__assign_bit(batch->done, batch->refused, pvb_vmw_refused(cmd, status));
		batch->done++;
	}
	return 0;
}

static int pvb_vmw_batched(struct pvb_vmw *w, struct pvb_batch *batch, u32 cmd)
{
	unsigned int i;
	u32 status;

	BUILD_BUG_ON(PVB_BATCH_PAGES > VMW_BATCH_ENTRIES);

	for (i = 0; i < batch->nr; i++)
		w->batch->entry[i] = FIELD_PREP(VMW_ENTRY_PFN, page_to_pfn(batch->pages[i]));
	status = pvb_vmw_call(w, cmd, virt_to_phys(w->batch) >> PAGE_SHIFT, batch->nr);
	if (status != VMW_SUCCESS)
		/* The whole call failed: no entry was acted upon. */
		return pvb_vmw_errno(status);

	for (i = 0; i < batch->nr; i++) {
		status = FIELD_GET(VMW_ENTRY_STATUS, READ_ONCE(w->batch->entry[i]));
		__assign_bit(i, batch->refused, pvb_vmw_refused(cmd, status));
	}
	batch->done = batch->nr;
	return 0;
}

static int pvb_vmw_exchange(struct pv_balloon *b, struct pvb_batch *batch, bool lock)
{
	struct pvb_vmw *w = b->priv;

	/* There are blocks only where pvb_vmw_flags() allows them. */
	if (batch->order)
		return pvb_vmw_batched(w, batch, lock ? VMW_CMD_BATCHED_2M_LOCK :
							VMW_CMD_BATCHED_2M_UNLOCK);
	if (w->caps & VMW_CAP_BATCHED)
		return pvb_vmw_batched(w, batch, lock ? VMW_CMD_BATCHED_LOCK :
							VMW_CMD_BATCHED_UNLOCK);
	return pvb_vmw_single(w, batch, lock ? VMW_CMD_LOCK : VMW_CMD_UNLOCK);
}

static int pvb_vmw_inflate(struct pv_balloon *b, struct pvb_batch *batch)
{
	return pvb_vmw_exchange(b, batch, true);
}

static int pvb_vmw_deflate(struct pv_balloon *b, struct pvb_batch *batch)
{
	return pvb_vmw_exchange(b, batch, false);
}

static unsigned long pvb_vmw_flags(struct pvb_vmw *w)
{
	unsigned long flags = PVB_MAY_RECLAIM | PVB_FREE_UNTOLD;

	if ((w->caps & VMW_CAP_BATCHED) && (w->caps & VMW_CAP_BATCHED_2M))
		flags |= PVB_BLOCKS;
	return flags;
}

/* The balloon is empty; the host may offer other capabilities than before. */
static int pvb_vmw_restart(struct pv_balloon *b)
{
	struct pvb_vmw *w = b->priv;
	int err = pvb_vmw_begin(w);

	if (!err)
		b->flags = pvb_vmw_flags(w);
	return err;
}

static void pvb_vmw_disconnect(struct pv_balloon *b)
{
	struct pvb_vmw *w = b->priv;
	unsigned long unused;

	/* No capabilities: the host closes the balloon and frees what it has. */
	w->door(w->host, VMW_CMD_START, 0, 0, &unused);
}

static const struct pvb_ops pvb_vmw_ops = {
	.name = "vmware",
	.target = pvb_vmw_target,
	.inflate = pvb_vmw_inflate,
	.deflate = pvb_vmw_deflate,
	.restart = pvb_vmw_restart,
	.disconnect = pvb_vmw_disconnect,
};

static void pvb_vmw_poll(struct work_struct *work)
{
	struct pvb_vmw *w = container_of(work, struct pvb_vmw, poll.work);

	pvb_vmw_doorbell_arm(w);
	pvb_target_changed(w->balloon);
	queue_delayed_work(system_freezable_power_efficient_wq, &w->poll, VMW_POLL_EVERY);
}

static int pvb_vmw_register(struct pvb_vmw *w)
{
	struct pv_balloon *b;
	int err = pvb_vmw_begin(w);

	if (err)
		return err;
	b = pvb_register(NULL, &pvb_vmw_ops, w, pvb_vmw_flags(w));
	if (IS_ERR(b))
		return PTR_ERR(b);
	w->balloon = b;
	return 0;
}

/**
 * pvb_vmw_create() - talk to a host and register the balloon, if it has one
 * @door: how to call the host
 * @host: first argument of @door
 *
 * Context: process, may sleep.
 *
 * Return: the balloon, -EIO if the host has none, or another ERR_PTR().
 */
struct pvb_vmw *pvb_vmw_create(pvb_vmw_door door, void *host)
{
	struct pvb_vmw *w = kzalloc(sizeof(*w), GFP_KERNEL);
	int err = -ENOMEM;

	if (!w)
		return ERR_PTR(err);
	w->door = door;
	w->host = host;
	w->doorbell = VMCI_INVALID_HANDLE;
	INIT_DELAYED_WORK(&w->poll, pvb_vmw_poll);
	w->batch = (void *)get_zeroed_page(GFP_KERNEL);
	if (!w->batch)
		goto err_free;
	err = pvb_vmw_register(w);
	if (err)
		goto err_page;
	pvb_resume(w->balloon);
	pvb_vmw_poll(&w->poll.work);
	return w;

err_page:
	free_page((unsigned long)w->batch);
err_free:
	kfree(w);
	return ERR_PTR(err);
}

/**
 * pvb_vmw_destroy() - undo pvb_vmw_create()
 * @w: the balloon
 */
void pvb_vmw_destroy(struct pvb_vmw *w)
{
	cancel_delayed_work_sync(&w->poll);
	pvb_vmw_doorbell_destroy(w);
	pvb_unregister(w->balloon);
	free_page((unsigned long)w->batch);
	kfree(w);
}

static struct pvb_vmw *pvb_vmw;

/*
 * The port region is the token that this driver and vmw_balloon pass between
 * them: the host knows only one balloon.
 */
static int pvb_vmw_take(void)
{
	struct pvb_vmw *w;

	if (!request_region(VMW_PORT, 1, "pv_balloon"))
		return -EBUSY;
	w = pvb_vmw_create(pvb_vmw_real_door, NULL);
	if (IS_ERR(w)) {
		release_region(VMW_PORT, 1);
		return PTR_ERR(w);
	}
	pvb_vmw = w;
	return 0;
}

static void pvb_vmw_hand_back(void)
{
	if (!pvb_vmw)
		return;
	pvb_vmw_destroy(pvb_vmw);
	pvb_vmw = NULL;
	release_region(VMW_PORT, 1);
}

static bool pvb_vmw_up;
static bool pvb_param_vmware = true;

/* Serialized by the lock of all parameters. */
static int pvb_vmw_set(const char *val, const struct kernel_param *kp)
{
	int err = param_set_bool(val, kp);

	if (err || !pvb_vmw_up)
		return err;
	if (!pvb_param_vmware)
		pvb_vmw_hand_back();
	else if (!pvb_vmw)
		err = pvb_vmw_take();
	return err;
}

static const struct kernel_param_ops pvb_vmw_param_ops = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = pvb_vmw_set,
	.get = param_get_bool,
};

/* As vmw_balloon has it: udev loads this on VMware's machines. */
MODULE_ALIAS("dmi:*:svnVMware*:*");

module_param_cb(vmware, &pvb_vmw_param_ops, &pvb_param_vmware, 0644);
MODULE_PARM_DESC(vmware, "Serve the balloon of VMware in place of vmw_balloon");

/**
 * pvb_vmware_init() - serve the balloon of VMware, if there is one
 *
 * Return: 0; a host without a balloon is no error.
 */
int __init pvb_vmware_init(void)
{
	int err = 0;

	if (!vmware_host_present())
		return 0;
	pvb_vmw_up = true;
	if (pvb_param_vmware)
		err = pvb_vmw_take();
	if (err)
		pr_debug("pv_balloon: no VMware balloon to serve: %d\n", err);
	return 0;
}

/**
 * pvb_vmware_exit() - undo pvb_vmware_init()
 */
void pvb_vmware_exit(void)
{
	/* The parameter can be written until the module is gone. */
	kernel_param_lock(THIS_MODULE);
	pvb_vmw_up = false;
	pvb_vmw_hand_back();
	kernel_param_unlock(THIS_MODULE);
}
