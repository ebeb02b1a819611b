#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# Load and unload a module that needs no device, twice.

echo "KTAP version 1"
echo "1..1"
for round in 1 2; do
	insmod /lib/modules/ptp_kvm.ko 2>/dev/null && rmmod ptp_kvm
	if ! insmod /lib/modules/pktgen.ko || ! [ -e /proc/net/pktgen/pgctrl ]; then
		echo "not ok 1 module_load round $round"
		exit 1
	fi
	if ! rmmod pktgen || [ -e /proc/net/pktgen/pgctrl ]; then
		echo "not ok 1 module_unload round $round"
		exit 1
	fi
done
echo "ok 1 module_load"
