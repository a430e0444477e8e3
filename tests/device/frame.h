/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames for the device tests: binding, building, sending, reading, checking.
 *
 *	MQ_TEST(frame_reaches, "a frame reaches the endpoint of that name")
 *	{
 *		int alice = mq_bound("alice"), bob = mq_bound("bob", .depth = 3);
 *
 *		MQ_EQ(mq_frame_send_text(alice, "bob", "hi"), 0);
 *		MQ_EQ(MQ_FRAME_READS(bob, "alice", "hi")->sequence, 1);
 *	}
 *
 * As in harness.h: what can fail as the device does returns -errno.
 *
 * Copyright (C) the mq authors
 */
#ifndef MQ_TESTS_FRAME_H
#define MQ_TESTS_FRAME_H

#include "harness.h"

#include <linux/mq_driver.h>

/* ---- the ioctls: their value, or -errno -------------------------------- */

long mq_ioctl(int fd, unsigned long command, void *arg);
long mq_ioc_info(int fd, struct mq_info *info);	/* sets the size */
long mq_ioc_totals(int fd, struct mq_totals *totals);	/* likewise */
long mq_ioc_status(int fd, const char *name, struct mq_status *status);
/*
 * Entries from *POSITION on, which moves: how many there were. -errno.
 */
long mq_ioc_list(int fd, struct mq_status *entries, uint32_t count,
		 uint32_t *position);
/* All of them, however many calls that takes: how many there are. */
long mq_ioc_list_all(int fd, struct mq_status *entries, uint32_t max);
/* SEND is one frame, built; how many bytes were received. */
long mq_ioc_call(int fd, const void *send, size_t send_size, void *receive,
		 size_t receive_size, uint64_t timeout);
/* *SEND_SIZE as the driver leaves it; NULL: nothing to answer. */
long mq_ioc_receive(int fd, const void *send, uint32_t *send_size,
		    void *receive, size_t receive_size, uint64_t timeout);
long mq_ioc_peek(int fd, void *receive, size_t receive_size);

/* ---- binding ----------------------------------------------------------- */

/* 0 or -errno; options are fields: mq_bind(fd, "bob", .depth = 3). */
#define mq_bind(fd, name, ...)						\
	mq_bind_fill(fd, name, (struct mq_bind){ __VA_ARGS__ })
/* A new file, bound, or the test fails. */
#define mq_bound(name, ...)						\
	mq_bound_fill(__FILE__, __LINE__, O_RDWR | O_CLOEXEC, name,	\
		      (struct mq_bind){ __VA_ARGS__ })
#define mq_bound_nonblock(name, ...)					\
	mq_bound_fill(__FILE__, __LINE__,				\
		      O_RDWR | O_CLOEXEC | O_NONBLOCK, name,		\
		      (struct mq_bind){ __VA_ARGS__ })

int mq_bind_fill(int fd, const char *name, struct mq_bind bind);
int mq_bound_fill(const char *file, int line, int flags, const char *name,
		  struct mq_bind bind);

/* ---- building and parsing ---------------------------------------------- */

/* A bound file's messages, with the default CMD_BUF_SIZE, fit in here. */
#define MQ_FRAME_ROOM MQ_FRAME_SPACE(sizeof(struct mq_frame) + 4096)

/* A header as a program would write it; SIZE is the payload's. */
struct mq_frame mq_frame_make(const char *name, uint32_t flags,
			      uint64_t cookie, size_t size);
/*
 * Puts a frame, zero padding included, at BYTES + AT, a multiple of 8: where
 * the next one begins.
 */
size_t mq_frame_push(void *bytes, size_t at, const char *name, uint32_t flags,
		     uint64_t cookie, const void *data, size_t size);
size_t mq_frame_push_text(void *bytes, size_t at, const char *name,
			  const char *text);
/*
 * The frame at *AT of LENGTH bytes that were read, and *AT behind it; NULL at
 * the end. A frame that is not whole, or whose padding is not zero, fails the
 * test.
 */
const struct mq_frame *mq_frame_next(const void *bytes, size_t length,
				     size_t *at);
const char *mq_frame_data(const struct mq_frame *frame);
size_t mq_frame_data_size(const struct mq_frame *frame);

/* ---- sending ----------------------------------------------------------- */

/* Bytes that one write of one frame took, or -errno. */
ssize_t mq_frame_send(int fd, const char *name, uint32_t flags,
		      uint64_t cookie, const void *data, size_t size);
/* 0 or -errno; taking other than the whole frame fails the test. */
int mq_frame_send_text(int fd, const char *name, const char *text);
int mq_frame_send_flags(int fd, const char *name, uint32_t flags,
			const char *text);
int mq_frame_broadcast(int fd, const char *text);
int mq_frame_reply(int fd, uint64_t cookie, const char *text);

