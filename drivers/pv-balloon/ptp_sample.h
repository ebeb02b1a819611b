/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One reading of the host's clock: what the registers mean, and how good it is.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Arithmetic only.
 */
#ifndef PV_PTP_SAMPLE_H
#define PV_PTP_SAMPLE_H

#include <linux/types.h>

/* Put into the registers before a call; no valid result looks like it. */
#define PVP_SENTINEL	0xa5a5a5a5u

/**
 * struct pvp_regs - registers before or after a call
 * @ax: EAX
 * @bx: EBX
 * @cx: ECX
 * @dx: EDX
 * @si: ESI
 * @di: EDI
 */
struct pvp_regs {
	u32 ax;
	u32 bx;
	u32 cx;
	u32 dx;
	u32 si;
	u32 di;
};

/**
 * struct pvp_window - which brackets are narrow enough
 * @best: narrowest bracket so far in ns, slowly forgotten; 0 before the first
 */
struct pvp_window {
	u64 best;
};

int pvp_decode(u32 cmd, const struct pvp_regs *out, u64 *ns);
u64 pvp_width_ns(u64 before, u64 after, u32 khz);
bool pvp_window_accepts(struct pvp_window *w, u64 width_ns);
u64 pvp_error_ns(u64 width_ns);

#endif /* PV_PTP_SAMPLE_H */
