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
 *
 * Aligned and sized to whole words: hashing takes it by 32-bit words.
 */
struct mq_name {
	char bytes[MQ_NAME_SIZE];
} __aligned(8);

bool mq_name_has_byte(char byte);
int mq_name_parse(struct mq_name *name, const char *bytes, size_t len);
size_t mq_name_show(char *out, size_t size, const char *bytes, size_t len);

#endif /* _MQ_NAME_H */
