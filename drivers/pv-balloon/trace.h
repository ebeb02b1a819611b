/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints of the balloon core.
 *
 * Copyright (C) 2026 the pvops developers
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM pv_balloon

#if !defined(PV_BALLOON_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define PV_BALLOON_TRACE_H

#include <linux/tracepoint.h>

#include "balloon.h"

TRACE_EVENT(pvb_target,
	TP_PROTO(const struct pv_balloon *b),
	TP_ARGS(b),
	TP_STRUCT__entry(
		__string(name, dev_name(&b->dev))
		__field(u64, host_target)
		__field(u64, target)
		__field(u64, size)
	),
	TP_fast_assign(
		__assign_str(name);
		__entry->host_target = b->host_target;
		__entry->target = b->target;
		__entry->size = pvb_size(b);
	),
	TP_printk("%s host_target=%llu target=%llu size=%llu",
		  __get_str(name), __entry->host_target, __entry->target, __entry->size)
);

TRACE_EVENT(pvb_state,
	TP_PROTO(const struct pv_balloon *b),
	TP_ARGS(b),
	TP_STRUCT__entry(
		__string(name, dev_name(&b->dev))
		__field(unsigned int, state)
		__field(unsigned int, reason)
		__field(u64, size)
	),
	TP_fast_assign(
		__assign_str(name);
		__entry->state = b->state;
		__entry->reason = b->reason;
		__entry->size = pvb_size(b);
	),
	TP_printk("%s state=%s reason=%s size=%llu", __get_str(name),
		  pvb_state_names[__entry->state], pvb_reason_names[__entry->reason],
		  __entry->size)
);

TRACE_EVENT(pvb_exchange,
	TP_PROTO(const struct pv_balloon *b, const struct pvb_batch *batch, bool inflate, int err),
	TP_ARGS(b, batch, inflate, err),
	TP_STRUCT__entry(
		__string(name, dev_name(&b->dev))
		__field(bool, inflate)
		__field(unsigned int, order)
		__field(unsigned int, nr)
		__field(unsigned int, done)
		__field(int, err)
	),
	TP_fast_assign(
		__assign_str(name);
		__entry->inflate = inflate;
		__entry->order = batch->order;
		__entry->nr = batch->nr;
		__entry->done = batch->done;
		__entry->err = err;
	),
	TP_printk("%s %s order=%u nr=%u done=%u err=%d", __get_str(name),
		  __entry->inflate ? "inflate" : "deflate", __entry->order, __entry->nr,
		  __entry->done, __entry->err)
);

TRACE_EVENT(pvb_reclaim,
	TP_PROTO(const struct pv_balloon *b, const char *to, unsigned long want,
		 unsigned long freed),
	TP_ARGS(b, to, want, freed),
	TP_STRUCT__entry(
		__string(name, dev_name(&b->dev))
		__string(to, to)
		__field(unsigned long, want)
		__field(unsigned long, freed)
	),
	TP_fast_assign(
		__assign_str(name);
		__assign_str(to);
		__entry->want = want;
		__entry->freed = freed;
	),
	TP_printk("%s to=%s want=%lu freed=%lu", __get_str(name), __get_str(to),
		  __entry->want, __entry->freed)
);

#endif /* PV_BALLOON_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
