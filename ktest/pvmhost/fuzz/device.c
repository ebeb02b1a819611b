// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random writes to what the host emulates of devices, and random DMA.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include "guest.h"

#define PCI_COMMAND	0x04
#define PCI_BAR0	0x10
#define PCI_CAPS	0x34
#define CAP_MSIX	0x11

#define IOAPIC_SLOT	16
#define MSIX_SLOT	17
#define NIC_SLOT	18	/* four pages */
#define IOAPIC_PHYS	0xfec00000
#define DEVICE		0x77	/* present, writable, user, uncached, accessed, dirty */

static volatile u8 *map(u32 slot, u64 phys)
{
	user_table[slot] = (phys & ~0xfffUL) | DEVICE;
	hypercall(TLB_INVLPG, USER_BASE + slot * 0x1000, 0, 0, 0);
	return (volatile u8 *)(USER_BASE + slot * 0x1000 + (phys & 0xfff));
}

static u32 config_read(u32 device, u32 reg)
{
	outl(0xcf8, device | reg);
	return inl(0xcfc);
}

static void config_write(u32 device, u32 reg, u32 val)
{
	outl(0xcf8, device | reg);
	outl(0xcfc, val);
}

/* The first function that @wanted likes, as an address for port 0xcf8; 0: none */
static u32 find(u32 (*wanted)(u32 device))
{
	u32 i;

	for (i = 0; i < 32; i++) {
		u32 device = 0x80000000 | i << 11;

		if (config_read(device, 0) != ~0u && wanted(device))
			return device;
	}
	return 0;
}

static void enable(u32 device)
{
	config_write(device, PCI_COMMAND, config_read(device, PCI_COMMAND) | 6);
}

/* Offset of the MSI-X capability, 0: none */
static u32 msix_cap(u32 device)
{
	u32 at = config_read(device, PCI_CAPS) & 0xfc, n;

	for (n = 0; at && n < 32; n++) {
		u32 head = config_read(device, at);

		if ((head & 0xff) == CAP_MSIX)
			return at;
		at = head >> 8 & 0xfc;
	}
	return 0;
}

static u64 bar(u32 device, u32 nr)
{
	u32 low = config_read(device, PCI_BAR0 + 4 * nr);
	u64 high = (low & 6) == 4 ? config_read(device, PCI_BAR0 + 4 * nr + 4) : 0;

	return high << 32 | (low & ~0xfu);
}

static volatile u8 *msix_table(void)
{
	u32 device = find(msix_cap), where;

	if (!device)
		fail("no device with MSI-X", 0, 1);
	enable(device);
	where = config_read(device, msix_cap(device) + 4);
	return map(MSIX_SLOT, bar(device, where & 7) + (where & ~7u));
}

/* One access of one to eight bytes; a fault is an answer, too */
static void access(struct random *r, volatile u8 *at, u64 val)
{
	asm volatile("lea 9f(%%rip), %%rax\n\tmov %%rax, recover(%%rip)\n\t"
		     "cmp $1, %0\n\tje 1f\n\tcmp $2, %0\n\tje 2f\n\tcmp $3, %0\n\tje 3f\n\t"
		     "cmp $4, %0\n\tje 4f\n\tcmp $5, %0\n\tje 5f\n\tmov (%1), %%eax\n\tjmp 9f\n"
		     "1:\tmovb %b2, (%1)\n\tjmp 9f\n2:\tmovw %w2, (%1)\n\tjmp 9f\n"
		     "3:\tmovl %k2, (%1)\n\tjmp 9f\n4:\tmovq %2, (%1)\n\tjmp 9f\n"
		     "5:\tmovl $0x10fe1, (%1)\n9:"
		     : : "D" ((u32)(rnd(r) % 7)), "S" (at), "d" (val) : "rax", "memory");
	recover = 0;
}

#define PIT_MODE	0x43
#define PIT_STOP	0x30	/* channel 0, mode 0, which waits for a count */

