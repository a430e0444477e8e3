// SPDX-License-Identifier: GPL-2.0-only
#include "command.h"

#include <linux/errno.h>
#include <linux/compiler.h>
#include <linux/minmax.h>
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

	cmd->kind = MQ_COMMAND_REG;
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
	cmd->kind = MQ_COMMAND_UNR;
	mq_cursor_trim(rest);
	return rest->left ? -EINVAL : 0;
}

/* TEXT is the rest of the line, byte for byte. */
static int mq_command_parse_text(struct mq_command *cmd, struct mq_cursor *rest)
{
	int err;

	err = mq_cursor_pop_space(rest);
	if (err)
		return err;

	cmd->text = rest->at;
	cmd->text_len = rest->left;
	return cmd->text_len ? 0 : -EINVAL;
}

static int mq_command_parse_all(struct mq_command *cmd, struct mq_cursor *rest)
{
	cmd->kind = MQ_COMMAND_ALL;
	return mq_command_parse_text(cmd, rest);
}

/*
 * The word that begins here, and the name that it is: in one pass, because every message
 * goes this way. What cannot be a name becomes the empty one, and ENOENT when it is
 * looked up.
 */
static void mq_cursor_pop_name(struct mq_cursor *cursor, struct mq_command *cmd)
{
	size_t most = min_t(size_t, cursor->left, MQ_NAME_MAX);
	size_t len;

	memset(&cmd->name, 0, sizeof(cmd->name));
	for (len = 0; len < most && mq_name_has_byte(cursor->at[len]); len++)
		cmd->name.bytes[len] = cursor->at[len];

	if (len < cursor->left && cursor->at[len] != ' ') {
		memset(&cmd->name, 0, sizeof(cmd->name));
		while (len < cursor->left && cursor->at[len] != ' ')
			len++;
	}

	cmd->word = cursor->at;
	cmd->word_len = len;
	cursor->at += len;
	cursor->left -= len;
}

static int mq_command_parse_msg(struct mq_command *cmd, struct mq_cursor *rest)
{
	int err;

	cmd->kind = MQ_COMMAND_MSG;
	err = mq_cursor_pop_space(rest);
	if (err)
		return err;
	mq_cursor_pop_name(rest, cmd);
	return cmd->word_len ? mq_command_parse_text(cmd, rest) : -EINVAL;
}

static int mq_command_parse_from(struct mq_command *cmd, struct mq_cursor *rest)
{
	int err;

	cmd->kind = MQ_COMMAND_FROM;
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

	cmd->kind = MQ_COMMAND_WAIT;
	mq_cursor_trim(rest);
	cmd->timeout = MQ_COMMAND_FOREVER;
	if (!rest->left)
		return 0;

	err = mq_cursor_pop_space(rest);
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

/* The length of @word is a constant where this is inlined, and so is the comparison. */
static __always_inline bool mq_cursor_pop_word(struct mq_cursor *cursor, const char *word)
{
	size_t len = strlen(word);

	if (cursor->left < len || memcmp(cursor->at, word, len))
		return false;
	cursor->at += len;
	cursor->left -= len;
	return true;
}

/**
 * mq_command_parse - read one line of the text protocol
 * @cmd: the result, undefined after an error; it points into @line
 * @line: what was written to the device, not terminated
 * @len: how many bytes
 *
 * Each parser sees the line from behind its command word on, and refuses it if
 * something else than a space, or what every line may end with, stands there.
 *
 * Return: 0, -EINVAL, or -ENAMETOOLONG for a name that /reg does not take.
 */
int mq_command_parse(struct mq_command *cmd, const char *line, size_t len)
{
	struct mq_cursor rest = { .at = line, .left = len };

	/* The two that carry every message come first. */
	if (mq_cursor_pop_word(&rest, "/msg"))
		return mq_command_parse_msg(cmd, &rest);
	if (mq_cursor_pop_word(&rest, "/all"))
		return mq_command_parse_all(cmd, &rest);
	if (mq_cursor_pop_word(&rest, "/reg"))
		return mq_command_parse_reg(cmd, &rest);
	if (mq_cursor_pop_word(&rest, "/unr"))
		return mq_command_parse_unr(cmd, &rest);
	if (mq_cursor_pop_word(&rest, "/from"))
		return mq_command_parse_from(cmd, &rest);
	if (mq_cursor_pop_word(&rest, "/wait"))
		return mq_command_parse_wait(cmd, &rest);
	return -EINVAL;
}
