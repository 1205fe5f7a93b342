/* SPDX-License-Identifier: Apache-2.0
 * Descriptors and tile maps that the engine refuses. */
#include "firmware/drivers/engine_chain.h"
#include "firmware/drivers/engine_operators.h"
#include "firmware/runtime/memory.h"
#include "models/periph/control_regs.h"
#include "sw/engine_errors/engine_errors.h"

enum { kNothing = 0xFFFF };

/* A field of the good descriptor that gets another value. */
struct BadField {
  const char* name;
  uint32_t offset;
  uint32_t bytes;
  uint32_t value;
  uint32_t code;
};

static const struct BadField kFields[] = {
    {"type", ATTENTION_ENGINE_DESC_TYPE, 1, 99, kEngineBadDescriptor},
    {"queries", ATTENTION_ENGINE_DESC_QUERIES, 2, 0, kEngineBadDescriptor},
    {"keys", ATTENTION_ENGINE_DESC_KEYS, 2, 0, kEngineBadDescriptor},
    {"head_dim", ATTENTION_ENGINE_DESC_HEAD_DIM, 2, 0, kEngineBadDescriptor},
    {"heads", ATTENTION_ENGINE_DESC_HEADS, 2, 0, kEngineBadDescriptor},
    {"tile", ATTENTION_ENGINE_DESC_TILE, 2, kDim / 2, kEngineBadDescriptor},
    {"policy", ATTENTION_ENGINE_DESC_POLICY, 1, kEngineSpill + 1, kEngineBadDescriptor},
    {"pattern", ATTENTION_ENGINE_DESC_PATTERN, 1, 99, kEngineBadDescriptor},
    {"row_stride", ATTENTION_ENGINE_DESC_ROW_STRIDE, 2, kDim / 16 - 1, kEngineBadDescriptor},
    {"masked rows", ATTENTION_ENGINE_DESC_FLAGS, 1,
     ATTENTION_ENGINE_FLAG_UNIFORM_MASKED_ROWS | ATTENTION_ENGINE_FLAG_NAN_MASKED_ROWS,
     kEngineBadDescriptor},
    {"block float", ATTENTION_ENGINE_DESC_FLAGS, 1, ATTENTION_ENGINE_FLAG_BLOCK_FLOAT,
     kEngineFormatMismatch},
    {"nothing in the MRF", ATTENTION_ENGINE_DESC_FLAGS, 1, ATTENTION_ENGINE_FLAG_KV_STATIONARY,
     kEngineReadUninitialised},
    {"unmapped q", ATTENTION_ENGINE_DESC_Q, 4, kUnmapped, kEngineAxiDecode},
    {"unmapped k", ATTENTION_ENGINE_DESC_K, 4, kUnmapped, kEngineAxiDecode},
    {"unmapped output", ATTENTION_ENGINE_DESC_OUTPUT, 4, kUnmapped, kEngineAxiDecode},
    /* Registers take single words, no bursts. */
    {"registers as v", ATTENTION_ENGINE_DESC_V, 4, CONTROL_BASE, kEngineAxiSlave},
    {"registers as output", ATTENTION_ENGINE_DESC_OUTPUT, 4, CONTROL_BASE, kEngineAxiSlave},
};

static void refuse_misaligned(void) {
  make_good(&descriptor);
  descriptor.q += 32;
  expect_refused("misaligned q", kEngineMisaligned);
  make_good(&descriptor);
  descriptor.output += 16;
  expect_refused("misaligned output", kEngineMisaligned);
  make_good(&descriptor);
  descriptor.pattern = ATTENTION_ENGINE_PATTERN_MAP;
  descriptor.map += 8;
  expect_refused("misaligned map", kEngineMisaligned);
}

static void refuse_capacities(void) {
  make_good(&descriptor);
  descriptor.queries = descriptor.keys = kLongTokens;
  descriptor.policy = kEngineResident;
  expect_refused("score_vrf", kEngineVrfOverflow);
  make_good(&descriptor);
  descriptor.head_dim = kDim * (uint16_t)engine.capabilities.entries[ATTENTION_ENGINE_MEMORY_MRF];
  descriptor.row_stride = descriptor.head_dim / 16;
  expect_refused("mvm_initial_vrf", kEngineVrfOverflow);
}

/* Scores that do not stay in the engine go where the descriptor says. */
static void refuse_scratches(void) {
  make_good(&descriptor);
  descriptor.policy = kEngineSpill;
  descriptor.scratch = kUnmapped;
  expect_refused("unmapped scratch", kEngineAxiDecode);
  descriptor.scratch = CONTROL_BASE;
  expect_refused("registers as scratch", kEngineAxiSlave);
}

