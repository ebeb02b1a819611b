#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# Random calls to the PVM host from the kernel, while processes come and go.

parameter() { tr ' ' '\n' </proc/cmdline | sed -n "s/^ktest\.$1=//p"; }

dmesg -n 6
while :; do t-process >/dev/null; done &
insmod /lib/modules/kt_pvmfuzz.ko cases="$(parameter cases)" seed="$(parameter seed)"
status=$?
kill $!
dmesg -n 4
t-thread || status=1
exit $status
