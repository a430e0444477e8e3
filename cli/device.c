// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opening the device and binding, with what can go wrong said.
 * Copyright (C) the mq authors
 */
#include "cli.h"

#include <errno.h>
#include <string.h>

const char *mq_device_path = MQ_DEVICE_PATH;

static struct mq_info device_info;

const struct mq_info *mq_device_info(void)
{
	return &device_info;
}

int mq_device_open(struct mq_endpoint **ep)
{
	int error;

	*ep = NULL;
	error = mq_endpoint_open(ep, mq_device_path);
	if (error)
		return mq_error_explain(error, MQ_ACTION_OPEN, mq_device_path);
	error = mq_endpoint_info(*ep, &device_info);
	if (!error)
		return MQ_EXIT_OK;
	mq_endpoint_close(*ep);
	*ep = NULL;
	return mq_error_explain(error, MQ_ACTION_OPEN, mq_device_path);
}

/* Binding knows one EPERM for two reasons; the name's is checked first. */
static bool depth_is_refused(int error, const char *name, const struct mq_binding *how)
{
	return error == -EPERM && how && how->depth > device_info.queue_len &&
	       !(name && name[0] == '.');
}

/* ... and one EINVAL; a name that cannot be is the first reason there. */
static bool fair_is_refused(int error, const char *name, const struct mq_binding *how)
{
	uint32_t depth = how && how->depth ? how->depth : device_info.queue_len;

	return error == -EINVAL && how && how->policy == MQ_POLICY_FAIR &&
	       depth > device_info.fair_depth_max && mq_name_is_possible(name);
}

int mq_device_bind(struct mq_endpoint **ep, const char *name, const struct mq_binding *how)
{
	int error, status = mq_device_open(ep);

	if (status)
		return status;
	/* An empty name would be an anonymous endpoint, which nobody can send to. */
	error = name && (!*name || strlen(name) > MQ_NAME_MAX) ? -EINVAL :
		mq_endpoint_bind(*ep, name, how);
	if (!error)
		return MQ_EXIT_OK;
	mq_endpoint_close(*ep);
	*ep = NULL;
	if (depth_is_refused(error, name, how))
		error = -EDOM;
	if (fair_is_refused(error, name, how))
		error = -ERANGE;
	return mq_error_explain(error, MQ_ACTION_BIND, name);
}
