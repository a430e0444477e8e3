/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note OR MIT */
/*
 * /dev/mq: messages between processes by name.
 *
 * The text protocol needs nothing but open(2), write(2) and read(2); this header
 * names its limits. See mq(4) for the commands and mq(7) for the model.
 */
#ifndef _UAPI_LINUX_MQ_DRIVER_H
#define _UAPI_LINUX_MQ_DRIVER_H

/* The device node. */
#define MQ_DEVICE_PATH		"/dev/mq"

/* Bytes in the longest name, each 0x21 to 0x7e but '@'. */
#define MQ_NAME_MAX		23

/* Room for any name and the NUL behind it. */
#define MQ_NAME_SIZE		(MQ_NAME_MAX + 1)

/* Bytes in the longest name that the text command /reg takes. */
#define MQ_TEXT_NAME_MAX	8

/* Milliseconds of the longest timed /wait, 2^31 - 1. */
#define MQ_TEXT_WAIT_MAX	2147483647

#endif /* _UAPI_LINUX_MQ_DRIVER_H */
