/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hands: processes with several files that do one operation at a time, for the comparison
 * with the model, and for the tests that it prints.
 *
 *	mq_hand_do(1, START, .who = 2);
 *	mq_hand_do(1, OPEN, .file = 0);
 *	MQ_EQ(mq_hand_do(1, TEXT, .file = 0, .text = "/reg bob"), 8);
 *	mq_hand_begin(1, TEXT, .file = 0, .text = "/wait");
 *	...
 *	MQ_EQ(mq_hand_end(1), 5);
 *
 * Payloads are made of a number, which is the frame's cookie too, so that an operation is a
 * line. Behind mq_fault_open(), .nth has the nth allocation or copy of an operation fail.
 *
 * Copyright (C) the mq authors
 */
#ifndef MQ_TESTS_MODEL_HAND_H
#define MQ_TESTS_MODEL_HAND_H

#include "fault_lib.h"
#include "frame.h"
#include "harness.h"

#define MQ_HANDS 5
#define MQ_HAND_FILES 3
#define MQ_HAND_FRAMES 6
#define MQ_HAND_BYTES 65536

enum mq_hand_kind {
	MQ_HAND_START,		/* a process, .who, .space */
	MQ_HAND_OPEN,		/* .file, .nonblock */
	MQ_HAND_CLOSE,
	MQ_HAND_PASS,		/* .file to .other as his .other_file */
	MQ_HAND_BECOME,		/* .who; its files stay as they are */
	MQ_HAND_TEXT,		/* writes .text; .cut */
	MQ_HAND_WRITE,		/* writes .frames; .cut: bytes of the end that are not there */
	MQ_HAND_READ,		/* .size, .nowait, .bad: into memory that is not there */
	MQ_HAND_BIND,		/* .name, .policy, .depth, .access, .flags */
	MQ_HAND_CALL,		/* .frames[0], .size, .now: timeout 0 */
	MQ_HAND_RECEIVE,	/* .frames[0] or none, .size, .now */
	MQ_HAND_PEEK,		/* .size */
	MQ_HAND_POLL,
	MQ_HAND_STATUS,		/* .name */
	MQ_HAND_LIST,		/* .size entries at a time */
	MQ_HAND_INFO,
	MQ_HAND_INTERRUPT,	/* a signal, for one that sleeps */
	MQ_HAND_EXIT,		/* and is waited for */
	MQ_HAND_KILL,		/* likewise */
	MQ_HAND_KINDS,
};

/* What is wrong with a frame. */
enum mq_hand_fault {
	MQ_FAULT_NONE, MQ_FAULT_SIZE_SMALL, MQ_FAULT_SIZE_NONE, MQ_FAULT_SIZE_BEYOND,
	MQ_FAULT_SEQUENCE, MQ_FAULT_TIME, MQ_FAULT_PID, MQ_FAULT_UID, MQ_FAULT_NAME_END,
	MQ_FAULT_NAME_BEHIND, MQ_FAULTS,
};

struct mq_hand_frame {
	const char *to;		/* NULL: no more frames */
	uint32_t flags;		/* with MQ_FRAME_REPLY: ... */
	uint32_t call;		/* ... to the request that was seen so many requests ago */
	uint32_t number, size;
	uint32_t fault;
};

struct mq_hand_op {
	uint32_t hand, kind, file;
	bool child;		/* by a child that is forked for it, and exits */
	const char *text, *name;
	struct mq_hand_frame frames[MQ_HAND_FRAMES];
	uint32_t other, other_file, who, space, size, cut;
	uint32_t policy, depth, access, flags;
	bool nonblock, nowait, bad, now;
	uint32_t nth;		/* which of its allocations and copies fails; 0: none */
};

/* What came of it; lies in memory that all hands share. */
struct mq_hand_result {
	long value;
	uint32_t send_size;
	bool has_failed;	/* the nth thing did */
	size_t length;
	pid_t pid, own_pid;	/* of who did it: as the first namespace has it, and as he has */
	char bytes[MQ_HAND_BYTES] __attribute__((aligned(8)));
};

/* Root; users of two ids and three groups; some with one right. Root comes first. */
#define MQ_HAND_WHOS 6
extern const struct mq_who mq_hand_whos[MQ_HAND_WHOS];

#define mq_hand_op_of(number, what, ...)					\
	(&(struct mq_hand_op){ .hand = number, .kind = MQ_HAND_##what, __VA_ARGS__ })
/* The result's value. */
#define mq_hand_do(...) mq_hand_run(mq_hand_op_of(__VA_ARGS__))
#define mq_hand_begin(...) mq_hand_run_begin(mq_hand_op_of(__VA_ARGS__), true)

long mq_hand_run(const struct mq_hand_op *op);
/* Returns when it sleeps; or it is done already. */
void mq_hand_run_begin(const struct mq_hand_op *op, bool sleeps);
long mq_hand_end(int hand);
bool mq_hand_is_done(int hand);
/* Seconds until what does not end, or not fall asleep, fails the test. */
extern int mq_hand_patience;
extern void (*mq_hand_hangs)(int hand, const char *what);

struct mq_peer *mq_hand_peer(int hand);
const struct mq_hand_result *mq_hand_result(int hand);
/* The bytes that it writes or sends: how many, and how many of them are there. */
void mq_hand_build(const struct mq_hand_op *op);
const char *mq_hand_bytes(int hand, size_t *length, size_t *there);
void mq_hand_shorten(int hand, size_t length);	/* to those that were taken */
void mq_hand_kill_all(void);	/* and their namespaces */
/* Frame INDEX of what was read last, or the test fails. */
const struct mq_frame *mq_hand_frame(int hand, int index);

/* As C, for a test; the text is good until the next call. */
const char *mq_hand_show(const struct mq_hand_op *op, bool begins);

#endif
