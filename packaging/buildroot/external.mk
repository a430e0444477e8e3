# SPDX-License-Identifier: GPL-2.0-only
# The source of the packages is the one that this tree lies in.
MQ_SOURCE = $(realpath $(BR2_EXTERNAL_MQ_PATH)/../..)
MQ_RELEASE := $(shell cat $(MQ_SOURCE)/VERSION)

# Without what git ignores: what was built there.
MQ_EXCLUSIONS = --filter=':- .gitignore'

include $(sort $(wildcard $(BR2_EXTERNAL_MQ_PATH)/package/*/*.mk))

# legal-info copies the source once more, by a rule of its own.
mq-driver-legal-info libmq-legal-info mq-tools-legal-info: \
	private RSYNC_VCS_EXCLUSIONS += $(MQ_EXCLUSIONS)
