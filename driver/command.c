// SPDX-License-Identifier: GPL-2.0-only
#include "command.h"

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

/* The part of a line that is not parsed yet. */
struct mq_cursor {
	const char *at;
	size_t left;
};

static bool mq_cursor_is(const struct mq_cursor *cursor, const char *word)
{
	return cursor->left == strlen(word) &&
	       !memcmp(cursor->at, word, cursor->left);
}

/*
 * Everything but a message ends before trailing spaces, NULs and one newline,
 * so that both echo and a program that writes strlen(s) + 1 bytes are understood.
 */
static void mq_cursor_trim(struct mq_cursor *cursor)
{
	bool newline = false;

	for (; cursor->left; cursor->left--) {
		char last = cursor->at[cursor->left - 1];

		if (last == '\n' && !newline)
			newline = true;
		else if (last != ' ' && last != '\0')
			break;
	}
}

/* Exactly one space stands between a command word, or DEST, and what follows. */
static int mq_cursor_pop_space(struct mq_cursor *cursor)
{
	if (!cursor->left || *cursor->at != ' ')
		return -EINVAL;
	cursor->at++;
	cursor->left--;
	return 0;
}

/* A trimmed argument: 0 and the cursor on its first byte, or -EINVAL for none. */
static int mq_cursor_pop_argument(struct mq_cursor *cursor)
{
	int err;

	mq_cursor_trim(cursor);
	err = mq_cursor_pop_space(cursor);
	if (err)
		return err;
	return cursor->left ? 0 : -EINVAL;
}

static int mq_command_parse_reg(struct mq_command *cmd, struct mq_cursor *rest)
{
	size_t i;
	int err;

	err = mq_cursor_pop_argument(rest);
	if (err)
		return err;

	/* A wrong byte counts before the length, also beyond MQ_NAME_MAX. */
	for (i = 0; i < rest->left; i++)
		if (!mq_name_has_byte(rest->at[i]))
			return -EINVAL;
	if (rest->left > MQ_TEXT_NAME_MAX)
		return -ENAMETOOLONG;

	return mq_name_parse(&cmd->name, rest->at, rest->left);
}

static int mq_command_parse_unr(struct mq_command *cmd, struct mq_cursor *rest)
{
	mq_cursor_trim(rest);
	return rest->left ? -EINVAL : 0;
}

static int mq_command_parse_all(struct mq_command *cmd, struct mq_cursor *rest)
{
	int err;

	err = mq_cursor_pop_space(rest);
	if (err)
		return err;

	cmd->text = rest->at;
	cmd->text_len = rest->left;
	return cmd->text_len ? 0 : -EINVAL;
}

static int mq_command_parse_msg(struct mq_command *cmd, struct mq_cursor *rest)
{
	const char *end;
	int err;

	err = mq_cursor_pop_space(rest);
	if (err)
		return err;

	end = memchr(rest->at, ' ', rest->left);
	if (!end || end == rest->at)
		return -EINVAL;

	cmd->word = rest->at;
	cmd->word_len = end - rest->at;
	/* What cannot be a name becomes the empty one, and ENOENT when it is looked up. */
	mq_name_parse(&cmd->name, cmd->word, cmd->word_len);

	rest->at += cmd->word_len;
	rest->left -= cmd->word_len;
	return mq_command_parse_all(cmd, rest);
}

static int mq_command_parse_from(struct mq_command *cmd, struct mq_cursor *rest)
{
	int err;

	err = mq_cursor_pop_argument(rest);
	if (err)
		return err;

	cmd->on = mq_cursor_is(rest, "on");
	return cmd->on || mq_cursor_is(rest, "off") ? 0 : -EINVAL;
}

static int mq_command_parse_wait(struct mq_command *cmd, struct mq_cursor *rest)
{
	s64 timeout = 0;
	int err;

	mq_cursor_trim(rest);
	cmd->timeout = MQ_COMMAND_FOREVER;
	if (!rest->left)
		return 0;

	err = mq_cursor_pop_argument(rest);
	if (err)
		return err;

	for (; rest->left; rest->at++, rest->left--) {
		if (*rest->at < '0' || *rest->at > '9')
			return -EINVAL;
		timeout = 10 * timeout + (*rest->at - '0');
		if (timeout > MQ_TEXT_WAIT_MAX)
			return -EINVAL;
	}
	cmd->timeout = timeout;
	return 0;
}

/* The two that carry every message come first. */
static const struct mq_command_word {
	char word[6];
	u8 len;
	u8 kind;
	int (*parse)(struct mq_command *cmd, struct mq_cursor *rest);
} mq_command_words[] = {
	{ "/msg",  4, MQ_COMMAND_MSG,  mq_command_parse_msg },
	{ "/all",  4, MQ_COMMAND_ALL,  mq_command_parse_all },
	{ "/reg",  4, MQ_COMMAND_REG,  mq_command_parse_reg },
	{ "/unr",  4, MQ_COMMAND_UNR,  mq_command_parse_unr },
	{ "/from", 5, MQ_COMMAND_FROM, mq_command_parse_from },
	{ "/wait", 5, MQ_COMMAND_WAIT, mq_command_parse_wait },
};

/**
 * mq_command_parse - read one line of the text protocol
 * @cmd: the result, undefined after an error; it points into @line
 * @line: what was written to the device, not terminated
 * @len: how many bytes
 *
 * A command word ends where the line, or what every line may end with, begins,
 * or at a space; each parser sees the line from there on.
 *
 * Return: 0, -EINVAL, or -ENAMETOOLONG for a name that /reg does not take.
 */
int mq_command_parse(struct mq_command *cmd, const char *line, size_t len)
{
	const struct mq_command_word *word;
	struct mq_cursor rest;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mq_command_words); i++) {
		word = &mq_command_words[i];
		if (len < word->len || memcmp(line, word->word, word->len))
			continue;

		rest.at = line + word->len;
		rest.left = len - word->len;
		cmd->kind = word->kind;
		return word->parse(cmd, &rest);
	}
	return -EINVAL;
}
