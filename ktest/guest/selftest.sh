#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# What must work on every platform, whatever is beneath it.

status=0
for t in t-process t-signal t-thread t-fpu t-timer t-container t-loopback; do
	echo "# $t"
	$t || status=1
done
/ktest/t-module.sh || status=1
exit $status
