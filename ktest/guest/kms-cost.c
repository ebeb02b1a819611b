// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an update of the display costs, in instructions: the same client for
 * every driver. Under "-icount shift=0" the guest's clock counts them.
 *
 *   kms-cost DRIVER updates   the first two figures below
 *   kms-cost DRIVER console   the other two
 *   kms-cost DRIVER trace     four DIRTYFB of 16x16 pixels between two lines on
 *                             the console, for a host that counts instructions
 *   kms-cost DRIVER written   bytes that a DIRTYFB of 16x16 pixels writes to
 *                             the device (pv_svga only)
 *
 *   damage    DIRTYFB of one 16x16 rectangle, from request to return, the
 *             median of 256, since now and then an interrupt comes between; the
 *             client draws outside of it
 *   flip      SETCRTC of the other buffer in the same mode, 1024x768: a full
 *             update that has been done when it returns; the median of 64
 *   lines     what the kernel's workers do, one of which brings the console's
 *             picture to the device, while 1,000 lines are written to a console
 *             that scrolls, one every 40 ms
 *   drawing   what the writer itself needs for that: fbcon draws in write()
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <dirent.h>
#include <sys/stat.h>
#include <time.h>

#include "kms.h"

#define ROUNDS	256
#define FLIPS	64
#define BLOBS	8192
#define LINES	1000
#define SQUARE	16

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);

	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static uint64_t now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static struct drm_clip_rect draw_square(struct kms_fb *fb, uint32_t at, uint32_t seed)
{
	struct drm_clip_rect rect = {
		.x1 = at, .y1 = at, .x2 = at + SQUARE, .y2 = at + SQUARE,
	};

	for (uint32_t line = at; line < at + SQUARE; line++)
		for (uint32_t i = at; i < at + SQUARE; i++)
			kms_line(fb, line)[i] = kms_pattern(i, line, seed);

	return rect;
}

static int compare_costs(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

/* The median; the quartiles are told as well. */
static uint64_t median(const char *what, uint64_t *costs, uint32_t count)
{
	qsort(costs, count, sizeof(*costs), compare_costs);
	printf("KMS spread %s %llu..%llu\n", what, (unsigned long long)costs[count / 4],
	       (unsigned long long)costs[count * 3 / 4]);

	return costs[count / 2];
}

/*
 * Makes the kernel keep @count blobs of some size. An update takes memory and
 * gives back what the update before has left. Where no slab has two objects free
 * both go the longer way, in every update alike; so those that are nearly full
 * are used up first, and between two updates one more object is taken.
 */
static void use_up_slabs(struct kms *kms, uint32_t count)
{
	static uint32_t seed = 1;
	static const char data[1024];

	while (count--) {
		struct drm_mode_create_blob create = {
			.data = (uintptr_t)data, .length = 1 + kms_random(&seed, sizeof(data)),
		};

		if (kms_ioctl(kms->fd, DRM_IOCTL_MODE_CREATEPROPBLOB, &create))
			kms_die("create blob");
	}
}

static uint64_t cost_damage(struct kms *kms, struct kms_fb *fb)
{
	uint64_t costs[ROUNDS], start;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct drm_clip_rect rect = draw_square(fb, SQUARE * (i % 32), i);

		use_up_slabs(kms, 1);
		start = now_ns();
		if (kms_dirty(kms, fb, &rect, 1)) {
			/* A driver that scans out the buffer has nothing to do. */
			if (errno == ENOSYS)
				return 0;
			kms_die("dirty");
		}
		costs[i] = now_ns() - start;
	}

	return median("damage", costs, ROUNDS);
}

static uint64_t cost_flip(struct kms *kms, struct kms_fb *fb,
			 const struct drm_mode_modeinfo *mode)
{
	uint64_t costs[FLIPS], start;

	for (uint32_t i = 0; i < FLIPS; i++) {
		use_up_slabs(kms, 1);
		start = now_ns();
		if (kms_set_mode(kms, &fb[i % 2], mode))
			kms_die("set");
		costs[i] = now_ns() - start;
	}

	return median("flip", costs, FLIPS);
}

static void cost_updates(struct kms *kms, struct kms_fb *fb,
			 const struct drm_mode_modeinfo *mode)
{
	uint64_t empty = now_ns();

	for (int i = 0; i < ROUNDS; i++)
		now_ns();
	empty = (now_ns() - empty) / ROUNDS;

	printf("KMS cost clock %llu\n", (unsigned long long)empty);
	printf("KMS cost flip %llu\n", (unsigned long long)cost_flip(kms, fb, mode));
	kms_set_mode(kms, &fb[0], mode);
	printf("KMS cost damage %llu\n", (unsigned long long)cost_damage(kms, &fb[0]));
}

static int is_worker(const char *pid)
{
	char path[280], name[16] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	file = fopen(path, "r");
	if (!file)
		return 0;
	if (!fgets(name, sizeof(name), file))
		name[0] = 0;
	fclose(file);

	return !strncmp(name, "kworker", 7);
}

/* Time on the CPU, the first figure of schedstat. */
static uint64_t cpu_time(const char *pid)
{
	unsigned long long ns = 0;
	char path[280];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/schedstat", pid);
	file = fopen(path, "r");
	if (!file)
		return 0;
	if (fscanf(file, "%llu", &ns) != 1)
		ns = 0;
	fclose(file);

	return ns;
}

