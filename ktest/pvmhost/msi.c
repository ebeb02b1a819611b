// SPDX-License-Identifier: GPL-2.0-only
/*
 * Message signalled interrupts (PCI Local Bus Specification 3.0, 6.8).
 *
 * Copyright (C) 2026 the pvops developers
 *
 * The guest writes addresses and data into copies.  The real registers hold a
 * vector of the host's, which is passed on as what the copy says.  MSI-X tables
 * lie in memory: their pages are trapped wherever the BAR puts them.
 */
#include <uapi/linux/pci_regs.h>
#include "apic.h"
#include "host.h"
#include "irq.h"
#include "lapic.h"
#include "mem.h"
#include "msi.h"
#include "pci.h"
#include "pcpu.h"
#include "shadow.h"
#include "stats.h"

#define MAX_FUNCTIONS	64
#define MAX_ENTRIES	64	/* MSI-X entries that a function may use */

struct message {
	u64 address;
	u32 data;
	u32 control;	/* MSI-X vector control */
	u8 vector;	/* the host's, 0: none */
};

struct function {
	u16 bdf;
	u8 msi;		/* offset of the capability, 0: none */
	u8 msix;
	bool msi_64;
	u8 table_bar;
	u32 table_offset;
	u32 entries;	/* in the MSI-X table */
	u64 table;	/* its address now, 0: not in memory */
	u32 bars[6];	/* of the firmware: I/O addresses, else 0 */
	struct message message[MAX_ENTRIES];	/* MSI uses the first */
};

static struct function functions[MAX_FUNCTIONS];
static u32 nr_functions, highest_bus;

/* Who a host vector belongs to */
static struct {
	struct function *fn;
	u32 entry;
} owner[256];

static struct function *find(u16 bdf)
{
	u32 i;

	for (i = 0; i < nr_functions; i++) {
		if (functions[i].bdf == bdf)
			return &functions[i];
	}
	return NULL;
}

bool msi_function_known(u16 bdf)
{
	return find(bdf);
}

u32 msi_firmware_bar(u16 bdf, u32 reg)
{
	return find(bdf)->bars[(reg - PCI_BASE_ADDRESS_0) / 4];
}

u32 msi_highest_bus(void)
{
	return highest_bus;
}

