/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the TLB forgets a range of user addresses
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef _ASM_X86_FLUSH_RANGE_H
#define _ASM_X86_FLUSH_RANGE_H

#include <linux/static_call_types.h>

/*
 * static_call(x86_flush_user_range)(start, end, stride_shift) - flush user
 * addresses of the loaded mm from this CPU's TLB: one page of 1 << stride_shift
 * bytes after the other from start, up to and not including end.
 *
 * A hypervisor may replace it during early boot by one that is told of all pages
 * at once.
 *
 * Context: interrupts off.
 */
void x86_flush_each_page(unsigned long start, unsigned long end, unsigned int stride_shift);
DECLARE_STATIC_CALL(x86_flush_user_range, x86_flush_each_page);

#endif /* _ASM_X86_FLUSH_RANGE_H */
