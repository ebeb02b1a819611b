/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Port I/O (port.c).
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_PORT_H
#define PVMHOST_PORT_H

#include <linux/types.h>

struct vcpu;

u32 port_read(struct vcpu *v, u16 port, u32 size);
void port_write(struct vcpu *v, u16 port, u32 size, u32 val);

#endif
