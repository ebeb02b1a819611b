#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# dom0 of the xen-hvm platform: start Xen's daemons and one guest, whose
# console is our second serial port, and wait until the guest is gone.


mount -t xenfs xenfs /proc/xen
stty -F /dev/ttyS1 raw clocal
xenstored --pid-file=/var/run/xen/xenstored.pid
xen-init-dom0 >/dev/null || { echo "host-xen: no xenstored"; exit 1; }
xenconsoled --log=guest --log-dir=/run --pid-file=/var/run/xen/xenconsoled.pid
if ! xl create /domu/guest.cfg; then
	echo "host-xen: the guest does not start"
	exit 1
fi
# The log appears with the guest's first line.
tail -F /run/guest-guest.log >/dev/ttyS1 2>/dev/null &
tries=0
while xl list guest >/dev/null 2>&1 && [ $tries -lt 600 ]; do
	tries=$((tries + 1))
	sleep 1
done
sleep 1
kill $!
