// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel: a bzImage, whose payload is unpacked here and not by its own
 * decompressor, or an ELF file as it is.  Boot protocol: the kernel's
 * Documentation/arch/x86/boot.rst.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include <uapi/linux/elf.h>
#include "host.h"
#include "layout.h"
#include "load.h"
#include "mem.h"
#include "multiboot.h"

#define SETUP_HEADER		0x1f1
#define SETUP_SECTS		0x1f1
#define HEADER_MAGIC		0x202
#define PAYLOAD_OFFSET		0x248
#define PAYLOAD_LENGTH		0x24c
#define PROTOCOL_VERSION	0x206
#define PROTOCOL_PAYLOAD	0x0208	/* first with the payload fields */
#define INFLATE_RATIO		8	/* room for the unpacked file, in packed sizes */

static u32 get32(const u8 *p)
{
	u32 val;

	memcpy(&val, p, 4);
	return val;
}

static u16 get16(const u8 *p)
{
	u16 val;

	memcpy(&val, p, 2);
	return val;
}

/* Guest memory for @size bytes at the top, which stays the guest's own */
static u64 place_high(u64 size)
{
	u64 best = 0;
	u32 i;

	for (i = 0; i < mem_map.nr; i++) {
		const struct mem_range *r = &mem_map.range[i];
		u64 end = min(r->end, 0x100000000ULL);

		if (r->type == MEM_RAM && end >= r->start + size && end - size > best)
			best = ALIGN_DOWN(end - size, PAGE_SIZE);
	}
	if (!best)
		panic("no %llu KB of memory for the guest's files\n", size >> 10);
	return best;
}

static bool is_ram(u64 start, u64 end)
{
	for (; start < end; start += PAGE_SIZE) {
		if (!guest_ptr(ALIGN_DOWN(start, PAGE_SIZE), PAGE_SIZE))
			return false;
	}
	return true;
}

static void load_segment(const u8 *file, u64 size, const Elf64_Phdr *ph)
{
	u8 *dst = phys_to_host(ph->p_paddr);

	if (ph->p_filesz > ph->p_memsz || ph->p_offset > size ||
	    ph->p_filesz > size - ph->p_offset)
		panic("ELF segment outside its file\n");
	if (ph->p_paddr + ph->p_memsz < ph->p_paddr ||
	    !is_ram(ph->p_paddr, ph->p_paddr + ph->p_memsz))
		panic("no memory for the ELF segment at %llx, %llx bytes\n",
		      ph->p_paddr, ph->p_memsz);
	memmove(dst, file + ph->p_offset, ph->p_filesz);
	memset(dst + ph->p_filesz, 0, ph->p_memsz - ph->p_filesz);
}

/* The file lies above everything it is loaded to: the caller saw to that */
static void load_elf(const u8 *file, u64 size, struct guest_image *img)
{
	const Elf64_Ehdr *eh = (const void *)file;
	const Elf64_Phdr *ph;
	u32 i;

	if (size < sizeof(*eh) || memcmp(eh->e_ident, ELFMAG, SELFMAG) ||
	    eh->e_ident[EI_CLASS] != ELFCLASS64 || eh->e_machine != EM_X86_64)
		panic("the kernel is not an x86-64 ELF file\n");
	if (eh->e_phoff > size || eh->e_phnum > (size - eh->e_phoff) / sizeof(*ph))
		panic("ELF program headers outside the file\n");
	ph = (const void *)(file + eh->e_phoff);
	img->start = ~0ULL;
	for (i = 0; i < eh->e_phnum; i++) {
		if (ph[i].p_type != PT_LOAD)
			continue;
		load_segment(file, size, &ph[i]);
		img->start = min(img->start, (u64)ph[i].p_paddr);
		img->end = max(img->end, (u64)(ph[i].p_paddr + ph[i].p_memsz));
	}
	img->entry = eh->e_entry;
}

static bool is_bzimage(const u8 *file, u64 size)
{
	return size > 0x1000 && !memcmp(file + HEADER_MAGIC, "HdrS", 4);
}

static void load_bzimage(const u8 *file, u64 size, struct guest_image *img)
{
	u32 sectors = file[SETUP_SECTS] ? file[SETUP_SECTS] : 4;
	u64 body = (sectors + 1) * 512, offset, len, room;
	s64 unpacked;
	u64 gpa;

	if (get16(file + PROTOCOL_VERSION) < PROTOCOL_PAYLOAD)
		panic("boot protocol %x is too old\n", get16(file + PROTOCOL_VERSION));
	offset = body + get32(file + PAYLOAD_OFFSET);
	len = get32(file + PAYLOAD_LENGTH);
	if (offset > size || len > size - offset)
		panic("bzImage payload outside the file\n");
	room = len * INFLATE_RATIO;
	gpa = ALIGN_DOWN(host_to_phys(file) - room, PAGE_SIZE);
	if (gpa > host_to_phys(file) || !is_ram(gpa, gpa + room))
		panic("no memory to unpack the kernel\n");
	unpacked = inflate_gzip(file + offset, len, phys_to_host(gpa), room);
	if (unpacked < 0)
		panic("the bzImage payload is damaged or not gzip\n");
	printk("payload of %llu bytes unpacked to %lld, length and CRC match\n", len, unpacked);
	load_elf(phys_to_host(gpa), unpacked, img);
	if (img->end > gpa)
		panic("the kernel overlaps its own file: too little memory\n");
	img->setup_header = file + SETUP_HEADER;
}

static void print_digest(const char *name, const u8 *file, u64 size)
{
	u8 digest[32];
	u32 i;

	sha256_digest(file, size, digest);
	printk("sha256 of the %s, %llu bytes: ", name, size);
	for (i = 0; i < sizeof(digest); i++) {
		console_putc("0123456789abcdef"[digest[i] >> 4]);
		console_putc("0123456789abcdef"[digest[i] & 15]);
	}
	console_putc('\n');
}

/* The first word of a module's line is its file's name */
static const char *skip_word(const char *line)
{
	while (*line && *line != ' ')
		line++;
	while (*line == ' ')
		line++;
	return line;
}

void load_guest(struct guest_image *img)
{
	const struct boot_module *m = boot_info.module;
	u64 kernel_size = m[0].end - m[0].start, total = ALIGN_UP(kernel_size, PAGE_SIZE);
	u64 high;

	if (boot_info.nr_modules > 1)
		img->initrd_size = m[1].end - m[1].start;
	/* Both to the top of memory first: the kernel is going to lie where they are */
	high = place_high(total + ALIGN_UP(img->initrd_size, PAGE_SIZE));
	if (img->initrd_size) {
		img->initrd = high + total;
		memmove(phys_to_host(img->initrd), phys_to_host(m[1].start), img->initrd_size);
	}
	memmove(phys_to_host(high), phys_to_host(m[0].start), kernel_size);
	img->line = skip_word(m[0].line);

	print_digest("kernel file", phys_to_host(high), kernel_size);
	if (is_bzimage(phys_to_host(high), kernel_size))
		load_bzimage(phys_to_host(high), kernel_size, img);
	else
		load_elf(phys_to_host(high), kernel_size, img);
	if (img->end > high)
		panic("the kernel overlaps its file: too little memory\n");
}
