// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a test calls: assertions, the module, the device, processes, peers.
 * The runner is runner.c.
 *
 * Copyright (C) the mq authors
 */
#include "harness.h"
#include "runner.h"

#include <grp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

/* ---- assertions ------------------------------------------------------ */

/* One write, so that reports of several processes do not mix. */
static void mq_report(char kind, const char *format, va_list args)
{
	char text[2000] = { kind };

	vsnprintf(text + 1, sizeof(text) - 2, format, args);
	strcat(text, "\n");
	if (write(MQ_REPORT_FD, text, strlen(text)) < 0)
		fputs(text, stderr);
}

static void mq_report_format(char kind, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	mq_report(kind, format, args);
	va_end(args);
}

void mq_skip(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	mq_report(MQ_REPORT_SKIP, format, args);
	va_end(args);
	_exit(0);
}

void mq_fail(const char *file, int line, const char *format, ...)
{
	char text[1500];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	mq_report_format(MQ_REPORT_FAIL, "%s:%d: %s", file, line, text);
	_exit(1);
}

static const char *mq_value(char *text, size_t size, long long value)
{
	const char *name = NULL;

	if (value < 0 && value > -4096)
		name = strerrorname_np(-value);
	if (name)
		snprintf(text, size, "%lld (-%s)", value, name);
	else
		snprintf(text, size, "%lld", value);
	return text;
}

void mq_check(const char *file, int line, const char *expression, bool good,
	      long long actual, const char *relation, long long expected)
{
	char a[64], e[64];

	if (good)
		return;
	mq_fail(file, line, "%s is %s, should be %s %s", expression,
		mq_value(a, sizeof(a), actual), relation,
		mq_value(e, sizeof(e), expected));
}

static const char *mq_show_bytes(char *text, size_t size, const char *bytes,
				 size_t length)
{
	size_t i, at = 0;

	for (i = 0; i < length && at + 8 < size; i++) {
		if (bytes[i] >= ' ' && bytes[i] <= '~')
			text[at++] = bytes[i];
		else
			at += sprintf(text + at, "\\x%02x",
				      (unsigned char)bytes[i]);
	}
	text[at] = 0;
	return text;
}

void mq_check_bytes(const char *file, int line, const char *expression,
		    const void *actual, long long length,
		    const void *expected, size_t expected_length)
{
	char a[300], e[300];

	if (length < 0)
		mq_fail(file, line, "%s is %s, should be %zu bytes",
			expression, mq_value(a, sizeof(a), length),
			expected_length);
	if ((size_t)length == expected_length &&
	    !memcmp(actual, expected, expected_length))
		return;
	mq_fail(file, line, "%s is %lld bytes \"%s\", should be %zu \"%s\"",
		expression, length,
		mq_show_bytes(a, sizeof(a), actual, length), expected_length,
		mq_show_bytes(e, sizeof(e), expected, expected_length));
}

/* ---- the module and the log ------------------------------------------ */

static int module_load(const char *path, const char *params)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int result = 0;

	if (fd < 0)
		MQ_FAIL("%s: %s", path, strerror(errno));
	if (syscall(SYS_finit_module, fd, params ? params : "", 0))
		result = -errno;
	close(fd);
	return result;
}

int mq_load(const char *params)
{
	return module_load(mq_module_path, params);
}

int mq_load_beside(const char *name, const char *params)
{
	const char *slash = strrchr(mq_module_path, '/');
	char path[512];

	snprintf(path, sizeof(path), "%.*s%s.ko", slash ? (int)(slash + 1 - mq_module_path) : 0,
		 mq_module_path, name);
	return module_load(path, params);
}

int mq_unload_beside(const char *name)
{
	if (syscall(SYS_delete_module, name, O_NONBLOCK))
		return -errno;
	return 0;
}

int mq_unload(void)
{
	return mq_unload_beside("mq_driver");
}

bool mq_is_loaded(void)
{
	return !access("/sys/module/mq_driver/refcnt", F_OK);
}

void mq_open_to_all(void)
{
	MQ_OK(chmod(MQ_NODE, 0666));
}

long long mq_param(const char *name)
{
	char path[256], text[64] = "";
	int fd;

	snprintf(path, sizeof(path), "/sys/module/mq_driver/parameters/%s",
		 name);
	fd = MQ_OK(open(path, O_RDONLY | O_CLOEXEC));
	MQ_OK(read(fd, text, sizeof(text) - 1));
	close(fd);
	return strtoll(text, NULL, 10);
}

int mq_log_open(void)
{
	int fd = MQ_OK(open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC));

	MQ_OK(lseek(fd, 0, SEEK_END));
	return fd;
}

