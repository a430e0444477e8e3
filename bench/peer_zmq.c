// SPDX-License-Identifier: GPL-2.0-only
/*
 * ZeroMQ over ipc: a library with an I/O thread in every process, no broker
 *
 * A sender hands its message to the I/O thread of its process, which writes it to a
 * socket; the receiver's I/O thread reads that and hands it on. All four threads are
 * counted: they run on the only CPU between the first send and the last receive.
 *
 * Copyright (C) the mq authors
 */
#include <zmq.h>

#include "user.h"

static void *context;

static void *socket_new(int type)
{
	static const int none;
	void *s;

	if (!context)
		context = zmq_ctx_new();
	s = context ? zmq_socket(context, type) : NULL;
	if (!s || zmq_setsockopt(s, ZMQ_LINGER, &none, sizeof(none)))
		bench_die("ZeroMQ: no socket: %s", zmq_strerror(zmq_errno()));
	return s;
}

/* begins with @: in the kernel's abstract names, not in a directory */
static void attach(void *s, const struct bench_channel *c, const char *verb,
		   int (*call)(void *s, const char *address))
{
	char address[80];

	snprintf(address, sizeof(address), "ipc://@%s", bench_user_get(c)->name);
	if (call(s, address))
		bench_die("ZeroMQ: %s %s: %s", verb, address, zmq_strerror(zmq_errno()));
}

static void *bound_new(const struct bench_channel *c, int type)
{
	void *s = socket_new(type);

	attach(s, c, "bind", zmq_bind);
	return s;
}

static void *connected_new(const struct bench_channel *c, int type)
{
	void *s = socket_new(type);

	attach(s, c, "connect", zmq_connect);
	return s;
}

static void put(void *s, const struct bench_channel *c)
{
	if (zmq_send(s, c->out, c->size, 0) != (int)c->size)
		bench_die("ZeroMQ: send: %s", zmq_strerror(zmq_errno()));
}

static void take(void *s, struct bench_channel *c)
{
	if (zmq_recv(s, c->in, c->size, 0) != (int)c->size)
		bench_die("ZeroMQ: receive: %s", zmq_strerror(zmq_errno()));
}

static void push_join(struct bench_channel *c)
{
	struct bench_user *own = bench_user_get(c);

	if (bench_user_join(c))
		own->from = bound_new(c, ZMQ_PULL);
}

static void push_send(struct bench_channel *c)
{
	struct bench_user *own = bench_user_get(c);

	if (!own->to)
		own->to = connected_new(c, ZMQ_PUSH);
	put(own->to, c);
}

static void push_receive(struct bench_channel *c)
{
	struct bench_user *own = bench_user_get(c);

	if (!own->from)
		own->from = bound_new(c, ZMQ_PULL);
	take(own->from, c);
}

/* the context, with its thread, ends with the process */
static void zmq_end(struct bench_channel *c)
{
	struct bench_user *own = bench_user_get(c);

	if (own->to)
		zmq_close(own->to);
	if (own->from)
		zmq_close(own->from);
	bench_user_close(c);
}

const struct bench_peer bench_zmq_push = {
	.name = "ZeroMQ PUSH/PULL",
	.role = BENCH_USER,
	.shapes = BENCH_SELF | BENCH_TRIP | BENCH_STREAM | BENCH_MANY | BENCH_PAIRS,
	.open = bench_user_open,
	.join = push_join,
	.send = push_send,
	.receive = push_receive,
	.close = zmq_end,
};

/* the publisher's: of all channels, the one that its opener joined */
static const struct bench_channel *home_get(void)
{
	const struct bench_channel *c = bench_user_first();

	while (c && !bench_user_get(c)->is_opener_receiver)
		c = bench_user_next(c);
	if (!c)
		bench_die("ZeroMQ: no publisher to subscribe to");
	return c;
}

/* It connects in the background, once the publisher is there. */
static void sub_join(struct bench_channel *c)
{
	struct bench_user *own = bench_user_get(c);

	if (!bench_user_join(c))
		return;
	own->from = connected_new(home_get(), ZMQ_SUB);
	if (zmq_setsockopt(own->from, ZMQ_SUBSCRIBE, "", 0))
		bench_die("ZeroMQ: subscribe: %s", zmq_strerror(zmq_errno()));
}

/*
 * A message to who has not subscribed yet would be lost. So each subscription is waited for:
 * a publisher sees them all where it is verbose.
 */
static void *publisher_new(const struct bench_channel *home)
{
	static const int is_verbose = 1;
	void *s = bound_new(home, ZMQ_XPUB);
	char subscription;

	if (zmq_setsockopt(s, ZMQ_XPUB_VERBOSE, &is_verbose, sizeof(is_verbose)))
		bench_die("ZeroMQ: publisher: %s", zmq_strerror(zmq_errno()));
	for (struct bench_channel *c = bench_user_first(); c; c = bench_user_next(c))
		if (c != home && zmq_recv(s, &subscription, sizeof(subscription), 0) != 1)
			bench_die("ZeroMQ: subscription: %s", zmq_strerror(zmq_errno()));
	return s;
}

static void pub_send_all(struct bench_channel *home)
{
	struct bench_user *own = bench_user_get(home);

	if (!own->to)
		own->to = publisher_new(home);
	put(own->to, home);
}

static void sub_receive(struct bench_channel *c)
{
	take(bench_user_get(c)->from, c);
}

const struct bench_peer bench_zmq_pub = {
	.name = "ZeroMQ PUB/SUB",
	.role = BENCH_USER,
	.shapes = BENCH_BROADCAST,
	.open = bench_user_open,
	.join = sub_join,
	.receive = sub_receive,
	.send_all = pub_send_all,
	.close = zmq_end,
};

/*
 * A question and its answer take turns on one socket. In a round trip the process
 * that receives first answers: so both channels are that one socket in each process.
 */
static void *turns;

static void req_send(struct bench_channel *c)
{
	if (!turns)
		turns = connected_new(c, ZMQ_REQ);
	put(turns, c);
}

static void rep_receive(struct bench_channel *c)
{
	if (!turns)
		turns = bound_new(c, ZMQ_REP);
	take(turns, c);
}

const struct bench_peer bench_zmq_req = {
	.name = "ZeroMQ REQ/REP",
	.role = BENCH_USER,
	.shapes = BENCH_CALL,
	.open = bench_user_open,
	.send = req_send,
	.receive = rep_receive,
	.close = bench_user_close,
};
