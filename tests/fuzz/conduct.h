/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The conductor: makes the actors, gives them the operations of an input one after the other, cleans up behind them, and
 * looks whether all is as it must be.
 *
 * Copyright (C) the mq authors
 */
#ifndef MQ_FUZZ_CONDUCT_H
#define MQ_FUZZ_CONDUCT_H

#include "program.h"

/* SHOW: each operation and its result on stderr. */
void fuzz_conduct_init(bool show);
void fuzz_conduct(const struct fuzz_op *ops, size_t count);

/* Says what must not be, and ends the fuzzer as a crash: libFuzzer keeps the input. */
void fuzz_die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
long fuzz_now_ms(void);

/* ---- cover.c ---- */

void fuzz_cover_init(void);
/* Nobody is in a call: what was covered since the last time goes to libFuzzer. */
void fuzz_cover_collect(void);
/* What an operation came to is a feature too. */
void fuzz_cover_result(enum fuzz_verb verb, long result);

/* ---- check.c ---- */

void fuzz_check_init(void);
/* Each endpoint's counters add up. */
void fuzz_check_counters(void);
/* Everything is closed: nothing is left in the driver, and the kernel has said nothing. */
void fuzz_check_nothing_left(void);
void fuzz_check_log(void);

#endif
