/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI configuration space, mechanism 1 (pci.c).
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_PCI_H
#define PVMHOST_PCI_H

#include <linux/types.h>

u32 pci_read(u16 bdf, u32 reg, u32 size);
void pci_write(u16 bdf, u32 reg, u32 size, u32 val);

/* The guest's ports 0xcf8 to 0xcff */
u32 pci_port_read(u16 port, u32 size);
void pci_port_write(u16 port, u32 size, u32 val);

void pci_init(void);

#endif
