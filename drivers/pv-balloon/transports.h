/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The transports that the module starts, one line each.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Each registers a balloon only where it finds its device or hypervisor; where
 * it does not, it returns 0 and costs nothing.
 */
#ifndef PV_BALLOON_TRANSPORTS_H
#define PV_BALLOON_TRANSPORTS_H

#include <linux/init.h>

#ifdef CONFIG_PV_BALLOON_VIRTIO
int __init pvb_virtio_init(void);
void pvb_virtio_exit(void);
#else
static inline int pvb_virtio_init(void) { return 0; }
static inline void pvb_virtio_exit(void) { }
#endif

#ifdef CONFIG_PV_BALLOON_XEN
int __init pvb_xen_init(void);
void pvb_xen_exit(void);
#else
static inline int pvb_xen_init(void) { return 0; }
static inline void pvb_xen_exit(void) { }
#endif

#ifdef CONFIG_PV_BALLOON_VMWARE
int __init pvb_vmware_init(void);
void pvb_vmware_exit(void);
#else
static inline int pvb_vmware_init(void) { return 0; }
static inline void pvb_vmware_exit(void) { }
#endif

#endif /* PV_BALLOON_TRANSPORTS_H */
