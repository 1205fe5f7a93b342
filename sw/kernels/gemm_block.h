/* SPDX-License-Identifier: Apache-2.0
 * The inner loop of a matrix product: 4 x 4 sums, kept in registers. C and assembly. */
#ifndef SW_KERNELS_GEMM_BLOCK_H
#define SW_KERNELS_GEMM_BLOCK_H

/* Offsets in struct GemmBlock. */
#define GEMM_BLOCK_A_STRIDE 64
#define GEMM_BLOCK_B_STRIDE 68
#define GEMM_BLOCK_PARTS 72
#define GEMM_PART_BYTES 12 /* of each part: a, b, bytes */

#ifndef __ASSEMBLER__

#include <stdint.h>

/* Columns of a and b to multiply. */
struct GemmPart {
  uint32_t a; /* address of row 0 */
  uint32_t b;
  uint32_t bytes; /* > 0 */
};

struct GemmBlock {
  int32_t sums[4][4]; /* added to */
  uint32_t a_stride;  /* bytes from row to row; 0: four times the same row */
  uint32_t b_stride;
  struct GemmPart parts[2];
  uint32_t end; /* 0: where parts[2].a would be; parts end with the first a that is 0 */
};

/* sums[i][j] += a_i b_j over all parts. a: signed or unsigned bytes. The first two use Xpulpimg.
 * REQUIRES: addresses, strides and bytes are multiples of 4. */
void gemm_block_signed(struct GemmBlock* block);
void gemm_block_unsigned(struct GemmBlock* block);
void gemm_block_signed_portable(struct GemmBlock* block);
void gemm_block_unsigned_portable(struct GemmBlock* block);

#endif

#endif
