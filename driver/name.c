// SPDX-License-Identifier: GPL-2.0-only
#include "name.h"

#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/string.h>

const bool mq_name_alphabet[256] = {
	[0x21 ... '@' - 1] = true,
	['@' + 1 ... 0x7e] = true,
};

/**
 * mq_name_is_padded - whether the bytes of a name are terminated, and zero behind
 * @bytes: MQ_NAME_SIZE bytes
 *
 * The empty name is one too; whether a name is possible is another matter.
 *
 * Return: true if they are.
 */
bool mq_name_is_padded(const char *bytes)
{
	size_t i = strnlen(bytes, MQ_NAME_SIZE);

	if (i == MQ_NAME_SIZE)
		return false;
	while (i < MQ_NAME_SIZE && !bytes[i])
		i++;
	return i == MQ_NAME_SIZE;
}

/**
 * mq_name_parse - make a name of bytes
 * @name: the name; the empty one after an error
 * @bytes: what it shall be, not terminated
 * @len: how many bytes
 *
 * Return: 0, or -EINVAL if this is no possible name.
 */
int mq_name_parse(struct mq_name *name, const char *bytes, size_t len)
{
	size_t i;

	memset(name, 0, sizeof(*name));
	if (!len || len > MQ_NAME_MAX)
		return -EINVAL;

	for (i = 0; i < len; i++)
		if (!mq_name_has_byte(bytes[i]))
			return -EINVAL;

	memcpy(name->bytes, bytes, len);
	return 0;
}

/**
 * mq_name_show - make bytes that somebody claims to be a name safe to print
 * @out: receives them, NUL-terminated, cut to fit
 * @size: bytes at @out, at least 1
 * @bytes: what was claimed
 * @len: how many bytes
 *
 * A byte outside the alphabet becomes '?', so that no user writes control
 * sequences into the kernel's log.
 *
 * Return: the length of the string at @out.
 */
size_t mq_name_show(char *out, size_t size, const char *bytes, size_t len)
{
	size_t i;

	len = min(len, size - 1);
	for (i = 0; i < len; i++)
		out[i] = mq_name_has_byte(bytes[i]) ? bytes[i] : '?';
	out[len] = '\0';
	return len;
}
