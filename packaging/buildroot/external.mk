# SPDX-License-Identifier: GPL-2.0-only
# The source of the packages is the one that this tree lies in.
MQ_SOURCE = $(realpath $(BR2_EXTERNAL_MQ_PATH)/../..)
MQ_RELEASE := $(shell cat $(MQ_SOURCE)/VERSION)

include $(sort $(wildcard $(BR2_EXTERNAL_MQ_PATH)/package/*/*.mk))
