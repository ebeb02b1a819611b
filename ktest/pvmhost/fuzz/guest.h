/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A bare PVM guest that tests the reference host.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * It spells out the numbers of the ABI again: a test that shared the host's
 * header could not notice a wrong one.
 */
#ifndef PVMHOST_FUZZ_GUEST_H
#define PVMHOST_FUZZ_GUEST_H

#ifndef __ASSEMBLY__
#include <linux/types.h>

struct pvcs {
	u64 event_flags, cr2, reserved0[6];
	u16 user_cs, user_ss, event_errcode, event_vector;
	u64 user_gsbase;
	u32 eflags, pkru;
	u64 rip, rcx, r11, reserved1[2];
};

/* As start.S saves them; lowest address first */
struct frame {
	u64 r15, r14, r13, r12, rbp, rbx, r10, r9, r8, rax, rdx, rsi, rdi, r11, rcx;
	u64 rip, cs, rflags, rsp, ss;
};

extern struct pvcs pvcs;
extern char event_entry[], syscall_entry[], eretu_insn[];

/* Run umod with @f until it comes back; 0x100 | vector, or 0 for a SYSCALL */
extern u32 run_user(struct frame *f);
extern u64 hypercall(u64 nr, u64 a, u64 b, u64 c, u64 d);
extern void synthetic_cpuid(u32 leaf, u32 sub, u32 out[4]);

/* start.S calls it for smod events; may change the frame */
void smod_event(struct frame *f);

/* The last smod event, and where execution goes after a fault (0: nowhere) */
struct last_event {
	u32 vector, error, count;
	u64 cr2, rip;
};

extern volatile struct last_event last;
extern volatile u64 recover;
extern volatile u32 interrupts;

#define HC(n)		(0x17088200 + (n))
#define LOAD_PGTBL	HC(0)
#define IRQ_WIN		HC(1)
#define IRQ_HALT	HC(2)
#define TLB_FLUSH	HC(3)
#define TLB_CURRENT	HC(4)
#define TLB_INVLPG	HC(5)
#define LOAD_GS		HC(6)
#define RDMSR		HC(7)
#define WRMSR		HC(8)
#define LOAD_TLS	HC(9)
#define SCHED_YIELD	11	/* KVM's */

#define IF_BIT		0x200
#define IP_BIT		0x100
#define STD_BIT		0x100
#define NMI_BIT		0x200

void put(const char *s);
void put_hex(u64 val);
/* Print and end with failure */
void fail(const char *what, u64 got, u64 want) __attribute__((noreturn));
/* Fail unless @got is @want */
void check(const char *what, u64 got, u64 want);
void end(u32 status) __attribute__((noreturn));

static inline void outb(u16 port, u8 val)
{
	asm volatile("outb %0, %1" : : "a" (val), "Nd" (port));
}

static inline void outl(u16 port, u32 val)
{
	asm volatile("outl %0, %1" : : "a" (val), "Nd" (port));
}

static inline u32 inl(u16 port)
{
	u32 val;

	asm volatile("inl %1, %0" : "=a" (val) : "Nd" (port));
	return val;
}

static inline u64 rdtsc(void)
{
	u32 lo, hi;

	asm volatile("rdtsc" : "=a" (lo), "=d" (hi));
	return (u64)hi << 32 | lo;
}

/* tables.c: page tables of the guest */
extern u64 top_table[512], user_table[512];
#define USER_BASE	0x40000000UL	/* what user_table maps, 4 KB pages */
void tables_init(void);

/* Give @top own copies, @level3 and @level2, of the tables that lead to user_table */
void tables_copy(u64 *top, u64 *level3, u64 *level2);

/* Run code at USER_BASE in umod with the general registers of @f; as run_user() */
u32 run_code(const u8 *code, u32 len, struct frame *f);

#define USER(f, ...) ({					\
	static const u8 code[] = { __VA_ARGS__ };	\
	run_code(code, sizeof(code), f); })

/* random.c */
struct random {
	u64 state;
};

u64 rnd(struct random *r);
/* Mostly edges: 0, small, one bit, all ones, near the ends of the halves */
u64 value(struct random *r);

/* What a class of cases needs of the machine, and the command line says is there */
enum needs {
	NEEDS_MSIX = 1,
	NEEDS_NIC = 2,
	NEEDS_SECOND_VCPU = 4,
	NEEDS_INTENT = 8,
};

/* Let the host check itself after case @n */
void audit(u32 n);
void random_cases(u64 seed, u32 cases, u32 have);

/* device.c */
void case_ioapic(struct random *r);
void case_msix(struct random *r);
void case_dma(struct random *r);

/* shapes.c */
void case_shapes(struct random *r);
void case_roots(struct random *r);

/* operands.c */
void case_operands(struct random *r);

/* endings.c: does not return; @nr from 1 on */
void ending(u32 nr);

/* main.c: INIT and SIPI */
void start_second_vcpu(u32 page);

/* intent.c */
bool intent_offered(void);
/* @lossy: the host loses entries, and may look at no deadline but the first */
void test_intent(bool lossy);

/* ports.c */
void test_ports(void);
void case_intent(struct random *r);

/* race.c: returns the cases that were run */
u32 race(struct random *r, u32 cases);
void race_second_vcpu(void);

#endif
#endif
