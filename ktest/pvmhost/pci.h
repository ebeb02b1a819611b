/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI configuration space, mechanism 1 (pci.c).
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_PCI_H
#define PVMHOST_PCI_H

#include <linux/types.h>
#include <uapi/linux/pci_regs.h>

u32 pci_read(u16 bdf, u32 reg, u32 size);
void pci_write(u16 bdf, u32 reg, u32 size, u32 val);
/* PCI_HEADER_TYPE_NORMAL and the like */
u32 pci_header_type(u16 bdf);

/* Is @reg in a BAR of a function with a normal header? */
static inline bool pci_is_bar(u32 reg)
{
	return reg >= PCI_BASE_ADDRESS_0 && reg < PCI_BASE_ADDRESS_5 + 4;
}

/* The guest's ports 0xcf8 to 0xcff */
u32 pci_port_read(u16 port, u32 size);
void pci_port_write(u16 port, u32 size, u32 val);

void pci_init(void);

#endif
