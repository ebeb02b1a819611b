// SPDX-License-Identifier: GPL-2.0-only
/*
 * Port I/O: passed through, but for the ports with which memory or interrupts
 * of the host could be reached, and a few for tests.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include "event.h"
#include "host.h"
#include "options.h"
#include "pci.h"
#include "port.h"
#include "shadow.h"
#include "stats.h"
#include "step.h"
#include "vcpu.h"
#include "x86.h"

#define PORT_PIC1	0x20
#define PORT_PIC2	0xa0
#define PORT_APM	0xb2	/* SMI command */
#define PORT_DEBUG	0xe9	/* a character for the host's console */
#define PORT_COMMAND	0xea	/* test requests, below */
#define PORT_PCI	0xcf8
#define PORT_RESET	0xcf9
#define PORT_PM1A_CNT	0x604	/* QEMU's pc and q35 */
#define PORT_KEYBOARD_DATA 0x60
#define PORT_KEYBOARD	0x64

#define PM1_SLP_EN	0x2000
#define PM1_SLP_TYP	0x1c00
#define PM1_SLP_TYP_S3	0x0400	/* QEMU's pc and q35 */
#define PORT_CMOS	0x70
#define CMOS_SHUTDOWN	0x0f	/* where the firmware goes after a reset */
#define CPU_HOTPLUG_PC	0xaf00	/* QEMU: docs/specs/acpi_cpu_hotplug */
#define CPU_HOTPLUG_Q35	0x0cd8
#define CPU_FLAGS	4	/* of these: has the bit that ejects */
#define KEYBOARD_RESET	0xfe
#define KEYBOARD_WRITE_OUTPUT 0xd1
#define KEYBOARD_A20_OFF 0xdd
#define PORT_DEBUG_EXIT	0xf4	/* isa-debug-exit */

#define COMMAND_STATS	0x53	/* 'S': print the counters */
#define COMMAND_AUDIT	0x41	/* 'A': check text, guard pages, and all shadow pages */
#define COMMAND_BOOKS	0x42	/* 'B': the same without looking at every entry */
#define COMMAND_NMI	0x4e	/* 'N': an NMI for this vCPU */
#define COMMAND_MCE	0x4d	/* 'M': a machine check for this vCPU */
#define COMMAND_STEP	0x54	/* 'T': begin with step.c's addresses */
#define COMMAND_ZAP	0x5a	/* 'Z': drop all shadow pages */

/* Interrupt mask registers, which the guest probes; the PICs stay masked */
static u8 pic_mask[2] = { 0xff, 0xff };

static const struct {
	u16 first, last;
} denied[] = {
	{ 0x0000, 0x000f },	/* ISA DMA controllers and their page registers */
	{ 0x0081, 0x008f },
	{ 0x0092, 0x0092 },	/* A20: the host's text has bit 20 set */
	{ 0x00c0, 0x00df },
	{ 0x0514, 0x051b },	/* fw_cfg DMA */
};

/* Read as they are: what a write does there is not the guest's */
static const u16 read_only[] = {
	CPU_HOTPLUG_PC + CPU_FLAGS, CPU_HOTPLUG_Q35 + CPU_FLAGS,
};

static bool touches(u16 port, u32 size, u16 first, u16 last)
{
	return port <= last && port + size > first;
}

static bool is_denied(u16 port, u32 size)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(denied); i++) {
		if (touches(port, size, denied[i].first, denied[i].last))
			return true;
	}
	return false;
}

/* Devices whose registers are a byte each: no wider access gets by what is checked */
static bool is_straddling(u16 port, u32 size)
{
	static const u16 single[] = {
		PORT_PIC1, PORT_PIC1 + 1, PORT_KEYBOARD_DATA, PORT_KEYBOARD,
		PORT_PIC2, PORT_PIC2 + 1, PORT_APM, PORT_CMOS, PORT_CMOS + 1,
	};
	u32 i;

	for (i = 0; size > 1 && i < ARRAY_SIZE(single); i++) {
		if (touches(port, size, single[i], single[i]))
			return true;
	}
	return false;
}

/* The output port of the keyboard controller has the A20 gate: not the guest's */
static bool is_a20(u16 port, u32 val)
{
	return port == PORT_KEYBOARD && (val == KEYBOARD_WRITE_OUTPUT || val == KEYBOARD_A20_OFF);
}

