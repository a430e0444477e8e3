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

#include <linux/build_bug.h>
#include <linux/hash.h>
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

/* As many words as the functions below have spelt out, since no compiler unrolls them. */
static_assert(sizeof(struct mq_name) == 3 * sizeof(u64));

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
	return a->words[0] == b->words[0] && a->words[1] == b->words[1] &&
	       a->words[2] == b->words[2];
}

static inline bool mq_name_is_empty(const struct mq_name *name)
{
	u64 bits = 0;
	size_t i;

	for (i = 0; i < MQ_NAME_SIZE / sizeof(u64); i++)
		bits |= name->words[i];
	return !bits;
}

/**
 * struct mq_name_secret - random numbers that no user knows
 * @words: one for each of &struct mq_name.halves
 */
struct mq_name_secret {
	u64 words[6];
};

/**
 * mq_name_hash - where a name lies in a hash table
 * @name: the name
 * @secret: the table's
 * @seed: changes all of it, for a table that is hashed anew
 *
 * A secret number is added to each 32-bit word, and the sums are multiplied in pairs
 * (pair-multiply-shift, Thorup, "High speed hashing for integers and strings", 3.5), which is
 * a quarter of the instructions of jhash. Two names meet with a chance of less than 2^-30
 * that no user can raise. But names that differ in one word, as `lamp1`, `lamp2` do, lie on a
 * line, and for one secret in some thousand dozens of them share a bucket, which rhashtable
 * takes for an attack: folding the upper half into the lower and a multiplication more bend
 * it.
 *
 * Return: the hash; a table takes its lower bits, which are the good ones.
 */
static __always_inline u32 mq_name_hash(const struct mq_name *name,
					const struct mq_name_secret *secret, u32 seed)
{
	const u64 *words = secret->words;
	u64 sum;
	u32 bent;

	sum = (words[0] + name->halves[0]) * (words[1] + name->halves[1]) +
	      (words[2] + name->halves[2]) * (words[3] + name->halves[3]) +
	      (words[4] + name->halves[4]) * (words[5] + name->halves[5]);
	bent = (u32)sum ^ (u32)(sum >> 32) ^ seed;
	return (u64)bent * GOLDEN_RATIO_32 >> 32;
}

bool mq_name_is_padded(const char *bytes);
int mq_name_parse(struct mq_name *name, const char *bytes, size_t len);
size_t mq_name_show(char *out, size_t size, const char *bytes, size_t len);

#endif /* _MQ_NAME_H */
