/* SPDX-License-Identifier: Apache-2.0
 * Kernels that move bytes. */
#include "sw/kernels/kernels.h"
#include "sw/kernels/requant.h"
#include "sw/kernels/share.h"

enum { kChunkBytes = 32 }; /* eight words in flight, as many as a hart can have */

static void copy_words(uint32_t destination, uint32_t source) {
  const uint32_t* from = (const uint32_t*)source;
  uint32_t* to = (uint32_t*)destination;
  uint32_t words[kChunkBytes / 4];
#pragma GCC unroll 8
  for (int i = 0; i < kChunkBytes / 4; ++i) {
    words[i] = from[i];
  }
#pragma GCC unroll 8
  for (int i = 0; i < kChunkBytes / 4; ++i) {
    to[i] = words[i];
  }
}

static void copy_chunk(uint32_t destination, uint32_t source, uint32_t bytes) {
  int is_aligned = (destination | source) % 4 == 0;
  if (is_aligned && bytes == kChunkBytes) {
    copy_words(destination, source);
    return;
  }
  uint32_t i = 0;
  for (; is_aligned && i + 4 <= bytes; i += 4) {
    *(uint32_t*)(destination + i) = *(const uint32_t*)(source + i);
  }
  for (; i < bytes; ++i) {
    *(uint8_t*)(destination + i) = *(const uint8_t*)(source + i);
  }
}

static uint32_t chunks_of(uint32_t bytes) {
  return (bytes + kChunkBytes - 1) / kChunkBytes;
}

static uint32_t chunk_bytes(uint32_t bytes, uint32_t chunk) {
  uint32_t left = bytes - chunk * kChunkBytes;
  return left < kChunkBytes ? left : kChunkBytes;
}

void kernel_copy(const uint32_t* arguments, uint32_t rank, uint32_t workers) {
  struct CopyArguments copy = *(const struct CopyArguments*)arguments;
  if (copy.bytes == 0) {
    return;
  }
  struct Walk walk = walk_from(chunks_of(copy.bytes), rank, workers);
  for (; walk.row < copy.rows; walk_on(&walk)) {
    uint32_t offset = walk.column * kChunkBytes;
    copy_chunk(copy.destination + walk.row * copy.destination_stride + offset,
               copy.source + walk.row * copy.source_stride + offset,
               chunk_bytes(copy.bytes, walk.column));
  }
}

void kernel_fill(const uint32_t* arguments, uint32_t rank, uint32_t workers) {
  struct FillArguments fill = *(const struct FillArguments*)arguments;
  if (fill.bytes == 0) {
    return;
  }
  uint32_t word = (fill.value & 0xFF) * 0x01010101u;
  struct Walk walk = walk_from(chunks_of(fill.bytes), rank, workers);
  for (; walk.row < fill.rows; walk_on(&walk)) {
    uint32_t begin = fill.destination + walk.row * fill.stride + walk.column * kChunkBytes;
    uint32_t end = begin + chunk_bytes(fill.bytes, walk.column);
    for (; begin % 4 == 0 && begin + 4 <= end; begin += 4) {
      *(uint32_t*)begin = word;
    }
    for (; begin < end; ++begin) {
      *(uint8_t*)begin = (uint8_t)word;
    }
  }
}

/* Workers take output rows (of dimension 3) in turn. */
void kernel_transpose(const uint32_t* arguments, uint32_t rank, uint32_t workers) {
  struct TransposeArguments t = *(const struct TransposeArguments*)arguments;
  uint32_t rows = t.size0 * t.size1 * t.size2;
  for (uint32_t row = rank; row < rows; row += workers) {
    uint32_t i01 = row / t.size2;
    uint32_t from =
        t.input + i01 / t.size1 * t.stride0 + i01 % t.size1 * t.stride1 + row % t.size2 * t.stride2;
    uint32_t to = t.output + row * t.output_stride;
    uint32_t end = to + t.size3 * t.element_bytes;
    if (t.element_bytes == 4) {
      for (; to != end; to += 4, from += t.stride3) {
        *(uint32_t*)to = *(const uint32_t*)from;
      }
    } else if (t.element_bytes == 2) {
      for (; to != end; to += 2, from += t.stride3) {
        *(uint16_t*)to = *(const uint16_t*)from;
      }
    } else {
#pragma GCC unroll 4
      for (; to != end; ++to, from += t.stride3) {
        *(uint8_t*)to = *(const uint8_t*)from;
      }
    }
  }
}

void kernel_embedding(const uint32_t* arguments, uint32_t rank, uint32_t workers) {
  struct EmbeddingArguments e = *(const struct EmbeddingArguments*)arguments;
  if (e.columns == 0) {
    return;
  }
  struct Walk walk = walk_from(chunks_of(e.columns), rank, workers);
  for (; walk.row < e.rows; walk_on(&walk)) {
    uint32_t bytes = chunk_bytes(e.columns, walk.column);
    uint32_t offset = walk.row * e.columns + walk.column * kChunkBytes;
    uint32_t entry =
        e.table + ((const uint16_t*)e.ids)[walk.row] * e.columns + walk.column * kChunkBytes;
    if (e.positions == 0) {
      copy_chunk(e.output + offset, entry, bytes);
      continue;
    }
    const int8_t* position = (const int8_t*)(e.positions + offset);
    int8_t* output = (int8_t*)(e.output + offset);
    for (uint32_t i = 0; i < bytes; ++i) {
      output[i] = (int8_t)clamp(((const int8_t*)entry)[i] + position[i], -128, 127);
    }
  }
}

/* Workers take chunks of the copied pieces, which are rows of outer * count. */
void kernel_gather(const uint32_t* arguments, uint32_t rank, uint32_t workers) {
  struct GatherArguments g = *(const struct GatherArguments*)arguments;
  if (g.bytes == 0 || g.count == 0) {
    return;
  }
  struct Walk walk = walk_from(chunks_of(g.bytes), rank, workers);
  for (; walk.row < g.outer * g.count; walk_on(&walk)) {
    uint32_t offset = walk.column * kChunkBytes;
    uint32_t index = ((const uint32_t*)g.indices)[walk.row % g.count];
    copy_chunk(g.output + walk.row * g.bytes + offset,
               g.input + walk.row / g.count * g.outer_stride + index * g.bytes + offset,
               chunk_bytes(g.bytes, walk.column));
  }
}
