/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupt moderation in software.
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef _PVNET_MODERATION_H
#define _PVNET_MODERATION_H

#include "pvnet.h"

#define PVNET_USECS_MAX		10000

void pvnet_moderation_init(struct pvnet_vector *vec);
void pvnet_moderation_set(struct pvnet_vector *vec, bool adaptive, u32 usecs);
void pvnet_moderation_rearm(struct pvnet_vector *vec, int done);
void pvnet_moderation_stop(struct pvnet_vector *vec);

#endif /* _PVNET_MODERATION_H */
