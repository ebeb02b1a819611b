/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ethtool -t.
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef _PVNET_SELFTEST_H
#define _PVNET_SELFTEST_H

#include <linux/ethtool.h>

#include "pvnet.h"

int pvnet_selftest_count(void);
void pvnet_selftest_strings(u8 *data);
void pvnet_selftest(struct net_device *dev, struct ethtool_test *test,
		    u64 *data);

#endif /* _PVNET_SELFTEST_H */
