// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin for QEMU: which cache lines does each CPU touch, and which instruction does it?
 *
 *	-plugin mq-lines.so,output=FILE
 *
 * Between two marks (cpus_mark.h), every load and store that the kernel makes goes into a
 * set of the CPU's own: instruction, line, stored or only loaded. The end writes the set out:
 *
 *	SERIES WINDOW CPU w|r INSTRUCTION LINE TIMES
 *
 * WINDOW counts the pairs of marks of this CPU. Nothing in the machine knows of it.
 *
 * Copyright (C) the mq authors
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cpus_mark.h"

/* What is used of QEMU's plugin interface, version 1, in our words: Debian ships no header. */
typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef void (*tb_function)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*mem_function)(unsigned int cpu, uint32_t access, uint64_t address, void *data);
enum { REGISTERS_UNUSED = 0 };
enum { ACCESS_STORE = 2, ACCESS_ANY = 3 };

extern void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, tb_function called);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
extern uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
extern void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, mem_function called,
					     int registers, int access, void *data);
extern bool qemu_plugin_mem_is_store(uint32_t access);
extern unsigned int qemu_plugin_mem_size_shift(uint32_t access);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;
__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id,
							       const void *info, int argc,
							       char **argv);

#define KERNEL	0x8000000000000000ul
#define LINE	64ul
#define CPUS	2u
#define PLACES	(1ul << 21)	/* of one set */

/* @line: its address, and 1 for a store. Of another @window: the place is free */
struct touch {
	uint64_t instruction;
	uint64_t line;
	uint32_t window;
	uint32_t times;
};

/* @series 0: writes nothing down. @used: the places that are taken, in the order they were */
static struct cpu {
	unsigned int series;
	uint32_t window;
	size_t n_used;
	uint32_t *used;
	struct touch *touches;
} cpus[CPUS];

static FILE *output;
static pthread_mutex_t output_lock = PTHREAD_MUTEX_INITIALIZER;

static void die(const char *why)
{
	fprintf(stderr, "mq-lines: %s\n", why);
	_exit(1);
}

static void touch_push(struct cpu *c, uint64_t instruction, uint64_t line)
{
	uint64_t place = (instruction * 0x9e3779b97f4a7c15ul ^ line * 0xc2b2ae3d27d4eb4ful) >> 32;
	struct touch *t;

	for (;; place++) {
		t = &c->touches[place % PLACES];
		if (t->window != c->window)
			break;
		if (t->instruction == instruction && t->line == line) {
			t->times++;
			return;
		}
	}
	if (c->n_used == PLACES / 2)
		die("too much was touched between two marks: raise PLACES");
	c->used[c->n_used++] = place % PLACES;
	*t = (struct touch){ .instruction = instruction, .line = line, .window = c->window,
			     .times = 1 };
}

static void window_begin(struct cpu *c, unsigned int series)
{
	c->n_used = 0;
	c->window++;
	c->series = series;
}

static void window_end(struct cpu *c)
{
	pthread_mutex_lock(&output_lock);
	for (size_t i = 0; i < c->n_used; i++) {
		const struct touch *t = &c->touches[c->used[i]];

		fprintf(output, "%u %u %u %c %016" PRIx64 " %016" PRIx64 " %u\n", c->series,
			c->window, (unsigned int)(c - cpus), t->line & 1 ? 'w' : 'r',
			t->instruction, t->line & ~1ul, t->times);
	}
	if (fflush(output))
		die("the output could not be written");
	pthread_mutex_unlock(&output_lock);
	c->series = 0;
}

static void kernel_touched(unsigned int cpu, uint32_t access, uint64_t address, void *data)
{
	uint64_t last = address + (1ul << qemu_plugin_mem_size_shift(access)) - 1;
	struct cpu *c = &cpus[cpu % CPUS];

	if (!c->series || address < KERNEL)
		return;
	for (uint64_t line = address & -LINE; line <= last; line += LINE)
		touch_push(c, (uintptr_t)data, line | qemu_plugin_mem_is_store(access));
}

static void program_stored(unsigned int cpu, uint32_t access, uint64_t address, void *data)
{
	uint64_t word = address - CPUS_MARK_PAGE;
	struct cpu *c = &cpus[cpu % CPUS];

	(void)access;
	(void)data;
	if (word >= CPUS_MARK_SIZE)
		return;
	if (word == CPUS_MARK_END && c->series)
		window_end(c);
	else if (word != CPUS_MARK_END)
		window_begin(c, (unsigned int)word);
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t at = qemu_plugin_insn_vaddr(insn);

		if (at >= KERNEL)
			qemu_plugin_register_vcpu_mem_cb(insn, kernel_touched, REGISTERS_UNUSED,
							 ACCESS_ANY, (void *)(uintptr_t)at);
		else
			qemu_plugin_register_vcpu_mem_cb(insn, program_stored, REGISTERS_UNUSED,
							 ACCESS_STORE, NULL);
	}
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "output=", 7) || !(output = fopen(argv[0] + 7, "w"))) {
		fprintf(stderr, "mq-lines: output=FILE, which can be written, is what it wants\n");
		return 1;
	}
	for (unsigned int i = 0; i < CPUS; i++) {
		cpus[i].touches = calloc(PLACES, sizeof(*cpus[i].touches));
		cpus[i].used = calloc(PLACES / 2, sizeof(*cpus[i].used));
		if (!cpus[i].touches || !cpus[i].used)
			return 1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
