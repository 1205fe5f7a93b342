/* SPDX-License-Identifier: Apache-2.0
 * What harts compute on an ITA's tiles and their packed biases; all else is in sw/kernels. Each
 * call does the part `rank` of `workers`; the parts are independent of each other. */
#ifndef SW_TILE_KERNELS_H
#define SW_TILE_KERNELS_H

#include <stdint.h>

#include "sw/kernels/kernels.h"
#include "sw/kernels/requant.h"
#include "sw/tile/tile.h"

/* output = requantise(bias + streamed * stationary^T) over one or more inner tiles. */
struct TileProduct {
  uint32_t input;  /* int8, or uint8 if is_unsigned: [64][64], streamed operand */
  uint32_t weight; /* int8 [64][64], stationary operand, transposed */
  uint32_t bias;   /* 64 signed 24-bit numbers */
  uint32_t output; /* int8 [64][64], written with the last inner tile */
  uint32_t sums;   /* int32 [64][64], between inner tiles */
  struct Requant requant;
  uint8_t is_unsigned;
  uint8_t is_first; /* inner tile */
  uint8_t is_last;
  uint8_t bias_kind; /* BiasKind; no matrix */
};
void multiply_tile_part(const struct TileProduct* product, uint32_t rank, uint32_t workers);

/* Sums of heads: each element is kept as the sum of (value + 128) in 16 bits, two to a word, so
 * that one atomic add never carries from one into the other. A tile's sums are kSumTileBytes: for
 * each word of the tile, elements 0 and 2, then elements 1 and 3. */
enum { kSumTileBytes = 2 * kTileBytes };
/* Adds an int8 tile to its sums; any number of harts may add at the same time. */
void accumulate_part(uint32_t sums, uint32_t tile, uint32_t rank, uint32_t workers);
/* Requantises the sums of `heads` heads to a row-major int8 matrix with `stride` columns. */
void requantise_sums_part(uint32_t output, uint32_t stride, uint32_t sums, uint32_t heads,
                          struct Requant requant, uint32_t rank, uint32_t workers);

#endif
