#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# What concerns PVM guests alone: limits of the ABI, KVM's hypercalls from a
# module, what the vulnerabilities files claim.  The host prints its counters at
# the end (ktest/pvmhost/port.c).

status=0
insmod /lib/modules/ptp_kvm.ko || status=1
t-pvm || status=1
for f in /sys/devices/system/cpu/vulnerabilities/*; do
	echo "KTEST INFO vulnerability.$(basename "$f")=$(cat "$f")"
done
printf S | dd of=/dev/port bs=1 seek=234 conv=notrunc 2>/dev/null || status=1
exit $status
