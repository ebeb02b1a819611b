/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * STAND-IN for a VMware host: its backdoor's time commands and its balloon.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * No VMware host can be had here, and QEMU has neither.  This is no model of
 * one: it answers what drivers/misc/vmw_balloon.c and open-vm-tools say that
 * the host answers, so that the guest's drivers have a real port to call, a
 * real clock to follow, and lose real pages.  Off unless the option "vmware"
 * is given.
 */
#ifndef PVMHOST_STANDIN_VMWARE_H
#define PVMHOST_STANDIN_VMWARE_H

#include <linux/types.h>

struct vcpu;

#define STANDIN_CPUID_BASE	0x40000100

/* IN from @port; false: not a port of the stand-in's */
bool standin_in(struct vcpu *v, u16 port);

/* standin_time.c: a time command, in the vCPU's registers */
void standin_time(struct vcpu *v);
void standin_step(s64 ns);
/* One in @every time commands takes @us longer; 0: none */
void standin_steal(u32 every, u32 us);
/* The guest's clock just before this access, then just after it */
void standin_guest_clock(u64 ns);
void standin_guest_clock_after(u64 ns);
void standin_time_report(void);

/* standin_balloon.c: a command of the balloon, in the vCPU's registers */
void standin_balloon(struct vcpu *v);
void standin_target(u64 pages);
/* One in @every units is refused; 0: none */
void standin_refuse(u32 every);
/* The next command is told that the host has forgotten the balloon */
void standin_reset(void);
/* A page that is locked now, or 0 */
u64 standin_some_locked(void);
void standin_balloon_report(void);

bool standin_page_locked(u64 gpa);
/* The guest's access to a locked page ends the test */
void standin_touched(struct vcpu *v, u64 gva, u64 gpa) __attribute__((noreturn));

#endif