static uint64_t workers_ns(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	uint64_t sum = 0;

	if (!dir)
		kms_die("/proc");
	while ((entry = readdir(dir)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && is_worker(entry->d_name))
			sum += cpu_time(entry->d_name);
	closedir(dir);

	return sum;
}

static void say(int tty, const char *text)
{
	if (write(tty, text, strlen(text)) != (ssize_t)strlen(text))
		kms_die("tty1");
}

static void cost_console(void)
{
	int tty = open("/dev/tty1", O_RDWR | O_NOCTTY);
	uint64_t drawing = 0, start, workers;
	char line[64];

	if (tty < 0)
		kms_die("tty1");
	/* Without a cursor: it blinks by a worker of its own. */
	say(tty, "\033c\033[?25l\033[2J\033[999H");
	usleep(500000);

	workers = workers_ns();
	for (int i = 0; i < LINES; i++) {
		snprintf(line, sizeof(line), "%04d the quick brown fox jumps\r\n", i);
		start = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
		say(tty, line);
		drawing += clock_ns(CLOCK_PROCESS_CPUTIME_ID) - start;
		usleep(40000);
	}
	workers = workers_ns() - workers;

	printf("KMS cost lines %llu\n", (unsigned long long)workers);
	printf("KMS cost drawing %llu\n", (unsigned long long)drawing);
}

static void trace(struct kms *kms, struct kms_fb *fb)
{
	char line[16];

	for (uint32_t i = 0; i < 8; i++) {
		struct drm_clip_rect rect = draw_square(fb, 160, i);

		if (i == 4) {
			printf("KMS trace\n");
			fflush(stdout);
			if (!fgets(line, sizeof(line), stdin))
				exit(1);
		}
		if (kms_dirty(kms, fb, &rect, 1))
			kms_die("dirty");
	}
	printf("KMS traced\n");
}

static void *map_bar(int bar, size_t *size)
{
	const char *pci = getenv("PCI");
	char path[128];
	struct stat st;
	void *map;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource%d", pci ? pci : "", bar);
	fd = open(path, O_RDWR);
	if (fd < 0 || fstat(fd, &st))
		kms_die("%s", path);
	*size = st.st_size;
	map = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		kms_die("mmap of %s", path);
	close(fd);

	return map;
}

/*
 * VRAM and the free words of the ring are filled with a mark; what does not
 * have it afterwards was written. The ring's words are MIN, MAX, NEXT_CMD and
 * STOP; the next command goes to NEXT_CMD.
 */
static void count_written(struct kms *kms, struct kms_fb *fb)
{
	const uint32_t mark = 0xa5a5a5a5, words = 64;
	size_t vram_size, fifo_size, pixels = 0, other = 0;
	uint32_t *vram = map_bar(1, &vram_size);
	uint32_t *fifo = map_bar(2, &fifo_size);
	struct drm_clip_rect rect = { .x1 = 160, .y1 = 160, .x2 = 176, .y2 = 176 };
	uint32_t next = fifo[2];

	if (next + words * 4 > fifo[1]) {
		errno = ENOSPC;
		kms_die("the ring");
	}
	for (size_t i = 0; i < vram_size / 4; i++)
		vram[i] = mark;
	for (uint32_t i = 0; i < words; i++)
		fifo[next / 4 + i] = mark;
	/* No byte of these pixels, nor of the command, is that of the mark. */
	for (uint32_t i = 0; i < fb->height * fb->width; i++)
		fb->pixels[i] = 0x11223344;
	if (kms_dirty(kms, fb, &rect, 1))
		kms_die("dirty");

	for (size_t i = 0; i < vram_size / 4; i++)
		pixels += vram[i] != mark;
	for (uint32_t i = 0; i < words; i++)
		other += fifo[next / 4 + i] != mark;
	other += fifo[2] != next;
	printf("KMS cost pixel_bytes %zu\n", pixels * 4);
	printf("KMS cost other_bytes %zu\n", other * 4);
}

static void cost(struct kms *kms, const char *what)
{
	struct drm_mode_modeinfo *mode = kms_find_mode(kms, 1024, 768);
	struct kms_fb fb[2];

	if (!mode) {
		errno = ENOENT;
		kms_die("mode 1024x768");
	}
	for (int i = 0; i < 2; i++) {
		kms_fb_create(kms, &fb[i], 1024, 768);
		kms_fill(&fb[i], i);
	}
	/* The first commits map the buffers and set the mode. */
	for (int i = 0; i < 5; i++)
		if (kms_set_mode(kms, &fb[i % 2], mode))
			kms_die("mode");

	use_up_slabs(kms, BLOBS);
	if (!strcmp(what, "trace"))
		trace(kms, &fb[0]);
	else if (!strcmp(what, "written"))
		count_written(kms, &fb[0]);
	else
		cost_updates(kms, fb, mode);
}

int main(int argc, char **argv)
{
	struct kms kms;

	if (argc < 3)
		return 2;
	kms_open(&kms, argv[1]);
	if (!strcmp(argv[2], "console")) {
		/* The console is shown while nobody is master of the device. */
		close(kms.fd);
		cost_console();
	} else {
		cost(&kms, argv[2]);
	}

	return 0;
}