/* Where the BAR of the MSI-X table points now, if memory decoding is on */
static u64 table_address(const struct function *f)
{
	u32 reg = PCI_BASE_ADDRESS_0 + 4 * f->table_bar;
	u64 bar = pci_read(f->bdf, reg, 4);

	if (!(pci_read(f->bdf, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY))
		return 0;
	if ((bar & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64)
		bar |= (u64)pci_read(f->bdf, reg + 4, 4) << 32;
	bar &= ~0xfULL;
	return bar && bar < HOST_MAP_MAX ? bar + f->table_offset : 0;
}

static void parse_capabilities(struct function *f)
{
	u32 pos = pci_read(f->bdf, PCI_CAPABILITY_LIST, 1) & ~3, limit = 48;

	if (!(pci_read(f->bdf, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST))
		return;
	for (; pos && limit; limit--, pos = pci_read(f->bdf, pos + 1, 1) & ~3) {
		u32 id = pci_read(f->bdf, pos, 1);

		if (id == PCI_CAP_ID_MSI) {
			f->msi = pos;
			f->msi_64 = pci_read(f->bdf, pos + PCI_MSI_FLAGS, 2) & PCI_MSI_FLAGS_64BIT;
		} else if (id == PCI_CAP_ID_MSIX) {
			u32 where = pci_read(f->bdf, pos + PCI_MSIX_TABLE, 4);

			f->msix = pos;
			f->entries = (pci_read(f->bdf, pos + PCI_MSIX_FLAGS, 2) &
				      PCI_MSIX_FLAGS_QSIZE) + 1;
			f->table_bar = where & PCI_MSIX_TABLE_BIR;
			f->table_offset = where & PCI_MSIX_TABLE_OFFSET;
		}
	}
}

/* The guest may set those again that the firmware has chosen */
static void remember_io_bars(struct function *f)
{
	u32 i, bar;

	if (pci_header_type(f->bdf) != PCI_HEADER_TYPE_NORMAL)
		return;
	for (i = 0; i < ARRAY_SIZE(f->bars); i++) {
		bar = pci_read(f->bdf, PCI_BASE_ADDRESS_0 + 4 * i, 4);
		if (bar & PCI_BASE_ADDRESS_SPACE_IO)
			f->bars[i] = bar & PCI_BASE_ADDRESS_IO_MASK;
	}
}

void msi_add_function(u16 bdf)
{
	struct function *f;
	u32 i;

	if (nr_functions == MAX_FUNCTIONS) {
		printk("PCI function %x is one too many: hidden\n", bdf);
		return;
	}
	f = &functions[nr_functions++];
	f->bdf = bdf;
	for (i = 0; i < MAX_ENTRIES; i++)
		f->message[i].control = PCI_MSIX_ENTRY_CTRL_MASKBIT;
	if (pci_header_type(bdf) == PCI_HEADER_TYPE_BRIDGE)
		highest_bus = max(highest_bus, pci_read(bdf, PCI_SUBORDINATE_BUS, 1));
	remember_io_bars(f);
	parse_capabilities(f);
	if (f->msix)
		f->table = table_address(f);
}

static u8 vector_alloc(struct function *f, u32 entry)
{
	u32 i;

	for (i = HOST_VECTOR_MSI_FIRST; i <= HOST_VECTOR_MSI_LAST; i++) {
		if (i == 0x80 || owner[i].fn)
			continue;
		owner[i].fn = f;
		owner[i].entry = entry;
		return i;
	}
	stats.msi_lost++;
	return 0;
}

static struct irq_message to_message(const struct message *m)
{
	return (struct irq_message){
		.dest = m->address >> 12 & 0xff,
		.vector = m->data,
		.mode = m->data >> 8 & 7,
		.logical = m->address & 4,
	};
}

/* The real message: straight to the processor of the vCPU it is for */
static u32 real_address(const struct message *m)
{
	u32 dest = m->address >> 12 & 0xff;
	bool known = !(m->address & 4) && dest < nr_vcpus;

	return LAPIC_PHYS | (known ? vcpus[dest].pcpu->apic_id : pcpus[0].apic_id) << 12;
}

static void program_msi(struct function *f)
{
	struct message *m = &f->message[0];
	u32 pos = f->msi;

	if (!m->vector)
		m->vector = vector_alloc(f, 0);
	pci_write(f->bdf, pos + PCI_MSI_ADDRESS_LO, 4, real_address(m));
	if (f->msi_64)
		pci_write(f->bdf, pos + PCI_MSI_ADDRESS_HI, 4, 0);
	pci_write(f->bdf, pos + (f->msi_64 ? PCI_MSI_DATA_64 : PCI_MSI_DATA_32), 2, m->vector);
}

static void program_msix(struct function *f, u32 entry)
{
	struct message *m = &f->message[entry];
	volatile u32 *real = phys_to_host(f->table + entry * PCI_MSIX_ENTRY_SIZE);
	bool masked = m->control & PCI_MSIX_ENTRY_CTRL_MASKBIT;

	if (!masked && !m->vector)
		m->vector = vector_alloc(f, entry);
	real[PCI_MSIX_ENTRY_VECTOR_CTRL / 4] = PCI_MSIX_ENTRY_CTRL_MASKBIT;
	real[PCI_MSIX_ENTRY_LOWER_ADDR / 4] = real_address(m);
	real[PCI_MSIX_ENTRY_UPPER_ADDR / 4] = 0;
	real[PCI_MSIX_ENTRY_DATA / 4] = m->vector;
	if (!masked && m->vector)
		real[PCI_MSIX_ENTRY_VECTOR_CTRL / 4] = 0;
}

void msi_irq(u32 vector)
{
	struct function *f = owner[vector].fn;
	struct irq_message msg;

	if (!f) {
		stats.irq_spurious++;
		return;
	}
	msg = to_message(&f->message[owner[vector].entry]);
	if (!vapic_deliver(&msg))
		stats.msi_lost++;
}

/* A byte range of the MSI capability's address and data registers */
static bool in_msi_message(const struct function *f, u32 reg, u32 size)
{
	u32 first = f->msi + PCI_MSI_ADDRESS_LO;
	u32 last = f->msi + (f->msi_64 ? PCI_MSI_DATA_64 : PCI_MSI_DATA_32) + 2;

	return f->msi && reg < last && reg + size > first;
}

static u8 *message_bytes(struct function *f, u32 reg)
{
	struct message *m = &f->message[0];
	u32 data = f->msi + (f->msi_64 ? PCI_MSI_DATA_64 : PCI_MSI_DATA_32);

	if (reg >= data)
		return (u8 *)&m->data + (reg - data);
	return (u8 *)&m->address + (reg - f->msi - PCI_MSI_ADDRESS_LO);
}

u32 msi_config_read(u16 bdf, u32 reg, u32 size)
{
	struct function *f = find(bdf);
	u32 val = pci_read(bdf, reg, size), i;

	for (i = 0; i < size; i++) {
		u32 shift = i * 8;

		if (in_msi_message(f, reg + i, 1))
			val = (val & ~(0xffu << shift)) | (u32)*message_bytes(f, reg + i) << shift;
		else if (f->msi && reg + i == f->msi + 2u)
			val &= ~((u32)PCI_MSI_FLAGS_QMASK << shift);	/* one message */
	}
	return val;
}

static bool touches_bars(u32 reg)
{
	return (reg & 0xfc) == PCI_COMMAND || pci_is_bar(reg);
}

/*
 * With BARs or decoding, a table may move to where a page is mapped already.  All
 * mappings go first: who fills one again waits for the lock, and then finds
 * f->table as it is.
 */
static void write_and_follow_table(struct function *f, u32 reg, u32 size, u32 val)
{
	shadow_zap_all();
	pci_write(f->bdf, reg, size, val);
	f->table = table_address(f);
}

void msi_config_write(u16 bdf, u32 reg, u32 size, u32 val)
{
	struct function *f = find(bdf);
	u32 i;

	if (in_msi_message(f, reg, size)) {
		for (i = 0; i < size; i++) {
			if (in_msi_message(f, reg + i, 1))
				*message_bytes(f, reg + i) = val >> i * 8;
		}
		program_msi(f);
		return;
	}
	if (f->msi && reg <= f->msi + 2u && reg + size > f->msi + 2u) {
		val &= ~((u32)PCI_MSI_FLAGS_QSIZE << (f->msi + PCI_MSI_FLAGS - reg) * 8);
		program_msi(f);
	}
	if (f->msix && touches_bars(reg))
		write_and_follow_table(f, reg, size, val);
	else
		pci_write(bdf, reg, size, val);
}

static struct function *table_owner(u64 gpa)
{
	u32 i;

	for (i = 0; i < nr_functions; i++) {
		struct function *f = &functions[i];
		u64 first = f->table & ~(u64)(PAGE_SIZE - 1);

		if (f->table && gpa >= first &&
		    gpa < ALIGN_UP(f->table + f->entries * PCI_MSIX_ENTRY_SIZE, PAGE_SIZE))
			return f;
	}
	return NULL;
}

bool msi_page_trapped(u64 gpa)
{
	return table_owner(gpa);
}

/* The entry at @gpa, or NULL: then it is another register in the same page */
static struct message *table_entry(struct function *f, u64 gpa, u32 *entry)
{
	u64 offset = gpa - f->table;

	if (gpa < f->table || offset >= f->entries * PCI_MSIX_ENTRY_SIZE)
		return NULL;
	*entry = offset / PCI_MSIX_ENTRY_SIZE;
	return *entry < MAX_ENTRIES ? &f->message[*entry] : NULL;
}

static bool in_table(const struct function *f, u64 gpa)
{
	return gpa >= f->table && gpa < f->table + f->entries * PCI_MSIX_ENTRY_SIZE;
}

static u32 *message_word(struct message *m, u32 word)
{
	u32 *words[4] = { (u32 *)&m->address, (u32 *)&m->address + 1, &m->data, &m->control };

	return words[word & 3];
}

static u64 real_read(u64 gpa, u32 size)
{
	const volatile void *p = phys_to_host(gpa);

	switch (size) {
	case 1: return *(const volatile u8 *)p;
	case 2: return *(const volatile u16 *)p;
	case 4: return *(const volatile u32 *)p;
	default: return *(const volatile u64 *)p;
	}
}

static void real_write(u64 gpa, u32 size, u64 val)
{
	volatile void *p = phys_to_host(gpa);

	switch (size) {
	case 1: *(volatile u8 *)p = val; break;
	case 2: *(volatile u16 *)p = val; break;
	case 4: *(volatile u32 *)p = val; break;
	default: *(volatile u64 *)p = val;
	}
}

u64 msi_table_read(u64 gpa, u32 size)
{
	struct function *f = table_owner(gpa);
	struct message *m;
	u32 entry;
	u64 val;

	if (!f)
		return ~0ULL;
	m = table_entry(f, gpa, &entry);
	if (!m)
		return in_table(f, gpa) ? 0 : real_read(gpa, size);
	val = *message_word(m, (gpa - f->table) / 4);
	if (size == 8)
		val |= (u64)*message_word(m, (gpa - f->table) / 4 + 1) << 32;
	return val;
}

void msi_table_write(u64 gpa, u32 size, u64 val)
{
	struct function *f = table_owner(gpa);
	struct message *m;
	u32 entry;

	if (!f)
		return;
	m = table_entry(f, gpa, &entry);
	if (!m) {
		if (!in_table(f, gpa) && !in_table(f, gpa + size - 1))
			real_write(gpa, size, val);
		return;
	}
	if (size < 4 || (gpa & 3))
		return;	/* the specification has aligned words only */
	*message_word(m, (gpa - f->table) / 4) = val;
	if (size == 8 && (gpa & 15) != 12)
		*message_word(m, (gpa - f->table) / 4 + 1) = val >> 32;
	program_msix(f, entry);
}
