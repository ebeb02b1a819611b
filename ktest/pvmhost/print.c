// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's console, the first serial port, which the guest drives too.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include <linux/serial_reg.h>
#include "host.h"
#include "options.h"
#include "stats.h"
#include "x86.h"

#define COM1		0x3f8
#define SPIN_LIMIT	100000	/* a console that never drains must not stop the host */

void print_init(void)
{
	outb(COM1 + UART_IER, 0);
	outb(COM1 + UART_LCR, UART_LCR_DLAB | UART_LCR_WLEN8);
	outb(COM1 + UART_DLL, 1);
	outb(COM1 + UART_DLM, 0);
	outb(COM1 + UART_LCR, UART_LCR_WLEN8);
	outb(COM1 + UART_FCR, UART_FCR_ENABLE_FIFO);
	outb(COM1 + UART_MCR, UART_MCR_DTR | UART_MCR_RTS | UART_MCR_OUT2);
}

void console_putc(char c)
{
	int i;

	if (c == '\n')
		console_putc('\r');
	for (i = 0; i < SPIN_LIMIT && !(inb(COM1 + UART_LSR) & UART_LSR_THRE); i++)
		cpu_relax();
	outb(COM1 + UART_TX, c);
}

static void print_number(u64 val, unsigned int base, bool negative, int width, char pad)
{
	char buf[24];
	int n = 0;

	do {
		buf[n++] = "0123456789abcdef"[val % base];
		val /= base;
	} while (val);
	if (negative)
		buf[n++] = '-';
	for (; width > n; width--)
		console_putc(pad);
	while (n)
		console_putc(buf[--n]);
}

static void print_string(const char *s, int width)
{
	for (; *s; s++, width--)
		console_putc(*s);
	for (; width > 0; width--)
		console_putc(' ');
}

void vprintk(const char *fmt, va_list args)
{
	for (; *fmt; fmt++) {
		int width = 0;
		bool wide = false;
		char pad = ' ';
		s64 val;

		if (*fmt != '%') {
			console_putc(*fmt);
			continue;
		}
		fmt++;
		if (*fmt == '0')
			pad = '0';
		for (; *fmt >= '0' && *fmt <= '9'; fmt++)
			width = width * 10 + *fmt - '0';
		for (; *fmt == 'l'; fmt++)
			wide = true;
		switch (*fmt) {
		case 's':
			print_string(va_arg(args, const char *), width);
			break;
		case 'c':
			console_putc(va_arg(args, int));
			break;
		case 'd':
			val = wide ? va_arg(args, s64) : va_arg(args, int);
			print_number(val < 0 ? -val : val, 10, val < 0, width, pad);
			break;
		case 'u':
			print_number(wide ? va_arg(args, u64) : va_arg(args, u32), 10, false, width, pad);
			break;
		case 'p':
			wide = true;
			fallthrough;
		case 'x':
			print_number(wide ? va_arg(args, u64) : va_arg(args, u32), 16, false, width, pad);
			break;
		default:
			console_putc(*fmt);
		}
	}
}

void printk(const char *fmt, ...)
{
	va_list args;

	print_string("pvmhost: ", 0);
	va_start(args, fmt);
	vprintk(fmt, args);
	va_end(args);
}

void panic(const char *fmt, ...)
{
	va_list args;

	print_string("pvmhost: PANIC: ", 0);
	va_start(args, fmt);
	vprintk(fmt, args);
	va_end(args);
	console_putc('\n');
	machine_end(END_HOST_PANIC);
}

/*
 * isa-debug-exit makes QEMU's exit status 2 * value + 1; without the device
 * the write goes nowhere and the machine is switched off or left stopped.
 */
void machine_end(enum end_status status)
{
	static bool ending;

	if (options.stats && !ending) {
		ending = true;
		stats_print();
	}
	printk("end of machine, status %u\n", status);
	outl(0xf4, status);
	if (options.end_poweroff || status == END_POWEROFF) {
		outw(0x604, 0x2000);	/* PM1a_CNT.SLP_EN, QEMU's pc and q35 */
	} else if (options.end_reset) {
		outb(0xcf9, 0x6);
	}
	for (;;)
		asm volatile("cli\n\thlt");
}
