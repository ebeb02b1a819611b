// SPDX-License-Identifier: GPL-2.0-only
// Copyright (C) 2026 the pvops developers
/// A KUnit case uses memory that it did not check.  When the allocation fails
/// the test crashes the kernel that runs it, and with it all other suites.
// Applies: drivers arch/x86/pvops
// Options: --no-includes

virtual report

@used exists@
identifier m, f;
identifier alloc = {kunit_kzalloc, kunit_kmalloc, kunit_kcalloc, kunit_kmalloc_array, kzalloc, kmalloc, kcalloc, vmalloc, vzalloc};
identifier check = {KUNIT_ASSERT_NOT_NULL, KUNIT_ASSERT_NOT_ERR_OR_NULL, KUNIT_ASSERT_TRUE, KUNIT_ASSERT_NOT_NULL_MSG};
type T;
expression E, X;
position p;
@@

(
m = alloc(...);
|
T m = alloc(...);
)
... when != check(..., m, ...)
    when != !m
    when != m == NULL
    when != m = X
(
m->f@p
|
m[E]@p
)

@script:python depends on report@
p << used.p;
@@
coccilib.report.print_report(p[0], "memory is used before it is known that there is any")
