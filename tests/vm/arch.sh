# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
# shellcheck shell=sh
#
# The architectures that the tests are booted on, for tests/vm/kernel, driver and boot and for scripts/check; to be sourced
# behind scripts/lib.sh.
#
#   mq_arch ARCH    sets $arch and arch_flavour, arch_compiler, arch_package, arch_qemu, arch_machine, arch_cpu,
#                   arch_console, arch_ports: a line of the table below
#   mq_arch_list    prints the architectures
#   mq_arch_of K    prints the architecture of the kernel in the directory K, as tests/vm/kernel made it
#   mq_arch_lacks VERSION   prints why there is no kernel VERSION for $arch, if there is none
#   mq_arch_need    installs the cross compiler for $arch

# With three serial ports the verdict and the files of the machine come home on ports of their own, else all on the console. QEMU's
# processor says that AMD made it, and a 32-bit kernel warns of two such ones. The package for s390x is one of Debian 13:
# tests/vm/qemu.
mq_arch_table()
{
	cat <<-'END'
	amd64    amd64    x86_64-linux-gnu     qemu-system-x86   x86_64   q35              max                      ttyS0     3
	i386     686-pae  i686-linux-gnu       qemu-system-x86   i386     q35              max,vendor=GenuineIntel  ttyS0     3
	arm64    arm64    aarch64-linux-gnu    qemu-system-arm   aarch64  virt             cortex-a57               ttyAMA0   1
	armhf    armmp    arm-linux-gnueabihf  qemu-system-arm   arm      virt             cortex-a15               ttyAMA0   1
	riscv64  riscv64  riscv64-linux-gnu    qemu-system-misc  riscv64  virt             rv64                     ttyS0     1
	s390x    s390x    s390x-linux-gnu      qemu-system-s390x s390x    s390-ccw-virtio  max                      ttysclp0  1
	END
}

mq_arch_list()
{
	mq_arch_table | cut -d ' ' -f 1
}

# shellcheck disable=SC2034 # for who sources this
mq_arch()
{
	# shellcheck disable=SC2046 # words
	set -- "$1" $(mq_arch_table | grep "^$1 ")
	[ $# -eq 10 ] || mq_die "no architecture $1: there are $(mq_arch_list | tr '\n' ' ')"
	arch=$2
	arch_flavour=$3
	arch_compiler=$4
	arch_package=$5
	arch_qemu=qemu-system-$6
	arch_machine=$7
	arch_cpu=$8
	arch_console=$9
	shift
	arch_ports=$9
}

mq_arch_of()
{
	cat "$1/arch" 2>/dev/null || echo amd64
}

mq_arch_lacks()
{
	case $arch-$1 in
	*-5.10) echo "it does not export int_active_memcg, without which memory is not charged to its owner; and lacks rb_find, __llist_add" ;;
	amd64-*) ;;
	*-rt) echo "PREEMPT_RT is tested on amd64 alone" ;;
	riscv64-6.1) echo "Debian has kernels for riscv64 since 6.12" ;;
	i386-6.12 | i386-7.2) echo "Debian has no kernel for i386 after 6.1" ;;
	esac
}

mq_arch_need()
{
	[ "$arch" = amd64 ] || mq_need "gcc-$arch_compiler" "libc6-dev-$arch-cross"
}
