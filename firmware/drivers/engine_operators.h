/* SPDX-License-Identifier: Apache-2.0
 * Descriptors of what the attention engine does beside attention; run them with engine_run().
 * Addresses are multiples of 64, strides (bytes from row to row) of 16. */
#ifndef FIRMWARE_DRIVERS_ENGINE_OPERATORS_H
#define FIRMWARE_DRIVERS_ENGINE_OPERATORS_H

#include <stdint.h>

#include "firmware/drivers/attention_engine.h"

/* Rows of bytes in memory. */
struct EngineMatrix {
  uint32_t address;
  uint32_t stride;
};

/* [rows][columns] of int8 or uint8, in and out. */
struct EngineRows {
  uint16_t rows;
  uint16_t columns;
  struct EngineMatrix in;
  struct EngineMatrix out;
};

/* out[r][c] = requantise(bias[c] + sum over m of a[r][m] * w[c][m]); a and w int8, bias int32. */
struct EngineGemm {
  uint16_t rows;
  uint16_t depth;
  uint16_t outputs;
  struct EngineMatrix a;
  struct EngineMatrix w;
  struct EngineMatrix out;
  uint32_t bias;  /* address; 0: none */
  uint32_t map;   /* of the tiles of w, block-sparse rows; 0: all */
  uint32_t masks; /* of the map */
  uint32_t requant;
};

/* The `keep` keys of each query with the largest products of `bits`-bit operands, as a token
 * bitmap: rows of 64-bit words, for an attention descriptor of
 * ATTENTION_ENGINE_PATTERN_TOKEN_BITMAP. */
struct EngineSelection {
  uint16_t queries;
  uint16_t keys;
  uint16_t head_dim;
  uint16_t keep;
  uint16_t bits; /* 2 .. 8 */
  uint32_t q;
  uint32_t k;
  uint32_t stride; /* of both */
  uint32_t output;
};

struct EngineDescriptor engine_copy(const struct EngineRows* rows);
/* ITA's streaming softmax of each row: int8 logits to uint8 probabilities. */
struct EngineDescriptor engine_softmax(const struct EngineRows* rows);
/* I-BERT's: weight int8 [columns], bias int32 [columns]. */
struct EngineDescriptor engine_layer_norm(const struct EngineRows* rows, uint32_t weight,
                                          uint32_t bias, uint32_t requant);
/* ITA's. */
struct EngineDescriptor engine_gelu(const struct EngineRows* rows, int16_t b, int16_t c,
                                    uint32_t requant);
struct EngineDescriptor engine_gemm(const struct EngineGemm* gemm);
struct EngineDescriptor engine_selection(const struct EngineSelection* selection);

#endif
