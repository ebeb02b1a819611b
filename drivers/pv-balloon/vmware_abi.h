/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VMware balloon protocol: numbers and layouts only.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Source of the facts: drivers/misc/vmw_balloon.c of Linux 6.12.
 *
 * A call is IN from the port with EAX = magic, ECX = command, EBX and ESI =
 * arguments.  It returns EAX = status and EBX = value; START returns its value
 * in ECX.
 */
#ifndef PV_BALLOON_VMWARE_ABI_H
#define PV_BALLOON_VMWARE_ABI_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/types.h>

#define VMW_PORT			0x5670
#define VMW_MAGIC			0x456c6d6f

/* Commands.  Those marked T return the current target when they succeed. */
#define VMW_CMD_START			0	/* arg1: capabilities wanted */
#define VMW_CMD_GET_TARGET		1	/* T; arg1: pages of the guest */
#define VMW_CMD_LOCK			2	/* T; arg1: PFN, 32 bits */
#define VMW_CMD_UNLOCK			3	/* T; arg1: PFN, 32 bits */
#define VMW_CMD_GUEST_ID		4	/* arg1: VMW_GUEST_LINUX */
#define VMW_CMD_BATCHED_LOCK		6	/* T; arg1: PFN of the batch, arg2: entries */
#define VMW_CMD_BATCHED_UNLOCK		7	/* T; the same */
#define VMW_CMD_BATCHED_2M_LOCK		8	/* T; the same, entries of 2 MiB */
#define VMW_CMD_BATCHED_2M_UNLOCK	9	/* T; the same */
#define VMW_CMD_VMCI_DOORBELL_SET	10	/* arg1: context, arg2: resource */

#define VMW_GUEST_LINUX			1

/* Capabilities of START */
#define VMW_CAP_BASIC			BIT(1)
#define VMW_CAP_BATCHED			BIT(2)
#define VMW_CAP_BATCHED_2M		BIT(3)
#define VMW_CAP_SIGNALLED_WAKEUP	BIT(4)
#define VMW_CAP_64_BIT_TARGET		BIT(5)

/* Status of a call, and of an entry of a batch (the low five bits) */
#define VMW_SUCCESS			0
#define VMW_ERROR_CMD_INVALID		1
#define VMW_ERROR_PPN_INVALID		2
#define VMW_ERROR_PPN_LOCKED		3
#define VMW_ERROR_PPN_UNLOCKED		4
#define VMW_ERROR_PPN_PINNED		5
#define VMW_ERROR_PPN_NOTNEEDED		6
#define VMW_ERROR_RESET			7
#define VMW_ERROR_BUSY			8
#define VMW_SUCCESS_WITH_CAPABILITIES	0x03000000

/* An entry of the batch page: PFN in the upper 52 bits, status in the low 5. */
#define VMW_ENTRY_STATUS		GENMASK_ULL(4, 0)
#define VMW_ENTRY_PFN			GENMASK_ULL(63, 12)

#define VMW_BATCH_ENTRIES		512

struct vmw_batch {
	u64 entry[VMW_BATCH_ENTRIES];
};

static_assert(sizeof(struct vmw_batch) == 4096);

#endif /* PV_BALLOON_VMWARE_ABI_H */
