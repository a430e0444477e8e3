// SPDX-License-Identifier: GPL-2.0-only
/*
 * mq_endpoint_open(3): open, bind, close, descriptor, limits.
 *
 * Copyright (C) the mq authors
 */
#include "lib.h"

static int open_error(const char *path)
{
	struct mq_endpoint *ep = (void *)1;
	int error = MQ_LIB(mq_endpoint_open(&ep, path));

	MQ_TRUE(!ep);
	return error;
}

static int open_watch_error(void)
{
	struct mq_watch *watch;
	int error = MQ_LIB(mq_watch_open(&watch, NULL));

	mq_watch_close(watch);
	return error;
}

MQ_TEST(open_no_module, "without the module there is no device: -ENOENT", .no_module = true)
{
	struct mq_watch *watch = (void *)1;

	MQ_EQ(open_error(NULL), -ENOENT);
	MQ_LIB_EQ(mq_watch_open(&watch, NULL), -ENOENT);
	MQ_TRUE(!watch);
	MQ_LIB_EQ(mq_name_wait(NULL, "bob", false, 0), -ENOENT);
}

MQ_TEST(open_other, "what is no mq device is -EPROTO")
{
	MQ_EQ(open_error("/dev/null"), -EPROTO);
	MQ_EQ(open_error("/etc/passwd"), -EPROTO);
	MQ_EQ(open_error("/dev"), -EISDIR);
}

MQ_TEST(open_path, "the device may be named")
{
	struct mq_endpoint *ep;

	MQ_LIB_EQ(mq_endpoint_open(&ep, MQ_NODE), 0);
	mq_endpoint_close(ep);
	MQ_EQ(open_error("/dev/no-such-device"), -ENOENT);
}

static void open_as_eve(void *arg)
{
	(void)arg;
	mq_become(1005, 1005);
	MQ_EQ(open_error(NULL), -EACCES);
}

MQ_TEST(open_permission, "who has no permission: -EACCES")
{
	mq_join(mq_run(open_as_eve, NULL));
}

MQ_TEST(open_close, "the descriptor is close-on-exec, and close ends the endpoint")
{
	struct mq_endpoint *other = mq_lib_open(), *ep = mq_lib_bind("bob", NULL);
	struct mq_status status;
	int fd = MQ_LIB(mq_endpoint_fd(ep));

	MQ_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	MQ_LIB_EQ(mq_endpoint_find(other, "bob", &status), 0);
	MQ_LIB_EQ((mq_endpoint_close(ep), 0), 0);
	MQ_ERR(fcntl(fd, F_GETFD), EBADF);
	MQ_LIB_EQ(mq_endpoint_find(other, "bob", &status), -ENOENT);
	MQ_LIB_EQ((mq_endpoint_close(NULL), 0), 0);
	mq_endpoint_close(other);
}

static void wait_for_byte(void *arg)
{
	char byte;

	MQ_OK(read(*(int *)arg, &byte, 1));
}

MQ_TEST(open_fork, "an endpoint whose descriptor a child has outlives the parent's close")
{
	struct mq_endpoint *other = mq_lib_open(), *ep = mq_lib_bind("bob", NULL);
	struct mq_status status;
	int pipes[2];
	pid_t child;

	MQ_OK(pipe(pipes));
	child = mq_run(wait_for_byte, &pipes[0]);
	mq_endpoint_close(ep);
	MQ_LIB_EQ(mq_endpoint_find(other, "bob", &status), 0);
	MQ_EQ(status.pid, getpid());
	MQ_OK(write(pipes[1], "x", 1));
	mq_join(child);
	MQ_LIB_EQ(mq_endpoint_find(other, "bob", &status), -ENOENT);
	mq_endpoint_close(other);
}