/* Index and data registers most often, with edges as values */
void case_ioapic(struct random *r)
{
	static volatile u8 *page;

	/*
	 * The firmware's timer ticks on.  With an entry that makes an INIT of it the
	 * first vCPU, when it is not the one that runs, would wait for a SIPI.
	 */
	if (!page) {
		outb(PIT_MODE, PIT_STOP);
		page = map(IOAPIC_SLOT, IOAPIC_PHYS);
	}
	*(volatile u32 *)page = rnd(r) % 0x42;
	access(r, page + (rnd(r) & 3 ? 0x10 : rnd(r) & 0xff8), value(r));
}

void case_msix(struct random *r)
{
	static volatile u8 *table;

	if (!table)
		table = msix_table();
	access(r, table + (rnd(r) & 0x3c), value(r));
}

/*
 * QEMU's e1000 in its PHY's loopback: each frame that is sent at a write to TDT
 * is stored at once where the receive descriptor says.  Registers as in Intel's
 * PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's Manual.
 */
#define E1000_ID	0x100e8086
#define MDIC		0x0020
#define RCTL		0x0100
#define TCTL		0x0400
#define RDBAL		0x2800
#define TDBAL		0x3800
#define RING		8	/* descriptors; a ring of 128 bytes is the smallest */

struct descriptor {
	u64 address;
	u32 word[2];
};

static struct descriptor rx[RING] __attribute__((aligned(128)));
static struct descriptor tx[RING] __attribute__((aligned(128)));
static u8 packet[64];

static u32 is_e1000(u32 device)
{
	return config_read(device, 0) == E1000_ID;
}

static volatile u32 *nic_reg(u32 reg)
{
	return (volatile u32 *)(USER_BASE + NIC_SLOT * 0x1000 + reg);
}

static void ring(u32 base, struct descriptor *d)
{
	*nic_reg(base) = (u32)(u64)d;
	*nic_reg(base + 4) = 0;
	*nic_reg(base + 8) = RING * sizeof(*d);
	*nic_reg(base + 0x10) = 0;
	*nic_reg(base + 0x18) = 0;
}

/* Send a frame, which then is stored at @target; false: it was not */
static bool nic_store(u64 target)
{
	u32 in = *nic_reg(RDBAL + 0x10) % RING, out = *nic_reg(TDBAL + 0x10) % RING;

	rx[in] = (struct descriptor){ .address = target };
	tx[out] = (struct descriptor){ (u64)packet, { 0x0b000000 | sizeof(packet) } };
	*nic_reg(RDBAL + 0x18) = (in + 1) % RING;
	*nic_reg(TDBAL + 0x18) = (out + 1) % RING;
	return *(volatile u32 *)&rx[in].word[1] & 1;
}

static void nic_start(void)
{
	u32 device = find(is_e1000), i;
	u64 start = rdtsc();

	if (!device)
		fail("no e1000", 0, E1000_ID);
	enable(device);
	for (i = 0; i < 4; i++)
		map(NIC_SLOT + i, bar(device, 0) + i * 0x1000);
	*nic_reg(MDIC) = 1 << 26 | 1 << 21 | 0x4140;	/* PHY register 0: loopback */
	ring(RDBAL, rx);
	ring(TDBAL, tx);
	*nic_reg(RCTL) = 0x8018 | 2;	/* all frames; enable */
	*nic_reg(TCTL) = 2;
	/* QEMU stores no frame in the first second */
	while (!nic_store((u64)packet)) {
		if (rdtsc() - start > 20000000000UL)
			fail("frame not stored", 0, 1);
	}
}

/* Host text, pool, local APIC, own memory, anywhere: the low 2 MB of each 1 GB too */
static u64 dma_target(struct random *r)
{
	switch (rnd(r) % 6) {
	case 0: return 0x100000 + (rnd(r) & 0x3fffff);
	case 1: return 0x7000000 + (rnd(r) & 0xffffff);
	case 2: return 0xfee00000 + (rnd(r) & 0xfff);
	case 3: return (u64)packet;
	case 4: return value(r) & ~0xfUL;
	default: return rnd(r) & 0xfffffffffff;
	}
}

void case_dma(struct random *r)
{
	static bool started;
	u64 target = dma_target(r);

	if (!started)
		nic_start();
	started = true;
	/* The guest itself must survive what it asks for */
	if (target - 0x1000000 < 0x1000000 || target < 0x100000)
		target = (u64)packet;
	if (!nic_store(target))
		fail("frame not stored", target, 0);
}
