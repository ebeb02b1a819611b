/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Module parameters; documented in Documentation/admin-guide/pv-balloon.rst.
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PV_BALLOON_PARAMS_H
#define PV_BALLOON_PARAMS_H

#include <linux/types.h>

extern unsigned int pvb_param_floor_mib;
extern unsigned int pvb_param_pressure;
extern bool pvb_param_shrinker;
extern bool pvb_param_virtio;

#endif /* PV_BALLOON_PARAMS_H */
