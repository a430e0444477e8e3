/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a program in the machine talks to the plugin that looks on from outside: it
 * stores into a page at an address that nobody else uses. Where in the page is the word.
 *
 * Copyright (C) the mq authors
 */
#ifndef MQ_CPUS_MARK_H
#define MQ_CPUS_MARK_H

#define CPUS_MARK_PAGE	0x6d7100000000ul
#define CPUS_MARK_SIZE	4096ul

/* the rest of the page: this CPU begins to write down what it touches, for series 1 to 4095 */
#define CPUS_MARK_END	0	/* this CPU ends it */

#endif
