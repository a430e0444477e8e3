// SPDX-License-Identifier: GPL-2.0-only
/*
 * mq doctor - what mq needs on this machine, a line for each, and the remedy for what
 * is missing. It works without the module: that is when it is called.
 *
 * Below --root DIR it finds another machine's files, which is how it is tested; what no
 * file says (the release of the kernel, who calls) is this machine's even then.
 * Copyright (C) the mq authors
 */
#include "cli.h"
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#define GROUP		"mq"
#define OLDEST		"6.1"		/* the oldest kernel that the driver builds on */
#define SIGNED		"~Module signature appended~\n"

static const char *root = "";
static char release[sizeof(((struct utsname *)0)->release)];
static int worst;			/* the exit status so far */
static bool loaded;
static char module_file[640];	/* of the running kernel, "" if there is none */
static struct stat node;
static bool has_node;			/* the device is there and is one */

/* ---- lines ---- */

static void line_show(const char *word, const char *colour, const char *what,
		      const char *format, va_list args)
{
	bool coloured = mq_output_is_coloured();

	printf("%s%-8s%s%-10s ", coloured ? colour : "", word, coloured ? "\033[m" : "", what);
	vprintf(format, args);
	putchar('\n');
}

__attribute__((format(printf, 2, 3)))
static void fine(const char *what, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line_show("ok", "", what, format, args);
	va_end(args);
}

/* What could not be looked at, because of a problem that has a line already. */
__attribute__((format(printf, 2, 3)))
static void skipped(const char *what, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line_show("skipped", "", what, format, args);
	va_end(args);
}

/* No device or module is worse than no permission, and that worse than the rest. */
static int status_rank(int status)
{
	return status == MQ_EXIT_NO_DEVICE ? 3 : status == MQ_EXIT_PERMISSION ? 2 : !!status;
}

__attribute__((format(printf, 3, 4)))
static void problem(int status, const char *what, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line_show("problem", "\033[31m", what, format, args);
	va_end(args);
	if (status_rank(status) > status_rank(worst))
		worst = status;
}

/* ---- files below the root ---- */

/* The path of a file; valid until the next call. */
__attribute__((format(printf, 1, 2)))
static const char *rooted(const char *format, ...)
{
	static char path[PATH_MAX];
	va_list args;
	int len = snprintf(path, sizeof(path), "%s", root);

	va_start(args, format);
	vsnprintf(path + len, sizeof(path) - len, format, args);
	va_end(args);
	return path;
}

/* The first line of a file, without its end. False: it cannot be read, @line is "". */
static bool line_read(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "re");
	bool got = file && fgets(line, size, file);

	if (file)
		fclose(file);
	if (!got)
		line[0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return got;
}

/* Does a line of the file contain @text, and is not a comment? */
static bool file_has(const char *path, const char *text)
{
	FILE *file = fopen(path, "re");
	char line[1024];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file))
		found = line[strspn(line, " \t")] != '#' && strstr(line, text);
	if (file)
		fclose(file);
	return found;
}

/* Is there a file DIR/.../rules.d/NAME.rules that says something about the device? */
static const char *rule_find(const char *directory)
{
	static char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir = opendir(rooted("%s", directory));
	bool found = false;

	while (dir && !found && (entry = readdir(dir))) {
		size_t len = strlen(entry->d_name);

		if (len < 6 || strcmp(entry->d_name + len - 6, ".rules"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		found = file_has(rooted("%s", path), "KERNEL==\"mq\"");
	}
	if (dir)
		closedir(dir);
	return found ? path : NULL;
}

/* ---- the kernel and the module ---- */

static void kernel_check(void)
{
	struct utsname name;
	int major = 0, minor = 0;

	uname(&name);
	snprintf(release, sizeof(release), "%s", name.release);
	sscanf(release, "%d.%d", &major, &minor);
	if (major > 6 || (major == 6 && minor >= 1))
		fine("kernel", "Linux %s %s", release, name.machine);
	else
		problem(MQ_EXIT_NO_DEVICE, "kernel", "Linux %s is too old: mq_driver needs "
			OLDEST " or later", release);
}

/* A line of modules.dep is "PATH: what it needs", PATH from the file's directory on. */
static bool module_find(const char *of_release)
{
	FILE *file = fopen(rooted("/lib/modules/%s/modules.dep", of_release), "re");
	char line[512], *name;
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file)) {
		line[strcspn(line, ":\n")] = '\0';
		name = strrchr(line, '/');
		found = !strncmp(name ? name + 1 : line, "mq_driver.ko", 12);
	}
	if (file)
		fclose(file);
	if (found)
		snprintf(module_file, sizeof(module_file), "/lib/modules/%.64s/%s", of_release,
			 line);
	return found;
}

