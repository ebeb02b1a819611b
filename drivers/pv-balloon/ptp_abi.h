/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The time commands of the VMware backdoor: numbers only.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Source of the facts: open-vm-tools (lib/include/backdoor_def.h and
 * services/plugins/timeSync) and QEMU's hw/i386/vmport.c; see
 * Documentation/admin-guide/pv-ptp.rst for what each host does with them.
 *
 * A call has EAX = magic, ECX = command, EDX = port 0x5658.  Every command here
 * returns EBX = microseconds below a second and ECX = the most by which the
 * guest's virtual time may lag, in microseconds.
 */
#ifndef PV_PTP_ABI_H
#define PV_PTP_ABI_H

/* The port and the magic, as in arch/x86/include/asm/vmware.h. */
#define VMW_BACKDOOR_PORT		0x5658
#define VMW_BACKDOOR_MAGIC		0x564d5868u

/* Seconds in EAX, 32 bits, until 2106. */
#define VMW_CMD_GETTIME			23
/* Seconds in ESI:EDX; EAX is the magic if the host knows the command. */
#define VMW_CMD_GETTIMEFULL		46
/* The same, and EDI = lag of the timer interrupt in microseconds. */
#define VMW_CMD_GETTIMEFULL_WITH_LAG	55

#endif /* PV_PTP_ABI_H */
