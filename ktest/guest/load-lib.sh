#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# Processes that come and go while something else is done, and what they found wrong.
# shellcheck disable=SC2317 # functions for others

begin_load() {
	rm -f /tmp/load-failed
	while :; do
		t-process >/tmp/load || cp /tmp/load /tmp/load-failed
	done &
	load=$!
}

# end_load: fails if one of them has failed
end_load() {
	kill "$load"
	wait "$load" 2>/dev/null
	[ ! -e /tmp/load-failed ] && return
	cat /tmp/load-failed
	return 1
}
