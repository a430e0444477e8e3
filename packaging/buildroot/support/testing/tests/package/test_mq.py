# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
import os

import infra.basetest


class TestMq(infra.basetest.BRTest):
    br2_external = [os.path.realpath(os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../../.."))]
    config = \
        """
        BR2_aarch64=y
        BR2_TOOLCHAIN_EXTERNAL=y
        BR2_TOOLCHAIN_EXTERNAL_BOOTLIN=y
        BR2_TARGET_GENERIC_GETTY_PORT="ttyAMA0"
        BR2_LINUX_KERNEL=y
        BR2_LINUX_KERNEL_CUSTOM_VERSION=y
        BR2_LINUX_KERNEL_CUSTOM_VERSION_VALUE="6.18.7"
        BR2_LINUX_KERNEL_USE_CUSTOM_CONFIG=y
        BR2_LINUX_KERNEL_CUSTOM_CONFIG_FILE="board/qemu/aarch64-virt/linux.config"
        BR2_LINUX_KERNEL_NEEDS_HOST_OPENSSL=y
        BR2_PACKAGE_MQ_DRIVER=y
        BR2_PACKAGE_MQ_TOOLS=y
        BR2_TARGET_ROOTFS_CPIO=y
        BR2_TARGET_ROOTFS_CPIO_GZIP=y
        # BR2_TARGET_ROOTFS_TAR is not set
        """

    def boot(self):
        images = os.path.join(self.builddir, "images")
        self.emulator.boot(arch="aarch64",
                           kernel=os.path.join(images, "Image"),
                           kernel_cmdline=["console=ttyAMA0"],
                           options=["-M", "virt", "-cpu", "cortex-a57",
                                    "-initrd", os.path.join(images, "rootfs.cpio.gz")])
        self.emulator.login()

    def assertSays(self, cmd, text):
        out, ret = self.emulator.run(cmd, timeout=60)
        self.assertEqual(ret, 0, "{}: {}".format(cmd, out))
        self.assertEqual(out[-1:], [text], cmd)

    # What runs beside others does so in a shell of its own: this one would
    # tell between the lines that a job is done.
    def assertTogether(self, cmd, text):
        self.assertSays('sh -c "{} && wait"'.format(cmd), text)

    def assertNode(self):
        self.assertSays("ls -l /dev/mq | awk '{ print $1, $3, $4 }'", "crw-rw---- root mq")

    def test_run(self):
        self.boot()

        # Loaded at boot, and the device is for the group.
        self.assertNode()

        # A message, taken and sent by users of the group alone.
        for user in "alice", "bob":
            self.assertRunOk("adduser -D -G mq {0} && su -s /bin/sh {0} -c 'mq list'".format(user))
        self.assertTogether("su -s /bin/sh bob -c 'exec mq recv bob -n 1' & mq wait bob -t 60s"
                            " && su -s /bin/sh alice -c 'mq send bob hello'", "hello")

        # A request and its answer.
        self.assertTogether("mq serve upper --exec 'tr a-z A-Z' -n 1 2>/dev/null & mq wait upper -t 60s"
                            " && mq call upper hello -t 60s", "HELLO")

        # Who is not in the group stays out.
        self.assertRunOk("adduser -D eve; ! su -s /bin/sh eve -c 'mq list'")

        # The text alone, and the client.
        self.assertSays("printf '/reg carol\\n/msg carol hi\\n/read\\n/exit\\n' | mq-client", "carol: hi")

        # Parameters, and the end.
        self.assertRunOk("echo MODULE_ARGS=QUEUE_LEN=4 >/etc/default/mq && /etc/init.d/S41mq restart")
        self.assertSays("cat /sys/module/mq_driver/parameters/QUEUE_LEN", "4")
        self.assertNode()
        self.assertRunOk("/etc/init.d/S41mq stop && ! test -e /dev/mq")
