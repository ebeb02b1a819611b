/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two threads that pass a turn to each other.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include <linux/futex.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* 0: the thread that measures, 1: its partner, who ends on his turn if @leave is set. */
static uint32_t turn;
static bool leave;

static void pass_turn(uint32_t to)
{
	__atomic_store_n(&turn, to, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void await_turn(uint32_t mine)
{
	while (__atomic_load_n(&turn, __ATOMIC_SEQ_CST) != mine)
		syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, !mine, NULL, NULL, 0);
}

/* What the partner does */
static void answer_turns(void)
{
	for (;;) {
		await_turn(1);
		if (leave)
			return;
		pass_turn(0);
	}
}

static void take_turns(unsigned int n)
{
	while (n--) {
		pass_turn(1);
		await_turn(0);
	}
}
