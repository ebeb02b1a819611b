#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# Obey the host: each line "<number> <shell command>" on the console is run,
# and "KTEST REPLY <number> <status>" ends what it printed.  "0 quit" ends.

stty -echo -icrnl -onlcr -icanon min 1 2>/dev/null
echo "KTEST SERVE"
while read -r number line; do
	[ "$line" = quit ] && exit 0
	eval "$line"
	echo "KTEST REPLY $number $?"
done
exit 1
