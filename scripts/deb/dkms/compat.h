/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a stock Linux 6.12 lacks of what the drivers use.  Put before every
 * file of the DKMS packages, and known to nothing else.
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PV_DKMS_COMPAT_H
#define PV_DKMS_COMPAT_H

#include <linux/types.h>

/* Not there for modules: the balloon sees no memory pressure. */
static inline u64 psi_mem_stall_ns(void)
{
	return 0;
}

#endif /* PV_DKMS_COMPAT_H */
