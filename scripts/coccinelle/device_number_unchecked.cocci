// SPDX-License-Identifier: GPL-2.0-only
// Copyright (C) 2026 the pvops developers
/// A number that the device or the host wrote is used as an array index, a
/// length or an offset before it has been compared with a limit.  The device
/// model of QEMU, a hostile host, or a bug in either, then reads or writes
/// past the array.
// Applies: drivers arch/x86/pvops
// Options: --no-includes

virtual report

@fetched@
identifier num;
type T;
position p;
@@

(
num@p = le16_to_cpu(...);
|
num@p = le32_to_cpu(...);
|
num@p = le64_to_cpu(...);
|
num@p = le16_get_bits(...);
|
num@p = le32_get_bits(...);
|
num@p = le64_get_bits(...);
|
num@p = FIELD_GET(...);
|
num@p = readl(...);
|
num@p = ioread32(...);
|
num@p = inl(...);
|
T num@p = le16_to_cpu(...);
|
T num@p = le32_to_cpu(...);
|
T num@p = le64_to_cpu(...);
|
T num@p = le16_get_bits(...);
|
T num@p = le32_get_bits(...);
|
T num@p = le64_get_bits(...);
|
T num@p = FIELD_GET(...);
|
T num@p = readl(...);
|
T num@p = ioread32(...);
|
T num@p = inl(...);
)

@sink exists@
identifier fetched.num;
position fetched.p, s;
type T;
expression E, F, X, skb;
expression list[3] es;
@@

(
num@p = F;
|
T num@p = F;
)
... when != num < X
    when != num <= X
    when != num > X
    when != num >= X
    when != num == X
    when != num != X
    when != num = X
    when != num &= X
    when != num %= X
(
E[num]@s
|
E[num + F]@s
|
E[F + num]@s
|
skb_put(skb, num)@s
|
__skb_put(skb, num)@s
|
memcpy(E, F, num)@s
|
memmove(E, F, num)@s
|
memset(E, F, num)@s
|
skb_add_rx_frag(skb, es, num, ...)@s
)

@direct@
expression E;
position s;
@@

(
E[le16_to_cpu(...)]@s
|
E[le32_to_cpu(...)]@s
|
E[le64_to_cpu(...)]@s
|
E[le16_get_bits(...)]@s
|
E[le32_get_bits(...)]@s
|
E[le64_get_bits(...)]@s
|
E[FIELD_GET(...)]@s
|
E[readl(...)]@s
|
E[ioread32(...)]@s
|
E[inl(...)]@s
|
skb_put(E, le16_to_cpu(...))@s
|
skb_put(E, le32_to_cpu(...))@s
|
skb_put(E, le64_to_cpu(...))@s
|
skb_put(E, le16_get_bits(...))@s
|
skb_put(E, le32_get_bits(...))@s
|
skb_put(E, le64_get_bits(...))@s
|
skb_put(E, FIELD_GET(...))@s
|
skb_put(E, readl(...))@s
|
skb_put(E, ioread32(...))@s
|
skb_put(E, inl(...))@s
)

@script:python depends on report@
s << sink.s;
num << fetched.num;
@@
coccilib.report.print_report(s[0], "'%s' comes from the device and is used here unchecked" % num)

@script:python depends on report@
s << direct.s;
@@
coccilib.report.print_report(s[0], "a number from the device is used here unchecked")
