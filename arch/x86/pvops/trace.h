/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints of the pvops core
 *
 * Copyright (C) 2026 the pvops developers
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM pvops

#if !defined(_X86_PVOPS_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _X86_PVOPS_TRACE_H

#include <linux/tracepoint.h>

/* A step of the backend ran: which, on which CPU, and with what result? */
TRACE_EVENT(pvops_step,
	TP_PROTO(const char *backend, const char *step, unsigned int cpu, int error),
	TP_ARGS(backend, step, cpu, error),
	TP_STRUCT__entry(
		__string(backend, backend)
		__string(step, step)
		__field(unsigned int, cpu)
		__field(int, error)
	),
	TP_fast_assign(
		__assign_str(backend);
		__assign_str(step);
		__entry->cpu = cpu;
		__entry->error = error;
	),
	TP_printk("backend=%s step=%s cpu=%u error=%d",
		  __get_str(backend), __get_str(step), __entry->cpu, __entry->error)
);

/* A module was patched: how many of its call sites go to pv_ops? */
TRACE_EVENT(pvops_module_sites,
	TP_PROTO(const char *module, unsigned int direct, unsigned int inlined),
	TP_ARGS(module, direct, inlined),
	TP_STRUCT__entry(
		__string(module, module)
		__field(unsigned int, direct)
		__field(unsigned int, inlined)
	),
	TP_fast_assign(
		__assign_str(module);
		__entry->direct = direct;
		__entry->inlined = inlined;
	),
	TP_printk("module=%s direct=%u inlined=%u",
		  __get_str(module), __entry->direct, __entry->inlined)
);

/* Tools that read the format know no names of this kernel. */
TRACE_DEFINE_ENUM(PVOPS_OWNER_NATIVE);
TRACE_DEFINE_ENUM(PVOPS_OWNER_PVM);
TRACE_DEFINE_ENUM(PVOPS_OWNER_KVM);
TRACE_DEFINE_ENUM(PVOPS_OWNER_XEN);
TRACE_DEFINE_ENUM(PVOPS_OWNER_HYPERV);
TRACE_DEFINE_ENUM(PVOPS_OWNER_VMWARE);
TRACE_DEFINE_ENUM(PVOPS_OWNER_UNKNOWN);

#define show_owners(owners)						\
	__print_flags(owners, "+",					\
		      { BIT(PVOPS_OWNER_NATIVE), "native" },		\
		      { BIT(PVOPS_OWNER_PVM), "pvops-pvm" },		\
		      { BIT(PVOPS_OWNER_KVM), "kvm" },			\
		      { BIT(PVOPS_OWNER_XEN), "xen" },			\
		      { BIT(PVOPS_OWNER_HYPERV), "hyperv" },		\
		      { BIT(PVOPS_OWNER_VMWARE), "vmware" },		\
		      { BIT(PVOPS_OWNER_UNKNOWN), "unknown" })

/* A reader of the report found another owner of an area than the last one did. */
TRACE_EVENT(pvops_owner_changed,
	TP_PROTO(const char *area, unsigned int before, unsigned int now),
	TP_ARGS(area, before, now),
	TP_STRUCT__entry(
		__string(area, area)
		__field(unsigned int, before)
		__field(unsigned int, now)
	),
	TP_fast_assign(
		__assign_str(area);
		__entry->before = before;
		__entry->now = now;
	),
	TP_printk("area=%s before=%s now=%s", __get_str(area),
		  show_owners(__entry->before), show_owners(__entry->now))
);

#endif /* _X86_PVOPS_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
