/* SPDX-License-Identifier: Apache-2.0
 * Parallel product of 32-bit matrices. */
#include <stdint.h>

#define PROGRAM "matmul_i32"
typedef int32_t Element;

#include "sw/matmul/matmul.h"
