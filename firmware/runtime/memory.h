/* SPDX-License-Identifier: Apache-2.0
 * The functions that the compiler calls by itself, and comparison. As in standard C. */
#ifndef FIRMWARE_RUNTIME_MEMORY_H
#define FIRMWARE_RUNTIME_MEMORY_H

#include <stddef.h>

/* Word by word where both sides are aligned; regions must not overlap. */
void* memcpy(void* restrict destination, const void* restrict source, size_t bytes);
void* memset(void* destination, int value, size_t bytes);
int memcmp(const void* left, const void* right, size_t bytes);

#endif