bool mq_log_next(int log, char *line, size_t size, int *level)
{
	char record[8192 + 1], *text, *end;
	ssize_t got;

	do
		got = read(log, record, sizeof(record) - 1);
	while (got < 0 && (errno == EPIPE || errno == EINTR));
	if (got <= 0)
		return false;
	record[got] = 0;
	text = strchr(record, ';');
	text = text ? text + 1 : record;
	end = strchr(text, '\n');
	if (end)
		*end = 0;
	snprintf(line, size, "%s", text);
	if (level)
		*level = atoi(record) & 7;
	return true;
}

/* ---- the device ------------------------------------------------------- */

int mq_dev_flags(int flags)
{
	int fd = open(MQ_NODE, flags);

	if (fd < 0)
		MQ_FAIL("open %s: %s", MQ_NODE, strerror(errno));
	return fd;
}

int mq_dev(void)
{
	return mq_dev_flags(O_RDWR | O_CLOEXEC);
}

ssize_t mq_write(int fd, const void *bytes, size_t length)
{
	ssize_t done = write(fd, bytes, length);

	return done < 0 ? -errno : done;
}

ssize_t mq_read(int fd, void *buffer, size_t size)
{
	ssize_t done = read(fd, buffer, size);

	return done < 0 ? -errno : done;
}

int mq_cmd_bytes(int fd, const void *bytes, size_t length)
{
	ssize_t done = mq_write(fd, bytes, length);

	if (done >= 0 && (size_t)done != length)
		MQ_FAIL("\"%.60s\": write took %zd of %zu bytes",
			(const char *)bytes, done, length);
	return done < 0 ? done : 0;
}

int mq_cmd(int fd, const char *command)
{
	return mq_cmd_bytes(fd, command, strlen(command));
}

int mq_cmdf(int fd, const char *format, ...)
{
	char text[8192];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return mq_cmd(fd, text);
}

int mq_send_text(int fd, const char *name, const char *text)
{
	return mq_cmdf(fd, "/msg %s %s", name, text);
}

short mq_poll(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	MQ_OK(poll(&p, 1, 0));
	return p.revents;
}

int mq_counters_all(struct mq_counters *list, int max)
{
	FILE *file = fopen(MQ_ENDPOINTS, "re");
	struct mq_counters c;
	char line[512];
	int count = 0;

	if (!file)
		MQ_FAIL("%s: %s", MQ_ENDPOINTS, strerror(errno));
	MQ_TRUE(fgets(line, sizeof(line), file));	/* the header */
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63s %lld %lld %lld %lld %lld %lld %lld %lld %lld",
			   c.name, &c.pid, &c.uid, &c.depth, &c.queued,
			   &c.accepted, &c.delivered, &c.overwritten,
			   &c.discarded, &c.rejected) != 10)
			MQ_FAIL("%s: unexpected line: %s", MQ_ENDPOINTS, line);
		if (count < max)
			list[count] = c;
		count++;
	}
	fclose(file);
	return count;
}

int mq_counters(const char *name, struct mq_counters *counters)
{
	int max = 4096, count, i, result = -ENOENT;
	struct mq_counters *list = calloc(max, sizeof(*list));

	count = mq_counters_all(list, max);
	for (i = 0; i < count && i < max; i++) {
		if (!strcmp(list[i].name, name)) {
			*counters = list[i];
			result = 0;
		}
	}
	free(list);
	return result;
}

/* ---- processes --------------------------------------------------------- */

void *mq_shared(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	MQ_TRUE(memory != MAP_FAILED);
	return memory;
}

pid_t mq_fork(void)
{
	return MQ_OK(fork());
}

pid_t mq_run(void (*function)(void *arg), void *arg)
{
	pid_t pid = mq_fork();

	if (pid)
		return pid;
	function(arg);
	_exit(0);
}

int mq_wait_status(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		MQ_EQ(errno, EINTR);
	return status;
}

void mq_join(pid_t pid)
{
	int status = mq_wait_status(pid);

	if (WIFSIGNALED(status))
		MQ_FAIL("process %d died of signal %d", pid, WTERMSIG(status));
	if (WEXITSTATUS(status))
		MQ_FAIL("process %d exited with %d", pid, WEXITSTATUS(status));
}

void mq_become(uid_t uid, gid_t gid)
{
	MQ_OK(setgroups(0, NULL));
	MQ_OK(setresgid(gid, gid, gid));
	MQ_OK(setresuid(uid, uid, uid));
}