/* Programs of chains that the front end does not even fetch whole. */
static void refuse_programs(void) {
  make_good(&descriptor);
  descriptor.type = ATTENTION_ENGINE_TYPE_CHAIN;
  descriptor.window = descriptor.global_tokens = 0;
  expect_refused("empty program", kEngineBadDescriptor);
  make_good(&descriptor);
  descriptor.type = ATTENTION_ENGINE_TYPE_CHAIN;
  descriptor.window = 1;
  descriptor.q = kUnmapped;
  expect_refused("unmapped program", kEngineAxiDecode);
}

/* Tile map of 100 causal tokens in block-sparse rows: 2 x 2 tiles, three of them computed. */
static void write_map(void) {
  static const uint16_t kMap[] = {2,      2, 3,      0,       /* rows, columns, tiles */
                                  0,      0, 1,      0, 3, 0, /* row pointers */
                                  0x8000, 0, 0x8001, 0, 0}; /* columns; masks of the partial ones */
  memset(map, 0, kMapBytes + kMaskBytes);
  memcpy(map, kMap, sizeof(kMap));
  for (uint32_t q = 0; q < kDim; ++q) {
    for (uint32_t k = 0; k <= q; ++k) {
      map[kMapBytes + (q * kDim + k) / 8] |= (uint8_t)(1u << (k % 8));
    }
  }
}

/* Operators: one field each that they cannot have. */
static void refuse_operators(void) {
  const struct EngineRows rows = {
      kTokens, kDim, {(uint32_t)operands, kDim}, {(uint32_t)output, kDim}};
  descriptor = engine_copy(&rows);
  descriptor.queries = 0;
  expect_refused("copy of no rows", kEngineBadDescriptor);
  descriptor = engine_copy(&rows);
  descriptor.heads = 2;
  expect_refused("copy of heads", kEngineBadDescriptor);
  descriptor = engine_copy(&rows);
  descriptor.head_stride = kDim / 16 - 1;
  expect_refused("short rows of a result", kEngineBadDescriptor);
  descriptor = engine_copy(&rows);
  descriptor.head_dim = 0xFFFF;
  descriptor.row_stride = descriptor.head_stride = 0x1001;
  expect_refused("rows wider than a register file", kEngineVrfOverflow);
  descriptor = engine_softmax(&rows);
  descriptor.q = kUnmapped;
  expect_refused("unmapped logits", kEngineAxiDecode);
  descriptor = engine_layer_norm(&rows, (uint32_t)operands, kUnmapped, 0);
  expect_refused("unmapped bias", kEngineAxiDecode);
  descriptor = engine_layer_norm(&rows, (uint32_t)operands + 4, (uint32_t)operands, 0);
  expect_refused("misaligned weights", kEngineMisaligned);
}

static void refuse_products(void) {
  const struct EngineMatrix zeros = {(uint32_t)operands, kDim};
  const struct EngineGemm gemm = {.rows = kTokens,
                                  .depth = kDim,
                                  .outputs = kDim,
                                  .a = zeros,
                                  .w = zeros,
                                  .out = {(uint32_t)output, kDim}};
  descriptor = engine_gemm(&gemm);
  descriptor.pattern = 2;
  expect_refused("generated map of weights", kEngineBadDescriptor);
  write_map(); /* 2 x 2 tiles, the weights have one */
  descriptor = engine_gemm(&gemm);
  descriptor.pattern = ATTENTION_ENGINE_PATTERN_MAP;
  descriptor.map = (uint32_t)map;
  expect_refused("map of other weights", kEngineBadMap);
  const struct EngineSelection selection = {.queries = kTokens,
                                            .keys = kTokens,
                                            .head_dim = kDim,
                                            .keep = 8,
                                            .bits = 9,
                                            .q = (uint32_t)operands,
                                            .k = (uint32_t)operands,
                                            .stride = kDim,
                                            .output = (uint32_t)output};
  descriptor = engine_selection(&selection);
  expect_refused("bits of a selection", kEngineBadDescriptor);
}

void refuse_descriptors(void) {
  for (uint32_t i = 0; i < sizeof(kFields) / sizeof(kFields[0]); ++i) {
    const struct BadField* field = &kFields[i];
    make_good(&descriptor);
    memcpy((uint8_t*)&descriptor + field->offset, &field->value, field->bytes);
    descriptor.flags |= ATTENTION_ENGINE_FLAG_IRQ;
    expect_refused(field->name, field->code);
  }
  refuse_misaligned();
  refuse_capacities();
  refuse_scratches();
  refuse_programs();
  refuse_operators();
  refuse_products();
}