/* Another kernel that the module was installed for, "" if there is none. */
static const char *module_other_release(void)
{
	static char other[NAME_MAX + 1];
	struct dirent *entry;
	DIR *dir = opendir(rooted("/lib/modules"));

	other[0] = '\0';
	while (dir && !other[0] && (entry = readdir(dir))) {
		if (entry->d_name[0] != '.' && module_find(entry->d_name))
			snprintf(other, sizeof(other), "%s", entry->d_name);
	}
	if (dir)
		closedir(dir);
	module_file[0] = '\0';
	return other;
}

static void module_check(void)
{
	const char *other = "";

	loaded = !access(rooted("/sys/module/mq_driver"), F_OK);
	if (!module_find(release) && !loaded)
		other = module_other_release();
	if (module_file[0] && loaded)
		fine("module", "mq_driver is loaded (%s at the next boot)", module_file);
	else if (loaded)
		fine("module", "mq_driver is loaded (not installed: gone after the next boot)");
	else if (module_file[0])
		problem(MQ_EXIT_NO_DEVICE, "module",
			"%s is not loaded: modprobe mq_driver as root (at each boot: echo mq_driver >/etc/modules-load.d/mq.conf)",
			module_file);
	else if (other[0])
		problem(MQ_EXIT_NO_DEVICE, "module",
			"mq_driver is installed for %s, not for the running %s: build it again (dkms autoinstall, or scripts/install), or boot %s",
			other, release, other);
	else
		problem(MQ_EXIT_NO_DEVICE, "module",
			"mq_driver is not installed for %s: install it (the package mq-dkms, or scripts/install; after a plain copy run depmod), then modprobe mq_driver",
			release);
}

/* ---- signatures ---- */

/* What makes this kernel take signed modules only, or NULL. */
static const char *enforcement(void)
{
	static char text[128];
	char line[64], *active;

	line_read(rooted("/sys/kernel/security/lockdown"), line, sizeof(line));
	active = strchr(line, '[');
	if (active && strncmp(active, "[none]", 6)) {
		active[strcspn(active, "]")] = '\0';
		snprintf(text, sizeof(text), "lockdown is %s, as with Secure Boot", active + 1);
		return text;
	}
	line_read(rooted("/sys/module/module/parameters/sig_enforce"), line, sizeof(line));
	return line[0] == 'Y' ? "module.sig_enforce is on" : NULL;
}

/* Is there a signature at the end of the module? A compressed file does not tell. */
static bool module_is_unsigned(void)
{
	char tail[sizeof(SIGNED)] = "";
	const char *dot = strrchr(module_file, '.');
	FILE *file;
	bool has;

	if (!dot || strcmp(dot, ".ko"))
		return false;
	file = fopen(rooted("%s", module_file), "re");
	if (!file)
		return false;
	has = !fseek(file, 1 - (long)sizeof(SIGNED), SEEK_END) &&
	      fread(tail, 1, sizeof(SIGNED) - 1, file) && !strcmp(tail, SIGNED);
	fclose(file);
	return !has;
}

static void signature_check(void)
{
	const char *why = enforcement();
	char line[64];

	line_read(rooted("/proc/sys/kernel/modules_disabled"), line, sizeof(line));
	if (loaded) {
		line_read(rooted("/sys/module/mq_driver/taint"), line, sizeof(line));
		fine("signature", "the kernel has accepted the module%s",
		     strchr(line, 'E') ? ", unsigned (taint E)" : "");
	} else if (line[0] == '1') {
		problem(MQ_EXIT_NO_DEVICE, "signature",
			"kernel.modules_disabled is 1: no module can be loaded until the next boot; load mq_driver earlier there");
	} else if (!why) {
		fine("signature", "not asked for: the kernel accepts unsigned modules");
	} else if (module_file[0] && !module_is_unsigned()) {
		fine("signature",
		     "asked for (%s); should modprobe say \"Key was rejected\": mokutil --import the key that signed %s",
		     why, module_file);
	} else {
		problem(MQ_EXIT_NO_DEVICE, "signature",
			"asked for (%s), and %s: sign it with a key that the firmware knows (mokutil --import), or turn Secure Boot off",
			why, module_file[0] ? "the module has none" : "there is no module");
	}
}

