// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI configuration space, mechanism 1 (PCI Local Bus Specification 3.0,
 * 3.2.2.3): passed through with the MSI registers replaced (msi.c).
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Functions are those found at start, on the bus numbers the firmware gave:
 * bridges keep them, and a function that is not known does not answer.
 */
#include <uapi/linux/pci_regs.h>
#include "host.h"
#include "msi.h"
#include "pci.h"
#include "x86.h"

#define PORT_ADDRESS	0xcf8
#define PORT_DATA	0xcfc
#define ENABLE		0x80000000
#define CLASS_BRIDGE	0x06
#define CLASS_BRIDGE_HOST 0x0600
#define CLASS_BRIDGE_PCI 0x0604
#define PIRQ_FIRST	0x60	/* interrupt routing of PIIX3 and ICH9, which ACPI sets */
#define PIRQ_LAST	0x6b
#define IO_BAR_LOWEST	0x1000	/* below are the ports of the machine's own devices */

static u32 address;	/* the guest's last write to PORT_ADDRESS */

static void select_reg(u16 bdf, u32 reg)
{
	outl(PORT_ADDRESS, ENABLE | (u32)bdf << 8 | (reg & 0xfc));
}

u32 pci_read(u16 bdf, u32 reg, u32 size)
{
	u16 port = PORT_DATA + (reg & 3);

	select_reg(bdf, reg);
	return size == 1 ? inb(port) : size == 2 ? inw(port) : inl(port);
}

void pci_write(u16 bdf, u32 reg, u32 size, u32 val)
{
	u16 port = PORT_DATA + (reg & 3);

	select_reg(bdf, reg);
	if (size == 1)
		outb(port, val);
	else if (size == 2)
		outw(port, val);
	else
		outl(port, val);
}

static u32 ones(u32 size)
{
	return size == 4 ? ~0u : (1u << size * 8) - 1;
}

u32 pci_port_read(u16 port, u32 size)
{
	u16 bdf = address >> 8;
	u32 reg = (address & 0xfc) | (port & 3);

	if (port < PORT_DATA)
		return port == PORT_ADDRESS && size == 4 ? address : ones(size);
	if (!(address & ENABLE) || (port & 3) + size > 4 || !msi_function_known(bdf))
		return ones(size);
	return msi_config_read(bdf, reg, size);
}

u32 pci_header_type(u16 bdf)
{
	return pci_read(bdf, PCI_HEADER_TYPE, 1) & 0x7f;
}

static bool is_bus_number(u16 bdf, u32 reg)
{
	return pci_header_type(bdf) == PCI_HEADER_TYPE_BRIDGE &&
	       (reg & 0xfc) == PCI_PRIMARY_BUS;
}

/*
 * Chipset functions move RAM, SMRAM, and registers over what is the host's: the
 * host bridge, and what is behind the header of the others.
 */
static bool is_chipset(u16 bdf, u32 reg)
{
	u32 class = pci_read(bdf, PCI_CLASS_DEVICE, 2);

	if (class >> 8 != CLASS_BRIDGE || class == CLASS_BRIDGE_PCI)
		return false;
	return class == CLASS_BRIDGE_HOST ||
	       (reg >= PCI_STD_HEADER_SIZEOF && (reg < PIRQ_FIRST || reg > PIRQ_LAST));
}

/* An I/O BAR over ports of the machine, such as those of configuration space itself */
static bool is_low_io_bar(u16 bdf, u32 reg, u32 size, u32 val)
{
	u32 shift = (reg & 3) * 8, mask = ones(size) << shift, bar;

	if (pci_header_type(bdf) != PCI_HEADER_TYPE_NORMAL || !pci_is_bar(reg))
		return false;
	bar = pci_read(bdf, reg & 0xfc, 4);
	if (!(bar & PCI_BASE_ADDRESS_SPACE_IO))
		return false;
	bar = ((bar & ~mask) | (val << shift & mask)) & PCI_BASE_ADDRESS_IO_MASK;
	/* What the firmware chose may be chosen again */
	return (bar & 0xffff) < IO_BAR_LOWEST && bar != msi_firmware_bar(bdf, reg & 0xfc);
}

void pci_port_write(u16 port, u32 size, u32 val)
{
	u16 bdf = address >> 8;
	u32 reg = (address & 0xfc) | (port & 3);

	if (port < PORT_DATA) {
		if (port == PORT_ADDRESS && size == 4)
			address = val;
		return;
	}
	if (!(address & ENABLE) || (port & 3) + size > 4 || !msi_function_known(bdf) ||
	    is_bus_number(bdf, reg) || is_chipset(bdf, reg) ||
	    is_low_io_bar(bdf, reg, size, val))
		return;
	msi_config_write(bdf, reg, size, val);
}

static void scan_device(u32 bus, u32 dev)
{
	u32 fn, count = 1;

	for (fn = 0; fn < count; fn++) {
		u16 bdf = bus << 8 | dev << 3 | fn;

		if (pci_read(bdf, PCI_VENDOR_ID, 2) == 0xffff)
			continue;
		if (fn == 0 && (pci_read(bdf, PCI_HEADER_TYPE, 1) & 0x80))
			count = 8;
		msi_add_function(bdf);
	}
}

void pci_init(void)
{
	u32 bus, dev;

	for (bus = 0; bus < 256; bus++) {
		for (dev = 0; dev < 32; dev++)
			scan_device(bus, dev);
		/* Buses are numbered without gaps by QEMU's firmware */
		if (bus >= msi_highest_bus())
			break;
	}
}
