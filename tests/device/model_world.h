/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device and the model side by side: each operation is done on both, and what comes of it
 * compared.
 *
 * Copyright (C) the mq authors
 */
#ifndef MQ_TESTS_MODEL_WORLD_H
#define MQ_TESTS_MODEL_WORLD_H

#include "model.h"
#include "model_hand.h"
#include "storm_lib.h"

/* What a sequence may use beside the common things. */
struct world_terms {
	struct model_limits limits;
	uint32_t spaces;		/* namespaces of pids: 1 is just our own */
	bool is_fair;			/* MQ_POLICY_FAIR is chosen often */
	uint32_t faults;		/* one of so many operations meets one, where it may; 0: none */
};

struct world_hand {
	struct model_process *process;	/* NULL: it has not begun, or has ended */
	struct model_file *files[MQ_HAND_FILES];
	struct mq_hand_op op;		/* its last, or the one that it sleeps in */
	bool sleeps;
};

/* What faults have done. */
struct world_faults {
	int failed;			/* nothing is done, or a read has begun */
	int partly;			/* some of the frames of a write were taken */
};

struct world {
	struct world_terms terms;
	struct model *model;
	struct model_process *observer;	/* this process */
	int fd;
	struct mq_totals before;	/* what others have counted */
	struct world_hand hands[MQ_HANDS];
	struct mq_dice *dice;
	struct world_faults *faults;
	/* With these it is printed. */
	bool prints;
	void (*differs)(const char *what);	/* does not return */
};

struct world *world_new(const struct world_terms *terms, void (*differs)(const char *what));
/* Whether the operation makes sense now, and has one outcome only. */
bool world_takes(const struct world *w, const struct mq_hand_op *op);
void world_do(struct world *w, const struct mq_hand_op *op);

/* One that the world takes, drawn at random; strings come from TEXT, which moves. */
void world_draw(struct world *w, struct mq_hand_op *op, char **text);

#endif
