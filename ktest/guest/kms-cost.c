// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an update of the display costs, in instructions: the same client for
 * every driver. Under "-icount shift=0" the guest's clock counts them.
 *
 *   kms-cost DRIVER
 *
 * Each figure is the time from request to return of one ioctl, averaged; the
 * client draws outside of it.
 *
 *   damage    DIRTYFB of one 16x16 rectangle
 *   flip      SETCRTC of the other buffer in the same mode, 1024x768: a full
 *             update that has been done when it returns
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <time.h>

#include "kms.h"

#define ROUNDS	64

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);

	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static void draw_square(struct kms_fb *fb, uint32_t x, uint32_t y, uint32_t seed)
{
	for (uint32_t line = y; line < y + 16; line++)
		for (uint32_t i = x; i < x + 16; i++)
			kms_line(fb, line)[i] = kms_pattern(i, line, seed);
}

static uint64_t cost_damage(struct kms *kms, struct kms_fb *fb)
{
	uint64_t sum = 0, start;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct drm_clip_rect rect = {
			.x1 = 16 * (i % 32), .y1 = 16 * (i % 32),
			.x2 = 16 * (i % 32) + 16, .y2 = 16 * (i % 32) + 16,
		};

		draw_square(fb, rect.x1, rect.y1, i);
		start = now_ns();
		if (kms_dirty(kms, fb, &rect, 1)) {
			/* A driver that scans out the buffer has nothing to do. */
			if (errno == ENOSYS)
				return 0;
			kms_die("dirty");
		}
		sum += now_ns() - start;
	}

	return sum / ROUNDS;
}

static uint64_t cost_flip(struct kms *kms, struct kms_fb *fb,
			 const struct drm_mode_modeinfo *mode)
{
	uint64_t sum = 0, start;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		start = now_ns();
		if (kms_set_mode(kms, &fb[i % 2], mode))
			kms_die("set");
		sum += now_ns() - start;
	}

	return sum / ROUNDS;
}

int main(int argc, char **argv)
{
	struct drm_mode_modeinfo *mode;
	struct kms_fb fb[2];
	struct kms kms;
	uint64_t empty;

	if (argc < 2)
		return 2;
	kms_open(&kms, argv[1]);
	mode = kms_find_mode(&kms, 1024, 768);
	if (!mode) {
		errno = ENOENT;
		kms_die("mode 1024x768");
	}
	for (int i = 0; i < 2; i++) {
		kms_fb_create(&kms, &fb[i], 1024, 768);
		kms_fill(&fb[i], i);
	}
	/* The first commits map the buffers and set the mode. */
	for (int i = 0; i < 4; i++)
		if (kms_set_mode(&kms, &fb[i % 2], mode))
			kms_die("mode");

	empty = now_ns();
	for (int i = 0; i < ROUNDS; i++)
		now_ns();
	empty = (now_ns() - empty) / ROUNDS;

	printf("KMS cost clock %llu\n", (unsigned long long)empty);
	printf("KMS cost flip %llu\n", (unsigned long long)cost_flip(&kms, fb, mode));
	kms_set_mode(&kms, &fb[0], mode);
	printf("KMS cost damage %llu\n", (unsigned long long)cost_damage(&kms, &fb[0]));

	return 0;
}
