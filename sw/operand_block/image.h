/* SPDX-License-Identifier: Apache-2.0
 * The workload image of operand_block, as scripts/make_workload.py builds it and the platform
 * loads it to WORKLOAD_ADDRESS. Words are little-endian; offsets are from the start. */
#ifndef SW_OPERAND_BLOCK_IMAGE_H
#define SW_OPERAND_BLOCK_IMAGE_H

#include <stdint.h>

#define BLOCK_MAGIC 0x4B42504Fu /* "OPBK" as bytes */
#define BLOCK_VERSION 1u

struct BlockImage {
  uint32_t magic;
  uint32_t version;
  uint32_t bytes; /* of the whole image */
  uint32_t s;     /* sizes in elements */
  uint32_t e;
  uint32_t p;
  uint32_t h;
  uint32_t q_offset; /* int8 [S][E], row-major */
  uint32_t k_offset;
  uint32_t blocks_offset; /* [H] operand blocks; their Q and K are still to be filled */
  uint32_t block_bytes;
  uint32_t constants_offset; /* [H] struct BlockConstants */
  uint32_t result_offset;    /* int8 [H][S][E] */
  uint32_t report_offset;    /* struct BlockReport */
  uint32_t reserved[2];
};

/* In the order Q, K, QK, V, AV, OW. */
struct BlockConstants {
  uint8_t mult[8];
  uint8_t shift[8];
  int32_t add[8];
};

struct BlockReport {
  uint32_t is_complete; /* 1 once the result is written */
  uint32_t cycles;
};

/* What operand_block returns; it prints the reason with it. */
enum BlockExit {
  kBlockDone = 0,
  kBlockWrongMagic = 10,
  kBlockWrongVersion = 11,
  kBlockWrongSize = 12,  /* of the image, or an offset that does not fit it */
  kBlockWrongShape = 13, /* zero, or not a multiple of 16 */
  kBlockNoRoom = 16,     /* L1 of this machine is too small */
};

#endif
