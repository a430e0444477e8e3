// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer: whatever is written, the parser stays within the line, and what it
 * accepts is what the protocol says.
 */
#include "command.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static void check_text(const struct mq_command *cmd, const char *line, size_t len)
{
	assert(cmd->text_len >= 1);
	/* TEXT is the rest of the write, behind one space. */
	assert(cmd->text + cmd->text_len == line + len);
	assert(cmd->text > line && cmd->text[-1] == ' ');
}

static void check_name(const struct mq_name *name)
{
	size_t len = strnlen(name->bytes, sizeof(name->bytes));
	size_t i;

	assert(len < sizeof(name->bytes));
	for (i = 0; i < len; i++)
		assert(mq_name_has_byte(name->bytes[i]));
	for (; i < sizeof(name->bytes); i++)
		assert(!name->bytes[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *line = (const char *)data;
	struct mq_command cmd;
	int err;

	err = mq_command_parse(&cmd, line, size);
	if (err) {
		assert(err == -EINVAL || err == -ENAMETOOLONG);
		return 0;
	}

	switch (cmd.kind) {
	case MQ_COMMAND_REG:
		check_name(&cmd.name);
		assert(cmd.name.bytes[0] && strlen(cmd.name.bytes) <= MQ_TEXT_NAME_MAX);
		break;
	case MQ_COMMAND_MSG:
		check_name(&cmd.name);
		assert(cmd.word == line + 5 && cmd.word_len >= 1);
		assert(cmd.word + cmd.word_len + 1 == cmd.text);
		check_text(&cmd, line, size);
		break;
	case MQ_COMMAND_ALL:
		assert(cmd.text == line + 5);
		check_text(&cmd, line, size);
		break;
	case MQ_COMMAND_WAIT:
		assert(cmd.timeout >= MQ_COMMAND_FOREVER);
		break;
	case MQ_COMMAND_FROM:
	case MQ_COMMAND_UNR:
		break;
	default:
		assert(!"a kind that is none");
	}
	return 0;
}
