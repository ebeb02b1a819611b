// SPDX-License-Identifier: GPL-2.0-only
/*
 * The IOAPIC: the guest programs a virtual one, the host routes every real pin
 * to a vector of its own and passes on what arrives (Intel 82093AA data sheet).
 *
 * Copyright (C) 2026 the pvops developers
 *
 * A level-triggered pin stays masked in the real IOAPIC from its interrupt to
 * the guest's EOI, so that the host can end it at once.
 */
#include "acpi.h"
#include "apic.h"
#include "host.h"
#include "ioapic.h"
#include "irq.h"
#include "mem.h"
#include "pcpu.h"

#define REG_SELECT	0x00
#define REG_WINDOW	0x10
#define REG_EOI		0x40

#define INDEX_ID	0
#define INDEX_VERSION	1
#define INDEX_TABLE	0x10
#define VERSION		(0x11 | (IOAPIC_PINS - 1) << 16)

#define RTE_MODE(e)	((e) >> 8 & 7)
#define RTE_LOGICAL	(1ULL << 11)
#define RTE_LOW		(1ULL << 13)
#define RTE_IRR		(1ULL << 14)
#define RTE_LEVEL	(1ULL << 15)
#define RTE_MASKED	(1ULL << 16)

static u64 table[IOAPIC_PINS];	/* as the guest wrote it */
static u32 selected;

static void real_write(u32 index, u32 val)
{
	volatile u32 *regs = phys_to_host(acpi_info.ioapic_base);

	regs[REG_SELECT / 4] = index;
	regs[REG_WINDOW / 4] = val;
}

/* To the processor of the vCPU addressed, else to the first */
static u32 real_destination(u64 rte)
{
	u32 dest = rte >> 56;

	if (!(rte & RTE_LOGICAL) && dest < nr_vcpus)
		return vcpus[dest].pcpu->apic_id;
	return pcpus[0].apic_id;
}

static void update_pin(u32 pin)
{
	u64 rte = table[pin];
	u64 real = (HOST_VECTOR_IOAPIC + pin) | (rte & (RTE_LOW | RTE_LEVEL | RTE_MASKED));

	if (rte & RTE_IRR)
		real |= RTE_MASKED;
	real_write(INDEX_TABLE + 2 * pin, real | RTE_MASKED);
	real_write(INDEX_TABLE + 2 * pin + 1, real_destination(rte) << 24);
	real_write(INDEX_TABLE + 2 * pin, real);
}

void ioapic_init(void)
{
	u32 i;

	for (i = 0; i < IOAPIC_PINS; i++) {
		table[i] = RTE_MASKED;
		update_pin(i);
	}
	mem_deny(acpi_info.ioapic_base + PAGE_SIZE, acpi_info.ioapic_base + 2 * PAGE_SIZE);
}

bool ioapic_owns(u64 gpa)
{
	return (gpa & ~(u64)(PAGE_SIZE - 1)) == acpi_info.ioapic_base;
}

static void deliver(u32 pin)
{
	u64 rte = table[pin];
	struct irq_message msg = {
		.dest = rte >> 56,
		.vector = rte,
		.mode = RTE_MODE(rte),
		.logical = rte & RTE_LOGICAL,
		.level = rte & RTE_LEVEL,
	};

	vapic_deliver(&msg);
}

void ioapic_irq(u32 pin)
{
	if (table[pin] & RTE_MASKED)
		return;
	if (table[pin] & RTE_LEVEL) {
		table[pin] |= RTE_IRR;
		update_pin(pin);
	}
	deliver(pin);
}

void ioapic_eoi(u8 vector)
{
	u32 i;

	for (i = 0; i < IOAPIC_PINS; i++) {
		if ((table[i] & RTE_IRR) && (u8)table[i] == vector) {
			table[i] &= ~RTE_IRR;
			update_pin(i);
		}
	}
}

u32 ioapic_read(u32 offset)
{
	u32 pin = (selected - INDEX_TABLE) / 2;

	if (offset == REG_SELECT)
		return selected;
	if (offset != REG_WINDOW)
		return 0;
	if (selected == INDEX_ID)
		return acpi_info.ioapic_id << 24;
	if (selected == INDEX_VERSION)
		return VERSION;
	if (selected < INDEX_TABLE || pin >= IOAPIC_PINS)
		return 0;
	return table[pin] >> (selected & 1) * 32;
}

void ioapic_write(u32 offset, u32 val)
{
	u32 pin = (selected - INDEX_TABLE) / 2;
	u64 rte;

	if (offset == REG_SELECT)
		selected = val & 0xff;
	if (offset == REG_EOI)
		ioapic_eoi(val);
	if (offset != REG_WINDOW || selected < INDEX_TABLE || pin >= IOAPIC_PINS)
		return;
	rte = table[pin];
	if (selected & 1)
		rte = (rte & 0xffffffff) | (u64)val << 32;
	else
		rte = (rte & (0xffffffff00000000 | RTE_IRR)) | (val & ~(RTE_IRR | 1ULL << 12));
	if (!(rte & RTE_LEVEL))
		rte &= ~RTE_IRR;
	table[pin] = rte;
	update_pin(pin);
}
