/* SPDX-License-Identifier: Apache-2.0
 * The workload image of mhsa, as scripts/make_workload.py builds it and the platform loads it to
 * WORKLOAD_ADDRESS. Words are little-endian.
 *
 * A matrix is stored in tiles of 64 x 64 int8, each row-major, tiles row by row: tile (r, c) of a
 * matrix that is n tiles wide starts at (r * n + c) * kTileBytes. Weights are transposed. */
#ifndef SW_MHSA_IMAGE_H
#define SW_MHSA_IMAGE_H

#include <stdint.h>

#include "sw/tile/tile.h"

enum { kNumPhases = 6 }; /* Q, K, V, QK, AV, OW */

#define MHSA_MAGIC 0x4153484Du /* "MHSA" as bytes */
#define MHSA_VERSION 1u
#define MHSA_CORES_ONLY 1u /* flag: leave the ITAs alone */

/* Offsets are from the start of the image and multiples of 64. */
struct MhsaImage {
  uint32_t magic;
  uint32_t version;
  uint32_t bytes; /* of the whole image */
  uint32_t s;     /* sizes in elements */
  uint32_t e;
  uint32_t p;
  uint32_t h;
  uint32_t flavour; /* PLATFORM_BLOCK_FLAVOUR_* */
  uint32_t flags;
  uint32_t q_offset;     /* [S][E], queries */
  uint32_t k_offset;     /* [S][E], keys and values; may be the queries */
  uint32_t heads_offset; /* head 0; the others follow */
  uint32_t head_bytes;
  uint32_t sum_requant;   /* of the summed heads: mult 7:0, shift 15:8, add 23:16 (signed) */
  uint32_t result_offset; /* int8 [S][E], row-major */
  uint32_t report_offset; /* struct MhsaReport */
};

/* A head is Wq, Wk, Wv as [P][E] tiles, Wo as [E][P] tiles, then this page, in which 24-bit biases
 * follow: Bq[P], Bk[P], Bv[P], Bo[E]. Constants are in the order Q, K, V, QK, AV, OW. */
struct MhsaConstants {
  uint32_t mult[2];
  uint32_t shift[2];
  uint32_t add[2];
  uint32_t reserved[10];
};

/* Cycles and tile steps (64 x 64 x 64 products) of a phase, summed over the units that work side
 * by side. */
struct MhsaPhase {
  uint32_t cycles;
  uint32_t steps;
};

struct MhsaReport {
  uint32_t is_complete; /* 1 once the result is written */
  uint32_t num_itas;    /* that took part; 0: cores only */
  uint32_t num_harts;
  uint32_t load_cycles;  /* inputs to L1 */
  uint32_t heads_cycles; /* all heads, elapsed */
  uint32_t sum_cycles;   /* sum over heads and requantisation */
  struct MhsaPhase phases[kNumPhases];
};

/* What mhsa returns; it prints the reason with it. */
enum MhsaExit {
  kMhsaDone = 0,
  kMhsaWrongMagic = 10,
  kMhsaWrongVersion = 11,
  kMhsaWrongSize = 12,    /* of the image, or an offset that does not fit it */
  kMhsaWrongShape = 13,   /* zero, or not a multiple of 64 */
  kMhsaShapeTooBig = 14,  /* beyond what the program can do on any machine */
  kMhsaWrongFlavour = 15, /* not one that the cores, or this machine's ITAs, compute */
  kMhsaNoRoom = 16,       /* L1 or L2 of this machine is too small */
};

#endif
