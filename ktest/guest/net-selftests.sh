#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# The kernel's selftests for network devices on the pair.  net.sh sources it.
# /bin/sh is dash: busybox would take its own ip and ping.
#
# Left out: hw/csum.py, whose copy in Linux 6.12 wants a name that env.py there
# does not have.
# shellcheck disable=SC2154,SC2317 # the functions and variables of net-lib.sh

tests=/src/tools/testing/selftests
export PATH="/usr/bin:$PATH"

# one NAME COMMAND...: a program that only has an exit status
one() {
	name=$1
	shift
	if "$@" >/tmp/suite 2>&1; then
		echo "SELFTEST $name pass"
	else
		sed 's/^/# /' /tmp/suite
		echo "SELFTEST $name fail"
	fi
}

# gro PROTOCOL TEST: what one end sends, the other must have merged
gro() {
	ip netns exec b "$tests/net/gro" --"$1" --dmac "$mac1" --smac "$mac0" --test "$2" \
		--verbose --rx --iface eth1 &
	receiver=$!
	sleep 1
	"$tests/net/gro" --"$1" --dmac "$mac1" --smac "$mac0" --test "$2" --verbose --iface eth0
	wait "$receiver"
}

# gro_tries PROTOCOL TEST: three tries, as gro.sh has
gro_tries() { gro "$@" || gro "$@" || gro "$@"; }

join
# stats.py takes eth0 down, and those after it use its IPv6 address
echo 1 >/proc/sys/net/ipv6/conf/eth0/keep_addr_on_down
for f in all default eth0; do echo 0 >/proc/sys/net/ipv6/conf/$f/disable_ipv6; done
for f in all default eth1; do
	ip netns exec b sh -c "echo 0 >/proc/sys/net/ipv6/conf/$f/disable_ipv6"
done
ip -n b link set lo up
ip addr add fd00::1/64 dev eth0 nodad
ip -n b addr add fd00::2/64 dev eth1 nodad
check "the driver is $drv" driver_is eth0 "$drv"
check "ping" pings 10.1.0.2
sleep 2

export NETIF=eth0 LOCAL_V4=10.1.0.1 REMOTE_V4=10.1.0.2 LOCAL_V6=fd00::1 REMOTE_V6=fd00::2
export REMOTE_TYPE=netns REMOTE_ARGS=b
for script in ping stats queues hw/rss_ctx hw/pp_alloc_fail; do
	cd "$tests/drivers/net/${script%/*}" 2>/dev/null || cd "$tests/drivers/net" || exit
	suite "$script.py" python3 "$tests/drivers/net/$script.py"
done
cd /

# Its packets are longer than 1500 bytes.
ip link set eth0 mtu 4200
ip -n b link set eth1 mtu 4200
ip netns exec b sh -c 'echo 100000 >/sys/class/net/eth1/gro_flush_timeout
	echo 1 >/sys/class/net/eth1/napi_defer_hard_irqs'
for protocol in ipv4 ipv6; do
	for test in data ack flags tcp ip large; do
		one "gro:$protocol:$test" gro_tries $protocol $test
	done
done
