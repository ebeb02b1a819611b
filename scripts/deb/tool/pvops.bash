# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
# shellcheck shell=bash
#
# Completion for pvops(1).

_pvops() {
	local word=${COMP_WORDS[COMP_CWORD]}
	local words="--json"

	if [ "$COMP_CWORD" -eq 1 ]; then
		words="status ops bench --help --version"
	elif [ "${COMP_WORDS[1]}" = bench ]; then
		words="--json getppid read anonfault fork exec pipe switch signal mmap munmap
			mprotect reprotect futex timer"
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -F _pvops pvops
