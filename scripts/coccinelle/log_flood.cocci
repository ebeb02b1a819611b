// SPDX-License-Identifier: GPL-2.0-only
// Copyright (C) 2026 the pvops developers
/// An interrupt handler or a NAPI poll function prints without a rate limit.
/// The device decides how often that path runs, so it can fill the log and
/// stall the console.
// Applies: drivers
// Options: --no-includes

virtual report

@irq@
identifier f;
typedef irqreturn_t;
@@

irqreturn_t f(...) { ... }

@inirq@
identifier print = {dev_err, dev_warn, dev_info, netdev_err, netdev_warn, netdev_info, netif_err, netif_warn, netif_info, pr_err, pr_warn, pr_info, printk, _printk, drm_err, drm_warn, drm_info};
identifier irq.f;
position p;
typedef irqreturn_t;
@@

irqreturn_t f(...) {
<+...
print@p(...)
...+>
}

@inpoll@
identifier print = {dev_err, dev_warn, dev_info, netdev_err, netdev_warn, netdev_info, netif_err, netif_warn, netif_info, pr_err, pr_warn, pr_info, printk, _printk, drm_err, drm_warn, drm_info};
identifier f, n, b;
position p;
@@

int f(struct napi_struct *n, int b) {
<+...
print@p(...)
...+>
}

@script:python depends on report@
p << inirq.p;
@@
coccilib.report.print_report(p[0], "the device can flood the log from here; use a _ratelimited form")

@script:python depends on report@
p << inpoll.p;
@@
coccilib.report.print_report(p[0], "the device can flood the log from here; use a _ratelimited form")
