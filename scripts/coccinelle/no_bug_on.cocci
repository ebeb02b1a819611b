// SPDX-License-Identifier: GPL-2.0-only
// Copyright (C) 2026 the pvops developers
/// The driver or backend stops the machine.  Whatever led there came from the
/// device, the host or our own mistake; each has a better answer: count it and
/// reset the queue, refuse the feature, or fail the probe.  The in-tree vmxnet3
/// has over thirty such lines that a device can reach.
// Applies: drivers arch/x86/pvops
// Options: --no-includes

virtual report

@stop@
position p;
@@

(
BUG@p()
|
BUG_ON@p(...)
|
VM_BUG_ON@p(...)
|
VM_BUG_ON_PAGE@p(...)
|
DRM_BUG_ON@p(...)
|
panic@p(...)
)

@script:python depends on report@
p << stop.p;
@@
coccilib.report.print_report(p[0], "stops the machine; count, refuse or reset instead")