MQ_TEST(open_info, "limits are those of the module", 
	.params = "MAX_DEVICES=5 QUEUE_LEN=3 CMD_BUF_SIZE=100 ROOT_DEVICES=2 USER_ENDPOINTS=7 USER_BYTES=1048576 FAIR=1 ISOLATE=1")
{
	struct mq_endpoint *ep = mq_lib_open();
	struct mq_info info;

	MQ_LIB_EQ(mq_endpoint_info(ep, &info), 0);
	MQ_GE(info.version, MQ_VERSION);
	MQ_EQ(info.features & MQ_FEATURE_FRAMES, MQ_FEATURE_FRAMES);
	MQ_EQ(info.max_devices, 5);
	MQ_EQ(info.queue_len, 3);
	MQ_EQ(info.cmd_buf_size, 100);
	MQ_EQ(info.depth_max, MQ_DEPTH_MAX);
	MQ_EQ(info.fair_depth_max, MQ_FAIR_DEPTH_MAX);
	MQ_EQ(info.root_devices, 2);
	MQ_EQ(info.user_endpoints, 7);
	MQ_EQ(info.user_bytes, 1 << 20);
	MQ_EQ(info.features & (MQ_FEATURE_FAIR | MQ_FEATURE_ISOLATE), MQ_FEATURE_FAIR | MQ_FEATURE_ISOLATE);
	mq_endpoint_close(ep);
}

MQ_TEST(open_totals, "root is told what all endpoints counted together", .open_to_all = true)
{
	struct mq_endpoint *ep = mq_lib_open();
	struct mq_totals totals;
	char bytes[256];

	MQ_LIB_EQ(mq_endpoint_bind(ep, "bob", NULL), 0);
	MQ_LIB_EQ(mq_endpoint_send(ep, "bob", "hi", 2), 0);
	MQ_LIB_EQ(mq_endpoint_totals_sized(ep, &totals, sizeof(totals)), 0);
	MQ_EQ(totals.names, 1);
	MQ_EQ(totals.accepted, 1);
	memset(bytes, 0x5a, sizeof(bytes));
	MQ_LIB_EQ(mq_endpoint_totals_sized(ep, (void *)bytes, sizeof(bytes)), 0);
	MQ_TRUE(!memcmp(bytes, &totals, sizeof(totals)));
	MQ_LIB_EQ(mq_endpoint_totals_sized(ep, &totals, sizeof(totals) - 1), -EINVAL);
	mq_endpoint_close(ep);
	mq_become(1001, 1001);
	ep = mq_lib_open();
	MQ_LIB_EQ(mq_endpoint_totals_sized(ep, &totals, sizeof(totals)), -EPERM);
	mq_endpoint_close(ep);
}

/* What a program calls that was compiled with the header of 0.1.0, and its structure. */
int old_info(const struct mq_endpoint *ep, void *info) __asm__("mq_endpoint_info");

#define OLD_INFO 32

MQ_TEST(open_info_old, "a program of 0.1.0 gets the limits of 0.1.0, another says how large its structure is")
{
	struct mq_endpoint *ep = mq_lib_open();
	struct mq_info info;
	char bytes[256];
	size_t i;

	MQ_LIB_EQ(mq_endpoint_info(ep, &info), 0);
	memset(bytes, 0x5a, sizeof(bytes));
	MQ_LIB_EQ(old_info(ep, bytes), 0);
	MQ_TRUE(!memcmp(bytes, &info, OLD_INFO));
	for (i = OLD_INFO; i < sizeof(bytes); i++)
		MQ_EQ(bytes[i], 0x5a);
	MQ_LIB_EQ(mq_endpoint_info_sized(ep, (void *)bytes, sizeof(bytes)), 0);
	MQ_TRUE(!memcmp(bytes, &info, sizeof(info)));
	for (i = sizeof(info); i < sizeof(bytes); i++)
		MQ_EQ(bytes[i], 0);
	MQ_LIB_EQ(mq_endpoint_info_sized(ep, &info, OLD_INFO - 1), -EINVAL);
	mq_endpoint_close(ep);
}

/* ---- limits of a user; root is held to none ---- */

static struct mq_info own_info(void)
{
	struct mq_endpoint *ep = mq_lib_open();
	struct mq_info info;

	MQ_LIB_EQ(mq_endpoint_info(ep, &info), 0);
	mq_endpoint_close(ep);
	return info;
}

static void check_own(uint32_t endpoints, uint64_t bytes)
{
	struct mq_info info = own_info();

	MQ_EQ(info.own_endpoints, endpoints);
	MQ_EQ(info.own_bytes, bytes);
}

