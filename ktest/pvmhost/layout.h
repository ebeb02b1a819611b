/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the host lives, in physical and in linear memory.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * The host keeps to the first of the PML4 slots that Linux leaves to a
 * hypervisor (256 to 271, Documentation/arch/x86/x86_64/mm.rst): one map of
 * all physical memory in slot 256, supervisor only, present in every page
 * table that the hardware ever sees.  The guest has slots 0-255 and 272-511.
 */
#ifndef PVMHOST_LAYOUT_H
#define PVMHOST_LAYOUT_H

#define PAGE_SHIFT		12
#define PAGE_SIZE		4096
#define PMD_SIZE		0x200000

#define HOST_BASE		0xffff800000000000	/* linear address of physical 0 */
#define HOST_SLOT		256
#define HOST_LOAD		0x100000		/* physical, see pvmhost.lds */
#define HOST_MAP_MAX		0x8000000000		/* one slot: 512 GB */

#define AP_TRAMPOLINE		0x8000			/* used before the guest starts */

#define MAX_PCPUS		8
#define MAX_VCPUS		8
#define HOST_STACK_SIZE		16384
#define IST_STACK_SIZE		4096

/* Selectors: Linux' GDT layout, so that user selectors are the usual ones */
#define HOST_CS			0x10
#define HOST_DS			0x18
#define USER32_CS		0x23
#define USER_DS			0x2b
#define USER_CS			0x33
#define HOST_TSS		0x40
#define GDT_TLS_MIN		12
#define GDT_CPUNODE		15
#define GDT_ENTRIES		16
#define USER_CS_SS		0x002b0033		/* as one word of the PVCS */

/* Exit reasons above the hardware's 256 vectors */
#define EXIT_SYSCALL		256
#define EXIT_REASONS		257

#endif
