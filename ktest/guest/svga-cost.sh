#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# Count what an update costs with the driver that ktest.driver names, after
# loading ktest.modules (comma separated).

driver=
modules=
for word in $(cat /proc/cmdline); do
	case "$word" in
	ktest.driver=*) driver=${word#*=} ;;
	ktest.modules=*) modules=$(echo "${word#*=}" | tr , ' ') ;;
	esac
done
for module in $modules; do
	insmod "/lib/modules/$module.ko" || exit 1
done
kms-cost "$driver"
