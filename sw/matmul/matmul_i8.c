/* SPDX-License-Identifier: Apache-2.0
 * Parallel product of 8-bit matrices with 32-bit results. */
#include <stdint.h>

#define PROGRAM "matmul_i8"
typedef int8_t Element;

#include "sw/matmul/matmul.h"
