/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The text protocol: one line of bytes -> one struct mq_command.
 *
 *	/reg NAME   /unr   /msg DEST TEXT   /all TEXT   /from on|off   /wait [MS]
 *
 * Pure: no lock, no allocation, no task; compiled in user space by the unit
 * tests and the fuzzer. A command points into the line, it copies nothing, so
 * it lives as long as the line does.
 */
#ifndef _MQ_COMMAND_H
#define _MQ_COMMAND_H

#include "name.h"

/**
 * enum mq_command_kind - what a line asks for
 * @MQ_COMMAND_REG: register the calling process under @name
 * @MQ_COMMAND_UNR: drop its registration
 * @MQ_COMMAND_MSG: send @text to @name
 * @MQ_COMMAND_ALL: send @text to everybody else
 * @MQ_COMMAND_FROM: show senders in front of messages, or not
 * @MQ_COMMAND_WAIT: sleep until a message is there
 */
enum mq_command_kind {
	MQ_COMMAND_REG,
	MQ_COMMAND_UNR,
	MQ_COMMAND_MSG,
	MQ_COMMAND_ALL,
	MQ_COMMAND_FROM,
	MQ_COMMAND_WAIT,
};

/* mq_command.timeout of a /wait without an end. */
#define MQ_COMMAND_FOREVER	(-1)

/**
 * struct mq_command - one parsed line
 * @kind: which of the fields below count
 * @name: /reg: the name, a possible one. /msg: the destination; empty where it
 *	cannot be a name, so that looking it up finds nobody
 * @word: /msg: the destination as it was written, not terminated
 * @word_len: bytes at @word
 * @text: /msg, /all: the message, not terminated
 * @text_len: bytes at @text, at least 1
 * @on: /from: its argument
 * @timeout: /wait: milliseconds, or MQ_COMMAND_FOREVER
 */
struct mq_command {
	enum mq_command_kind kind;
	struct mq_name name;
	const char *word;
	size_t word_len;
	const char *text;
	size_t text_len;
	bool on;
	s32 timeout;
};

int mq_command_parse(struct mq_command *cmd, const char *line, size_t len);

#endif /* _MQ_COMMAND_H */
