// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ports and registers by which a guest would reach the host's memory, its
 * processors, or the firmware: each write must have no effect.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Where the effect cannot be read back it is the host that would not live on.
 */
#include "guest.h"

#define Q35		0x29c08086	/* vendor and device of 00:00.0 */
#define BDF(dev, fn)	((dev) << 3 | (fn))

static void outw(u16 port, u16 val)
{
	asm volatile("outw %0, %1" : : "a" (val), "Nd" (port));
}

static u8 inb(u16 port)
{
	u8 val;

	asm volatile("inb %1, %0" : "=a" (val) : "Nd" (port));
	return val;
}

static u32 config(u32 bdf, u32 reg)
{
	outl(0xcf8, 0x80000000 | bdf << 8 | reg);
	return inl(0xcfc);
}

static void set_config(u32 bdf, u32 reg, u32 val)
{
	outl(0xcf8, 0x80000000 | bdf << 8 | reg);
	outl(0xcfc, val);
}

/* The host's text is at 1 MiB, an odd one: without A20 it would be what is at 0 */
static void test_a20(void)
{
	outb(0x64, 0xdd);
	outb(0x64, 0xd1);
	outb(0x60, 0x01);
	outb(0x64, 0xd1);
	outb(0x64, 0xae);	/* a command without data leaves 0xd1 waiting */
	outb(0x60, 0x01);
	outb(0x92, 0x00);
	check("port 0x92 does not answer", inb(0x92), 0xff);
}

static void test_firmware(void)
{
	outb(0x70, 0x0f);
	outb(0x71, 0x0a);
	outb(0x70, 0x0f);
	check("shutdown status is not written", inb(0x71) == 0x0a, 0);
	outw(0x70, 0x0a0f);
	outb(0x70, 0x0f);
	check("nor by one write", inb(0x71) == 0x0a, 0);
	outw(0x604, 0x2400);	/* S3 */
	outb(0x605, 0x24);
	outl(0x604, 0x2400);
}

/* Processor 1, which is the host's */
static void test_eject(bool q35)
{
	u16 base = q35 ? 0xcd8 : 0xaf00;

	outl(base, 0);
	outl(base, 1);
	outb(base + 4, 8);
	outl(base, 0);
}

static void unchanged(const char *what, u32 bdf, u32 reg, u32 val)
{
	u32 before = config(bdf, reg);

	set_config(bdf, reg, val);
	check(what, config(bdf, reg), before);
}

static void test_chipset(bool q35)
{
	u32 bar = q35 ? BDF(0x1f, 3) : BDF(1, 1), firmware;

	unchanged("host bridge", BDF(0, 0), 0x90, 0x33333333);
	if (q35) {
		unchanged("RCBA", BDF(0x1f, 0), 0xf0, 0x00100001);
		unchanged("PMBASE", BDF(0x1f, 0), 0x40, 0x00000c81);
	} else {
		unchanged("PMBASE", BDF(1, 3), 0x40, 0x00000c81);
	}
	/* SMBus, or IDE's bus master */
	firmware = config(bar, 0x20);
	check("BAR 4 is of ports", firmware & 1, 1);
	unchanged("low I/O BAR", bar, 0x20, 0xcc1);
	set_config(bar, 0x20, ~0u);
	check("a BAR may be sized", config(bar, 0x20) != firmware, 1);
	unchanged("low I/O BAR, elsewhere before", bar, 0x20, 0xcc1);
	set_config(bar, 0x20, firmware);
	check("and be what the firmware made it", config(bar, 0x20), firmware);
}

void test_ports(void)
{
	bool q35 = config(BDF(0, 0), 0) == Q35;

	test_a20();
	test_firmware();
	test_eject(q35);
	test_chipset(q35);
	outb(0xea, 'A');	/* the host's own look at itself */
}
