/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VMware transport, between its files and its test.
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PV_BALLOON_VMWARE_H
#define PV_BALLOON_VMWARE_H

#include <linux/types.h>
#include <linux/vmw_vmci_defs.h>
#include <linux/workqueue.h>

#include "balloon.h"
#include "vmware_abi.h"

/**
 * typedef pvb_vmw_door - one call of the host
 * @host: which host; NULL for the real one
 * @cmd: VMW_CMD_*
 * @arg1: first argument
 * @arg2: second argument
 * @value: out: the value that came back
 *
 * Return: the status that came back, any value.
 */
typedef u32 (*pvb_vmw_door)(void *host, u32 cmd, unsigned long arg1, unsigned long arg2,
			    unsigned long *value);

/**
 * struct pvb_vmw - the balloon of a VMware guest
 * @door: calls the host
 * @host: first argument of @door
 * @balloon: the core's side
 * @caps: what the host offered at START; guarded by &pv_balloon.lock
 * @target: balloon size in pages that the host stated last; the same
 * @batch: what batched commands work on
 * @poll: asks for the target once a second, since the host need not tell; the only user
 *	of @doorbell
 * @doorbell: what the host rings when the target has changed, or VMCI_INVALID_HANDLE
 * @armed: the host knows @doorbell; cleared under &pv_balloon.lock
 */
struct pvb_vmw {
	pvb_vmw_door door;
	void *host;
	struct pv_balloon *balloon;
	unsigned long caps;
	u64 target;
	struct vmw_batch *batch;
	struct delayed_work poll;
	struct vmci_handle doorbell;
	bool armed;
};

struct pvb_vmw *pvb_vmw_create(pvb_vmw_door door, void *host);
void pvb_vmw_destroy(struct pvb_vmw *w);

/* vmware_doorbell.c */
int pvb_vmci_create(struct vmci_handle *doorbell, vmci_callback rung, void *data);
void pvb_vmci_destroy(struct vmci_handle doorbell);
void pvb_vmw_doorbell_arm(struct pvb_vmw *w);
void pvb_vmw_doorbell_destroy(struct pvb_vmw *w);

#endif /* PV_BALLOON_VMWARE_H */
