// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bare test guest: what the ABI says, one check after the other, then
 * random cases if the command line asks for them.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * The last line on the console is "pvmguest: all N checks passed"; QEMU's
 * status is then 33 (isa-debug-exit), after a failed check 35.
 */
#include "guest.h"

#define MSR_RANGE	0x4b564df0
#define MSR_PVCS	0x4b564df1
#define MSR_ENTRY	0x4b564df4
#define MSR_RETU	0x4b564df5
#define MSR_RETS	0x4b564df6
#define MSR_LSTAR	0xc0000082
#define MSR_KGS		0xc0000102
#define MSR_DEADLINE	0x6e0
#define X2APIC_SVR	0x80f
#define X2APIC_EOI	0x80b
#define X2APIC_TIMER	0x832
#define X2APIC_SELF	0x83f

#define END_PASSED	16
#define END_FAILED	17

volatile struct last_event last;
volatile u64 recover;
volatile u32 interrupts;
static u32 checks, nmis;

void put(const char *s)
{
	while (*s)
		outb(0xe9, *s++);
}

void put_hex(u64 val)
{
	int shift;

	put("0x");
	for (shift = 60; shift > 0 && !(val >> shift); shift -= 4)
		;
	for (; shift >= 0; shift -= 4)
		outb(0xe9, "0123456789abcdef"[val >> shift & 15]);
}

void end(u32 status)
{
	outl(0xf4, status);
	for (;;)
		asm volatile("hlt");
}

void fail(const char *what, u64 got, u64 want)
{
	put("pvmguest: FAILED: ");
	put(what);
	put(": got ");
	put_hex(got);
	put(", want ");
	put_hex(want);
	put("\n");
	end(END_FAILED);
}

void check(const char *what, u64 got, u64 want)
{
	checks++;
	if (got != want)
		fail(what, got, want);
}

void smod_event(struct frame *f)
{
	u16 code;

	last.error = pvcs.event_errcode;
	code = __atomic_exchange_n(&pvcs.event_vector, 0, __ATOMIC_SEQ_CST);
	nmis += !!(code & NMI_BIT);
	code &= ~NMI_BIT;
	if (!code)
		return;
	last.vector = code;
	last.cr2 = pvcs.cr2;
	last.rip = f->rip;
	last.count++;
	if ((code & STD_BIT) && (u8)code >= 32) {
		interrupts++;
		hypercall(WRMSR, X2APIC_EOI, 0, 0, 0);
	} else if (recover) {
		f->rip = recover;
		recover = 0;
	} else if ((code & 0xff) != 3) {
		fail("unexpected event in smod (and its RIP)", code, f->rip);
	}
}

static void wrmsr_ok(u32 msr, u64 val)
{
	check("WRMSR hypercall", hypercall(WRMSR, msr, val, 0, 0), 0);
}

static void test_detection(void)
{
	u32 out[4];
	u64 flags;
	u16 cs;

	asm volatile("pushfq\n\tpopq %0" : "=r" (flags));
	asm volatile("mov %%cs, %0" : "=r" (cs));
	check("hardware IF", flags & IF_BIT, IF_BIT);
	check("RPL of CS", cs & 3, 3);
	synthetic_cpuid(0x40000000, 0, out);
	check("signature EBX", out[1], 0x4b4d564b);	/* KVMK */
	check("signature ECX", out[2], 0x564b4d56);	/* VMKV */
	check("signature EDX", out[3], 0x4d);		/* M */
	synthetic_cpuid(1, 0, out);
	check("x2APIC in CPUID", out[2] >> 21 & 1, 1);
	check("hypervisor bit in CPUID", out[2] >> 31, 1);
}

static void test_msrs(void)
{
	u64 range = hypercall(RDMSR, MSR_RANGE, 0, 0, 0);

	check("range start", range & 0xffff, 0xff10);
	check("range end", range >> 16 & 0xffff, 0xffff);
	check("unaligned PVCS refused", !hypercall(WRMSR, MSR_PVCS, 0x1001, 0, 0), 0);
	check("MSR of no one refused", !hypercall(WRMSR, 0x12345, 0, 0, 0), 0);
	check("RETS_RIP refused", !hypercall(WRMSR, MSR_RETS, 0, 0, 0), 0);
	check("range may not widen", !hypercall(WRMSR, MSR_RANGE, 0xffffffffffffff00, 0, 0), 0);
	wrmsr_ok(MSR_PVCS, (u64)&pvcs);
	wrmsr_ok(MSR_ENTRY, (u64)event_entry);
	wrmsr_ok(MSR_RETU, (u64)eretu_insn);
	wrmsr_ok(MSR_LSTAR, (u64)syscall_entry);
	wrmsr_ok(MSR_KGS, 0x123000);
	asm volatile("wrgsbase %0" : : "r" (0x123000UL));
	check("PVCS reads back", hypercall(RDMSR, MSR_PVCS, 0, 0, 0), (u64)&pvcs);
	check("unknown hypercall", hypercall(HC(77), 0, 0, 0, 0), (u64)-1000);
}

