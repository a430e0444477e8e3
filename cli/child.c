// SPDX-License-Identifier: GPL-2.0-only
/*
 * --exec: a command for each message. Its input lies in memory, so that it need not
 * read it; its end is seen by a pidfd, so that a process which it left behind with the
 * pipe in its hands holds nobody up.
 * Copyright (C) the mq authors
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int input_new(const struct mq_message *msg)
{
	const char *data = mq_message_data(msg);
	size_t left = mq_message_size(msg);
	int fd = memfd_create("message", MFD_CLOEXEC);
	ssize_t done;

	if (fd < 0)
		return -errno;
	for (; left; data += done, left -= done) {
		done = write(fd, data, left);
		if (done <= 0) {
			close(fd);
			return -ENOMEM;
		}
	}
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static void number_export(const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	setenv(name, text, 1);
}

/* Between fork and exec. There is one thread, so setenv() may allocate. */
static void child_main(const char *command, const struct mq_message *msg, int in, int out)
{
	mq_signal_restore();
	setenv("MQ_FROM", mq_message_name(msg), 1);
	number_export("MQ_PID", mq_message_pid(msg));
	number_export("MQ_UID", mq_message_uid(msg));
	number_export("MQ_SEQUENCE", mq_message_sequence(msg));
	number_export("MQ_LOST", mq_message_lost(msg));
	if (dup2(in, STDIN_FILENO) >= 0 && (out < 0 || dup2(out, STDOUT_FILENO) >= 0))
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

/* Returns false at the end of the pipe, or when it is empty. */
static bool output_take(int fd, struct mq_payload *out, size_t most)
{
	char rest[4096];
	bool full = out->size >= most;
	ssize_t got = read(fd, full ? rest : (char *)out->data + out->size,
			   full ? sizeof(rest) : most - out->size);

	if (got <= 0)
		return got < 0 && errno == EINTR;
	/* What is too much is read and dropped, so that the command comes to its end. */
	out->size = full ? most + 1 : out->size + got;
	return true;
}

/* Until the child has ended, by itself or because one of our signals came. */
static int child_watch(pid_t pid, int pidfd, int fd, struct mq_payload *out, size_t most)
{
	struct pollfd fds[2] = {
		{ .fd = pidfd, .events = POLLIN }, { .fd = fd, .events = POLLIN },
	};
	int error = 0, ready;

	while (!fds[0].revents) {
		ready = mq_poll_wait(fds, 2, mq_deadline_new(MQ_TIMEOUT_NONE));
		if (ready < 0) {
			error = ready;
			kill(pid, SIGTERM);
			break;
		}
		if (fds[1].revents && !fds[0].revents && !output_take(fd, out, most))
			fds[1].fd = -1;
	}
	while (!error && fds[1].fd >= 0 && output_take(fd, out, most))
		;
	return error;
}

static int child_end(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* The child runs: @fd is the end of the pipe to read from, -1 without one. */
static int child_follow(pid_t pid, int fd, struct mq_payload *out, size_t most)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0);
	int error, status;

	if (pidfd < 0) {
		error = -errno;
		kill(pid, SIGKILL);
		child_end(pid);
		return error;
	}
	error = child_watch(pid, pidfd, fd, out, most);
	close(pidfd);
	/* A command that does not end at SIGTERM is not waited for. */
	if (error)
		return error;
	status = child_end(pid);
	return status;
}

static int output_new(struct mq_payload *out, size_t most, int pipe_fds[2])
{
	pipe_fds[0] = -1;
	pipe_fds[1] = -1;
	if (!out)
		return 0;
	out->size = 0;
	out->data = malloc(most);
	if (!out->data)
		return -ENOMEM;
	if (pipe2(pipe_fds, O_CLOEXEC))
		return -errno;
	/* Ours only: the command shall have a pipe like any other. */
	fcntl(pipe_fds[0], F_SETFL, O_NONBLOCK);
	return 0;
}

int mq_child_run(const char *command, const struct mq_message *msg, struct mq_payload *out,
		 size_t most)
{
	int pipe_fds[2], error, in;
	pid_t pid = -1;

	error = output_new(out, most, pipe_fds);
	in = error ? error : input_new(msg);
	if (in >= 0) {
		pid = fork();
		if (!pid)
			child_main(command, msg, in, pipe_fds[1]);
		error = pid < 0 ? -errno : 0;
		close(in);
	} else {
		error = in;
	}
	if (pipe_fds[1] >= 0)
		close(pipe_fds[1]);
	if (!error)
		error = child_follow(pid, pipe_fds[0], out, most);
	if (pipe_fds[0] >= 0)
		close(pipe_fds[0]);
	return error;
}
