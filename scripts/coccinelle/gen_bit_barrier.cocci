// SPDX-License-Identifier: GPL-2.0-only
// Copyright (C) 2026 the pvops developers
/// The generation bit of a vmxnet3 descriptor says who owns it.  Without
/// dma_rmb() after the bit was found set, the other words may be read before
/// it and be those of the last lap; without dma_wmb() before the bit is
/// written, the device may see it before the address.
// Applies: drivers/pv-net
// Options: --no-includes

virtual report

@unread exists@
identifier bit = {VMXNET3_CD_GEN_SHIFT, VMXNET3_CD_GEN};
expression c, c2;
identifier f;
position p;
statement S;
@@

if (<+... bit ...+>) S
... when != dma_rmb()
    when != rmb()
    when != smp_rmb()
(
READ_ONCE(c->f)@p
|
le32_to_cpu(c->f)@p
|
le32_get_bits(c->f, ...)@p
|
memcpy(c, c2, ...)@p
)

@unwritten exists@
identifier bit = {VMXNET3_TXD_GEN_SHIFT, VMXNET3_TXD_GEN, VMXNET3_RXD_GEN_SHIFT, VMXNET3_RXD_GEN};
identifier f, g;
expression d, E;
position p;
@@

d->f = E;
... when != dma_wmb()
    when != wmb()
(
WRITE_ONCE@p(d->g, <+... bit ...+>)
|
d->g@p = <+... bit ...+>
)

@script:python depends on report@
p << unread.p;
@@
coccilib.report.print_report(p[0], "read without dma_rmb() after the generation bit")

@script:python depends on report@
p << unwritten.p;
@@
coccilib.report.print_report(p[0], "hands the descriptor over without dma_wmb() before")