/* ---- the device, its group, and who calls ---- */

/* The group's entry in /etc/group; nothing asks a directory service. */
static const struct group *group_find(const char *name, gid_t gid)
{
	FILE *file = fopen(rooted("/etc/group"), "re");
	struct group *group = NULL;

	while (file && (group = fgetgrent(file)) &&
	       (name ? strcmp(group->gr_name, name) : group->gr_gid != gid))
		;
	if (file)
		fclose(file);
	return group;
}

static const char *caller_name(void)
{
	static char name[256];
	FILE *file = fopen(rooted("/etc/passwd"), "re");
	struct passwd *user = NULL;

	while (file && (user = fgetpwent(file)) && user->pw_uid != geteuid())
		;
	if (user)
		snprintf(name, sizeof(name), "%s", user->pw_name);
	else
		snprintf(name, sizeof(name), "%lu", (unsigned long)geteuid());
	if (file)
		fclose(file);
	return name;
}

/* Who made a node by hand may have taken the numbers of an earlier load. */
static bool node_is_stale(unsigned int *major_nr, unsigned int *minor_nr)
{
	char line[64];

	line_read(rooted("/sys/class/misc/mq/dev"), line, sizeof(line));
	return sscanf(line, "%u:%u", major_nr, minor_nr) == 2 &&
	       makedev(*major_nr, *minor_nr) != node.st_rdev;
}

/* Whom it keeps out: root, who looks for others, may use the device all the same. */
static int permission_status(void)
{
	return has_node && !access(mq_device_path, R_OK | W_OK) ? MQ_EXIT_FAILED :
	       MQ_EXIT_PERMISSION;
}

static void device_mode_check(void)
{
	const struct group *group = group_find(NULL, node.st_gid);
	unsigned int mode = node.st_mode & 0777;
	char name[64];

	if (group)
		snprintf(name, sizeof(name), "%s", group->gr_name);
	else
		snprintf(name, sizeof(name), "%lu", (unsigned long)node.st_gid);
	if ((mode & 0006) == 0006)
		fine("device", "%s, mode %04o: open to everyone", mq_device_path, mode);
	else if ((mode & 0060) != 0060)
		problem(permission_status(), "device",
			"%s has mode %04o, which keeps its group out: chmod 660 %s as root",
			mq_device_path, mode, mq_device_path);
	else if (strcmp(name, GROUP))
		problem(permission_status(), "device", "%s belongs to the group %s, not " GROUP
			": chgrp " GROUP " %s as root (the udev rule does it at each load)",
			mq_device_path, name, mq_device_path);
	else
		fine("device", "%s, mode %04o, group %s", mq_device_path, mode, name);
}

static void device_check(void)
{
	unsigned int major_nr, minor_nr;

	if (stat(mq_device_path, &node))
		problem(MQ_EXIT_NO_DEVICE, "device", "there is no %s: %s", mq_device_path, loaded ?
			"the module is loaded, so make the node (scripts/load does; in a container give it: --device /dev/mq)" :
			"it comes with the module");
	else if (!S_ISCHR(node.st_mode))
		problem(MQ_EXIT_NO_DEVICE, "device",
			"%s is no device, but what somebody wrote before there was one: rm %s as root, then load the module",
			mq_device_path, mq_device_path);
	else if (node_is_stale(&major_nr, &minor_nr))
		problem(MQ_EXIT_NO_DEVICE, "device",
			"%s has the numbers %u:%u, the driver's are %u:%u: rm it and mknod -m 660 %s c %u %u as root",
			mq_device_path, major(node.st_rdev), minor(node.st_rdev), major_nr,
			minor_nr, mq_device_path, major_nr, minor_nr);
	else
		has_node = true;
	if (has_node)
		device_mode_check();
}

static bool caller_has_group(gid_t gid)
{
	gid_t groups[NGROUPS_MAX];
	int count = getgroups(NGROUPS_MAX, groups);

	if (getegid() == gid)
		return true;
	while (count-- > 0) {
		if (groups[count] == gid)
			return true;
	}
	return false;
}