static void bind_as_alice(void *arg)
{
	struct mq_binding deep = { .depth = 4 };
	struct mq_endpoint *bob, *nameless, *ep;

	(void)arg;
	mq_become(1001, 1001);
	MQ_EQ(own_info().user_endpoints, 3);
	MQ_EQ(own_info().user_bytes, 1000);
	check_own(0, 0);
	bob = mq_lib_bind("bob", &deep);
	check_own(1, 400);
	nameless = mq_lib_bind(NULL, &deep);
	check_own(2, 800);
	ep = mq_lib_open();
	MQ_LIB_EQ(mq_endpoint_bind(ep, "bob", NULL), -EEXIST);
	MQ_LIB_EQ(mq_endpoint_bind(ep, "carol", &deep), -EDQUOT);
	deep.depth = 1;
	MQ_LIB_EQ(mq_endpoint_bind(ep, "carol", &deep), 0);
	check_own(3, 900);
	mq_endpoint_close(nameless);
	check_own(2, 500);
	mq_endpoint_close(ep);
	mq_endpoint_close(bob);
	check_own(0, 0);
	bob = mq_lib_bind("a", &deep);
	nameless = mq_lib_bind(NULL, &deep);
	ep = mq_lib_bind("c", &deep);
	MQ_EQ(open_watch_error(), -EDQUOT);
	mq_endpoint_close(ep);
	MQ_EQ(open_watch_error(), 0);
	mq_endpoint_close(nameless);
	mq_endpoint_close(bob);
}

MQ_TEST(bind_user, "a user's endpoints and what their mailboxes take are limited: -EDQUOT, and told by info",
	.params = "USER_ENDPOINTS=3 USER_BYTES=1000 QUEUE_LEN=4 CMD_BUF_SIZE=100", .open_to_all = true)
{
	struct mq_endpoint *root[5];
	int i;

	for (i = 0; i < 5; i++)
		root[i] = mq_lib_bind(NULL, NULL);
	check_own(0, 0);
	mq_join(mq_run(bind_as_alice, NULL));
	for (i = 0; i < 5; i++)
		mq_endpoint_close(root[i]);
}

MQ_TEST(bind_as, "bind asks for what struct mq_binding says", .params = "QUEUE_LEN=16")
{
	struct mq_binding how = {
		.policy = MQ_POLICY_BLOCK, .access = MQ_ACCESS_USER, .depth = 5, .events = true,
	};
	struct mq_endpoint *plain = mq_lib_bind("plain", NULL), *ep = mq_lib_bind("bob", &how);
	struct mq_status status = mq_lib_find("bob");

	MQ_EQ(status.policy, MQ_POLICY_BLOCK);
	MQ_EQ(status.access, MQ_ACCESS_USER);
	MQ_EQ(status.depth, 5);
	MQ_EQ(status.flags, MQ_STATUS_EVENTS);
	status = mq_lib_find("plain");
	MQ_EQ(status.policy, MQ_POLICY_OVERWRITE);
	MQ_EQ(status.access, MQ_ACCESS_ANYONE);
	MQ_EQ(status.depth, 16);
	MQ_EQ(status.flags, 0);
	mq_endpoint_close(ep);
	mq_endpoint_close(plain);
}

static int bind_error(const char *name, struct mq_binding how)
{
	struct mq_endpoint *ep = mq_lib_open();
	int error = MQ_LIB(mq_endpoint_bind(ep, name, &how));

	mq_endpoint_close(ep);
	return error;
}

MQ_TEST(bind_errors, "bind names its errors", .params = "MAX_DEVICES=2")
{
	const struct mq_binding plain = { 0 };
	struct mq_endpoint *ep = mq_lib_bind("bob", NULL), *second;

	MQ_LIB_EQ(mq_endpoint_bind(ep, "carol", NULL), -EBUSY);
	MQ_EQ(bind_error("bob", plain), -EEXIST);
	MQ_EQ(bind_error("a@b", plain), -EINVAL);
	MQ_EQ(bind_error("a b", plain), -EINVAL);
	MQ_EQ(bind_error("abcdefghijklmnopqrstuvwx", plain), -EINVAL);
	MQ_EQ(bind_error("abcdefghijklmnopqrstuvw", plain), 0);
	MQ_EQ(bind_error("d", (struct mq_binding){ .policy = MQ_POLICY_FAIR, .depth = 4096 }), 0);
	MQ_EQ(bind_error("d", (struct mq_binding){ .policy = MQ_POLICY_FAIR, .depth = 4097 }), -EINVAL);
	MQ_EQ(bind_error("d", (struct mq_binding){ .policy = (enum mq_policy)9 }), -EINVAL);
	MQ_EQ(bind_error("d", (struct mq_binding){ .access = (enum mq_access)9 }), -EINVAL);
	MQ_EQ(bind_error("d", (struct mq_binding){ .depth = MQ_DEPTH_MAX + 1 }), -EINVAL);
	second = mq_lib_bind("dave", NULL);
	MQ_EQ(bind_error("eve", plain), -ENOSPC);
	MQ_EQ(bind_error(NULL, plain), 0);
	MQ_EQ(bind_error("", plain), 0);
	mq_endpoint_close(second);
	mq_endpoint_close(ep);
}

