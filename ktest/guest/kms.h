/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small KMS client for the display tests: dumb buffers, legacy and atomic
 * requests, straight on the ioctls.
 *
 * Copyright (C) 2026 the pvops developers
 */

#ifndef KMS_H
#define KMS_H

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <libdrm/drm.h>
#include <libdrm/drm_mode.h>

#define KMS_MAX_MODES	128

struct kms {
	int fd;
	char driver[32];
	uint32_t crtc;
	uint32_t connector;
	uint32_t nmodes;
	struct drm_mode_modeinfo modes[KMS_MAX_MODES];
};

struct kms_fb {
	uint32_t id;
	uint32_t handle;
	uint32_t width;
	uint32_t height;
	uint32_t pitch;
	size_t size;
	uint32_t *pixels;
};

__attribute__((format(printf, 1, 2), noreturn))
static inline void kms_die(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fprintf(stderr, "kms: ");
	vfprintf(stderr, format, ap);
	fprintf(stderr, ": %s\n", strerror(errno));
	va_end(ap);
	exit(1);
}

static inline int kms_ioctl(int fd, unsigned long request, void *arg)
{
	int ret;

	do {
		ret = ioctl(fd, request, arg);
	} while (ret < 0 && (errno == EINTR || errno == EAGAIN));

	return ret;
}

static inline void kms_get_driver(struct kms *kms)
{
	struct drm_version version = {
		.name = kms->driver, .name_len = sizeof(kms->driver) - 1,
	};

	if (kms_ioctl(kms->fd, DRM_IOCTL_VERSION, &version))
		kms_die("version");
}

static inline void kms_get_modes(struct kms *kms)
{
	struct drm_mode_get_connector get = { .connector_id = kms->connector };

	/* A count of 0 makes the driver probe anew. */
	if (kms_ioctl(kms->fd, DRM_IOCTL_MODE_GETCONNECTOR, &get))
		kms_die("connector");
	if (get.count_modes > KMS_MAX_MODES)
		get.count_modes = KMS_MAX_MODES;
	get.modes_ptr = (uintptr_t)kms->modes;
	get.count_props = get.count_encoders = 0;
	if (kms_ioctl(kms->fd, DRM_IOCTL_MODE_GETCONNECTOR, &get))
		kms_die("connector modes");
	kms->nmodes = get.count_modes;
}

/* Opens the first card whose driver is called @driver, as a source of buffers. */
static inline void kms_open_card(struct kms *kms, const char *driver)
{
	char path[32];

	for (int i = 0; i < 8; i++) {
		memset(kms, 0, sizeof(*kms));
		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		kms->fd = open(path, O_RDWR | O_CLOEXEC);
		if (kms->fd < 0)
			continue;
		kms_get_driver(kms);
		if (!strcmp(kms->driver, driver))
			return;
		close(kms->fd);
	}
	errno = ENODEV;
	kms_die("no card is driven by %s", driver);
}

/* The same, with its display. */
static inline void kms_open(struct kms *kms, const char *driver)
{
	struct drm_mode_card_res res = { };

	kms_open_card(kms, driver);
	res.count_crtcs = res.count_connectors = 1;
	res.crtc_id_ptr = (uintptr_t)&kms->crtc;
	res.connector_id_ptr = (uintptr_t)&kms->connector;
	if (kms_ioctl(kms->fd, DRM_IOCTL_MODE_GETRESOURCES, &res))
		kms_die("resources");
	kms_get_modes(kms);
}

/* The mode WIDTHxHEIGHT, or the preferred one for 0x0. */
static inline struct drm_mode_modeinfo *kms_find_mode(struct kms *kms,
						      uint32_t width,
						      uint32_t height)
{
	for (uint32_t i = 0; i < kms->nmodes; i++) {
		struct drm_mode_modeinfo *mode = &kms->modes[i];

		if (width ? mode->hdisplay == width && mode->vdisplay == height :
			    mode->type & DRM_MODE_TYPE_PREFERRED)
			return mode;
	}

	return NULL;
}

