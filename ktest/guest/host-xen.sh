#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# dom0 of the xen-hvm platform: start Xen's daemons and one guest, whose
# console is our second serial port, and wait until the guest is gone.  A line
# that begins with "dom0 " is typed there for us.

mount -t xenfs xenfs /proc/xen
stty -F /dev/ttyS1 raw -echo clocal
xenstored --pid-file=/var/run/xen/xenstored.pid
xen-init-dom0 >/dev/null || { echo "host-xen: no xenstored"; exit 1; }
xenconsoled --log=guest --log-dir=/run --pid-file=/var/run/xen/xenconsoled.pid
if ! xl create /domu/guest.cfg; then
	echo "host-xen: the guest does not start"
	exit 1
fi
log=/run/guest-guest.log
alive() { xl list guest >/dev/null 2>&1; }

# The log appears with the guest's first line.  One open file is read again and
# again, from where it was left, so that the last round has all of the rest.
tries=0
until [ -e $log ] || ! alive || [ $tries -ge 60 ]; do
	tries=$((tries + 1))
	sleep 1
done
[ -e $log ] || { echo "host-xen: the guest says nothing"; exit 1; }
exec 3<$log
obey() {
	while read -r to line; do
		if [ "$to" = dom0 ]; then
			eval "$line"
			echo "KTEST DOM0 $?"
		else
			# The only terminal that xenconsoled has opened.
			echo "$to $line" >/dev/pts/0
		fi
	done
}
obey 0<>/dev/ttyS1 1>&0 2>&1 &
# A guest that hangs is ended by the outer host, which knows how long it may take.
while alive; do
	cat <&3 >/dev/ttyS1
	sleep 1
done
cat <&3 >/dev/ttyS1
kill $!
# Changing its mode waits until the port has sent everything.
stty -F /dev/ttyS1 -echo
