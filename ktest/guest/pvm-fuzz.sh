#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# Random calls to the PVM host from the kernel, while processes come and go.

parameter() { tr ' ' '\n' </proc/cmdline | sed -n "s/^ktest\.$1=//p"; }

# shellcheck source=ktest/guest/load-lib.sh
. /ktest/load-lib.sh

dmesg -n 6
begin_load
insmod /lib/modules/kt_pvmfuzz.ko cases="$(parameter cases)" seed="$(parameter seed)"
status=$?
end_load || status=1
dmesg -n 4
t-thread || status=1
exit $status