/* After a reset the firmware would enter code of the guest's in real mode */
static bool is_warm_boot(u16 port, u32 val)
{
	static u8 index;

	if (port == PORT_CMOS)
		index = val & 0x7f;
	return port == PORT_CMOS + 1 && index == CMOS_SHUTDOWN;
}

/* Of the sleeping states only "off": from others the firmware enters code of the guest's */
static bool is_sleep(u16 port, u32 size, u32 val)
{
	if (!touches(port, size, PORT_PM1A_CNT, PORT_PM1A_CNT + 1))
		return false;
	return port != PORT_PM1A_CNT || size != 2 || (val & PM1_SLP_TYP) == PM1_SLP_TYP_S3;
}

static bool is_write_denied(u16 port, u32 size, u32 val)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(read_only); i++) {
		if (touches(port, size, read_only[i], read_only[i]))
			return true;
	}
	return is_denied(port, size) || is_straddling(port, size) || is_a20(port, val) ||
	       is_warm_boot(port, val) || is_sleep(port, size, val);
}

static bool is_pic(u16 port)
{
	return (port & ~1) == PORT_PIC1 || (port & ~1) == PORT_PIC2;
}

static bool is_pci(u16 port, u32 size)
{
	return port >= PORT_PCI && port < PORT_PCI + 8 && !(port == PORT_RESET && size == 1);
}

u32 port_read(struct vcpu *v, u16 port, u32 size)
{
	u32 ones = size == 4 ? ~0u : (1u << size * 8) - 1;

	stats.port_ins++;
	if (is_denied(port, size) || is_straddling(port, size)) {
		stats.port_denied++;
		return ones;
	}
	if (port == PORT_COMMAND)
		return step_round();
	if (is_pic(port))
		return port & 1 ? pic_mask[port >> 7 & 1] : 0;
	if (is_pci(port, size))
		return pci_port_read(port, size);
	switch (size) {
	case 1: return inb(port);
	case 2: return inw(port);
	default: return inl(port);
	}
}

static void command(struct vcpu *v, u32 val)
{
	switch (val) {
	case COMMAND_STATS:
		stats_print();
		break;
	case COMMAND_AUDIT:
		shadow_audit();
		break;
	case COMMAND_BOOKS:
		shadow_audit_books();
		break;
	case COMMAND_NMI:
		event_nmi(v);
		break;
	case COMMAND_MCE:
		event_mce(v);
		break;
	case COMMAND_STEP:
		step_start(v);
		break;
	case COMMAND_ZAP:
		shadow_zap_all();
		break;
	}
}

/* The last chance to report, when this write ends the machine */
static void before_end(u16 port, u32 val)
{
	bool end = port == PORT_DEBUG_EXIT || (port == PORT_PM1A_CNT && (val & PM1_SLP_EN)) ||
		   (port == PORT_RESET && (val & 4)) ||
		   (port == PORT_KEYBOARD && val == KEYBOARD_RESET);

	if (!end)
		return;
	if (options.stats)
		stats_print();
	printk("the guest ends the machine by port %x\n", port);
}

/* FADT.ACPI_ENABLE and ACPI_DISABLE of q35 and of pc */
static bool is_acpi_switch(u8 val)
{
	return val == 2 || val == 3 || val == 0xf1 || val == 0xf0;
}

void port_write(struct vcpu *v, u16 port, u32 size, u32 val)
{
	stats.port_outs++;
	if (is_write_denied(port, size, val)) {
		stats.port_denied++;
		return;
	}
	if (is_pic(port)) {
		if (port & 1)
			pic_mask[port >> 7 & 1] = val;
		return;
	}
	if (is_pci(port, size)) {
		pci_port_write(port, size, val);
		return;
	}
	if (port == PORT_DEBUG) {
		console_putc(val);
		return;
	}
	if (port == PORT_COMMAND) {
		command(v, val);
		return;
	}
	/* Only ACPI on and off; the firmware's other SMI calls are not the guest's */
	if (port == PORT_APM && !is_acpi_switch(val))
		return;
	before_end(port, val);
	switch (size) {
	case 1:
		outb(port, val);
		break;
	case 2:
		outw(port, val);
		break;
	default:
		outl(port, val);
	}
}
