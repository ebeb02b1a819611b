/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Message signalled interrupts: the guest's registers and the real ones
 * (msi.c).
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_MSI_H
#define PVMHOST_MSI_H

#include <linux/types.h>

void msi_add_function(u16 bdf);
bool msi_function_known(u16 bdf);
/* The I/O address that the firmware gave the BAR at @reg, or 0 */
u32 msi_firmware_bar(u16 bdf, u32 reg);
/* Highest bus number behind any bridge seen so far */
u32 msi_highest_bus(void);

/* Configuration space as the guest sees it */
u32 msi_config_read(u16 bdf, u32 reg, u32 size);
void msi_config_write(u16 bdf, u32 reg, u32 size, u32 val);

/* MSI-X tables in memory */
bool msi_page_trapped(u64 gpa);
u64 msi_table_read(u64 gpa, u32 size);
void msi_table_write(u64 gpa, u32 size, u64 val);

/* A real message with host vector @vector came */
void msi_irq(u32 vector);

#endif