static bool is_member(const struct group *group, const char *name)
{
	for (char **member = group->gr_mem; *member; member++) {
		if (!strcmp(*member, name))
			return true;
	}
	return false;
}

static void group_check(void)
{
	const struct group *group = group_find(GROUP, 0);
	const char *name = caller_name();

	if (!group)
		problem(permission_status(), "group", "there is no group " GROUP
			" in /etc/group: groupadd --system " GROUP " as root");
	else if (!geteuid())
		fine("group", "%s needs none; others must be in " GROUP, name);
	else if (caller_has_group(group->gr_gid))
		fine("group", "%s is in the group " GROUP, name);
	else if (is_member(group, name))
		problem(permission_status(), "group",
			"%s was put into the group " GROUP " after this login: log in again, or newgrp " GROUP,
			name);
	else
		problem(permission_status(), "group", "%s is not in the group " GROUP
			": usermod -aG " GROUP " %s as root, then log in again", name, name);
}

static void udev_check(void)
{
	static const char *const directories[] = {
		"/etc/udev/rules.d", "/run/udev/rules.d", "/usr/lib/udev/rules.d",
		"/lib/udev/rules.d",
	};
	const char *rule = NULL;
	bool has_udev = false;

	for (size_t i = 0; i < sizeof(directories) / sizeof(*directories) && !rule; i++) {
		has_udev |= !access(rooted("%s", directories[i]), F_OK);
		rule = rule_find(directories[i]);
	}
	if (rule)
		fine("udev", "%s", rule);
	else if (file_has(rooted("/etc/mdev.conf"), "root:" GROUP))
		fine("udev", "/etc/mdev.conf does it");
	else if (has_udev)
		problem(MQ_EXIT_FAILED, "udev", "no rule gives the device to the group " GROUP
			" at each load: install 60-mq.rules in /etc/udev/rules.d (make install-udev)");
	else
		fine("udev", "not here: what loads the module must chgrp " GROUP " /dev/mq");
}

/* ---- the driver ---- */

/* Here nobody can be told to ask the doctor: the sentences are its own. */
static void open_explain(int err)
{
	const char *device = mq_device_path;

	switch (-err) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		problem(MQ_EXIT_NO_DEVICE, "open",
			"there is no driver behind %s: modprobe mq_driver as root",
			device);
		break;
	case EPROTO:
		problem(MQ_EXIT_NO_DEVICE, "open",
			"%s does not speak frames: it is no device of mq, or its driver is older than 0.1.0: install the current module, then modprobe -r mq_driver and modprobe mq_driver",
			device);
		break;
	case EACCES:
		problem(MQ_EXIT_PERMISSION, "open",
			"no permission for %s: see device and group above",
			device);
		break;
	case EPERM:
		problem(MQ_EXIT_PERMISSION, "open",
			"%s is kept from this container or service: give it (--device /dev/mq, or DeviceAllow=/dev/mq rw)",
			device);
		break;
	default:
		problem(MQ_EXIT_FAILED, "open", "%s: %s", device, strerror(-err));
	}
}

/* Returns the open device, or NULL. */
static struct mq_endpoint *open_check(void)
{
	struct mq_endpoint *ep = NULL;
	int err;

	if (!has_node) {
		skipped("open", "there is nothing to open");
		return NULL;
	}
	err = mq_endpoint_open(&ep, mq_device_path);
	if (!err) {
		fine("open", "%s can be opened", mq_device_path);
		return ep;
	}
	open_explain(err);
	return NULL;
}

static void interface_check(const struct mq_info *info)
{
	unsigned int theirs = info->version, ours = MQ_VERSION;

	if (theirs >= ours)
		fine("interface", "version %u.%u.%u, this program's is %u.%u.%u", theirs >> 16,
		     theirs >> 8 & 255, theirs & 255, ours >> 16, ours >> 8 & 255, ours & 255);
	else
		problem(MQ_EXIT_FAILED, "interface",
			"the driver's version %u.%u.%u is older than this program's %u.%u.%u: install the module of the same version, then modprobe -r mq_driver and modprobe mq_driver",
			theirs >> 16, theirs >> 8 & 255, theirs & 255, ours >> 16, ours >> 8 & 255,
			ours & 255);
}