u32 run_code(const u8 *code, u32 len, struct frame *f)
{
	u8 *page = (u8 *)USER_BASE;
	u32 i;

	for (i = 0; i < len; i++)
		page[i] = code[i];
	f->rip = USER_BASE;
	f->cs = 0x33;
	f->ss = 0x2b;
	f->rflags = 0x202;
	f->rsp = USER_BASE + 0x2000;
	return run_user(f);
}

static void test_smod_events(void)
{
	asm volatile("lea 1f(%%rip), %%rax\n\tmov %%rax, recover(%%rip)\n\tud2\n1:" : : : "rax", "memory");
	check("#UD in smod", last.vector, STD_BIT | 6);
	asm volatile("int3");
	check("#BP in smod", last.vector, STD_BIT | 3);
	asm volatile("lea 1f(%%rip), %%rax\n\tmov %%rax, recover(%%rip)\n\t"
		     "mov 0x7000000000, %%eax\n1:" : : : "rax", "memory");
	check("#PF in smod", last.vector, STD_BIT | 14);
	check("#PF address", last.cr2, 0x7000000000);
	check("#PF error has no U", last.error, 0);
	/* The host's own slot looks as if nothing were there */
	asm volatile("lea 1f(%%rip), %%rax\n\tmov %%rax, recover(%%rip)\n\t"
		     "movabs $0xffff800000100000, %%rdx\n\tmov %%eax, (%%rdx)\n1:"
		     : : : "rax", "rdx", "memory");
	check("#PF on the host's slot", last.vector, STD_BIT | 14);
	check("its address", last.cr2, 0xffff800000100000);
	check("its error", last.error, 2);
}

static void test_user(void)
{
	struct frame f = { 0 };

	f.rdi = 0x1111;
	/* mov $5, %eax; syscall */
	check("SYSCALL from umod", USER(&f, 0xb8, 5, 0, 0, 0, 0x0f, 0x05), 0);
	check("its RAX", f.rax, 5);
	check("its RDI", f.rdi, 0x1111);
	check("its RIP", f.rip, USER_BASE + 7);
	check("its RCX", f.rcx, f.rip);
	check("user GS base saved", pvcs.user_gsbase, 0);
	f.rcx = 0x77;
	f.r11 = 0x88;
	check("INT 0x80", USER(&f, 0xcd, 0x80), STD_BIT | 0x80);
	check("RCX kept", f.rcx, 0x77);
	check("R11 kept", f.r11, 0x88);
	check("#UD", USER(&f, 0x0f, 0x0b), STD_BIT | 6);
	check("#GP of HLT", USER(&f, 0xf4), STD_BIT | 13);
	check("#GP of the ten bytes", USER(&f, 0x0f, 0x01, 0x3c, 0x25, 0x50, 0x56, 0x4d, 0xff,
					   0x0f, 0xa2), STD_BIT | 13);
	/* mov 0x1000000, %eax: a supervisor page */
	check("#PF on a supervisor page", USER(&f, 0x8b, 0x04, 0x25, 0, 0, 0, 1), STD_BIT | 14);
	check("its address", pvcs.cr2, 0x1000000);
	check("its error", pvcs.event_errcode, 5);
	/* mov %eax, 0x40005000: not mapped */
	check("#PF of a write", USER(&f, 0x89, 0x04, 0x25, 0, 0x50, 0, 0x40), STD_BIT | 14);
	check("its error", pvcs.event_errcode, 6);
	/* wrgsbase %rdi; syscall */
	check("WRGSBASE", USER(&f, 0xf3, 0x48, 0x0f, 0xae, 0xdf, 0x0f, 0x05), 0);
	check("user GS base", pvcs.user_gsbase, 0x1111);
}

