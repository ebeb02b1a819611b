/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's command line (options.c).
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_OPTIONS_H
#define PVMHOST_OPTIONS_H

#include <linux/types.h>
#include "step.h"

enum generation {
	GEN_L2,
	GEN_L1,
	GEN_R,
	GEN_V1,
};

struct options {
	u32 vcpus;		/* 1 to MAX_VCPUS; 0: as many as processors */
	u32 verbose;		/* 0 quiet, 1 milestones, 2 every emulated instruction */
	u32 pool_mb;		/* memory for shadow pages */
	u32 slice_us;		/* time slice when a processor has several vCPUs */
	u64 seed;		/* of every random choice */
	bool stats;		/* print the counters at the end */
	bool end_poweroff, end_reset;
	bool kaslr;		/* ask the guest for RANDOMIZE_MEMORY */
	/* Personalities: what the ABI leaves to the host */
	bool no_switcher;
	bool drop_shadow;	/* drop random shadow entries at random exits */
	bool late_ad;		/* accessed/dirty bits set late */
	bool stale_ip;		/* IP set without reason, and left after delivery */
	bool spurious_invlpg;
	bool no_pcid, pcid8;
	bool tls_result;	/* LOAD_TLS leaves rubbish in RAX */
	bool nmi_bits;		/* NMI to smod only while event_vector is busy */
	bool no_prefetch;	/* no shadow entry on ERETU after a fault */
	bool intent;		/* offer the intent extension */
	bool intent_drop;	/* lose entries of its queue at random */
	/* The stand-in for a VMware host (standin_vmware.h) */
	bool vmware;
	u32 vmw_time;		/* time commands: 1 GETTIME, 2 GETTIMEFULL, 4 with lag */
	u32 vmw_caps;		/* capabilities of the balloon */
	enum generation generation;
	/* Events before each instruction, see step.c */
	struct step_range step_range[STEP_RANGES];
	u32 step_ranges;
	u32 step_repeat;	/* events at each address */
	u64 step_first[STEP_FIRSTS];
	u32 step_firsts;
	u64 step_nmi;
	enum step_kind step_kind;
};

extern struct options options;

void options_parse(const char *line);

/* A random number for personalities; not for secrets */
u32 random(void);

#endif