static inline int kms_fb_try(struct kms *kms, struct kms_fb *fb,
			     uint32_t width, uint32_t height)
{
	struct drm_mode_create_dumb dumb = {
		.width = width, .height = height, .bpp = 32,
	};
	struct drm_mode_map_dumb map = { };
	struct drm_mode_fb_cmd cmd;

	if (kms_ioctl(kms->fd, DRM_IOCTL_MODE_CREATE_DUMB, &dumb))
		return -errno;
	cmd = (struct drm_mode_fb_cmd){
		.width = width, .height = height, .pitch = dumb.pitch,
		.bpp = 32, .depth = 24, .handle = dumb.handle,
	};
	if (kms_ioctl(kms->fd, DRM_IOCTL_MODE_ADDFB, &cmd))
		return -errno;
	map.handle = dumb.handle;
	if (kms_ioctl(kms->fd, DRM_IOCTL_MODE_MAP_DUMB, &map))
		return -errno;

	*fb = (struct kms_fb){
		.id = cmd.fb_id, .handle = dumb.handle, .width = width,
		.height = height, .pitch = dumb.pitch, .size = dumb.size,
	};
	fb->pixels = mmap(NULL, fb->size, PROT_READ | PROT_WRITE, MAP_SHARED,
			  kms->fd, map.offset);

	return fb->pixels == MAP_FAILED ? -errno : 0;
}

static inline void kms_fb_create(struct kms *kms, struct kms_fb *fb,
				 uint32_t width, uint32_t height)
{
	if (kms_fb_try(kms, fb, width, height))
		kms_die("frame buffer %ux%u", width, height);
}

static inline void kms_fb_destroy(struct kms *kms, struct kms_fb *fb)
{
	struct drm_mode_destroy_dumb destroy = { .handle = fb->handle };

	munmap(fb->pixels, fb->size);
	kms_ioctl(kms->fd, DRM_IOCTL_MODE_RMFB, &fb->id);
	kms_ioctl(kms->fd, DRM_IOCTL_MODE_DESTROY_DUMB, &destroy);
}

static inline int kms_set_mode(struct kms *kms, const struct kms_fb *fb,
			       const struct drm_mode_modeinfo *mode)
{
	struct drm_mode_crtc set = {
		.crtc_id = kms->crtc, .fb_id = fb ? fb->id : 0,
		.set_connectors_ptr = (uintptr_t)&kms->connector,
		.count_connectors = mode ? 1 : 0, .mode_valid = mode ? 1 : 0,
	};

	if (mode)
		set.mode = *mode;

	return kms_ioctl(kms->fd, DRM_IOCTL_MODE_SETCRTC, &set) ? -errno : 0;
}

static inline int kms_dirty(struct kms *kms, const struct kms_fb *fb,
			    struct drm_clip_rect *clips, uint32_t count)
{
	struct drm_mode_fb_dirty_cmd dirty = {
		.fb_id = fb->id, .num_clips = count,
		.clips_ptr = (uintptr_t)clips,
	};

	return kms_ioctl(kms->fd, DRM_IOCTL_MODE_DIRTYFB, &dirty) ? -errno : 0;
}

static inline int kms_flip(struct kms *kms, const struct kms_fb *fb,
			   uint32_t flags, uint64_t data)
{
	struct drm_mode_crtc_page_flip flip = {
		.crtc_id = kms->crtc, .fb_id = fb->id, .flags = flags,
		.user_data = data,
	};

	return kms_ioctl(kms->fd, DRM_IOCTL_MODE_PAGE_FLIP, &flip) ? -errno : 0;
}

/* Waits for the next flip event. */
static inline void kms_wait_flip(struct kms *kms, struct drm_event_vblank *event)
{
	if (read(kms->fd, event, sizeof(*event)) != sizeof(*event) ||
	    event->base.type != DRM_EVENT_FLIP_COMPLETE)
		kms_die("flip event");
}

static inline uint32_t *kms_line(const struct kms_fb *fb, uint32_t y)
{
	return (uint32_t *)((char *)fb->pixels + (size_t)y * fb->pitch);
}

/* The test picture; ktest/lib/picture.py computes the same. */
static inline uint32_t kms_pattern(uint32_t x, uint32_t y, uint32_t seed)
{
	return ((x + seed) & 0xff) << 16 | ((y * 3 + seed) & 0xff) << 8 |
	       ((x ^ y) & 0xff);
}

static inline void kms_fill(struct kms_fb *fb, uint32_t seed)
{
	for (uint32_t y = 0; y < fb->height; y++)
		for (uint32_t x = 0; x < fb->width; x++)
			kms_line(fb, y)[x] = kms_pattern(x, y, seed);
}

/* xorshift32 (Marsaglia, 2003): a test is repeated from its seed. */
static inline uint32_t kms_random(uint32_t *state, uint32_t below)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;

	return *state % below;
}

#endif /* KMS_H */
