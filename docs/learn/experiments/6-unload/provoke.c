// SPDX-License-Identifier: GPL-2.0-only
/*
 * Provokes experiment 6: the module is loaded and unloaded.
 *
 * Copyright (C) the mq authors
 */
#include "harness.h"

MQ_TEST(unload_timer, "nothing of the module is left to be called when it goes", .no_module = true)
{
	MQ_EQ(mq_load(NULL), 0);
	MQ_EQ(mq_unload(), 0);
}
