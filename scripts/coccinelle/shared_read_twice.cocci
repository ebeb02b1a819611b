// SPDX-License-Identifier: GPL-2.0-only
// Copyright (C) 2026 the pvops developers
/// A word in memory that the other side may write at any time is read twice in
/// one function, and the second value may differ from the one that was
/// checked.  Read it once into a local variable.
// Applies: drivers arch/x86/pvops
// Options: --no-includes

virtual report

@twice exists@
expression X, A, B;
identifier v, w;
statement S;
type T;
position p;
@@

if (<+... READ_ONCE(X) ...+>) S
... when != X = A
    when != WRITE_ONCE(X, A)
    when != smp_store_release(&X, A)
(
v = READ_ONCE@p(X);
|
v = le16_to_cpu(READ_ONCE@p(X));
|
v = le32_to_cpu(READ_ONCE@p(X));
|
T w = READ_ONCE@p(X);
|
B[READ_ONCE@p(X)]
|
B[le16_to_cpu(READ_ONCE@p(X))]
|
B[le32_to_cpu(READ_ONCE@p(X))]
|
return READ_ONCE@p(X);
)

@mixed exists@
expression s, A, B, r;
identifier f, v;
type T;
position p;
statement S;
@@

(
v = READ_ONCE(s->f);
|
T v = READ_ONCE(s->f);
|
v = le16_to_cpu(READ_ONCE(s->f));
|
v = le32_to_cpu(READ_ONCE(s->f));
|
T v = le16_to_cpu(READ_ONCE(s->f));
|
T v = le32_to_cpu(READ_ONCE(s->f));
)
... when != s->f = A
    when != s = A
    when != s++
    when != WRITE_ONCE(s->f, A)
    when != smp_store_release(&s->f, A)
(
r = s->f@p;
|
r = le16_to_cpu(s->f@p);
|
r = le32_to_cpu(s->f@p);
|
B[s->f@p]
|
if (s->f@p) S
)

@script:python depends on report@
p << twice.p;
@@
coccilib.report.print_report(p[0], "shared memory is read again after it was checked")

@script:python depends on report@
p << mixed.p;
@@
coccilib.report.print_report(p[0], "shared memory is read again, once with and once without READ_ONCE()")
