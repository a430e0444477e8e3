#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) the mq authors
"""plain.py - /dev/mq from Python with nothing but open, ioctl, read and write

    plain.py serve NAME         answer calls in capital letters, print other messages
    plain.py send NAME TEXT     send one message

No library: this is all that one needs to know to write a binding for another
language. The layouts are those of <linux/mq_driver.h>; "=" is the byte order of
this machine without any padding.
"""
import fcntl
import os
import struct
import sys

MQ_IOC_INFO = 0xBC00
MQ_IOC_BIND = 0xBC01
INFO = struct.Struct("=IIQIIII")        # size version features max_devices queue_len cmd_buf_size depth_max
BIND = struct.Struct("=IIIIII24s")      # size flags policy depth access reserved name
FRAME = struct.Struct("=IIQQQII24s")    # size flags sequence time cookie pid uid name; then the payload
CALL, REPLY = 1 << 2, 1 << 3


def endpoint(name):
    """An open device that owns the mailbox called name; b"" is anonymous."""
    fd = os.open("/dev/mq", os.O_RDWR | os.O_CLOEXEC)
    fcntl.ioctl(fd, MQ_IOC_BIND, BIND.pack(BIND.size, 0, 0, 0, 0, 0, name))
    return fd


def longest(fd):
    """Room for the longest frame: the header, CMD_BUF_SIZE bytes, padding."""
    info = fcntl.ioctl(fd, MQ_IOC_INFO, INFO.pack(INFO.size, 0, 0, 0, 0, 0, 0))
    return (FRAME.size + INFO.unpack(info)[5] + 7) & ~7


def send(fd, name, data, flags=0, cookie=0):
    """One frame in one write. sequence, time, pid and uid are the driver's to fill in."""
    os.write(fd, FRAME.pack(FRAME.size + len(data), flags, 0, 0, cookie, 0, 0, name) + data)


def frames(buffer):
    """A read returns whole frames, each at a multiple of 8."""
    at = 0
    while at < len(buffer):
        size, flags, _, _, cookie, _, _, name = FRAME.unpack_from(buffer, at)
        yield flags, cookie, name.rstrip(b"\0"), buffer[at + FRAME.size:at + size]
        at += (size + 7) & ~7


def serve(name):
    fd = endpoint(name)
    room = longest(fd)
    while True:
        for flags, cookie, sender, data in frames(os.read(fd, room)):
            if flags & CALL:
                try:
                    send(fd, b"", data.upper(), REPLY, cookie)
                except FileNotFoundError:
                    pass            # the caller has given up
            else:
                print(sender.decode() or "(no name)", ascii(data.decode("utf-8", "replace")), flush=True)


def main(words):
    if len(words) == 2 and words[0] == "serve":
        serve(words[1].encode())
    elif len(words) == 3 and words[0] == "send":
        send(endpoint(b""), words[1].encode(), words[2].encode())
    else:
        sys.exit(__doc__)


main(sys.argv[1:])
