// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random damage and random modes, compared with a shadow copy: what VRAM holds
 * must be what was drawn and declared as changed, and nothing else.
 *
 *   kms-stress DRIVER damage COUNT SEED
 *   kms-stress DRIVER modes COUNT SEED
 *   kms-stress DRIVER flips COUNT          page flips; until the device goes
 *
 * VRAM is read through resource1 of the PCI function, whose address is the
 * environment variable PCI. On QEMU the picture starts at 0 and a line takes
 * width * 4 bytes.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <sys/stat.h>
#include <time.h>

#include "kms.h"

static uint32_t *vram;
static size_t vram_size;

static void map_vram(void)
{
	const char *pci = getenv("PCI");
	char path[128];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource1",
		 pci ? pci : "0000:00:02.0");
	fd = open(path, O_RDWR);
	if (fd < 0 || fstat(fd, &st))
		kms_die("%s", path);
	vram_size = st.st_size;
	vram = mmap(NULL, vram_size, PROT_READ, MAP_SHARED, fd, 0);
	if (vram == MAP_FAILED)
		kms_die("mmap of %s", path);
	close(fd);
}

static void compare(const uint32_t *shadow, uint32_t width, uint32_t height,
		    uint32_t round)
{
	/* The pixels were copied, with the bits that are not shown. */
	if (!memcmp(vram, shadow, (size_t)width * height * 4))
		return;
	for (size_t i = 0; i < (size_t)width * height; i++) {
		if ((vram[i] ^ shadow[i]) & 0xffffff) {
			printf("KMS differs in round %u at %zu,%zu: %06x not %06x\n",
			       round, i % width, i / width, vram[i], shadow[i]);
			exit(1);
		}
	}
}

static struct drm_clip_rect random_rect(uint32_t *seed, const struct kms_fb *fb)
{
	struct drm_clip_rect rect;

	rect.x1 = kms_random(seed, fb->width);
	rect.y1 = kms_random(seed, fb->height);
	/* Mostly small, now and then anything. */
	rect.x2 = rect.x1 + 1 + kms_random(seed, kms_random(seed, 8) ? 64 : fb->width);
	rect.y2 = rect.y1 + 1 + kms_random(seed, kms_random(seed, 8) ? 64 : fb->height);
	if (rect.x2 > fb->width)
		rect.x2 = fb->width;
	if (rect.y2 > fb->height)
		rect.y2 = fb->height;

	return rect;
}

/* Draws one line and column more than will be declared. */
static void draw(struct kms_fb *fb, struct drm_clip_rect rect, uint32_t seed)
{
	uint32_t right = rect.x2 < fb->width ? rect.x2 + 1 : rect.x2;
	uint32_t below = rect.y2 < fb->height ? rect.y2 + 1 : rect.y2;

	for (uint32_t y = rect.y1; y < below; y++)
		for (uint32_t x = rect.x1; x < right; x++)
			kms_line(fb, y)[x] = kms_pattern(x, y, seed);
}

/* What is declared is shown as the buffer holds it at that moment. */
static void declare(const struct kms_fb *fb, uint32_t *shadow,
		    struct drm_clip_rect rect)
{
	for (uint32_t y = rect.y1; y < rect.y2; y++)
		memcpy(shadow + y * fb->width + rect.x1,
		       kms_line(fb, y) + rect.x1, (rect.x2 - rect.x1) * 4);
}

static void stress_damage(struct kms *kms, uint32_t count, uint32_t seed)
{
	struct drm_mode_modeinfo *mode = kms_find_mode(kms, 0, 0);
	struct drm_clip_rect rects[4];
	struct kms_fb fb;
	uint32_t *shadow, done = 0;

	kms_fb_create(kms, &fb, mode->hdisplay, mode->vdisplay);
	kms_fill(&fb, 0);
	shadow = malloc(fb.size);
	memcpy(shadow, fb.pixels, fb.size);
	if (kms_set_mode(kms, &fb, mode))
		kms_die("mode");

	for (uint32_t round = 0; done < count; round++) {
		uint32_t n = 1 + kms_random(&seed, 4);

		for (uint32_t i = 0; i < n; i++) {
			rects[i] = random_rect(&seed, &fb);
			draw(&fb, rects[i], seed);
		}
		for (uint32_t i = 0; i < n; i++)
			declare(&fb, shadow, rects[i]);
		if (kms_dirty(kms, &fb, rects, n))
			kms_die("dirty");
		done += n;
		if (round % 64 == 0)
			compare(shadow, fb.width, fb.height, round);
	}
	compare(shadow, fb.width, fb.height, count);
	printf("KMS damage %u\n", done);
	free(shadow);
	kms_fb_destroy(kms, &fb);
}

