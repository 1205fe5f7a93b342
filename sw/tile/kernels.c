/* SPDX-License-Identifier: Apache-2.0 */
#include "sw/tile/kernels.h"

#include "firmware/runtime/hart.h"
#include "sw/kernels/gemm_block.h"

enum {
  kWordsPerRow = kTileSize / 4,
  kBlockSize = 4,
  kBlocksPerRow = kTileSize / kBlockSize,
};

static int32_t read_bias(uint32_t address, uint32_t index) {
  const uint8_t* bytes = (const uint8_t*)(address + 3 * index);
  return (int32_t)((uint32_t)bytes[0] << 8 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 24) >>
         8;
}

/* Sums between inner tiles lie block by block. */
static int32_t* block_sums(const struct TileProduct* product, uint32_t index) {
  return (int32_t*)product->sums + kBlockSize * kBlockSize * index;
}

static void write_results(const struct TileProduct* product, const struct GemmBlock* block,
                          uint32_t row, uint32_t column) {
  int8_t* output = (int8_t*)product->output;
  for (uint32_t i = 0; i < kBlockSize; ++i) {
    for (uint32_t j = 0; j < kBlockSize; ++j) {
      int32_t sum = block->sums[i][j];
      if (product->bias_kind != kBiasNone) {
        sum += read_bias(product->bias, product->bias_kind == kBiasPerRow ? row + i : column + j);
      }
      output[(row + i) * kTileSize + column + j] = requantise(sum, product->requant);
    }
  }
}

static void multiply_block(const struct TileProduct* product, uint32_t index) {
  uint32_t row = kBlockSize * (index / kBlocksPerRow);
  uint32_t column = kBlockSize * (index % kBlocksPerRow);
  struct GemmBlock block = {.a = product->input + row * kTileSize,
                            .b = product->weight + column * kTileSize,
                            .a_stride = kTileSize,
                            .b_stride = kTileSize,
                            .start = 4 * (index % kWordsPerRow), /* spreads over the banks */
                            .bytes = kTileSize};
  if (product->is_unsigned) {
    gemm_block_unsigned(&block);
  } else {
    gemm_block_signed(&block);
  }
  int32_t* sums = block_sums(product, index);
  for (uint32_t i = 0; i < kBlockSize * kBlockSize; ++i) {
    int32_t* sum = &block.sums[i / kBlockSize][i % kBlockSize];
    *sum += product->is_first ? 0 : sums[i];
    if (!product->is_last) {
      sums[i] = *sum;
    }
  }
  if (product->is_last) {
    write_results(product, &block, row, column);
  }
}

void multiply_tile_part(const struct TileProduct* product, uint32_t rank, uint32_t workers) {
  for (uint32_t i = rank; i < kBlocksPerRow * kBlocksPerRow; i += workers) {
    multiply_block(product, i);
  }
}

void accumulate_part(uint32_t sums, uint32_t tile, uint32_t rank, uint32_t workers) {
  const uint32_t* values = (const uint32_t*)tile;
  volatile uint32_t* pairs = (volatile uint32_t*)sums;
  for (uint32_t i = rank; i < kTileBytes / 4; i += workers) {
    uint32_t biased = values[i] ^ 0x80808080u;
    amo_add(&pairs[2 * i], biased & 0x00FF00FFu);
    amo_add(&pairs[2 * i + 1], biased >> 8 & 0x00FF00FFu);
  }
}

static uint32_t requantise_sum(uint32_t sum, uint32_t heads, struct Requant requant) {
  return (uint8_t)requantise((int32_t)(sum & 0xFFFF) - (int32_t)(128 * heads), requant);
}

void requantise_sums_part(uint32_t output, uint32_t stride, uint32_t sums, uint32_t heads,
                          struct Requant requant, uint32_t rank, uint32_t workers) {
  const uint32_t* pairs = (const uint32_t*)sums;
  for (uint32_t i = rank; i < kTileBytes / 4; i += workers) {
    uint32_t even = pairs[2 * i];
    uint32_t odd = pairs[2 * i + 1];
    uint32_t* word = (uint32_t*)(output + i / kWordsPerRow * stride + i % kWordsPerRow * 4);
    *word = requantise_sum(even, heads, requant) | requantise_sum(odd, heads, requant) << 8 |
            requantise_sum(even >> 16, heads, requant) << 16 |
            requantise_sum(odd >> 16, heads, requant) << 24;
  }
}
