/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before everything else: no symbol of this program is ever bound at
 * run time, so references need no global offset table.
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef __ASSEMBLY__
#pragma GCC visibility push(hidden)
#endif
