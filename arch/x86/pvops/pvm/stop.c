// SPDX-License-Identifier: GPL-2.0-only
/*
 * PVM: last words before there is a console, and the end
 *
 * Copyright (C) 2026 the pvops developers
 */
#include <linux/io.h>
#include <linux/processor.h>

#include "pvm.h"

#define COM1		0x3f8
#define COM1_DATA	(COM1 + 0)
#define COM1_STATUS	(COM1 + 5)
#define COM1_THR_EMPTY	0x20

/* More than a character takes at 1200 baud, if each read takes 100 ns */
#define COM1_SPIN	100000

/**
 * pvm_puts - write a line on the first serial port
 * @line: text with its newline
 *
 * For what is said before there is any console.  Port I/O traps and is
 * emulated; a port that is not there costs some time and nothing else.
 *
 * Context: any.
 */
void pvm_puts(const char *line)
{
	for (; *line; line++) {
		unsigned int spin = COM1_SPIN;

		while (--spin && !(inb(COM1_STATUS) & COM1_THR_EMPTY))
			;
		outb(*line, COM1_DATA);
	}
}

/**
 * pvm_stop - stop this vCPU for good
 *
 * HLT traps, and with the virtual interrupt flag clear nothing ends it.  Does
 * not return; objtool would have to know that, were it declared so.
 *
 * Context: any.
 */
void pvm_stop(void)
{
	for (;;)
		asm volatile("cli; hlt" ::: "memory");
}
