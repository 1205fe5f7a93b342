/* SPDX-License-Identifier: Apache-2.0 */
#include "sw/engine_chains/layer.h"

#include "firmware/drivers/engine_chain.h"
#include "firmware/runtime/arena.h"
#include "firmware/runtime/hart.h"
#include "firmware/runtime/print.h"
#include "sw/common/random.h"

enum {
  kRows = 3,
  kInputs = 130, /* three columns of tiles, the last of 2 elements */
  kOutputs = 70, /* two rows of tiles */
  kTileRows = 2,
  kTileColumns = 3,
  kMatrix = 7, /* first entries in the register files */
  kVectors = 33,
  kBias = 50,
  kMult = 91,
  kShift = 14,
  kStride = 192, /* of rows in L2: whole AXI words */
  kTag = 9,
  kMaxWords = 40,
};

struct Layer {
  int8_t inputs[kRows][kStride];
  int8_t weights[kOutputs][kInputs] __attribute__((aligned(64)));
  int32_t bias[kTileRows * 64] __attribute__((aligned(64)));
  int8_t outputs[kRows][kStride] __attribute__((aligned(64)));
  uint64_t words[kMaxWords] __attribute__((aligned(64)));
  uint32_t num_words;
};

static void put(struct Layer* layer, uint64_t instruction) {
  layer->words[layer->num_words++] = instruction;
}

static void set(struct Layer* layer, uint32_t name, uint32_t value) {
  put(layer, engine_set_register(name, value));
}

/* The next load or store takes `rows` rows of `bytes`. */
static void set_rows(struct Layer* layer, uint32_t rows, uint32_t bytes, uint32_t stride) {
  set(layer, ATTENTION_ENGINE_REGISTER_ITER, rows);
  set(layer, ATTENTION_ENGINE_REGISTER_ROW_BYTES, bytes);
  set(layer, ATTENTION_ENGINE_REGISTER_STRIDE_ROW, stride);
}

static void load_operands(struct Layer* layer) {
  set_rows(layer, kOutputs, kInputs, 0);
  put(layer, engine_matrix_read((uint32_t)layer->weights));
  put(layer, engine_matrix_write(kMatrix, kTileRows * kTileColumns));
  put(layer, engine_chain_end());
  set_rows(layer, kTileRows, 64 * sizeof(int32_t), 0);
  put(layer, engine_vector_read(ATTENTION_ENGINE_MEMORY_L2, (uint32_t)layer->bias, 0));
  put(layer, engine_vector_write(ATTENTION_ENGINE_MEMORY_ACC_VRF, kBias, kTileRows));
  put(layer, engine_chain_end());
  set_rows(layer, kRows, kInputs, kStride);
  put(layer, engine_vector_read(ATTENTION_ENGINE_MEMORY_L2, (uint32_t)layer->inputs, 0));
  put(layer,
      engine_vector_write(ATTENTION_ENGINE_MEMORY_MVM_INITIAL_VRF, kVectors, kRows * kTileColumns));
  put(layer, engine_chain_end());
}

static void write_program(struct Layer* layer) {
  load_operands(layer);
  set(layer, ATTENTION_ENGINE_REGISTER_ROWS, kTileRows);
  set(layer, ATTENTION_ENGINE_REGISTER_COLUMNS, kTileColumns);
  set(layer, ATTENTION_ENGINE_REGISTER_REQUANT_MULT, kMult);
  set(layer, ATTENTION_ENGINE_REGISTER_REQUANT_SHIFT, kShift);
  set_rows(layer, kRows, kOutputs, kStride);
  put(layer,
      engine_vector_read(ATTENTION_ENGINE_MEMORY_MVM_INITIAL_VRF, kVectors, kRows * kTileColumns));
  put(layer, engine_matrix_multiply(kMatrix));
  put(layer, engine_apply_with(ATTENTION_ENGINE_OP_ADD, ATTENTION_ENGINE_MEMORY_ACC_VRF, kBias,
                               kTileRows));
  put(layer, engine_apply(ATTENTION_ENGINE_OP_REQUANTISE));
  put(layer, engine_apply(ATTENTION_ENGINE_OP_RELU));
  put(layer, engine_vector_write(ATTENTION_ENGINE_MEMORY_L2, (uint32_t)layer->outputs, 0));
  put(layer, engine_chain_end());
  put(layer, engine_chain_interrupt(kTag));
}

static void fill(struct Layer* layer) {
  for (uint32_t row = 0; row < kRows; ++row) {
    for (uint32_t i = 0; i < kStride; ++i) {
      layer->inputs[row][i] = (int8_t)mix(row << 16 | i);
      layer->outputs[row][i] = 0;
    }
  }
  for (uint32_t output = 0; output < kTileRows * 64; ++output) {
    layer->bias[output] = (int16_t)mix(~output);
  }
  for (uint32_t output = 0; output < kOutputs; ++output) {
    for (uint32_t i = 0; i < kInputs; ++i) {
      layer->weights[output][i] = (int8_t)mix(output << 8 | i);
    }
  }
}

static int32_t expected(const struct Layer* layer, uint32_t row, uint32_t output) {
  int32_t sum = layer->bias[output];
  for (uint32_t i = 0; i < kInputs; ++i) {
    sum += layer->inputs[row][i] * layer->weights[output][i];
  }
  int32_t value = (int32_t)(((int64_t)sum * kMult + (1 << (kShift - 1))) >> kShift);
  return value < 0 ? 0 : value > 127 ? 127 : value;
}

/* Elements that differ; clears the outputs for the next run. */
static uint32_t compare(struct Layer* layer, const char* how) {
  uint32_t differing = 0;
  for (uint32_t row = 0; row < kRows; ++row) {
    for (uint32_t output = 0; output < kStride; ++output) {
      int32_t value = output < kOutputs ? expected(layer, row, output) : 0;
      differing += layer->outputs[row][output] != value;
      layer->outputs[row][output] = 0;
    }
  }
  if (differing > 0) {
    printf("layer %s: %lu elements differ\n", how, differing);
  }
  return differing;
}

uint32_t check_layer(struct Engine* engine) {
  struct Layer* layer = arena_allocate(&l2_arena, sizeof(struct Layer));
  layer->num_words = 0;
  fill(layer);
  write_program(layer);
  fence(); /* the engine reads what this hart has written */
  for (uint32_t i = 0; i < layer->num_words; ++i) {
    engine_push(engine, layer->words[i]);
  }
  uint32_t errors = engine_wait_instruction(engine, kTag) != kEngineOk;
  errors += compare(layer, "pushed");
  struct EngineDescriptor job = {.type = ATTENTION_ENGINE_TYPE_CHAIN,
                                 .q = (uint32_t)layer->words,
                                 .window = (uint16_t)layer->num_words};
  struct EngineCompletion completion;
  errors += engine_run(engine, &job, &completion) != kEngineOk;
  return errors + compare(layer, "in memory");
}
