// SPDX-License-Identifier: GPL-2.0-only
/*
 * D-Bus: dbus-broker, and programs with sd-bus
 *
 * A message goes to the broker, a process of its own, which routes it to the receiver.
 * So the broker's instructions are counted too: it runs on the same only CPU, before
 * the last message of a batch can be received.
 *
 * Copyright (C) the mq authors
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "user.h"

#define LAUNCHER	"/usr/bin/dbus-broker-launch"
#define JOURNAL		"/run/systemd/journal/socket"
#define INTERFACE	"mq.bench"
#define MEMBER		"Message"
#define PATH		"/mq/bench"

static int check(const char *what, int result)
{
	if (result < 0)
		bench_die("D-Bus: %s: %s", what, strerror(-result));
	return result;
}

/* ---- the broker: one for each measurement, which ends with it ---- */

static char broker_name[32];

static int listener_new(int type, const char *name, bool is_abstract)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type, 0);

	strncpy(address.sun_path + is_abstract, name, sizeof(address.sun_path) - 2);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address,
			   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + is_abstract +
				       strlen(name))))
		bench_die("D-Bus: a socket '%s': %m", name);
	return fd;
}

/*
 * The launcher does not start without the journal's socket. Where there is none it gets
 * one that nobody reads, on a /run of its own. The descriptor is its to keep.
 */
static void journal_init(void)
{
	if (!access(JOURNAL, F_OK))
		return;
	if (unshare(CLONE_NEWNS) || mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("mq-bench", "/run", "tmpfs", 0, "mode=755"))
		bench_die("D-Bus: no %s, and no private /run to make it in: %m; run as root",
			  JOURNAL);
	mkdir("/run/systemd", 0755);
	mkdir("/run/systemd/journal", 0755);
	listener_new(SOCK_DGRAM, JOURNAL, false);
}

/* everybody may do everything; returns a path for the launcher */
static const char *configuration_new(void)
{
	static const char text[] =
		"<busconfig><policy context=\"default\"><allow send_destination=\"*\"/>"
		"<allow receive_sender=\"*\"/><allow own=\"*\"/></policy></busconfig>\n";
	static char path[64];
	int fd = memfd_create("mq-bench.conf", 0);

	if (fd < 0 || write(fd, text, sizeof(text) - 1) != (ssize_t)sizeof(text) - 1)
		bench_die("D-Bus: no memory for the broker's configuration: %m");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return path;
}

/* as systemd starts it: a listening socket is descriptor 3, and the environment says so */
static _Noreturn void broker_exec(int listener)
{
	const char *configuration;
	char word[64];

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (listener != 3 && dup2(listener, 3) < 0)
		bench_die("D-Bus: descriptor 3: %m");
	journal_init();
	configuration = configuration_new();
	snprintf(word, sizeof(word), "%d", getpid());
	setenv("LISTEN_PID", word, 1);
	setenv("LISTEN_FDS", "1", 1);
	snprintf(word, sizeof(word), "unix:abstract=%s", broker_name);
	setenv("DBUS_SYSTEM_BUS_ADDRESS", word, 1);
	execl(LAUNCHER, LAUNCHER, "--scope", "system", "--config-file", configuration, NULL);
	bench_die("%s: %m; it is in the package dbus-broker, which bench/run fetches", LAUNCHER);
}

/* Who connects before the broker runs waits for it. */
static void broker_init(void)
{
	int listener;

	if (*broker_name)
		return;
	snprintf(broker_name, sizeof(broker_name), "mq-bench-%d", getpid());
	listener = listener_new(SOCK_STREAM | SOCK_NONBLOCK, broker_name, true);
	if (listen(listener, SOMAXCONN))
		bench_die("D-Bus: listen: %m");
	switch (fork()) {
	case -1:
		bench_die("D-Bus: no process for the broker: %m");
	case 0:
		broker_exec(listener);
	}
	close(listener);
}

/* ---- this process's connection ---- */

static sd_bus *bus;
static sd_bus_message *question;	/* read, and not answered yet */

/* a connection belongs to the process that made it */
static void bus_forget(void)
{
	bus = NULL;
	question = NULL;
}

static void bus_init(void)
{
	char address[64];
	const char *name;

	if (bus)
		return;
	snprintf(address, sizeof(address), "unix:abstract=%s", broker_name);
	check("sd_bus_new", sd_bus_new(&bus));
	check(address, sd_bus_set_address(bus, address));
	check("sd_bus_set_bus_client", sd_bus_set_bus_client(bus, true));
	check(address, sd_bus_start(bus));
	/* Before the broker has given it a name, what it sends is kept back. */
	check(address, sd_bus_get_unique_name(bus, &name));
	check("pthread_atfork", -pthread_atfork(NULL, NULL, bus_forget));
}

static void payload_push(sd_bus_message *m, const struct bench_channel *c)
{
	check("payload", sd_bus_message_append_array(m, 'y', c->out, c->size));
}

