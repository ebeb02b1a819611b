#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# Run the tool pvops(1) in every way, as root and as nobody; each answer stands
# between "TOOL name status" and "TOOL END".

ask() {
	name=$1
	shift
	echo "TOOL $name"
	"$@" 2>&1
	echo "TOOL END $?"
}

as_nobody() { su -s /bin/sh nobody -c "$*"; }

insmod /lib/modules/virtio_balloon.ko 2>/dev/null
# a name that JSON must quote
[ -d /sys/class/net/eth0 ] && ip link set eth0 name 'eth\0' && ip link set 'eth\0' up
ask status pvops status --json
ask ops pvops ops --json
ask bench pvops bench --json getppid fork
ask user-status as_nobody pvops status --json
ask user-ops as_nobody pvops ops --json
ask text pvops status
ask ops-text pvops ops
ask nonsense pvops nonsense
exit 0
