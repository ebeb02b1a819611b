// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMware rings when the target has changed: a doorbell of the VMCI device.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Source of the facts: drivers/misc/vmw_balloon.c of Linux 6.12.
 *
 * The device has a driver of its own, which may be a module, and may be loaded
 * after this one or not at all.  So its functions are looked up when the host
 * offers to ring, at every poll until they are there; the poll goes on in any
 * case, for a doorbell that the host has lost.
 */

#include <kunit/static_stub.h>
#include <linux/module.h>
#include <linux/vmw_vmci_api.h>

#include "vmware_transport.h"

/**
 * pvb_vmci_create() - create a doorbell, if there is a VMCI device
 * @doorbell: out: its handle
 * @rung: called in any context when it rings
 * @data: argument of @rung
 *
 * Context: process, may sleep.
 *
 * Return: 0; the driver of VMCI cannot be unloaded then until
 * pvb_vmci_destroy().  -ENODEV if there is no device, or no driver for it.
 */
int pvb_vmci_create(struct vmci_handle *doorbell, vmci_callback rung, void *data)
{
	int (*create)(struct vmci_handle *handle, u32 flags, u32 priv_flags, vmci_callback rung,
		      void *data);
	u32 (*context)(void);
	int err = -ENODEV;

	KUNIT_STATIC_STUB_REDIRECT(pvb_vmci_create, doorbell, rung, data);

	/* Held as long as there is a doorbell; the others only in here. */
	if (!symbol_get(vmci_doorbell_destroy))
		return -ENODEV;
	create = symbol_get(vmci_doorbell_create);
	context = symbol_get(vmci_get_context_id);
	*doorbell = VMCI_INVALID_HANDLE;
	/* Asked first, since a create without a device says so in the log, each time. */
	if (create && context && context() != VMCI_INVALID_ID &&
	    create(doorbell, 0, VMCI_PRIVILEGE_FLAG_RESTRICTED, rung, data) == VMCI_SUCCESS)
		err = 0;
	if (context)
		symbol_put(vmci_get_context_id);
	if (create)
		symbol_put(vmci_doorbell_create);
	if (err)
		symbol_put(vmci_doorbell_destroy);
	return err;
}

/**
 * pvb_vmci_destroy() - undo pvb_vmci_create()
 * @doorbell: the handle; nothing is called for it when this returns
 *
 * Context: process, may sleep.
 */
void pvb_vmci_destroy(struct vmci_handle doorbell)
{
	int (*destroy)(struct vmci_handle handle);

	KUNIT_STATIC_STUB_REDIRECT(pvb_vmci_destroy, doorbell);

	destroy = symbol_get(vmci_doorbell_destroy);
	if (!destroy)
		return;
	destroy(doorbell);
	symbol_put(vmci_doorbell_destroy);
	/* The one that pvb_vmci_create() has kept. */
	symbol_put(vmci_doorbell_destroy);
}

static void pvb_vmw_rung(void *data)
{
	struct pvb_vmw *w = data;

	pvb_target_changed(w->balloon);
}

static u32 pvb_vmw_set_doorbell(struct pvb_vmw *w, struct vmci_handle doorbell)
{
	unsigned long unused;

	return w->door(w->host, VMW_CMD_VMCI_DOORBELL_SET, doorbell.context,
		       doorbell.resource, &unused);
}

/**
 * pvb_vmw_doorbell_arm() - have the host ring, where it can and does not yet
 * @w: the balloon
 *
 * Context: process, may sleep; not with &pv_balloon.lock held, since it
 * allocates memory.
 */
void pvb_vmw_doorbell_arm(struct pvb_vmw *w)
{
	if (!(READ_ONCE(w->caps) & VMW_CAP_SIGNALLED_WAKEUP) || READ_ONCE(w->armed))
		return;
	if (vmci_handle_is_invalid(w->doorbell) &&
	    pvb_vmci_create(&w->doorbell, pvb_vmw_rung, w))
		return;

	mutex_lock(&w->balloon->lock);
	w->armed = pvb_vmw_set_doorbell(w, w->doorbell) == VMW_SUCCESS;
	mutex_unlock(&w->balloon->lock);
}

/**
 * pvb_vmw_doorbell_destroy() - have the host ring no more
 * @w: the balloon; pvb_vmw_doorbell_arm() is not called any more
 *
 * Context: process, may sleep.
 */
void pvb_vmw_doorbell_destroy(struct pvb_vmw *w)
{
	if (vmci_handle_is_invalid(w->doorbell))
		return;
	mutex_lock(&w->balloon->lock);
	pvb_vmw_set_doorbell(w, VMCI_INVALID_HANDLE);
	mutex_unlock(&w->balloon->lock);
	pvb_vmci_destroy(w->doorbell);
	w->doorbell = VMCI_INVALID_HANDLE;
}
