// SPDX-License-Identifier: GPL-2.0-only
// Copyright (C) 2026 the pvops developers
/// Code sleeps until the host or the device answers, without a limit.  A host
/// that keeps silent then leaves a task that cannot be killed (virtio_balloon
/// waits so after every 256 pages).
// Applies: drivers
// Options: --no-includes

virtual report

@sleeps@
position p;
@@

(
wait_event@p(...)
|
wait_event_cmd@p(...)
|
wait_event_lock_irq@p(...)
|
wait_for_completion@p(...)
|
wait_for_completion_io@p(...)
|
virtqueue_get_buf_wait@p(...)
)

@script:python depends on report@
p << sleeps.p;
@@
coccilib.report.print_report(p[0], "waits without a limit for the other side; use the _timeout form")