static void limits_check(const struct mq_endpoint *ep, const struct mq_info *info)
{
	struct mq_status *list;
	size_t count;
	int err = mq_endpoint_list(ep, &list, &count);

	if (err) {
		problem(MQ_EXIT_FAILED, "limits", "the names cannot be listed: %s", strerror(-err));
		return;
	}
	mq_list_free(list);
	if (count >= info->max_devices)
		problem(MQ_EXIT_FAILED, "limits",
			"all %u names are taken (MAX_DEVICES): mq list shows by whom; modprobe mq_driver MAX_DEVICES=%u allows more",
			info->max_devices,
			info->max_devices > MQ_DEPTH_MAX / 2 ? MQ_DEPTH_MAX : 2 * info->max_devices);
	else if (geteuid() && count >= info->max_devices - info->root_devices)
		problem(MQ_EXIT_FAILED, "limits",
			"%zu of %u names are taken (MAX_DEVICES), the others are kept for root (ROOT_DEVICES=%u): mq list shows by whom; modprobe mq_driver MAX_DEVICES=%u allows more",
			count, info->max_devices, info->root_devices,
			info->max_devices > MQ_DEPTH_MAX / 2 ? MQ_DEPTH_MAX : 2 * info->max_devices);
	else
		fine("limits",
		     "%zu of %u names are taken (MAX_DEVICES); mailboxes hold %u messages (QUEUE_LEN) of at most %u bytes (CMD_BUF_SIZE)",
		     count, info->max_devices, info->queue_len, info->cmd_buf_size);
}

/* What is this user's own. Who has CAP_SYS_RESOURCE is not counted, so root has nothing. */
static void user_check(const struct mq_info *info)
{
	uint64_t used = info->own_bytes, most = info->user_bytes;

	if (!info->user_endpoints)
		skipped("user", "the driver is older than limits for users");
	else if (info->own_endpoints >= info->user_endpoints)
		problem(MQ_EXIT_FAILED, "user",
			"you have %u endpoints, a user may have %u (USER_ENDPOINTS): end some (mq list has those with names), or as root modprobe mq_driver with more",
			info->own_endpoints, info->user_endpoints);
	else if (used > most || most - used < (uint64_t)info->queue_len * info->cmd_buf_size)
		problem(MQ_EXIT_FAILED, "user",
			"your mailboxes take %" PRIu64 " bytes, a user's may take %" PRIu64 " (USER_BYTES), and another would need %" PRIu64 ": end some (mq list has those with names), or as root modprobe mq_driver with more",
			used, most, (uint64_t)info->queue_len * info->cmd_buf_size);
	else
		fine("user", "you have %u of %u endpoints (USER_ENDPOINTS), with %" PRIu64 " of %" PRIu64 " bytes (USER_BYTES)",
		     info->own_endpoints, info->user_endpoints, used, most);
}

static void driver_check(void)
{
	struct mq_endpoint *ep = open_check();
	struct mq_info info;
	int err;

	if (!ep) {
		skipped("interface", "only an open device tells");
		skipped("limits", "only an open device tells");
		skipped("user", "only an open device tells");
		return;
	}
	err = mq_endpoint_info(ep, &info);
	if (err) {
		problem(MQ_EXIT_FAILED, "interface", "the driver does not tell its limits: %s",
			strerror(-err));
	} else {
		interface_check(&info);
		limits_check(ep, &info);
		user_check(&info);
	}
	mq_endpoint_close(ep);
}

int mq_command_doctor(int argc, char **argv)
{
	static const struct mq_option options[] = {
		{ 256, "root", "DIR", "for tests: look at files below DIR in place of /" },
		{ }
	};
	static const struct mq_usage usage = {
		"", "Look at all that mq needs on this machine: a line each, with the remedy.\n"
		"Exit status: 0 all is well, 8 no device or module, 4 no permission, 1 other.",
		options, 0, 0
	};
	static char device[PATH_MAX];

	while (mq_option_next(argc, argv, &usage) != -1)
		root = optarg;
	if (root[0]) {
		snprintf(device, sizeof(device), "%s%s", root, mq_device_path);
		mq_device_path = device;
	}
	kernel_check();
	module_check();
	signature_check();
	device_check();
	group_check();
	udev_check();
	driver_check();
	return worst;
}
