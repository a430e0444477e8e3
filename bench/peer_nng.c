// SPDX-License-Identifier: GPL-2.0-only
/*
 * nng over ipc: a library with a pool of threads in every process, no broker
 *
 * What its threads do for a message is counted as with ZeroMQ: there is one CPU,
 * and a batch ends when the last message has been received.
 *
 * Copyright (C) the mq authors
 */
#include <nng/nng.h>
#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/pipeline0/push.h>
#include <nng/protocol/pubsub0/pub.h>
#include <nng/protocol/pubsub0/sub.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>
#include <unistd.h>

#include "user.h"

#define DIAL_TRIES	1000

typedef int socket_open(nng_socket *s);

static void check(const char *what, int error)
{
	if (error)
		bench_die("nng: %s: %s", what, nng_strerror(error));
}

static nng_socket socket_get(int id)
{
	return (nng_socket){ .id = (uint32_t)id };
}

static int socket_new(socket_open *open)
{
	nng_socket s;

	check("no socket", open(&s));
	return nng_socket_id(s);
}

/* in the kernel's abstract names, not in a directory */
static void address_get(char address[80], const struct bench_channel *c)
{
	snprintf(address, 80, "abstract://%s", bench_user_get(c)->name);
}

static int listener_new(const struct bench_channel *c, socket_open *open)
{
	int id = socket_new(open);
	char address[80];

	address_get(address, c);
	check(address, nng_listen(socket_get(id), address, NULL, 0));
	return id;
}

/* connected when it returns; the other side may have to begin listening yet */
static void dial(int id, const struct bench_channel *c)
{
	char address[80];
	int error;

	address_get(address, c);
	for (int i = 0; i < DIAL_TRIES; i++) {
		error = nng_dial(socket_get(id), address, NULL, 0);
		if (error != NNG_ECONNREFUSED)
			break;
		usleep(1000);
	}
	check(address, error);
}

static int dialer_new(const struct bench_channel *c, socket_open *open)
{
	int id = socket_new(open);

	dial(id, c);
	return id;
}

static void put(int id, const struct bench_channel *c)
{
	check("send", nng_send(socket_get(id), c->out, c->size, 0));
}

static void take(int id, struct bench_channel *c)
{
	size_t size = c->size;

	check("receive", nng_recv(socket_get(id), c->in, &size, 0));
	if (size != c->size)
		bench_die("nng: %zu bytes came instead of %zu", size, c->size);
}

static void push_join(struct bench_channel *c)
{
	if (bench_user_join(c))
		c->from = listener_new(c, nng_pull0_open);
}

/* Where one process is both ends, the one that listens must be there first. */
static int pusher_new(struct bench_channel *c)
{
	if (c->from < 0 && bench_user_is_receiver(c))
		c->from = listener_new(c, nng_pull0_open);
	return dialer_new(c, nng_push0_open);
}

static void push_send(struct bench_channel *c)
{
	if (c->to < 0)
		c->to = pusher_new(c);
	put(c->to, c);
}

static void push_receive(struct bench_channel *c)
{
	if (c->from < 0)
		c->from = listener_new(c, nng_pull0_open);
	take(c->from, c);
}

static void nng_end(struct bench_channel *c)
{
	if (c->to >= 0)
		nng_close(socket_get(c->to));
	if (c->from >= 0)
		nng_close(socket_get(c->from));
	bench_user_close(c);
}

const struct bench_peer bench_nng_push = {
	.name = "nng push/pull",
	.role = BENCH_USER,
	.shapes = BENCH_SELF | BENCH_TRIP | BENCH_STREAM | BENCH_MANY | BENCH_PAIRS,
	.open = bench_user_open,
	.join = push_join,
	.send = push_send,
	.receive = push_receive,
	.close = nng_end,
};

static void sub_join(struct bench_channel *c)
{
	if (!bench_user_join(c))
		return;
	c->from = listener_new(c, nng_sub0_open);
	check("subscribe", nng_socket_set(socket_get(c->from), NNG_OPT_SUB_SUBSCRIBE, "", 0));
}

static int publisher_new(const struct bench_channel *home)
{
	int id = socket_new(nng_pub0_open);
	struct bench_channel *c;

	for (c = bench_user_first(); c; c = bench_user_next(c))
		if (c != home)
			dial(id, c);
	return id;
}

static void pub_send_all(struct bench_channel *home)
{
	if (home->to < 0)
		home->to = publisher_new(home);
	put(home->to, home);
}

static void sub_receive(struct bench_channel *c)
{
	take(c->from, c);
}

const struct bench_peer bench_nng_pub = {
	.name = "nng pub/sub",
	.role = BENCH_USER,
	.shapes = BENCH_BROADCAST,
	.open = bench_user_open,
	.join = sub_join,
	.receive = sub_receive,
	.send_all = pub_send_all,
	.close = nng_end,
};

/* a question and its answer, as with ZeroMQ */
static int turns = -1;

static void req_send(struct bench_channel *c)
{
	if (turns < 0)
		turns = dialer_new(c, nng_req0_open);
	put(turns, c);
}

static void rep_receive(struct bench_channel *c)
{
	if (turns < 0)
		turns = listener_new(c, nng_rep0_open);
	take(turns, c);
}

const struct bench_peer bench_nng_req = {
	.name = "nng req/rep",
	.role = BENCH_USER,
	.shapes = BENCH_CALL,
	.open = bench_user_open,
	.send = req_send,
	.receive = rep_receive,
	.close = bench_user_close,
};
