/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the boot loader (multiboot 1, 32-bit flat) and from INIT/SIPI (real
 * mode) into 64-bit C in the upper half.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include "layout.h"
#include "asm-offsets.h"

#define PHYS(x)		((x) - HOST_BASE)

#define MB_MAGIC	0x1badb002
#define MB_FLAGS	0x00010003	/* page-align modules, memory map, addresses */

#define BOOT_CR4	0x20		/* PAE */
#define BOOT_EFER	0x901		/* SCE LME NXE */
#define BOOT_CR0	0x80050033	/* PG AM WP NE ET MP PE */

	.section .multiboot, "ax"
	.balign 4
mb_header:
	.long	MB_MAGIC, MB_FLAGS, -(MB_MAGIC + MB_FLAGS)
	.long	PHYS(mb_header), PHYS(host_start), PHYS(host_data_end)
	.long	PHYS(host_end), PHYS(boot_entry)

	.text
	.code32
	.globl	boot_entry
boot_entry:
	cli
	movl	%eax, %ebp		/* magic */
	movl	%ebx, %esi		/* struct multiboot_info */
	/* Map the first 4 GB twice with 2 MB pages: 1:1 and at HOST_BASE */
	movl	$PHYS(boot_pml4), %edi
	movl	$(PHYS(boot_pdpt) + 3), (%edi)
	movl	$(PHYS(boot_pdpt) + 3), HOST_SLOT * 8(%edi)
	movl	$PHYS(boot_pdpt), %edi
	movl	$(PHYS(boot_pd) + 3), %eax
	movl	$4, %ecx
1:	movl	%eax, (%edi)
	addl	$8, %edi
	addl	$PAGE_SIZE, %eax
	loop	1b
	movl	$PHYS(boot_pd), %edi
	movl	$0x83, %eax
	movl	$2048, %ecx
2:	movl	%eax, (%edi)
	addl	$8, %edi
	addl	$PMD_SIZE, %eax
	loop	2b
	movl	$PHYS(boot_stack_end), %esp
	lgdtl	PHYS(boot_gdt_ptr)
	call	long_mode32
	ljmpl	$0x08, $PHYS(bsp_64)

/* Paging on, still 32-bit compatibility code; uses EAX, ECX, EDX */
long_mode32:
	movl	$BOOT_CR4, %eax
	movl	%eax, %cr4
	movl	$PHYS(boot_pml4), %eax
	movl	%eax, %cr3
	movl	$0xc0000080, %ecx
	movl	$BOOT_EFER, %eax
	xorl	%edx, %edx
	wrmsr
	movl	$BOOT_CR0, %eax
	movl	%eax, %cr0
	ret

	.code64
bsp_64:
	movabsq	$1f, %rax
	jmp	*%rax
1:	movabsq	$boot_stack_end, %rsp
	xorl	%eax, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	%ebp, %edi
	movl	%esi, %esi
	call	host_main
0:	hlt
	jmp	0b

/*
 * Copied to AP_TRAMPOLINE.  The stack and the argument of ap_main() come in
 * ap_boot_stack and ap_boot_arg; processors are started one at a time.
 */
	.code16
	.balign	16
	.globl	ap_trampoline, ap_trampoline_end
ap_trampoline:
	cli
	xorw	%ax, %ax
	movw	%ax, %ds
	lgdtl	AP_TRAMPOLINE + (ap_gdt_ptr - ap_trampoline)
	movl	$0x11, %eax
	movl	%eax, %cr0
	ljmpl	$0x18, $(AP_TRAMPOLINE + (ap_32 - ap_trampoline))
	.balign	8
ap_gdt_ptr:
	.word	boot_gdt_end - boot_gdt - 1
	.long	PHYS(boot_gdt)
	.code32
ap_32:
	movl	$0x10, %eax
	movl	%eax, %ds
	movl	%eax, %ss
	movl	$PHYS(boot_stack_end), %esp
	movl	$PHYS(long_mode32), %eax
	call	*%eax
	ljmpl	$0x08, $PHYS(ap_64)
ap_trampoline_end:

	.code64
ap_64:
	movabsq	$1f, %rax
	jmp	*%rax
1:	movq	ap_boot_stack(%rip), %rsp
	xorl	%eax, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movq	ap_boot_arg(%rip), %rdi
	call	ap_main
0:	hlt
	jmp	0b

	.section .rodata
	.balign	16
boot_gdt:
	.quad	0
	.quad	0x00af9b000000ffff	/* 0x08: 64-bit code */
	.quad	0x00cf93000000ffff	/* 0x10: data */
	.quad	0x00cf9b000000ffff	/* 0x18: 32-bit code */
boot_gdt_end:
boot_gdt_ptr:
	.word	boot_gdt_end - boot_gdt - 1
	.long	PHYS(boot_gdt)

	.bss
	.balign	PAGE_SIZE
	.globl	boot_pml4
boot_pml4:	.skip	PAGE_SIZE
boot_pdpt:	.skip	PAGE_SIZE
boot_pd:	.skip	4 * PAGE_SIZE
	.skip	HOST_STACK_SIZE
boot_stack_end:
	.globl	ap_boot_stack, ap_boot_arg
	.balign	8
ap_boot_stack:	.skip	8
ap_boot_arg:	.skip	8

	.section .note.GNU-stack, "", @progbits
