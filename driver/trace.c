// SPDX-License-Identifier: GPL-2.0-only
#include <linux/user_namespace.h>

#define CREATE_TRACE_POINTS
#include "trace.h"
