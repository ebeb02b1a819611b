/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the PVM backend share
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef _PVOPS_PVM_PVM_H
#define _PVOPS_PVM_PVM_H

#include <linux/errno.h>
#include <linux/init.h>
#include <linux/linkage.h>
#include <linux/percpu-defs.h>
#include <linux/types.h>

#include <asm/page_types.h>
#include <asm/ptrace.h>

#include "abi.h"
#include "intent_abi.h"

/**
 * struct pvm_vcpu_page - a PVCS in a page of its own
 * @pvcs: the PVCS
 * @unused: the hypervisor may write the whole page
 */
struct pvm_vcpu_page {
	struct pvm_vcpu_struct pvcs;
	u8 unused[PAGE_SIZE - sizeof(struct pvm_vcpu_struct)];
} __aligned(PAGE_SIZE);

DECLARE_PER_CPU_PAGE_ALIGNED(struct pvm_vcpu_page, pvm_vcpu_struct);

/* entry_64.S */
void pvm_event_entry(void);
void pvm_entry_SYSCALL_64(void);
void pvm_retu(void);
unsigned long pvm_save_fl(void);
void pvm_irq_disable(void);
void pvm_irq_enable(void);
unsigned long pvm_read_cr2(void);

/* entry.c */
void pvm_event_from_user(struct pt_regs *regs, unsigned int event, unsigned int error_code);
void pvm_event_from_kernel(struct pt_regs *regs, unsigned int event, unsigned int error_code);
void pvm_recorded_events(unsigned int event);
int pvm_reserve_vectors(unsigned int cpu);
void pvm_init_entry_ops(void);

/* detect.c */
enum pvm_generation {
	PVM_GENERATION_L,
	PVM_GENERATION_R,
	PVM_GENERATION_V1,
};

/**
 * struct pvm_cpuid_answer - what CPUID leaves say about the generation
 * @max_leaf: EAX of PVM_CPUID_SIGNATURE
 * @vendor_ebx: EBX of PVM_CPUID_R_VENDOR_FEATURES
 * @v1_signature: EBX, ECX and EDX of PVM_CPUID_V1_SIGNATURE
 */
struct pvm_cpuid_answer {
	u32 max_leaf;
	u32 vendor_ebx;
	u32 v1_signature[3];
};

enum pvm_generation pvm_generation(const struct pvm_cpuid_answer *answer);
bool pvm_range_is_legal(u64 range);
bool pvm_range_has_slots(u64 range, unsigned int first, unsigned int last);

/* cpuid.c */
void pvm_cpuid(unsigned int *eax, unsigned int *ebx, unsigned int *ecx, unsigned int *edx);
void pvm_filter_cpuid(u32 leaf, u32 subleaf, u32 *eax, u32 *ebx, u32 *ecx, u32 *edx);
void pvm_init_cpu_caps(void);

/* cpu.c */
void pvm_register_cpu(void);
void pvm_unregister_cpu(void);
void pvm_move_gs_base(unsigned long base);
void pvm_init_cpu_ops(void);

/* msr.c */
u64 pvm_filter_arch_caps(u64 caps);
u64 pvm_read_msr(unsigned int msr);
void pvm_write_msr(unsigned int msr, unsigned int low, unsigned int high);
int pvm_write_msr_safe(unsigned int msr, unsigned int low, unsigned int high);

/* irq.c, mmu.c */
void pvm_init_irq_ops(void);
void pvm_init_mmu_ops(void);
void pvm_forget_cr3(void);

/**
 * struct pvm_intent_page - what the guest means to tell, in a page of its own
 * @intent: the part that is in use
 * @unused: the hypervisor may write the whole page
 */
struct pvm_intent_page {
	struct pvm_intent intent;
	u8 unused[PAGE_SIZE - sizeof(struct pvm_intent)];
} __aligned(PAGE_SIZE);

/* intent.c */
#ifdef CONFIG_PVOPS_PVM_INTENT
int pvm_intent_negotiate(void);
int pvm_intent_install(unsigned int cpu);
int pvm_intent_online(unsigned int cpu);
void pvm_intent_offline(unsigned int cpu);
void pvm_intent_forget(void);
bool pvm_intent_move_deadline(u64 tsc);
unsigned int pvm_intent_removals(struct pvm_intent *intent, unsigned long start,
				 unsigned long end);
#else
static inline int pvm_intent_negotiate(void) { return -ENODEV; }
static inline int pvm_intent_install(unsigned int cpu) { return 0; }
static inline int pvm_intent_online(unsigned int cpu) { return 0; }
static inline void pvm_intent_offline(unsigned int cpu) { }
static inline void pvm_intent_forget(void) { }
static inline bool pvm_intent_move_deadline(u64 tsc) { return false; }
#endif

/* early.c */
extern int pvm_running;
asmlinkage void __init __noreturn pvm_start_kernel(char *real_mode_data);

/* stop.c */
void pvm_puts(const char *line);
void pvm_stop(void);

/* sleep.c */
int pvm_refuse_sleep(unsigned int cpu);

#endif /* _PVOPS_PVM_PVM_H */