static void test_tables(void)
{
	struct frame f = { 0 };

	/* mov %eax, 0x40002000; syscall */
	user_table[2] = user_table[1];
	check("not present to present", USER(&f, 0x89, 0x04, 0x25, 0, 0x20, 0, 0x40, 0x0f, 0x05), 0);
	check("dirty bit", user_table[2] >> 6 & 1, 1);
	user_table[2] &= ~2UL;
	hypercall(TLB_INVLPG, USER_BASE + 0x2000, 0, 0, 0);
	check("write-protected", USER(&f, 0x89, 0x04, 0x25, 0, 0x20, 0, 0x40), STD_BIT | 14);
	check("its error", pvcs.event_errcode, 7);
	user_table[2] = 0;
	hypercall(TLB_CURRENT, 0, 0, 0, 0);
	check("unmapped", USER(&f, 0x8b, 0x04, 0x25, 0, 0x20, 0, 0x40), STD_BIT | 14);
	check("its error", pvcs.event_errcode, 4);
	/* A page of the host's: reads as ones, never as its bytes */
	user_table[3] = 0x100000 | 0x67;
	f.rax = 0;
	check("host memory", USER(&f, 0x8b, 0x04, 0x25, 0, 0x30, 0, 0x40, 0x0f, 0x05), 0);
	check("reads as ones", f.rax, 0xffffffff);
	user_table[3] = 0xfee00000 | 0x67;
	hypercall(TLB_FLUSH, 0, 0, 0, 0);
	f.rax = 0;
	check("local APIC", USER(&f, 0x8b, 0x04, 0x25, 0x20, 0x30, 0, 0x40, 0x0f, 0x05), 0);
	check("reads as ones", f.rax, 0xffffffff);
	user_table[3] = 1UL << 50 | 0x67;
	hypercall(TLB_FLUSH, 0, 0, 0, 0);
	check("reserved bit", USER(&f, 0x8b, 0x04, 0x25, 0, 0x30, 0, 0x40), STD_BIT | 14);
	check("its error", pvcs.event_errcode, 0xd);
	user_table[3] = 0;
}

static void test_interrupts(void)
{
	struct frame f = { 0 };
	u64 start;

	wrmsr_ok(X2APIC_SVR, 0x1ff);
	wrmsr_ok(X2APIC_SELF, 0x40);
	check("interrupt held back", interrupts, 0);
	check("IP set", pvcs.event_flags & IP_BIT, IP_BIT);
	pvcs.event_flags |= IF_BIT;
	hypercall(IRQ_WIN, 0, 0, 0, 0);
	check("interrupt delivered", interrupts, 1);
	check("its vector", last.vector, STD_BIT | 0x40);
	check("IF after it", pvcs.event_flags & IF_BIT, IF_BIT);
	/* umod takes them whatever bit 9 says */
	pvcs.event_flags &= ~(u64)IF_BIT;
	wrmsr_ok(X2APIC_SELF, 0x41);
	check("interrupt in umod", USER(&f, 0xeb, 0xfe), STD_BIT | 0x41);	/* jmp . */
	wrmsr_ok(X2APIC_EOI, 0);
	wrmsr_ok(X2APIC_TIMER, 0x42 | 2 << 17);
	start = rdtsc();
	wrmsr_ok(MSR_DEADLINE, start + 3000000);
	hypercall(IRQ_HALT, 0, 0, 0, 0);
	check("timer wakes from halt", interrupts, 2);
	check("not too early", rdtsc() >= start + 3000000, 1);
	pvcs.event_flags &= ~(u64)IF_BIT;
	wrmsr_ok(MSR_DEADLINE, rdtsc() + 3000000);
	check("timer in umod", USER(&f, 0xeb, 0xfe), STD_BIT | 0x42);
	wrmsr_ok(X2APIC_EOI, 0);
}

#define X2APIC_ICR	0x830
#define ICR_INIT	0x4500
#define ICR_SIPI	0x4600
#define AP_PAGE		9	/* 0x9000, see ap.S */

extern char ap_code[], ap_code_end[];
static volatile u32 ap_id = ~0u;
void ap_main(void);

/* The second vCPU says who it is, and waits for the race */
void ap_main(void)
{
	ap_id = hypercall(RDMSR, 0x802, 0, 0, 0);
	race_second_vcpu();
}

void start_second_vcpu(u32 page)
{
	wrmsr_ok(X2APIC_ICR, 1UL << 32 | ICR_INIT);
	wrmsr_ok(X2APIC_ICR, 1UL << 32 | ICR_SIPI | page);
}

static void test_second_vcpu(void)
{
	u8 *page = (u8 *)(AP_PAGE * 0x1000UL);
	u64 start = rdtsc();
	u32 i;

	for (i = 0; i < (u32)(ap_code_end - ap_code); i++)
		page[i] = ap_code[i];
	start_second_vcpu(AP_PAGE);
	while (ap_id == ~0u && rdtsc() - start < 20000000000UL)
		hypercall(SCHED_YIELD, 0, 0, 0, 0);
	check("the second vCPU's APIC ID", ap_id, 1);
}

/*
 * DMA into the host's text by QEMU's "edu" device (its docs/specs/edu.rst); the
 * host's audit finds out.
 */
#define EDU_ID		0x11e81234
#define EDU_DMA_FROM	0x80
#define EDU_DMA_TO	0x88
#define EDU_DMA_COUNT	0x90
#define EDU_DMA_COMMAND	0x98
#define EDU_TO_MEMORY	3
#define EDU_BUFFER	0x40000
#define HOST_TEXT	0x100000

