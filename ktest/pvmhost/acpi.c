// SPDX-License-Identifier: GPL-2.0-only
/*
 * The firmware's ACPI tables, and the ones the guest sees.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * The guest gets the firmware's tables through a new XSDT that has its own
 * MADT, one entry a vCPU, and lacks what describes devices the host keeps: the
 * HPET, the IOMMU (DMAR), and the memory-mapped configuration space (MCFG),
 * through which MSI registers could be written unseen.  ACPI Specification 6.5,
 * chapter 5.
 */
#include "acpi.h"
#include "host.h"
#include "mem.h"

struct acpi_rsdp {
	char signature[8];
	u8 checksum;
	char oem[6];
	u8 revision;
	u32 rsdt;
	u32 length;
	u64 xsdt;
	u8 ext_checksum, reserved[3];
} __attribute__((packed));

struct acpi_header {
	char signature[4];
	u32 length;
	u8 revision, checksum;
	char oem[6], oem_table[8];
	u32 oem_revision;
	char creator[4];
	u32 creator_revision;
} __attribute__((packed));

struct acpi_madt {
	struct acpi_header h;
	u32 lapic, flags;
} __attribute__((packed));

struct madt_lapic {
	u8 type, length, uid, apic_id;
	u32 flags;
} __attribute__((packed));

struct madt_ioapic {
	u8 type, length, id, reserved;
	u32 addr, gsi_base;
} __attribute__((packed));

#define MADT_LAPIC	0
#define MADT_IOAPIC	1
#define MAX_TABLES	32
#define TABLE_MAX	0x100000	/* no sane table is larger */

struct acpi_info acpi_info;

static u64 tables[MAX_TABLES];
static u32 nr_tables;
static const struct acpi_header *madt;

static u8 sum(const void *p, size_t len)
{
	const u8 *b = p;
	u8 s = 0;

	while (len--)
		s += *b++;
	return s;
}

static const struct acpi_rsdp *find_rsdp(void)
{
	u64 pa;

	for (pa = 0xe0000; pa < 0x100000; pa += 16) {
		const struct acpi_rsdp *r = phys_to_host(pa);

		if (!memcmp(r->signature, "RSD PTR ", 8) && !sum(r, 20))
			return r;
	}
	return NULL;
}

static bool is(const struct acpi_header *h, const char *signature)
{
	return !memcmp(h->signature, signature, 4);
}

static void parse_madt(const struct acpi_header *h)
{
	const u8 *p = (const u8 *)h + sizeof(struct acpi_madt);
	const u8 *end = (const u8 *)h + h->length;

	for (; p + 2 <= end && p[1] >= 2 && p + p[1] <= end; p += p[1]) {
		const struct madt_lapic *l = (const void *)p;
		const struct madt_ioapic *io = (const void *)p;

		if (p[0] == MADT_LAPIC && (l->flags & 1) &&
		    acpi_info.nr_cpus < ARRAY_SIZE(acpi_info.cpu_apic_id))
			acpi_info.cpu_apic_id[acpi_info.nr_cpus++] = l->apic_id;
		if (p[0] == MADT_IOAPIC && !io->gsi_base) {
			acpi_info.ioapic_base = io->addr;
			acpi_info.ioapic_id = io->id;
		}
	}
}

static void parse_table(u64 pa)
{
	const struct acpi_header *h = phys_to_host(pa);
	const u8 *body = (const u8 *)(h + 1);

	if (is(h, "APIC")) {
		madt = h;
		parse_madt(h);
	} else if (is(h, "MCFG")) {
		memcpy(&acpi_info.ecam_start, body + 8, 8);
		acpi_info.ecam_end = acpi_info.ecam_start + 0x10000000;
	} else if (is(h, "HPET")) {
		memcpy(&acpi_info.hpet_base, body + 8, 8);
	} else if (is(h, "DMAR")) {
		memcpy(&acpi_info.iommu_base, body + 12 + 8, 8);
	} else if (nr_tables < MAX_TABLES) {
		tables[nr_tables++] = pa;
	}
}

void acpi_parse(void)
{
	const struct acpi_rsdp *rsdp = find_rsdp();
	const struct acpi_header *rsdt;
	const u32 *entry;
	u32 i;

	if (!rsdp)
		panic("no ACPI tables\n");
	rsdt = phys_to_host(rsdp->rsdt);
	if (!is(rsdt, "RSDT") || rsdt->length > TABLE_MAX)
		panic("the RSDT is damaged\n");
	entry = (const void *)(rsdt + 1);
	for (i = 0; i < (rsdt->length - sizeof(*rsdt)) / 4; i++)
		parse_table(entry[i]);
	if (!madt || !acpi_info.nr_cpus || !acpi_info.ioapic_base)
		panic("no MADT, or no processor or IOAPIC in it\n");
}

static void finish(struct acpi_header *h, const char *signature, u8 revision, u32 length)
{
	memcpy(h->signature, signature, 4);
	h->revision = revision;
	h->length = length;
	memcpy(h->oem, "PVOPS ", 6);
	memcpy(h->oem_table, "PVMHOST ", 8);
	h->oem_revision = 1;
	memcpy(h->creator, "PVMH", 4);
	h->creator_revision = 1;
	h->checksum = 0;
	h->checksum = -sum(h, length);
}

/* The firmware's MADT with the processors replaced */
static u32 build_madt(u8 *dst, u32 cpus)
{
	struct acpi_madt *m = (void *)dst;
	const u8 *p = (const u8 *)madt + sizeof(*m);
	const u8 *end = (const u8 *)madt + madt->length;
	u8 *out = dst + sizeof(*m);
	u32 i;

	memcpy(m, madt, sizeof(*m));
	for (i = 0; i < cpus; i++) {
		struct madt_lapic l = { MADT_LAPIC, sizeof(l), i, i, 1 };

		memcpy(out, &l, sizeof(l));
		out += sizeof(l);
	}
	for (; p + 2 <= end && p[1] >= 2 && p + p[1] <= end; p += p[1]) {
		if (p[0] == MADT_LAPIC)
			continue;
		memcpy(out, p, p[1]);
		out += p[1];
	}
	finish(&m->h, "APIC", 3, out - dst);
	return out - dst;
}

u64 acpi_build(u64 gpa, u64 size, u32 cpus)
{
	struct acpi_rsdp *rsdp = phys_to_host(gpa);
	struct acpi_header *xsdt = phys_to_host(gpa + 64);
	u64 *entry = (u64 *)(xsdt + 1);
	u64 madt_gpa = gpa + 1024;
	u32 i;

	if (1024 + madt->length + MAX_VCPUS * sizeof(struct madt_lapic) > size)
		panic("no room for the guest's ACPI tables\n");
	memset(rsdp, 0, size);
	for (i = 0; i < nr_tables; i++)
		memcpy(&entry[i], &tables[i], 8);
	build_madt(phys_to_host(madt_gpa), cpus);
	memcpy(&entry[nr_tables], &madt_gpa, 8);
	finish(xsdt, "XSDT", 1, sizeof(*xsdt) + (nr_tables + 1) * 8);

	memcpy(rsdp->signature, "RSD PTR ", 8);
	memcpy(rsdp->oem, "PVOPS ", 6);
	rsdp->revision = 2;
	rsdp->length = sizeof(*rsdp);
	rsdp->xsdt = gpa + 64;
	rsdp->checksum = -sum(rsdp, 20);
	rsdp->ext_checksum = -sum(rsdp, sizeof(*rsdp));
	return gpa;
}
