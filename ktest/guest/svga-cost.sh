#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# Count what updates cost with the driver that ktest.driver names, after loading
# ktest.modules (comma separated); ktest.what is a list of kms-cost's words.

# shellcheck source=ktest/guest/svga-lib.sh
. /ktest/svga-lib.sh

find_device
driver=$(param driver)
for module in $(param modules | tr , ' '); do
	insmod "/lib/modules/$module.ko" || exit 1
done
for what in $(param what updates | tr , ' '); do
	kms-cost "$driver" "$what" || exit 1
done
