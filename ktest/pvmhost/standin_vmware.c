// SPDX-License-Identifier: GPL-2.0-only
/*
 * STAND-IN for a VMware host: which port is which, and the test's own port.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * A VMware guest calls its host by IN of 32 bits with a magic number in EAX,
 * the command in ECX and arguments in the other registers, which the host
 * changes (arch/x86/include/asm/vmware.h).  The test's port works the same way
 * but is an invention of this host.
 */
#include "host.h"
#include "options.h"
#include "standin_vmware.h"
#include "vcpu.h"

#define PORT_BACKDOOR	0x5658
#define PORT_BALLOON	0x5670
#define PORT_TEST	0x5671	/* not VMware's */

#define MAGIC_BACKDOOR	0x564d5868u
#define MAGIC_BALLOON	0x456c6d6fu
#define MAGIC_TEST	0x74736574u

/* Commands of the test's port, argument in RBX; guest/modules/kt_standin.c has them too */
enum test_command {
	TEST_TARGET,		/* pages */
	TEST_STEP,		/* the host's clock, signed ns */
	TEST_STEAL,		/* one in so many | microseconds << 32 */
	TEST_CLOCK,		/* the guest's clock */
	TEST_CLOCK_AFTER,	/* the guest's clock, read after TEST_CLOCK */
	TEST_REFUSE,		/* one in so many units */
	TEST_RESET,
	TEST_REPORT,
	TEST_SOME_LOCKED,	/* returns RBX = physical address, 0: none */
};

static void test_command(struct vcpu *v)
{
	struct guest_regs *r = &v->regs;

	switch ((u32)r->rcx) {
	case TEST_TARGET: standin_target(r->rbx); break;
	case TEST_STEP: standin_step(r->rbx); break;
	case TEST_STEAL: standin_steal(r->rbx, r->rbx >> 32); break;
	case TEST_CLOCK: standin_guest_clock(r->rbx); break;
	case TEST_CLOCK_AFTER: standin_guest_clock_after(r->rbx); break;
	case TEST_REFUSE: standin_refuse(r->rbx); break;
	case TEST_RESET: standin_reset(); break;
	case TEST_SOME_LOCKED: r->rbx = standin_some_locked(); break;
	case TEST_REPORT:
		standin_time_report();
		standin_balloon_report();
		break;
	default:
		r->rax = ~0u;
		return;
	}
	r->rax = 0;
}

static bool called(const struct vcpu *v, u16 port, u16 wanted, u32 magic)
{
	return port == wanted && (u32)v->regs.rax == magic;
}

bool standin_in(struct vcpu *v, u16 port)
{
	if (!options.vmware)
		return false;
	if (called(v, port, PORT_BACKDOOR, MAGIC_BACKDOOR))
		standin_time(v);
	else if (called(v, port, PORT_BALLOON, MAGIC_BALLOON))
		standin_balloon(v);
	else if (called(v, port, PORT_TEST, MAGIC_TEST))
		test_command(v);
	else
		return false;
	return true;
}
