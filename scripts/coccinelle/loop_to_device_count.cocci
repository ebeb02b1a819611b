// SPDX-License-Identifier: GPL-2.0-only
// Copyright (C) 2026 the pvops developers
/// A loop runs as often as a number in shared memory or a register says, and
/// reads that number anew at every turn.  Fetch it once, compare it with a
/// limit of ours, then loop.
// Applies: drivers arch/x86/pvops
// Options: --no-includes

virtual report

@loops@
expression i, A, B;
statement S;
position p;
@@

(
for@p (A; i < \(le16_to_cpu\|le32_to_cpu\|le64_to_cpu\|READ_ONCE\|readl\|ioread32\|inl\|FIELD_GET\|le32_get_bits\|le16_get_bits\)(...); B) S
|
for@p (A; i <= \(le16_to_cpu\|le32_to_cpu\|le64_to_cpu\|READ_ONCE\|readl\|ioread32\|inl\|FIELD_GET\|le32_get_bits\|le16_get_bits\)(...); B) S
|
while@p (i < \(le16_to_cpu\|le32_to_cpu\|le64_to_cpu\|READ_ONCE\|readl\|ioread32\|inl\|FIELD_GET\|le32_get_bits\|le16_get_bits\)(...)) S
|
while@p (i != \(le16_to_cpu\|le32_to_cpu\|le64_to_cpu\|READ_ONCE\|readl\|ioread32\|inl\|FIELD_GET\|le32_get_bits\|le16_get_bits\)(...)) S
)

@script:python depends on report@
p << loops.p;
@@
coccilib.report.print_report(p[0], "the other side decides how often this loop runs")
