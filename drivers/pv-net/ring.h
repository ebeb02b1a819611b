/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ring positions as pure arithmetic: no memory and no register is touched.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * A command ring is filled by the driver and used up by the device; a
 * completion ring the other way round.  Ownership of an entry is told by its
 * generation bit, which changes its meaning with every lap and starts at 1.
 */
#ifndef _PVNET_RING_H
#define _PVNET_RING_H

#include <linux/types.h>

/**
 * struct pvnet_cmd_pos - the driver's positions in a command ring
 * @size: entries, at most 4096
 * @fill: next entry that the driver writes
 * @comp: oldest entry that the device has not completed
 * @gen: generation bit of entries written now, 0 or 1
 *
 * @fill equals @comp when the ring is empty; one entry always stays unused so
 * that a full ring differs.
 */
struct pvnet_cmd_pos {
	u32 size;
	u32 fill;
	u32 comp;
	u32 gen;
};

/**
 * struct pvnet_comp_pos - the driver's position in a completion ring
 * @size: entries, at most 8192
 * @next: entry that the device completes next
 * @gen: generation bit of a completed entry, 0 or 1
 */
struct pvnet_comp_pos {
	u32 size;
	u32 next;
	u32 gen;
};

static inline u32 pvnet_ring_next(u32 idx, u32 size)
{
	return idx + 1 == size ? 0 : idx + 1;
}

static inline void pvnet_cmd_init(struct pvnet_cmd_pos *pos, u32 size)
{
	*pos = (struct pvnet_cmd_pos){ .size = size, .gen = 1 };
}

static inline void pvnet_comp_init(struct pvnet_comp_pos *pos, u32 size)
{
	*pos = (struct pvnet_comp_pos){ .size = size, .gen = 1 };
}

/* Entries that the device holds, 0 to size - 1. */
static inline u32 pvnet_cmd_used(const struct pvnet_cmd_pos *pos)
{
	return pos->fill >= pos->comp ? pos->fill - pos->comp :
					pos->size - pos->comp + pos->fill;
}

/* Entries that the driver may still fill. */
static inline u32 pvnet_cmd_space(const struct pvnet_cmd_pos *pos)
{
	return pos->size - 1 - pvnet_cmd_used(pos);
}

static inline bool pvnet_cmd_empty(const struct pvnet_cmd_pos *pos)
{
	return pos->fill == pos->comp;
}

/*
 * Does the device hold entry @idx?  @idx may be any number that the device
 * wrote.
 */
static inline bool pvnet_cmd_holds(const struct pvnet_cmd_pos *pos, u32 idx)
{
	if (pos->comp <= pos->fill)
		return idx >= pos->comp && idx < pos->fill;
	return idx < pos->size && (idx >= pos->comp || idx < pos->fill);
}

static inline void pvnet_cmd_advance(struct pvnet_cmd_pos *pos)
{
	if (++pos->fill == pos->size) {
		pos->fill = 0;
		pos->gen ^= 1;
	}
}

static inline void pvnet_cmd_complete(struct pvnet_cmd_pos *pos)
{
	pos->comp = pvnet_ring_next(pos->comp, pos->size);
}

static inline void pvnet_comp_advance(struct pvnet_comp_pos *pos)
{
	if (++pos->next == pos->size) {
		pos->next = 0;
		pos->gen ^= 1;
	}
}

#endif /* _PVNET_RING_H */
