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
identifier fetch = {le16_to_cpu, le32_to_cpu, le64_to_cpu, le16_get_bits, le32_get_bits, le64_get_bits, FIELD_GET, readl, ioread32, inl, virtio16_to_cpu, virtio32_to_cpu, virtio64_to_cpu, pv_svga_read, fifo_read, pvnet_read, pvm_hc_rdmsr};
identifier num;
type T;
position p;
@@

(
num@p = fetch(...);
|
T num@p = fetch(...);
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
|
napi_build_skb(E, num)@s
|
build_skb(E, num)@s
|
vmap(E, num, ...)@s
|
ioremap(E, num)@s
|
dma_sync_single_for_cpu(skb, E, num, ...)@s
)

@direct@
identifier fetch = {le16_to_cpu, le32_to_cpu, le64_to_cpu, le16_get_bits, le32_get_bits, le64_get_bits, FIELD_GET, readl, ioread32, inl, virtio16_to_cpu, virtio32_to_cpu, virtio64_to_cpu, pv_svga_read, fifo_read, pvnet_read, pvm_hc_rdmsr};
expression E, F;
position s;
@@

(
E[fetch(...)]@s
|
skb_put(E, fetch(...))@s
|
memcpy(E, F, fetch(...))@s
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
