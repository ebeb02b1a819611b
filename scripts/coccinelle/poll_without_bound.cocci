// SPDX-License-Identifier: GPL-2.0-only
// Copyright (C) 2026 the pvops developers
/// A loop waits for a device register or a word in shared memory and nothing
/// but the other side ends it.  A host that never answers then hangs a CPU.
/// Use read_poll_timeout() and friends, or count the turns.
// Applies: drivers arch/x86/pvops
// Options: --no-includes

virtual report

@waits@
identifier rd = {READ_ONCE, smp_load_acquire, readb, readw, readl, readq, ioread8, ioread16, ioread32, ioread32be, inb, inw, inl};
position p;
statement S;
expression E;
@@

(
while (rd@p(...)) S
|
while (!rd@p(...)) S
|
while (rd@p(...) & E) S
|
while (!(rd@p(...) & E)) S
|
while (rd@p(...) == E) S
|
while (rd@p(...) != E) S
|
while ((rd@p(...) & E) == 0) S
|
while ((rd@p(...) & E) != 0) S
)

@forever@
identifier pause = {cpu_relax, udelay, ndelay, usleep_range, msleep, fsleep, cond_resched};
identifier yes = {true};
position p;
@@

(
for (;;) { <+... pause@p(...); ...+> }
|
while (1) { <+... pause@p(...); ...+> }
|
while (yes) { <+... pause@p(...); ...+> }
)

@stops@
position forever.p;
identifier pause = {cpu_relax};
@@

for (;;) pause@p(...);

@condition@
identifier spin = {smp_cond_load_relaxed, smp_cond_load_acquire};
position p;
@@

spin@p(...)

@script:python depends on report@
p << waits.p;
@@
coccilib.report.print_report(p[0], "only the other side ends this loop")

@script:python depends on report && !stops@
p << forever.p;
@@
coccilib.report.print_report(p[0], "this loop has no bound of its own")

@script:python depends on report@
p << condition.p;
@@
coccilib.report.print_report(p[0], "only the other side ends this wait")
