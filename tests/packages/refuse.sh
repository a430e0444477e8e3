#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) the mq authors
#
# In the Debian machine, booted with module.sig_enforce=1, and then locked down: what the kernel says to a module whose key it does
# not know, and what mq doctor says. As docs/secure-boot.md has it.
# shellcheck source=tests/packages/lib.sh
. "$(dirname "$0")/lib.sh"

has_signature()
{
	[ "$(tail -c 28 "$1" | tr -d '\0\n')" = '~Module signature appended~' ]
}

module=$(modinfo -n mq_driver)
# With a signature, without one, and with one by a key that is made as the page says.
signed=$tmp/signed.ko
unsigned=$tmp/unsigned.ko
own=$tmp/own.ko
cp "$module" "$signed"
cp "$module" "$unsigned"
strip --strip-debug "$unsigned"
cp "$unsigned" "$own"

own_sign()
{
	openssl req -new -x509 -newkey rsa:2048 -nodes -days 36500 -subj "/CN=mq module/" -keyout "$tmp/mq.key" -outform DER -out "$tmp/mq.der" &&
		"/lib/modules/$release/build/scripts/sign-file" sha256 "$tmp/mq.key" "$tmp/mq.der" "$own" && has_signature "$own"
}

locked_down()
{
	echo integrity >/sys/kernel/security/lockdown && grep -q '\[integrity\]' /sys/kernel/security/lockdown
}

as_installed()
{
	cp "$1" "$module" && depmod
}

check "at boot the module is not loaded, and the service says so" exits 3 systemctl is-active systemd-modules-load.service
check "nor is there a device" test ! -e /dev/mq
check "dkms has signed the module with a key of its own" has_signature "$signed"
check "stripped it has no signature" not has_signature "$unsigned"
check "sign-file signs it with a key that openssl made" own_sign
for kind in signed unsigned own; do
	check "module.sig_enforce=1: $kind: Key was rejected by service" says "Key was rejected by service" insmod "$tmp/$kind.ko"
done
check "modprobe says the same" says "Key was rejected by service" modprobe mq_driver
check "the kernel's log has why" says "Loading of module with unavailable key is rejected" dmesg
check "and of the one without a signature" says "Loading of unsigned module is rejected" dmesg
check "mq doctor: signed, so enrol the key" says "asked for (module.sig_enforce is on); should modprobe say \"Key was rejected\": mokutil --import the key" mq doctor
as_installed "$unsigned"
check "mq doctor: not signed" says "asked for (module.sig_enforce is on), and the module has none: sign it" mq doctor
check "mq doctor ends with 8" exits 8 mq doctor
check "lockdown=integrity" locked_down
check "locked down, unsigned: still the key" says "Key was rejected by service" insmod "$unsigned"
check "mq doctor: locked down" says "asked for (lockdown is integrity, as with Secure Boot), and the module has none: sign it" mq doctor
as_installed "$signed"
phase_end