/* ---- receiving --------------------------------------------------------- */

/*
 * One frame whose payload has SIZE bytes: its space is all the room that the
 * read gets. Bytes, padding included, or -errno.
 */
ssize_t mq_frame_receive(int fd, void *buffer, size_t size);

/*
 * The next read gives this frame, alone: flags 0 (or those), the sender FROM,
 * the payload TEXT. The value is the frame, good until this thread's next.
 */
#define MQ_FRAME_READS(fd, from, text)					\
	mq_frame_check(__FILE__, __LINE__, fd, from, 0, text)
#define MQ_FRAME_READS_FLAGS(fd, from, flags, text)			\
	mq_frame_check(__FILE__, __LINE__, fd, from, flags, text)
/* Nothing is there: a read that must not sleep gives EAGAIN. */
#define MQ_FRAME_EMPTY(fd) MQ_EQ(mq_frame_receive_nowait(fd), -EAGAIN)
/* This frame of several has that sender, those flags and that payload. */
#define MQ_FRAME_IS(frame, from, flags, text)				\
	mq_frame_check_one(__FILE__, __LINE__, frame, from, flags, text)

const struct mq_frame *mq_frame_check(const char *file, int line, int fd,
				      const char *from, uint32_t flags,
				      const char *text);
void mq_frame_check_one(const char *file, int line,
			const struct mq_frame *frame, const char *from,
			uint32_t flags, const char *text);
ssize_t mq_frame_receive_nowait(int fd);	/* preadv2 with RWF_NOWAIT */

/* ---- what the driver says about an endpoint ---------------------------- */

/* The endpoint's line, or the test fails; the sum is checked. */
struct mq_status mq_status_of(const char *name);
void mq_status_check(const struct mq_status *status);
struct mq_totals mq_totals_now(void);
/* What holds in any one snapshot; and that no counter goes back in one that is later. */
void mq_totals_check(const struct mq_totals *totals);
void mq_totals_check_later(const struct mq_totals *before, const struct mq_totals *now);
bool mq_is_there(const char *name);

/* ---- peers ------------------------------------------------------------- */

/* The same by a peer and its own file; begin: mq_peer_end has the value. */
#define mq_peer_bind(peer, name, ...)					\
	mq_peer_bind_fill(peer, name, (struct mq_bind){ __VA_ARGS__ })
/* A peer, bound, or the test fails. */
#define mq_peer_bound(name, ...)					\
	mq_peer_bound_fill(__FILE__, __LINE__, name,			\
			   (struct mq_bind){ __VA_ARGS__ })

int mq_peer_bind_fill(struct mq_peer *peer, const char *name,
		      struct mq_bind bind);
struct mq_peer *mq_peer_bound_fill(const char *file, int line,
				   const char *name, struct mq_bind bind);
int mq_peer_frame_send_text(struct mq_peer *peer, const char *name,
			    const char *text);
int mq_peer_frame_send_flags(struct mq_peer *peer, const char *name,
			     uint32_t flags, const char *text);
void mq_peer_frame_send_begin(struct mq_peer *peer, const char *name,
			      const char *text);
/* Sleeps in write(2): for room in a blocking mailbox. */
void mq_peer_frame_send_asleep(struct mq_peer *peer, const char *name,
			       const char *text);
#define MQ_PEER_FRAME_READS(peer, from, text)				\
	mq_peer_frame_check(__FILE__, __LINE__, peer, from, 0, text)
#define MQ_PEER_FRAME_READS_FLAGS(peer, from, flags, text)		\
	mq_peer_frame_check(__FILE__, __LINE__, peer, from, flags, text)
const struct mq_frame *mq_peer_frame_check(const char *file, int line,
					   struct mq_peer *peer,
					   const char *from, uint32_t flags,
					   const char *text);

/* ---- rights ------------------------------------------------------------ */

/* Who a process is to be: for good, with these groups and these rights only. */
struct mq_who {
	uid_t uid;
	gid_t gid;
	gid_t group;		/* supplementary; 0: none */
	uint64_t rights;	/* 1ULL << CAP_..., effective and permitted */
};

void mq_become_who(const struct mq_who *who);
void mq_rights_set(uint64_t effective, uint64_t permitted);
/* The peer becomes that, and opens its file again as that. WHO is static. */
void mq_peer_become(struct mq_peer *peer, const struct mq_who *who);
struct mq_peer *mq_peer_start_who(const struct mq_who *who);

/* ---- descriptors, by SCM_RIGHTS ---------------------------------------- */

void mq_file_send(int socket, int fd);
int mq_file_receive(int socket);

/* ---- times ------------------------------------------------------------- */

uint64_t mq_now_ns(void);	/* CLOCK_MONOTONIC */

#endif
