#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# Debian's xdp-tools on three NICs without addresses: eth0 sends, eth1 receives
# with the program of the tool, eth2 is the only one on its hub.  net.sh sources it.
# shellcheck disable=SC2154,SC2317 # the functions and variables of net-lib.sh

packets=${count:-2000}

# What the tool's report says it has received (or sent), over all of its run.
reported() { sed -n "s/^ *Packets $1 *: *\([0-9,]*\).*/\1/p" /tmp/tool | tr -d ,; }

attached() { ip link show dev "$1" | grep -q 'prog/xdp'; }
within() { for _ in $(seq 100); do "$@" && return; sleep 0.1; done; return 1; }
# no_program IFACE: the tool has cleaned up
no_program() { ! attached "$1"; }

# Packets that eth2 has sent.  In-tree vmxnet3 counts frames of XDP apart.
left() {
	sent=$(cat /sys/class/net/eth2/statistics/tx_packets)
	[ "$drv" = pv_net ] && echo "$sent" && return
	ethtool -S eth2 | awk -F: -v all="$sent" '/xdp[ _]xmit *:/ { all += $2 } END { print all }'
}

# bench WORDS: xdp-bench with pktgen's packets; it must report them all.
bench() {
	xdp-bench "$@" -i 1 >/tmp/tool 2>&1 &
	tool=$!
	within attached eth1 || return 1
	carrier
	sleep 1
	count=$packets
	# Where the program sends what it gets, the packets must have left or come back.
	case $* in
	tx*) arrived=came_back ;;
	redirect-cpu*\ redirect\ *|redirect*eth2) arrived=left ;;
	*) arrived= ;;
	esac
	before=$($arrived)
	generate x eth0 1 "$mac1" >/dev/null
	sleep 2
	kill -INT $tool
	wait $tool
	within no_program eth1 || return 1
	carrier
	[ "$(reported received)" -ge "$packets" ] || return 1
	[ -n "$arrived" ] || return 0
	echo "$(($($arrived) - before)) packets $arrived" >>/tmp/tool
	[ $(($($arrived) - before)) -ge "$packets" ]
}

# traffic WORDS: xdp-trafficgen into xdp-bench; what the one sends the other drops.
traffic() {
	xdp-bench drop eth1 -i 1 >/tmp/tool2 2>&1 &
	tool=$!
	within attached eth1 || return 1
	xdp-trafficgen "$@" -n "$packets" >/tmp/tool 2>&1
	sleep 2
	kill -INT $tool
	wait $tool
	cat /tmp/tool2 >>/tmp/tool
	within no_program eth1 && within no_program eth0 || return 1
	[ "$(reported received)" -ge "$packets" ]
}

# tool NAME COMMAND...: run it, keep its report, say what came of it
tool() {
	name=$1
	shift
	if "$@"; then
		verdict=pass
	else
		verdict=fail
	fi
	sed 's/^/# /' /tmp/tool
	echo "SELFTEST xdp-tools:$name $verdict"
}

quiet_ipv6
mount -t bpf bpf /sys/fs/bpf
insmod /lib/modules/pktgen.ko
for end in eth0 eth1 eth2; do
	without_lro $end
	ip link set $end up
done
carrier
# what comes back by XDP_TX may have the other end's address
ip link set eth0 promisc on
mac0=$(cat /sys/class/net/eth0/address)
mac1=$(cat /sys/class/net/eth1/address)
check "the driver is $drv" driver_is eth0 "$drv"
for mode in native skb; do
	for program in no-touch read-data swap-macs; do
		tool "bench:drop:$mode:$program" bench drop -m $mode -p $program eth1
	done
	tool "bench:pass:$mode" bench pass -m $mode eth1
	tool "bench:tx:$mode" bench tx -m $mode eth1
	tool "bench:redirect:$mode" bench redirect -m $mode -s eth1 eth2
	tool "bench:redirect-map:$mode" bench redirect-map -m $mode -s eth1 eth2
	tool "bench:redirect-multi:$mode" bench redirect-multi -m $mode -s eth1 eth2
done
tool bench:redirect-map:egress bench redirect-map -X -s eth1 eth2
for action in disabled drop pass; do
	tool "bench:redirect-cpu:$action" bench redirect-cpu -c 0 -r $action -s eth1
done
tool bench:redirect-cpu:redirect bench redirect-cpu -c 0 -r redirect -D eth2 -s eth1
tool trafficgen:udp traffic udp -m "$mac1" -M "$mac0" eth0
tool trafficgen:udp:ports traffic udp -m "$mac1" -M "$mac0" -d 100 eth0
