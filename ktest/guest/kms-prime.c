// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers shared with another driver (vgem), both ways.
 *
 *   kms-prime DRIVER OTHER
 *
 * Ends with a picture on the screen that lies in a buffer of OTHER, until Enter
 * is pressed.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <libdrm/drm_fourcc.h>

#include "kms.h"

#define SEED	33

static void must(int done, const char *what)
{
	printf("KMS prime: %s %s\n", what, done ? "yes" : "NO");
	if (!done)
		exit(1);
}

static int to_fd(struct kms *kms, uint32_t handle)
{
	struct drm_prime_handle prime = {
		.handle = handle, .flags = DRM_CLOEXEC | DRM_RDWR,
	};

	if (kms_ioctl(kms->fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime))
		kms_die("export");

	return prime.fd;
}

static uint32_t to_handle(struct kms *kms, int fd)
{
	struct drm_prime_handle prime = { .fd = fd };

	if (kms_ioctl(kms->fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime))
		kms_die("import");

	return prime.handle;
}

static uint32_t *map(int fd, uint64_t offset, size_t size)
{
	void *pixels = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);

	if (pixels == MAP_FAILED)
		kms_die("mmap");

	return pixels;
}

static uint32_t *map_handle(struct kms *kms, uint32_t handle, size_t size)
{
	struct drm_mode_map_dumb dumb = { .handle = handle };

	if (kms_ioctl(kms->fd, DRM_IOCTL_MODE_MAP_DUMB, &dumb))
		kms_die("map");

	return map(kms->fd, dumb.offset, size);
}

static void close_handle(struct kms *kms, uint32_t handle)
{
	struct drm_gem_close gem = { .handle = handle };

	if (kms_ioctl(kms->fd, DRM_IOCTL_GEM_CLOSE, &gem))
		kms_die("close");
}

/* Our buffer, given away and taken back */
static void export(struct kms *kms, struct kms *other, const struct drm_mode_modeinfo *mode)
{
	uint32_t *theirs, *plain, handle;
	struct kms_fb fb;
	int fd;

	kms_fb_create(kms, &fb, mode->hdisplay, mode->vdisplay);
	kms_fill(&fb, 5);
	fd = to_fd(kms, fb.handle);
	must(to_handle(kms, fd) == fb.handle, "our own buffer comes back as itself");

	plain = map(fd, 0, fb.size);
	must(!memcmp(plain, fb.pixels, fb.size), "the exported buffer has our pixels");
	handle = to_handle(other, fd);
	plain[1234] = 0xabcdef;
	must(fb.pixels[1234] == 0xabcdef, "and it is the same memory");
	close(fd);
	kms_fb_destroy(kms, &fb);

	/* It lives on with the importer. */
	fd = to_fd(other, handle);
	theirs = map(fd, 0, fb.size);
	must(theirs[1234] == 0xabcdef && theirs[1] == kms_pattern(1, 0, 5),
	     "the importer has it when we do not");
	munmap(theirs, fb.size);
	munmap(plain, fb.size);
	close(fd);
	close_handle(other, handle);
}

/* A frame buffer around a handle of another driver's buffer */
static void add_fb(struct kms *kms, struct kms_fb *fb)
{
	struct drm_mode_fb_cmd2 cmd = {
		.width = fb->width, .height = fb->height, .pixel_format = DRM_FORMAT_XRGB8888,
		.handles = { fb->handle }, .pitches = { fb->pitch },
	};

	if (kms_ioctl(kms->fd, DRM_IOCTL_MODE_ADDFB2, &cmd))
		kms_die("ADDFB2");
	fb->id = cmd.fb_id;
}

static void import(struct kms *kms, struct kms *other, const struct drm_mode_modeinfo *mode)
{
	struct drm_mode_create_dumb dumb = {
		.width = mode->hdisplay, .height = mode->vdisplay, .bpp = 32,
	};
	struct drm_clip_rect all = { .x2 = mode->hdisplay, .y2 = mode->vdisplay };
	struct kms_fb fb;
	char line[16];
	int fd;

	if (kms_ioctl(other->fd, DRM_IOCTL_MODE_CREATE_DUMB, &dumb))
		kms_die("their buffer");
	fd = to_fd(other, dumb.handle);
	fb = (struct kms_fb){
		.handle = to_handle(kms, fd), .width = mode->hdisplay,
		.height = mode->vdisplay, .pitch = dumb.pitch, .size = dumb.size,
		.pixels = map_handle(other, dumb.handle, dumb.size),
	};
	add_fb(kms, &fb);
	kms_fill(&fb, 1);
	must(!kms_set_mode(kms, &fb, mode), "their buffer is shown");
	/* Drawn by the other driver's mapping, shown by a commit of ours */
	kms_fill(&fb, SEED);
	must(!kms_dirty(kms, &fb, &all, 1), "and shown anew");
	/* The frame buffer holds it. */
	close(fd);
	close_handle(other, dumb.handle);

	printf("KMS shows %ux%u %u\n", mode->hdisplay, mode->vdisplay, SEED);
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		exit(1);
}

int main(int argc, char **argv)
{
	struct drm_mode_modeinfo *mode;
	struct kms kms, other;

	if (argc < 3)
		return 2;
	kms_open(&kms, argv[1]);
	kms_open_card(&other, argv[2]);
	mode = kms_find_mode(&kms, 0, 0);

	export(&kms, &other, mode);
	import(&kms, &other, mode);
	printf("KMS done\n");

	return 0;
}
