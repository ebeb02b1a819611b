#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# Take every CPU but the first away and bring it back, ktest.rounds times, while
# processes come and go; then all of them together.

rounds=$(tr ' ' '\n' </proc/cmdline | sed -n 's/^ktest.rounds=//p')
cpus=$(ls -d /sys/devices/system/cpu/cpu[1-9]*)

# shellcheck source=ktest/guest/load-lib.sh
. /ktest/load-lib.sh

# set CPUs ONLINE: one after the other, and see that it took effect
set_online() {
	for cpu in $1; do
		echo "$2" >"$cpu/online" && [ "$(cat "$cpu/online")" = "$2" ] && continue
		echo "hotplug: $cpu does not go to $2"
		return 1
	done
}

if [ ! -d /sys/devices/system/cpu/cpu1 ]; then
	echo "hotplug: there is one CPU"
	exit 1
fi
begin_load
status=0
done=0
while [ "$done" -lt "${rounds:-1}" ]; do
	for cpu in $cpus; do
		set_online "$cpu" 0 && set_online "$cpu" 1 || status=1
	done
	set_online "$cpus" 0 && set_online "$cpus" 1 || status=1
	done=$((done + 1))
	echo "hotplug: round $done"
	[ $status = 0 ] || break
done
end_load || status=1
t-thread || status=1
exit $status