void mq_process_stop(pid_t pid)
{
	int status;

	MQ_OK(kill(pid, SIGSTOP));
	MQ_EQ(waitpid(pid, &status, WUNTRACED), pid);
	MQ_TRUE(WIFSTOPPED(status));
}

void mq_process_continue(pid_t pid)
{
	int status;

	MQ_OK(kill(pid, SIGCONT));
	MQ_EQ(waitpid(pid, &status, WCONTINUED), pid);
	MQ_TRUE(WIFCONTINUED(status));
}

volatile int mq_signals;

static void mq_signal_count(int signal)
{
	(void)signal;
	mq_signals++;
}

void mq_signal_catch(int flags)
{
	struct sigaction action = { .sa_handler = mq_signal_count, .sa_flags = flags };

	mq_signals = 0;
	MQ_OK(sigaction(SIGUSR1, &action, NULL));
}

void mq_stay(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	MQ_OK(sched_setaffinity(0, sizeof(one), &one));
}

void mq_sleep_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

long long mq_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

void mq_clock_shift(long seconds)
{
	struct timespec now;

	MQ_OK(clock_gettime(CLOCK_REALTIME, &now));
	now.tv_sec += seconds;
	MQ_OK(clock_settime(CLOCK_REALTIME, &now));
}

/* No limit of its own: the test's timeout ends what never sleeps. */
void mq_until_asleep(pid_t tid, long syscall_number)
{
	char path[64], text[64];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/syscall", tid);
	for (;; mq_sleep_ms(1)) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 && errno == ENOENT)
			return;		/* a thread that has ended: the caller sees how */
		MQ_OK(fd);
		got = read(fd, text, sizeof(text) - 1);
		close(fd);
		if (got <= 0)
			continue;
		text[got] = 0;
		if (text[0] >= '0' && text[0] <= '9' &&
		    strtol(text, NULL, 10) == syscall_number)
			return;
	}
}

/* The page behind stays ours, so that no later mapping comes to lie there. */
void *mq_edge_new(size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);
	char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	MQ_TRUE(pages != MAP_FAILED);
	MQ_LE(size, page);
	MQ_OK(mprotect(pages + page, page, PROT_NONE));
	return pages + page - size;
}

static void mq_exec_list(const char *path, const char *name, va_list args)
{
	char *argv[16] = { "mq-device-tests", "--helper", (char *)name };
	int argc = 3;

	while (argc < 15 && (argv[argc] = va_arg(args, char *)))
		argc++;
	execv(path, argv);
	MQ_FAIL("execv %s: %s", path, strerror(errno));
}

void mq_exec(const char *name, ...)
{
	va_list args;

	va_start(args, name);
	mq_exec_list("/proc/self/exe", name, args);
	_exit(1);
}

void mq_exec_file(const char *path, const char *name, ...)
{
	va_list args;

	va_start(args, name);
	mq_exec_list(path, name, args);
	_exit(1);
}

void mq_program_copy(const char *path, mode_t mode)
{
	char *buffer = malloc(1 << 20);
	int in = MQ_OK(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
	int out = MQ_OK(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755));
	ssize_t got;

	while ((got = MQ_OK(read(in, buffer, 1 << 20))) > 0)
		MQ_EQ(write(out, buffer, got), got);
	MQ_OK(fchmod(out, mode));
	close(in);
	close(out);
	free(buffer);
}

/* ---- peers -------------------------------------------------------------- */

#define MQ_DESK_BYTES (1 << 21)

/* Lies in shared memory; the socket only says whose turn it is. */
struct mq_peer_desk {
	enum { MQ_DO_WRITE, MQ_DO_READ, MQ_DO_POLL, MQ_DO_CALL, MQ_DO_EXIT } what;
	mq_peer_function function;
	long arg;
	long result;
	size_t length;
	char bytes[MQ_DESK_BYTES];
};

static struct mq_peer *mq_peers[8192];
static int mq_peer_count;

static void mq_peer_obey(struct mq_peer_desk *desk, int fd)
{
	switch (desk->what) {
	case MQ_DO_WRITE:
		desk->result = mq_write(fd, desk->bytes, desk->length);
		break;
	case MQ_DO_READ:
		desk->result = mq_read(fd, desk->bytes, desk->length);
		break;
	case MQ_DO_POLL:
		desk->result = mq_poll(fd);
		break;
	case MQ_DO_CALL:
		desk->result = desk->function(fd, desk->arg);
		break;
	case MQ_DO_EXIT:
		_exit(0);
	}
}

