#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# Count what arrives of the events that the PVM reference host injects before
# each instruction of the kernel's entries and exits; one CPU.

count() { sed -n "s/^ *$1: *\([0-9]*\).*/\1/p" /proc/interrupts; }

insmod /lib/modules/kt_nmi.ko || exit 1
irqs=$(count RES)
mces=$(count MCE)
step-load
status=$?
echo "KTEST INFO step.irqs=$(($(count RES) - irqs))"
echo "KTEST INFO step.nmis=$(cat /sys/module/kt_nmi/parameters/count)"
echo "KTEST INFO step.mces=$(($(count MCE) - mces))"
exit $status
