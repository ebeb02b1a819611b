// SPDX-License-Identifier: GPL-2.0-only
// Copyright (C) 2026 the pvops developers
/// The PVCS belongs to the vCPU that runs, and the hypervisor reads and writes
/// it between any two instructions.  A pointer to it may be used on another CPU
/// after a preemption, and a change through it takes several instructions;
/// another CPU's PVCS must never be touched.  Use this_cpu_read() and
/// this_cpu_write(), which are one instruction; registration in cpu.c, with
/// interrupts off and before the hypervisor knows the page, may take a pointer.
// Applies: arch/x86/pvops
// Door: arch/x86/pvops/pvm/cpu.c arch/x86/pvops/pvm/pvm_test.c
// Options: --no-includes

virtual report

@taken@
identifier get = {this_cpu_ptr, raw_cpu_ptr, per_cpu_ptr, get_cpu_ptr, __this_cpu_ptr};
identifier page = {pvm_vcpu_struct};
position p;
@@

(
get@p(&page, ...)
|
get@p(&page.pvcs, ...)
)

@other@
identifier page = {pvm_vcpu_struct};
position p;
@@

per_cpu@p(page, ...)

@changed@
identifier change = {this_cpu_add, this_cpu_or, this_cpu_and, __this_cpu_add, __this_cpu_or, __this_cpu_and, __this_cpu_write, raw_cpu_write};
identifier f;
identifier page = {pvm_vcpu_struct};
position p;
@@

change@p(page.pvcs.f, ...)

@script:python depends on report@
p << taken.p;
@@
coccilib.report.print_report(p[0], "a pointer to the PVCS, which is another one after a preemption")

@script:python depends on report@
p << other.p;
@@
coccilib.report.print_report(p[0], "the PVCS of another CPU belongs to the hypervisor")

@script:python depends on report@
p << changed.p;
@@
coccilib.report.print_report(p[0], "use this_cpu_read() and this_cpu_write() on the PVCS, one word at a time")
