#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# Where the kernel has put its memory; then enough work to see that it serves.

echo 1 >/proc/sys/kernel/kptr_restrict
echo "KTEST INFO vmalloc=$(head -n 1 /proc/vmallocinfo | cut -d- -f1)"
echo "KTEST INFO la57=$(grep -c -w la57 /proc/cpuinfo)"
status=0
for t in t-process t-thread; do
	$t || status=1
done
/ktest/t-module.sh || status=1
exit $status
