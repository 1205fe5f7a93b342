/* SPDX-License-Identifier: Apache-2.0
 * The inner loop of a matrix product: 4 x 4 sums, kept in registers. C and assembly. */
#ifndef SW_KERNELS_GEMM_BLOCK_H
#define SW_KERNELS_GEMM_BLOCK_H

/* Offsets in struct GemmBlock. */
#define GEMM_BLOCK_A 64
#define GEMM_BLOCK_B 68
#define GEMM_BLOCK_A_STRIDE 72
#define GEMM_BLOCK_B_STRIDE 76
#define GEMM_BLOCK_START 80
#define GEMM_BLOCK_BYTES 84
#define GEMM_BLOCK_BIAS 88
#define GEMM_BLOCK_MULTIPLIER 92
#define GEMM_BLOCK_ROUNDING 96
#define GEMM_BLOCK_OUTPUT 100
#define GEMM_BLOCK_OUTPUT_STRIDE 104

#ifndef __ASSEMBLER__

#include <stdint.h>

#include "sw/kernels/requant.h"

/* sums[i][j] = bias[j] + a_i b_j: bytes `start` to `bytes` - 1 of the rows first, then the bytes
 * before `start`. */
struct GemmBlock {
  int32_t sums[4][4];
  uint32_t a; /* addresses of rows 0 */
  uint32_t b;
  uint32_t a_stride; /* bytes from row to row; 0: four times the same row */
  uint32_t b_stride;
  uint32_t start;
  uint32_t bytes;
  uint32_t bias;          /* address of int32 [4], or 0: none */
  struct Scaling scaling; /* multiplier not 0: no sums, but int8 [4][4] to the output */
  uint32_t output;
  uint32_t output_stride;
};

/* a: signed or unsigned bytes. REQUIRES: a, b, strides, start and bytes are multiples of 4,
 * start < bytes. */
void gemm_block_signed(struct GemmBlock* block);
void gemm_block_unsigned(struct GemmBlock* block);

/* The same without Xpulpimg. REQUIRES: multiplier is 0. */
void gemm_block_signed_portable(struct GemmBlock* block);
void gemm_block_unsigned_portable(struct GemmBlock* block);

#endif

#endif
