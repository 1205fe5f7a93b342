/* SPDX-License-Identifier: Apache-2.0 */
#include "sw/tile/kernels.h"

#include "firmware/runtime/hart.h"
#include "firmware/runtime/xpulp.h"

enum {
  kWordsPerRow = kTileSize / 4,
  kBlocksPerRow = kTileSize / 2, /* of 2 x 2 results */
  kCopyBytes = 32,               /* eight words in flight */
  kSoftmaxGroup = 16,            /* columns that ITA takes at a time; the order of sums matters */
  kExpUnit = 256,
  kInverseNumerator = 255 * 256,
};

static int32_t read_bias(uint32_t address, uint32_t index) {
  const uint8_t* bytes = (const uint8_t*)(address + 3 * index);
  return (int32_t)((uint32_t)bytes[0] << 8 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 24) >>
         8;
}

/* Four dot products of 64 bytes. */
struct Block {
  int32_t sum[2][2];
};

static inline __attribute__((always_inline)) void multiply_block(
    struct Block* block, const uint32_t* a0, const uint32_t* b0,
    int32_t (*dot)(uint32_t, uint32_t, int32_t)) {
  const uint32_t* a1 = a0 + kWordsPerRow;
  const uint32_t* b1 = b0 + kWordsPerRow;
  struct Block sums = *block;
#pragma GCC unroll 1 /* peeled, the loop would take half of a hart's stack */
  for (int k = 0; k < kWordsPerRow; ++k) {
    sums.sum[0][0] = dot(a0[k], b0[k], sums.sum[0][0]);
    sums.sum[0][1] = dot(a0[k], b1[k], sums.sum[0][1]);
    sums.sum[1][0] = dot(a1[k], b0[k], sums.sum[1][0]);
    sums.sum[1][1] = dot(a1[k], b1[k], sums.sum[1][1]);
  }
  *block = sums;
}

static void write_results(const struct TileProduct* product, const struct Block* block,
                          uint32_t row, uint32_t column) {
  int8_t* output = (int8_t*)product->output;
  for (uint32_t i = 0; i < 2; ++i) {
    for (uint32_t j = 0; j < 2; ++j) {
      int32_t sum = block->sum[i][j];
      if (product->bias_kind != kBiasNone) {
        sum += read_bias(product->bias, product->bias_kind == kBiasPerRow ? row + i : column + j);
      }
      output[(row + i) * kTileSize + column + j] = requantise(sum, product->requant);
    }
  }
}

void multiply_tile_part(const struct TileProduct* product, uint32_t rank, uint32_t workers) {
  for (uint32_t i = rank; i < kBlocksPerRow * kBlocksPerRow; i += workers) {
    uint32_t row = 2 * (i / kBlocksPerRow);
    uint32_t column = 2 * (i % kBlocksPerRow);
    struct Block* sums = (struct Block*)product->sums + i;
    struct Block block = {0};
    if (!product->is_first) {
      block = *sums;
    }
    const uint32_t* a = (const uint32_t*)product->input + row * kWordsPerRow;
    const uint32_t* b = (const uint32_t*)product->weight + column * kWordsPerRow;
    if (product->is_unsigned) {
      multiply_block(&block, a, b, dot_unsigned_signed);
    } else {
      multiply_block(&block, a, b, dot_signed);
    }
    if (product->is_last) {
      write_results(product, &block, row, column);
    } else {
      *sums = block;
    }
  }
}

/* value >> round(difference / 2^shift), halves up. */
static uint32_t scale(uint32_t value, int32_t difference, uint32_t shift) {
  uint32_t distance = (uint32_t)(difference + (1 << shift >> 1)) >> shift;
  return distance > 31 ? 0 : value >> distance;
}

struct SoftmaxRow {
  int32_t max;
  uint32_t denominator;
};

static void accumulate_group(struct SoftmaxRow* row, const int8_t* logits, uint32_t shift) {
  int32_t max = row->max;
  for (int i = 0; i < kSoftmaxGroup; ++i) {
    max = logits[i] > max ? logits[i] : max;
  }
  row->denominator = scale(row->denominator, max - row->max, shift);
  for (int i = 0; i < kSoftmaxGroup; ++i) {
    row->denominator += scale(kExpUnit, max - logits[i], shift);
  }
  row->max = max;
}

void softmax_part(const uint32_t* tiles, uint32_t count, uint32_t shift, uint32_t rank,
                  uint32_t workers) {
  for (uint32_t r = rank; r < kTileSize; r += workers) {
    struct SoftmaxRow row = {-128, 0};
    for (uint32_t i = 0; i < count; ++i) {
      const int8_t* logits = (const int8_t*)tiles[i] + r * kTileSize;
      for (uint32_t c = 0; c < kTileSize; c += kSoftmaxGroup) {
        accumulate_group(&row, logits + c, shift);
      }
    }
    uint32_t inverse = kInverseNumerator / row.denominator;
    for (uint32_t i = 0; i < count; ++i) {
      int8_t* logits = (int8_t*)tiles[i] + r * kTileSize;
      for (uint32_t c = 0; c < kTileSize; ++c) {
        logits[c] = (int8_t)scale(inverse, row.max - logits[c], shift);
      }
    }
  }
}

void copy_part(uint32_t destination, uint32_t source, uint32_t bytes, uint32_t rank,
               uint32_t workers) {
  for (uint32_t offset = rank * kCopyBytes; offset < bytes; offset += workers * kCopyBytes) {
    const uint32_t* from = (const uint32_t*)(source + offset);
    uint32_t* to = (uint32_t*)(destination + offset);
    uint32_t burst[kCopyBytes / 4];
    for (int i = 0; i < kCopyBytes / 4; ++i) {
      burst[i] = from[i];
    }
    for (int i = 0; i < kCopyBytes / 4; ++i) {
      to[i] = burst[i];
    }
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
