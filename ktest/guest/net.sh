#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# Network driver tests.  The kernel command line says which:
#   net=NAME            net-NAME.sh
#   netdrv=DRIVER       pv_net, vmxnet3, virtio_net or e1000
#   netcount=PACKETS    of each load of net-cost.sh
#   netmodes=M,...      AF_XDP modes of net-xsk.sh: skb, drv, zc
#
# Results are KTAP lines; costs are lines "NET COST name value".

# shellcheck source=ktest/guest/net-lib.sh
. /ktest/net-lib.sh

case $1 in quiet) quiet_ipv6; exit ;; esac
drv=$(arg netdrv)
# shellcheck disable=SC2034 # net-cost.sh uses it
count=$(arg netcount)
choose_driver
# shellcheck source=/dev/null
. "/ktest/net-$(arg net).sh"
echo "1..$n"
exit $failed