static void mq_peer_main(struct mq_peer_desk *desk, int socket)
{
	int fd = mq_dev();
	char turn;

	MQ_EQ(write(socket, "r", 1), 1);
	for (;;) {
		ssize_t got = read(socket, &turn, 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got != 1)
			_exit(0);
		mq_peer_obey(desk, fd);
		MQ_EQ(write(socket, "d", 1), 1);
	}
}

struct mq_peer *mq_peer_start_as(uid_t uid, gid_t gid)
{
	struct mq_peer *peer = calloc(1, sizeof(*peer));
	int pair[2], i;

	peer->desk = mq_shared(sizeof(*peer->desk));
	MQ_OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	peer->pid = mq_fork();
	if (!peer->pid) {
		close(pair[0]);
		for (i = 0; i < mq_peer_count; i++)
			close(mq_peers[i]->socket);
		if (uid || gid)
			mq_become(uid, gid);
		mq_peer_main(peer->desk, pair[1]);
	}
	close(pair[1]);
	peer->socket = pair[0];
	MQ_TRUE(mq_peer_count < 8192);
	mq_peers[mq_peer_count++] = peer;
	mq_peer_end(peer);
	return peer;
}

struct mq_peer *mq_peer_start(void)
{
	return mq_peer_start_as(0, 0);
}

static void mq_peer_begin(struct mq_peer *peer)
{
	MQ_EQ(write(peer->socket, "g", 1), 1);
}

long mq_peer_end(struct mq_peer *peer)
{
	char turn;
	ssize_t got;

	do
		got = read(peer->socket, &turn, 1);
	while (got < 0 && errno == EINTR);
	if (got != 1)
		MQ_FAIL("peer %d is gone", peer->pid);
	return peer->desk->result;
}

bool mq_peer_is_done(struct mq_peer *peer)
{
	struct pollfd p = { .fd = peer->socket, .events = POLLIN };

	return MQ_OK(poll(&p, 1, 0)) > 0;
}

static void mq_peer_write_begin(struct mq_peer *peer, const void *bytes,
				size_t length)
{
	MQ_TRUE(length <= MQ_DESK_BYTES);
	peer->desk->what = MQ_DO_WRITE;
	peer->desk->length = length;
	memcpy(peer->desk->bytes, bytes, length);
	mq_peer_begin(peer);
}

int mq_peer_cmd_bytes(struct mq_peer *peer, const void *bytes, size_t length)
{
	long done;

	mq_peer_write_begin(peer, bytes, length);
	done = mq_peer_end(peer);
	if (done >= 0 && (size_t)done != length)
		MQ_FAIL("\"%.60s\": write took %ld of %zu bytes",
			(const char *)bytes, done, length);
	return done < 0 ? done : 0;
}

int mq_peer_cmd(struct mq_peer *peer, const char *command)
{
	return mq_peer_cmd_bytes(peer, command, strlen(command));
}

int mq_peer_cmdf(struct mq_peer *peer, const char *format, ...)
{
	char text[8192];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return mq_peer_cmd(peer, text);
}

void mq_peer_cmd_begin(struct mq_peer *peer, const char *command)
{
	mq_peer_write_begin(peer, command, strlen(command));
}

ssize_t mq_peer_read(struct mq_peer *peer, void *buffer, size_t size)
{
	long got;

	MQ_TRUE(size <= MQ_DESK_BYTES);
	peer->desk->what = MQ_DO_READ;
	peer->desk->length = size;
	mq_peer_begin(peer);
	got = mq_peer_end(peer);
	if (got > 0)
		memcpy(buffer, peer->desk->bytes, got);
	return got;
}

short mq_peer_poll(struct mq_peer *peer)
{
	peer->desk->what = MQ_DO_POLL;
	mq_peer_begin(peer);
	return mq_peer_end(peer);
}

void mq_peer_do_begin(struct mq_peer *peer, mq_peer_function function,
		      long arg)
{
	peer->desk->what = MQ_DO_CALL;
	peer->desk->function = function;
	peer->desk->arg = arg;
	mq_peer_begin(peer);
}

long mq_peer_do(struct mq_peer *peer, mq_peer_function function, long arg)
{
	mq_peer_do_begin(peer, function, arg);
	return mq_peer_end(peer);
}

void *mq_peer_memory(struct mq_peer *peer)
{
	return peer->desk->bytes;
}

void mq_peer_exit(struct mq_peer *peer)
{
	peer->desk->what = MQ_DO_EXIT;
	mq_peer_begin(peer);
	mq_join(peer->pid);
}

void mq_peer_kill(struct mq_peer *peer, int signal)
{
	MQ_OK(kill(peer->pid, signal));
	mq_wait_status(peer->pid);
}
