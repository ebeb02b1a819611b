// SPDX-License-Identifier: GPL-2.0-only
/*
 * Show the test picture in one mode or in all of them, and hold it until a
 * line is typed, so that the host can take a picture of the screen.
 *
 *   kms-show DRIVER modes                 list the modes
 *   kms-show DRIVER WIDTHxHEIGHT SEED     0x0: the preferred mode
 *   kms-show DRIVER all SEED              every size once
 *   kms-show DRIVER off                   show, switch off, and on again
 *   kms-show DRIVER cursor                show a cursor with hot spot 5,7
 *   kms-show DRIVER refuse WIDTHxHEIGHT   must not be shown: it needs more memory
 *                                         than the device has
 *
 * Copyright (C) 2026 the pvops developers
 */

#include "kms.h"

static void hold(const char *what, const struct drm_mode_modeinfo *mode,
		 unsigned int seed)
{
	char line[16];

	printf("KMS %s %ux%u %u\n", what, mode->hdisplay, mode->vdisplay, seed);
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		exit(1);
}

static void show(struct kms *kms, const struct drm_mode_modeinfo *mode,
		 unsigned int seed)
{
	struct kms_fb fb;

	kms_fb_create(kms, &fb, mode->hdisplay, mode->vdisplay);
	kms_fill(&fb, seed);
	if (kms_set_mode(kms, &fb, mode))
		kms_die("mode %ux%u", mode->hdisplay, mode->vdisplay);
	hold("shows", mode, seed);
	kms_fb_destroy(kms, &fb);
}

static void show_all(struct kms *kms, unsigned int seed)
{
	for (uint32_t i = 0; i < kms->nmodes; i++) {
		const struct drm_mode_modeinfo *mode = &kms->modes[i];

		/* Refresh rates of one size do not differ on this device. */
		if (mode == kms_find_mode(kms, mode->hdisplay, mode->vdisplay))
			show(kms, mode, seed + i);
	}
}

static void set_dpms(struct kms *kms, int value)
{
	struct drm_mode_obj_get_properties get = {
		.obj_id = kms->connector, .obj_type = DRM_MODE_OBJECT_CONNECTOR,
	};
	uint32_t ids[64];
	uint64_t values[64];

	get.props_ptr = (uintptr_t)ids;
	get.prop_values_ptr = (uintptr_t)values;
	get.count_props = 64;
	if (kms_ioctl(kms->fd, DRM_IOCTL_MODE_OBJ_GETPROPERTIES, &get))
		kms_die("properties");
	for (uint32_t i = 0; i < get.count_props; i++) {
		struct drm_mode_get_property prop = { .prop_id = ids[i] };
		struct drm_mode_connector_set_property set = {
			.value = value, .prop_id = ids[i],
			.connector_id = kms->connector,
		};

		if (kms_ioctl(kms->fd, DRM_IOCTL_MODE_GETPROPERTY, &prop))
			kms_die("property");
		if (!strcmp(prop.name, "DPMS") &&
		    kms_ioctl(kms->fd, DRM_IOCTL_MODE_SETPROPERTY, &set))
			kms_die("DPMS %d", value);
	}
}

static void show_off(struct kms *kms)
{
	struct drm_mode_modeinfo *mode = kms_find_mode(kms, 0, 0);
	struct kms_fb fb;

	kms_fb_create(kms, &fb, mode->hdisplay, mode->vdisplay);
	kms_fill(&fb, 7);
	if (kms_set_mode(kms, &fb, mode))
		kms_die("mode");
	hold("shows", mode, 7);
	set_dpms(kms, DRM_MODE_DPMS_OFF);
	hold("off", mode, 7);
	set_dpms(kms, DRM_MODE_DPMS_ON);
	hold("shows", mode, 7);
}

/* A diamond in a 64x64 image: half of the pixels are transparent. */
static void show_cursor(struct kms *kms)
{
	struct drm_mode_modeinfo *mode = kms_find_mode(kms, 0, 0);
	struct drm_mode_cursor2 cursor = {
		.flags = DRM_MODE_CURSOR_BO | DRM_MODE_CURSOR_MOVE,
		.crtc_id = kms->crtc, .x = 300, .y = 200,
		.width = 64, .height = 64, .hot_x = 5, .hot_y = 7,
	};
	struct kms_fb screen, image;

	kms_fb_create(kms, &screen, mode->hdisplay, mode->vdisplay);
	kms_fill(&screen, 3);
	if (kms_set_mode(kms, &screen, mode))
		kms_die("mode");
	kms_fb_create(kms, &image, 64, 64);
	for (int y = 0; y < 64; y++)
		for (int x = 0; x < 64; x++)
			kms_line(&image, y)[x] = abs(x - 32) + abs(y - 32) < 32 ?
				0xff000000 | kms_pattern(x, y, 11) : 0;
	cursor.handle = image.handle;
	if (kms_ioctl(kms->fd, DRM_IOCTL_MODE_CURSOR2, &cursor))
		kms_die("cursor");
	hold("shows", mode, 3);
}

static void refuse(struct kms *kms, const char *size)
{
	struct drm_mode_modeinfo mode = { .clock = 65000, .name = "refused" };
	unsigned int width, height;
	struct kms_fb fb;

	if (sscanf(size, "%ux%u", &width, &height) != 2)
		exit(2);
	mode.hdisplay = mode.hsync_start = width;
	mode.hsync_end = mode.htotal = width + 100;
	mode.vdisplay = mode.vsync_start = height;
	mode.vsync_end = mode.vtotal = height + 10;
	kms_fb_create(kms, &fb, width, height);
	if (!kms_set_mode(kms, &fb, &mode)) {
		printf("KMS shows %s, which does not fit\n", size);
		exit(1);
	}
	kms_fb_destroy(kms, &fb);
}

static void list(const struct kms *kms)
{
	for (uint32_t i = 0; i < kms->nmodes; i++)
		printf("KMS mode %ux%u@%u%s\n", kms->modes[i].hdisplay,
		       kms->modes[i].vdisplay, kms->modes[i].vrefresh,
		       kms->modes[i].type & DRM_MODE_TYPE_PREFERRED ?
		       " preferred" : "");
}

int main(int argc, char **argv)
{
	unsigned int width, height, seed = argc > 3 ? atoi(argv[3]) : 0;
	struct drm_mode_modeinfo *mode;
	struct kms kms;

	if (argc < 3)
		return 2;
	kms_open(&kms, argv[1]);

	if (!strcmp(argv[2], "modes")) {
		list(&kms);
	} else if (!strcmp(argv[2], "all")) {
		show_all(&kms, seed);
	} else if (!strcmp(argv[2], "off")) {
		show_off(&kms);
	} else if (!strcmp(argv[2], "cursor")) {
		show_cursor(&kms);
	} else if (!strcmp(argv[2], "refuse") && argc > 3) {
		refuse(&kms, argv[3]);
	} else {
		if (sscanf(argv[2], "%ux%u", &width, &height) != 2)
			return 2;
		mode = kms_find_mode(&kms, width, height);
		if (!mode) {
			errno = ENOENT;
			kms_die("mode %s", argv[2]);
		}
		show(&kms, mode, seed);
	}
	printf("KMS done\n");

	return 0;
}
