/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trampoline for the second vCPU, from real mode to 64 bits, with the
 * instructions that kernels use there.
 *
 * Copyright (C) 2026 the pvops developers
 */
#define BASE		0x9000
#define AT(label)	(BASE + ((label) - ap_code))

	.text
	.globl	ap_code, ap_code_end
	.balign	16
	.code16
ap_code:
	cli
	wbinvd
	.byte	0xea			/* ljmpw: CS := BASE / 16 */
	.word	1f - ap_code, BASE >> 4
1:	movw	%cs, %ax
	movw	%ax, %ds
	movw	%ax, %ss
2:	lock btsl $0, ap_lock - ap_code
	jnc	3f
	pause
	jmp	2b
3:	movl	$(ap_stack_end - ap_code), %esp
	call	ap_cpuid
	testl	%eax, %eax
	jnz	4f
	lidtl	ap_idt - ap_code
	lgdtl	ap_gdt - ap_code
	movw	$0x18, %dx
	movl	$0x11, %eax
	movl	%eax, %cr0
	ljmpl	$0x08, $AT(ap_32)
4:	hlt
	jmp	4b

ap_cpuid:
	pushfw
	pushw	$0
	popfw
	movl	$0x80000000, %eax
	cpuid
	cmpl	$0x80000001, %eax
	jb	5f
	movl	$0x80000001, %eax
	cpuid
	shrl	$29, %edx		/* long mode */
	andl	$1, %edx
	xorl	$1, %edx
	movl	%edx, %eax
	popfw
	ret
5:	popfw
	movl	$1, %eax
	ret

	.code32
ap_32:
	movl	%edx, %ss
	movl	%edx, %ds
	movl	%edx, %es
	movl	AT(ap_cr4), %eax
	movl	%eax, %cr4
	movl	$top_table, %eax
	movl	%eax, %cr3
	movl	$0xc0000080, %ecx
	rdmsr
	cmpl	$0x900, %eax
	je	6f
	movl	$0x900, %eax
	xorl	%edx, %edx
	wrmsr
6:	movl	$0x80050033, %eax
	movl	%eax, %cr0
	ljmpl	$0x10, $AT(ap_64)

	.code64
ap_64:
	movl	$0, AT(ap_lock)
	leaq	ap_main_stack_end(%rip), %rsp
	call	*ap_entry(%rip)
0:	hlt
	jmp	0b
	.balign	8
ap_entry:
	.quad	ap_main
ap_cr4:	.long	0x20
ap_lock: .long	0
ap_idt:	.word	0
	.long	0
ap_gdt:	.word	31
	.long	AT(ap_gdt_table)
	.balign	8
ap_gdt_table:
	.quad	0
	.quad	0x00cf9b000000ffff
	.quad	0x00af9b000000ffff
	.quad	0x00cf93000000ffff
	.skip	64
ap_stack_end:
ap_code_end:

	.bss
	.balign	16
	.skip	8192
ap_main_stack_end:

	.section .note.GNU-stack, "", @progbits
