/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Getting the guest into memory (load.c, inflate.c, sha256.c, bootparams.c).
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_LOAD_H
#define PVMHOST_LOAD_H

#include <linux/types.h>

struct guest_image {
	u64 entry;		/* physical */
	u64 start, end;		/* physical, of all that was loaded */
	const u8 *setup_header;	/* at 0x1f1 of the bzImage, NULL for a bare ELF */
	u64 initrd, initrd_size;
	const char *line;
};

/* Load the modules' kernel and initrd; panics with one line if it cannot */
void load_guest(struct guest_image *img);

/*
 * Inflate the gzip file [in, in + in_len) into [out, out + out_max).  Returns
 * the length, or -1 if the data or its CRC are wrong.
 */
s64 inflate_gzip(const u8 *in, u64 in_len, u8 *out, u64 out_max);
/* For the printed digest only */
void sha256_digest(const u8 *data, u64 len, u8 digest[32]);

/* Fixed places below 640 KB, which Linux keeps reserved while it boots */
#define GUEST_BOOT_PARAMS	0x90000
#define GUEST_CMDLINE		0x91000
#define GUEST_TABLES		0x94000
#define GUEST_ACPI		0x98000
#define GUEST_ACPI_SIZE		0x2000
#define GUEST_STACK		0x9f000

/* boot_params, command line, identity tables; returns the address of the PML4 */
u64 bootparams_build(const struct guest_image *img, u32 cpus);

#endif