/* A file that is not bound is the process's, whose text must not be taken for frames. */
MQ_TEST(bind_first, "what sends or receives is -ENOTCONN before bind, and touches no text")
{
	struct mq_endpoint *ep = mq_lib_open();
	struct mq_letter letter = { .name = "me", .data = "x", .size = 1 };
	const struct mq_message *msg = (void *)1;
	struct mq_message *reply = (void *)1;
	size_t count = 7;
	int fd = mq_dev();

	MQ_EQ(mq_cmd(fd, "/reg me"), 0);
	MQ_EQ(mq_cmd(fd, "/msg me text"), 0);
	MQ_LIB_EQ(mq_endpoint_send(ep, "me", "x", 1), -ENOTCONN);
	MQ_LIB_EQ(mq_endpoint_try_send(ep, "me", "x", 1), -ENOTCONN);
	MQ_LIB_EQ(mq_endpoint_broadcast(ep, "x", 1), -ENOTCONN);
	MQ_LIB_EQ(mq_endpoint_send_many(ep, &letter, 1, &count), -ENOTCONN);
	MQ_EQ(count, 0);
	MQ_LIB_EQ(mq_endpoint_receive(ep, &msg, 0), -ENOTCONN);
	MQ_TRUE(!msg);
	MQ_LIB_EQ(mq_endpoint_receive_many(ep, &msg, 1, &count, 0), -ENOTCONN);
	MQ_LIB_EQ(mq_endpoint_peek(ep, &msg, 1, &count), -ENOTCONN);
	MQ_LIB_EQ(mq_endpoint_call(ep, "me", "x", 1, &reply, 0), -ENOTCONN);
	MQ_TRUE(!reply);
	MQ_READS(fd, "text");
	mq_endpoint_close(ep);
	close(fd);
}

MQ_TEST(open_memory, "without memory: -ENOMEM, and nothing has changed")
{
	struct mq_endpoint *ep = mq_lib_bind("bob", NULL), *other;
	const struct mq_message *msgs[4];
	struct mq_message *reply;
	struct mq_watch *watch;
	struct mq_status *list;
	size_t count;

	mq_lib_send(ep, "bob", "kept");
	mq_memory_limit(0);
	MQ_LIB_EQ(mq_endpoint_open(&other, NULL), -ENOMEM);
	MQ_LIB_EQ(mq_watch_open(&watch, NULL), -ENOMEM);
	MQ_LIB_EQ(mq_name_wait(NULL, "bob", false, 0), -ENOMEM);
	MQ_LIB_EQ(mq_endpoint_list(ep, &list, &count), -ENOMEM);
	MQ_LIB_EQ(mq_endpoint_receive(ep, msgs, 0), -ENOMEM);
	MQ_LIB_EQ(mq_endpoint_receive_many(ep, msgs, 4, &count, 0), -ENOMEM);
	MQ_LIB_EQ(mq_endpoint_peek(ep, msgs, 4, &count), -ENOMEM);
	MQ_LIB_EQ(mq_endpoint_call(ep, "bob", "x", 1, &reply, 0), -ENOMEM);
	mq_memory_limit(1);
	MQ_LIB_EQ(mq_endpoint_receive(ep, msgs, 0), -ENOMEM);
	mq_memory_limit(3);
	MQ_LIB_EQ(mq_watch_open(&watch, NULL), -ENOMEM);
	mq_memory_limit(-1);
	MQ_EQ(mq_lib_find("bob").queued, 1);
	mq_lib_receive(ep, "kept");
	mq_endpoint_close(ep);
}