/* Another picture for every seed, quicker drawn than the test picture. */
static void fill_quickly(struct kms_fb *fb, uint32_t seed)
{
	for (uint32_t y = 0; y < fb->height; y++) {
		uint32_t *line = kms_line(fb, y);

		for (uint32_t x = 0; x < fb->width; x++) {
			line[x] = seed;
			seed += 2654435761u;
		}
	}
}

/* Modes at random; one in eight is above 1280x1024. */
static void stress_modes(struct kms *kms, uint32_t count, uint32_t seed)
{
	uint32_t large = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct drm_mode_modeinfo *mode;
		int want_large = i % 8 == 0;
		struct kms_fb fb;

		do {
			mode = &kms->modes[kms_random(&seed, kms->nmodes)];
		} while (want_large != (mode->hdisplay > 1280 && mode->vdisplay > 1024));
		large += want_large;

		kms_fb_create(kms, &fb, mode->hdisplay, mode->vdisplay);
		fill_quickly(&fb, seed);
		if (kms_set_mode(kms, &fb, mode))
			kms_die("mode %ux%u", mode->hdisplay, mode->vdisplay);
		compare(fb.pixels, fb.width, fb.height, i);
		kms_fb_destroy(kms, &fb);
	}
	printf("KMS modes %u, large %u\n", count, large);
}

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);

	return now.tv_sec * 1000000ULL + now.tv_nsec / 1000;
}

/* Flips two buffers with events, until done or the device is taken away. */
static void stress_flips(struct kms *kms, uint32_t count)
{
	struct drm_mode_modeinfo *mode = kms_find_mode(kms, 0, 0);
	struct drm_event_vblank event, last = { };
	uint32_t done, backwards = 0;
	struct kms_fb fb[2];
	uint64_t start;

	for (int i = 0; i < 2; i++) {
		kms_fb_create(kms, &fb[i], mode->hdisplay, mode->vdisplay);
		kms_fill(&fb[i], i * 100);
	}
	if (kms_set_mode(kms, &fb[0], mode))
		kms_die("mode");

	start = now_us();
	for (done = 0; done < count; done++) {
		int ret = kms_flip(kms, &fb[(done + 1) % 2], DRM_MODE_PAGE_FLIP_EVENT, done);

		if (ret == -ENODEV)
			break;
		if (ret)
			kms_die("flip %u", done);
		kms_wait_flip(kms, &event);
		if (event.user_data != done)
			kms_die("event %u", done);
		if (done && (event.sequence <= last.sequence ||
			     event.tv_sec * 1000000ULL + event.tv_usec <=
			     last.tv_sec * 1000000ULL + last.tv_usec))
			backwards++;
		last = event;
		if (!done) {
			puts("KMS flips begin");
			fflush(stdout);
		}
	}
	printf("KMS flips %u in %llu us, %u not in order\n", done,
	       (unsigned long long)(now_us() - start), backwards);
	if (backwards)
		exit(1);
}

int main(int argc, char **argv)
{
	uint32_t count, seed;
	struct kms kms;

	if (argc < 4)
		return 2;
	count = atoi(argv[3]);
	seed = argc > 4 ? atoi(argv[4]) : 1;
	kms_open(&kms, argv[1]);

	if (!strcmp(argv[2], "damage")) {
		map_vram();
		stress_damage(&kms, count, seed);
	} else if (!strcmp(argv[2], "modes")) {
		map_vram();
		stress_modes(&kms, count, seed);
	} else if (!strcmp(argv[2], "flips")) {
		stress_flips(&kms, count);
	} else {
		return 2;
	}

	return 0;
}
