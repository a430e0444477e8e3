/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _UNIT_LINUX_COMPILER_H
#define _UNIT_LINUX_COMPILER_H

#undef __always_inline
#define __always_inline	inline __attribute__((always_inline))

#define likely(condition)	__builtin_expect(!!(condition), 1)
#define unlikely(condition)	__builtin_expect(!!(condition), 0)

#endif
