/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Suspend, wake on LAN and PCI errors.
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef _PVNET_SLEEP_H
#define _PVNET_SLEEP_H

#include <linux/pci.h>

extern const struct dev_pm_ops pvnet_pm_ops;
extern const struct pci_error_handlers pvnet_err_handlers;

#endif /* _PVNET_SLEEP_H */