static volatile u32 *find_edu(void)
{
	u32 device;

	for (device = 0; device < 32; device++) {
		u32 address = 0x80000000 | device << 11;

		outl(0xcf8, address);
		if (inl(0xcfc) != EDU_ID)
			continue;
		outl(0xcf8, address | 4);
		outl(0xcfc, inl(0xcfc) | 6);	/* memory, bus master */
		outl(0xcf8, address | 0x10);
		user_table[8] = (inl(0xcfc) & ~0xfUL) | 0x67;
		hypercall(TLB_INVLPG, USER_BASE + 0x8000, 0, 0, 0);
		return (volatile u32 *)(USER_BASE + 0x8000);
	}
	fail("no edu device", 0, EDU_ID);
}

static void edu_dma(volatile u32 *edu, u64 target)
{
	u64 start = rdtsc();

	*(volatile u64 *)(edu + EDU_DMA_FROM / 4) = EDU_BUFFER;
	*(volatile u64 *)(edu + EDU_DMA_TO / 4) = target;
	*(volatile u64 *)(edu + EDU_DMA_COUNT / 4) = 64;
	*(volatile u64 *)(edu + EDU_DMA_COMMAND / 4) = EDU_TO_MEMORY;
	while ((edu[EDU_DMA_COMMAND / 4] & 1) && rdtsc() - start < 20000000000UL)
		;
}

static void test_dma(void)
{
	static u8 buffer[64] __attribute__((aligned(64))) = { 0x55 };
	volatile u32 *edu = find_edu();

	edu_dma(edu, (u64)buffer);
	check("DMA to the guest's own memory", *(volatile u8 *)buffer, 0);
	edu_dma(edu, HOST_TEXT);
	outb(0xea, 'A');
}

/*
 * Be busy on every path that the host goes through while it injects events
 * before each instruction: entries from both modes, system calls, ERETU.
 */
static void test_step(void)
{
	struct frame f = { 0 };
	u32 rounds = 0;

	outb(0xea, 'T');
	while (inl(0xea) & 1) {
		USER(&f, 0x0f, 0x05);
		USER(&f, 0xcd, 0x80);
		asm volatile("int3");
		pvcs.event_flags |= IF_BIT;
		hypercall(IRQ_WIN, 0, 0, 0, 0);
		asm volatile("lea 1f(%%rip), %%rax\n\tmov %%rax, recover(%%rip)\n\tud2\n1:"
			     : : : "rax", "memory");
		pvcs.event_flags &= ~(u64)IF_BIT;
		rounds++;
	}
	check("rounds while stepping", rounds > 10, 1);
	put("pvmguest: interrupts ");
	put_hex(interrupts);
	put(" nmis ");
	put_hex(nmis);
	put("\n");
}

/* Value of "name=number"; a bare name that is there counts as 1 */
static u64 parse(const char *line, const char *name)
{
	const char *n;
	u64 val = 0;

	for (; *line; line++) {
		const char *p = line;

		for (n = name; *n && *p == *n; n++)
			p++;
		if (*n)
			continue;
		if (*p < '0' || *p > '9')
			return 1;
		for (; *p >= '0' && *p <= '9'; p++)
			val = val * 10 + *p - '0';
		return val;
	}
	return 0;
}

#define CMD_LINE_PTR	0x228	/* in boot_params */

void guest_main(const u8 *boot_params);
void guest_main(const u8 *boot_params)
{
	const char *line = (const char *)(u64)*(const u32 *)(boot_params + CMD_LINE_PTR);
	u32 cases = parse(line, "cases=");

	test_detection();
	if (parse(line, "crash"))
		asm volatile("ud2");	/* no PVCS yet */
	test_msrs();
	tables_init();
	test_smod_events();
	test_user();
	test_tables();
	test_interrupts();
	test_ports();
	if (intent_offered())
		test_intent(parse(line, "lossy"));
	if (parse(line, "ending="))
		ending(parse(line, "ending="));
	if (parse(line, "ap"))
		test_second_vcpu();
	if (parse(line, "step"))
		test_step();
	if (parse(line, "dma"))
		test_dma();
	if (cases)
		random_cases(parse(line, "seed="), cases,
			     (parse(line, "msix") ? NEEDS_MSIX : 0) |
			     (parse(line, "nic") ? NEEDS_NIC : 0) |
			     (intent_offered() ? NEEDS_INTENT : 0) |
			     (parse(line, "ap") ? NEEDS_SECOND_VCPU : 0));
	put("pvmguest: all ");
	put_hex(checks);
	put(" checks passed\n");
	end(END_PASSED);
}
