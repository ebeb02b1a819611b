/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DMA confinement by QEMU's intel-iommu (iommu.c).
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_IOMMU_H
#define PVMHOST_IOMMU_H

#include <linux/types.h>

/*
 * Let devices reach guest memory only.  After mem_freeze(); false: there is no
 * IOMMU, or none that this driver knows.
 */
bool iommu_init(void);

#endif