static void payload_take(sd_bus_message *m, struct bench_channel *c)
{
	const void *payload;
	size_t size;

	check("payload", sd_bus_message_read_array(m, 'y', &payload, &size));
	if (size != c->size)
		bench_die("D-Bus: %zu bytes came instead of %zu", size, c->size);
	memcpy(c->in, payload, size);
}

/* sleeps until something comes that the library does not handle itself */
static sd_bus_message *message_take(void)
{
	sd_bus_message *m = NULL;

	while (!m)
		if (!check("sd_bus_process", sd_bus_process(bus, &m)))
			check("sd_bus_wait", sd_bus_wait(bus, UINT64_MAX));
	return m;
}

/* ---- a signal to one, or to all who asked for it ---- */

static void signal_open(struct bench_channel *c)
{
	broker_init();
	bench_user_open(c);
}

static void signal_join(struct bench_channel *c)
{
	const char *name = bench_user_get(c)->name;

	bus_init();
	check(name, sd_bus_request_name(bus, name, 0));
}

static void signal_put(struct bench_channel *c, const char *destination)
{
	sd_bus_message *m;

	check("signal", sd_bus_message_new_signal(bus, &m, PATH, INTERFACE, MEMBER));
	payload_push(m, c);
	if (destination)
		check("destination", sd_bus_message_set_destination(m, destination));
	check("send", sd_bus_send(bus, m, NULL));
	sd_bus_message_unref(m);
}

static void signal_send(struct bench_channel *c)
{
	bus_init();
	signal_put(c, bench_user_get(c)->name);
}

static void signal_receive(struct bench_channel *c)
{
	sd_bus_message *m = message_take();

	while (!sd_bus_message_is_signal(m, INTERFACE, MEMBER)) {
		sd_bus_message_unref(m);
		m = message_take();
	}
	payload_take(m, c);
	sd_bus_message_unref(m);
}

const struct bench_peer bench_dbus_signal = {
	.name = "D-Bus signal",
	.role = BENCH_USER,
	.shapes = BENCH_SELF | BENCH_TRIP | BENCH_STREAM | BENCH_MANY | BENCH_PAIRS,
	.open = signal_open,
	.join = signal_join,
	.send = signal_send,
	.receive = signal_receive,
	.close = bench_user_close,
};

/* The sender does not ask for its own. */
static void all_join(struct bench_channel *c)
{
	if (!bench_user_join(c))
		return;
	bus_init();
	check("match", sd_bus_match_signal(bus, NULL, NULL, PATH, INTERFACE, MEMBER, NULL, NULL));
}

static void all_send(struct bench_channel *home)
{
	bus_init();
	signal_put(home, NULL);
}

const struct bench_peer bench_dbus_all = {
	.name = "D-Bus signal to all",
	.role = BENCH_USER,
	.shapes = BENCH_BROADCAST,
	.open = signal_open,
	.join = all_join,
	.receive = signal_receive,
	.send_all = all_send,
	.close = bench_user_close,
};

/* ---- a method call and its reply: whoever was asked answers, whoever was answered asks ---- */

static void call_put(const struct bench_channel *c)
{
	sd_bus_message *m;
	uint64_t cookie;

	check("call", sd_bus_message_new_method_call(bus, &m, bench_user_get(c)->name, PATH,
						     INTERFACE, MEMBER));
	payload_push(m, c);
	check("send", sd_bus_send(bus, m, &cookie));
	sd_bus_message_unref(m);
}

static void reply_put(const struct bench_channel *c)
{
	sd_bus_message *m;

	check("reply", sd_bus_message_new_method_return(question, &m));
	payload_push(m, c);
	check("send", sd_bus_send(bus, m, NULL));
	sd_bus_message_unref(m);
	sd_bus_message_unref(question);
	question = NULL;
}

static void call_send(struct bench_channel *c)
{
	bus_init();
	if (question)
		reply_put(c);
	else
		call_put(c);
}

static void call_receive(struct bench_channel *c)
{
	sd_bus_message *m;
	uint8_t type;

	for (;;) {
		m = message_take();
		check("type", sd_bus_message_get_type(m, &type));
		if (type != SD_BUS_MESSAGE_SIGNAL)
			break;
		sd_bus_message_unref(m);
	}
	if (type == SD_BUS_MESSAGE_METHOD_ERROR)
		bench_die("D-Bus: call: %s", sd_bus_message_get_error(m)->message);
	payload_take(m, c);
	if (type == SD_BUS_MESSAGE_METHOD_CALL)
		question = m;
	else
		sd_bus_message_unref(m);
}

const struct bench_peer bench_dbus_call = {
	.name = "D-Bus call",
	.role = BENCH_USER,
	.shapes = BENCH_CALL,
	.open = signal_open,
	.join = signal_join,
	.send = call_send,
	.receive = call_receive,
	.close = bench_user_close,
};