/* The same as bits: computed, then partial ones, each row padded to 64 bits. */
static void write_bitmap(void) {
  static const uint16_t kMap[] = {2, 2, 3, 0, /* rows, columns, tiles */
                                  1, 0, 0, 0, /* computed, row 0 */
                                  3, 0, 0, 0, /* row 1 */
                                  1, 0, 0, 0, /* partial, row 0 */
                                  2, 0, 0, 0, /* row 1 */
                                  0, 0};      /* masks of the partial ones */
  write_map();
  memcpy(map, kMap, sizeof(kMap));
}

/* A 16-bit word of a map that gets another value. */
struct BadMap {
  const char* name;
  uint8_t pattern;
  uint16_t half_word;
  uint16_t value;
  uint32_t code;
};

static const struct BadMap kMaps[] = {
    {"map rows", ATTENTION_ENGINE_PATTERN_MAP, 0, 3, kEngineBadMap},
    {"map columns", ATTENTION_ENGINE_PATTERN_MAP, 1, 1, kEngineBadMap},
    {"map tiles", ATTENTION_ENGINE_PATTERN_MAP, 2, 5, kEngineBadMap},
    {"map tiles, high", ATTENTION_ENGINE_PATTERN_MAP, 3, 0x8000, kEngineBadMap},
    {"row pointers begin", ATTENTION_ENGINE_PATTERN_MAP, 4, 1, kEngineBadMap},
    {"row pointers fall", ATTENTION_ENGINE_PATTERN_MAP, 6, 9, kEngineBadMap},
    {"row pointers end", ATTENTION_ENGINE_PATTERN_MAP, 8, 2, kEngineBadMap},
    {"no such column", ATTENTION_ENGINE_PATTERN_MAP, 12, 0x8002, kEngineBadMap},
    {"columns do not rise", ATTENTION_ENGINE_PATTERN_MAP, 12, 0x8000, kEngineBadMap},
    {"no such mask", ATTENTION_ENGINE_PATTERN_MAP, 13, kNothing, kEngineMaskOutOfBounds},
    {"bitmap tiles", ATTENTION_ENGINE_PATTERN_TILE_BITMAP, 2, 2, kEngineBadMap},
    {"bits behind the columns", ATTENTION_ENGINE_PATTERN_TILE_BITMAP, 4, 5, kEngineBadMap},
    {"partial but empty", ATTENTION_ENGINE_PATTERN_TILE_BITMAP, 12, 2, kEngineBadMap},
    {"no such mask of a bitmap", ATTENTION_ENGINE_PATTERN_TILE_BITMAP, 20, kNothing,
     kEngineMaskOutOfBounds},
};

/* Both maps as they should be give the same as the pattern. */
static void accept_maps(void) {
  for (uint32_t i = 0; i < 2; ++i) {
    make_good(&descriptor);
    if (i == 0) {
      write_map();
      descriptor.pattern = ATTENTION_ENGINE_PATTERN_MAP;
    } else {
      write_bitmap();
      descriptor.pattern = ATTENTION_ENGINE_PATTERN_TILE_BITMAP;
    }
    memset(output, kMark, kTokens * kDim);
    expect("map", engine_run(&engine, &descriptor, &completion), kEngineOk);
    expect_output("map", kResult, kTokens * kDim);
  }
}

void refuse_maps(void) {
  for (uint32_t i = 0; i < sizeof(kMaps) / sizeof(kMaps[0]); ++i) {
    const struct BadMap* bad = &kMaps[i];
    if (bad->pattern == ATTENTION_ENGINE_PATTERN_MAP) {
      write_map();
    } else {
      write_bitmap();
    }
    ((uint16_t*)map)[bad->half_word] = bad->value;
    make_good(&descriptor);
    descriptor.pattern = bad->pattern;
    expect_refused(bad->name, bad->code);
  }
  accept_maps();
  make_good(&descriptor);
  descriptor.pattern = ATTENTION_ENGINE_PATTERN_MAP;
  descriptor.map = kUnmapped;
  expect_refused("unmapped map", kEngineAxiDecode);
  make_good(&descriptor);
  descriptor.pattern =
      ATTENTION_ENGINE_PATTERN_TOKEN_BITMAP; /* a row is 128 bits, 100 of them used */
  uint8_t* bits = operands + kTokens * kDim; /* behind what the good job reads */
  memset(bits, 0xFF, 16);
  descriptor.map = (uint32_t)bits;
  expect_refused("bits behind the keys", kEngineBadMap);
  memset(bits, 0, 16);
}
