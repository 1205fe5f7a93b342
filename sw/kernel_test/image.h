/* SPDX-License-Identifier: Apache-2.0
 * The workload image of kernel_test, as tests/kernels/kernel_test.py builds it and the platform
 * loads it to WORKLOAD_ADDRESS. The struct is followed by its commands. */
#ifndef SW_KERNEL_TEST_IMAGE_H
#define SW_KERNEL_TEST_IMAGE_H

#include <stdint.h>

#include "sw/kernels/kernels.h"

#define KERNEL_TEST_MAGIC 0x5453544Bu /* "KTST" as bytes */

struct KernelTestImage {
  uint32_t magic;
  uint32_t harts;        /* 0: all */
  uint32_t num_commands; /* run one after the other */
  uint32_t l1_offset;    /* from the start of the image: contents of L1, before and after */
  uint32_t l1_bytes;     /* a multiple of 4 */
};

struct KernelTestCommand {
  uint32_t opcode;
  uint32_t relocation; /* bit i: word i is an offset in the contents of L1 */
  uint32_t words[kKernelArgumentWords];
  uint32_t cycles; /* written by the program */
};

#endif
