#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# dom0 of the xen-hvm platform: start Xen's daemons and one guest, whose
# console is our second serial port, and wait until the guest is gone.

mount -t xenfs xenfs /proc/xen
stty -F /dev/ttyS1 raw 2>/dev/null
xenstored --pid-file=/var/run/xen/xenstored.pid
xen-init-dom0 >/dev/null || { echo "host-xen: no xenstored"; exit 1; }
xenconsoled --pid-file=/var/run/xen/xenconsoled.pid
xl create -c /domu/guest.cfg </dev/null >/dev/ttyS1 2>/tmp/xl.log
status=$?
tries=0
while xl list guest >/dev/null 2>&1 && [ $tries -lt 600 ]; do
	tries=$((tries + 1))
	sleep 1
done
[ $status = 0 ] || cat /tmp/xl.log
exit $status
