/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A name: 1 to MQ_NAME_MAX bytes of the alphabet, zero behind them up to
 * MQ_NAME_SIZE, so that two names are equal when their bytes are. The empty
 * name (all zero) is nobody's.
 *
 * Pure: no lock, no allocation, compiled in user space by the unit tests.
 */
#ifndef _MQ_NAME_H
#define _MQ_NAME_H

#include <linux/mq_driver.h>
#include <linux/types.h>

/**
 * struct mq_name - an endpoint's name
 * @bytes: the name, padded with zeros
 * @words: the same, for comparing
 * @halves: the same, for hashing
 */
struct mq_name {
	union {
		char bytes[MQ_NAME_SIZE];
		u64 words[MQ_NAME_SIZE / sizeof(u64)];
		u32 halves[MQ_NAME_SIZE / sizeof(u32)];
	};
};

/* Which bytes may be part of a name: a table, because each byte of each command is asked. */
extern const bool mq_name_alphabet[256];

/**
 * mq_name_has_byte - whether a byte may be part of a name
 * @byte: the byte
 *
 * '@' is kept for addressing other machines.
 *
 * Return: true for 0x21 to 0x7e but '@'.
 */
static inline bool mq_name_has_byte(char byte)
{
	return mq_name_alphabet[(unsigned char)byte];
}

/**
 * mq_name_is_equal - compare two names
 * @a: one
 * @b: the other
 *
 * Names are whole words, and comparing those is a third of the work of memcmp().
 *
 * Return: true if they are the same.
 */
static inline bool mq_name_is_equal(const struct mq_name *a, const struct mq_name *b)
{
	u64 differ = 0;
	size_t i;

	for (i = 0; i < MQ_NAME_SIZE / sizeof(u64); i++)
		differ |= a->words[i] ^ b->words[i];
	return !differ;
}

static inline bool mq_name_is_empty(const struct mq_name *name)
{
	u64 bits = 0;
	size_t i;

	for (i = 0; i < MQ_NAME_SIZE / sizeof(u64); i++)
		bits |= name->words[i];
	return !bits;
}

int mq_name_parse(struct mq_name *name, const char *bytes, size_t len);
size_t mq_name_show(char *out, size_t size, const char *bytes, size_t len);

#endif /* _MQ_NAME_H */
