/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registers of the vmxnet3 device: the only way to it.
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef _PVNET_REGS_H
#define _PVNET_REGS_H

#include <linux/io.h>

#include "pvnet.h"

extern const struct pvnet_bus_ops pvnet_pci_bus_ops;

void pvnet_cmd(struct pvnet *pv, enum vmxnet3_cmd cmd);
int pvnet_cmd_get(struct pvnet *pv, enum vmxnet3_cmd cmd, u32 *val);
int pvnet_cmd_status(struct pvnet *pv, enum vmxnet3_cmd cmd);
int pvnet_select_version(struct pvnet *pv, unsigned int max,
			 unsigned int *version);

static inline u32 pvnet_read(struct pvnet *pv, u32 reg)
{
	return pv->bus->read(pv, reg);
}

static inline void pvnet_write(struct pvnet *pv, u32 reg, u32 val)
{
	pv->bus->write(pv, reg, val);
}

static inline void __iomem *pvnet_tx_doorbell(struct pvnet *pv, u32 idx)
{
	return pv->bar0 + VMXNET3_REG_TXPROD + idx * VMXNET3_REG_STRIDE;
}

static inline void pvnet_irq_mask(struct pvnet_vector *vec)
{
	writel(1, vec->pv->bar0 + VMXNET3_REG_IMR +
	       vec->idx * VMXNET3_REG_STRIDE);
}

static inline void pvnet_irq_unmask(struct pvnet_vector *vec)
{
	writel(0, vec->pv->bar0 + VMXNET3_REG_IMR +
	       vec->idx * VMXNET3_REG_STRIDE);
}

#endif /* _PVNET_REGS_H */
