#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# Count what an update costs with the driver that ktest.driver names, after
# loading ktest.modules (comma separated).

parameter() {
	tr ' ' '\n' </proc/cmdline | sed -n "s/^ktest\.$1=//p" | tail -n 1
}

driver=$(parameter driver)
modules=$(parameter modules | tr , ' ')
for module in $modules; do
	insmod "/lib/modules/$module.ko" || exit 1
done
kms-cost "$driver"
