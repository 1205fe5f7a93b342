/* SPDX-License-Identifier: Apache-2.0
 * Chains that the engine refuses: pushed one by one, and as the program of a descriptor. */
#include "firmware/drivers/engine_chain.h"
#include "firmware/runtime/memory.h"
#include "sw/engine_errors/engine_errors.h"

enum {
  kVectors = ATTENTION_ENGINE_MEMORY_MFU_INITIAL_VRF,
  kOut = ATTENTION_ENGINE_MEMORY_OUT_QUEUE,
  kScores = ATTENTION_ENGINE_MEMORY_SCORE_VRF,
  kTag = 77,
};

static uint32_t length; /* of the program */

static void put(uint64_t instruction) {
  chain_words[length++] = instruction;
}

/* v_rd of the first vector, `operation`, v_wr. */
static void put_chain_with(uint64_t operation) {
  put(engine_vector_read(kVectors, 0, 1));
  put(operation);
  put(engine_vector_write(kOut, 0, 1));
  put(engine_chain_end());
}

static void no_such_operation(void) {
  put(engine_apply(0x33));
}
static void no_such_register(void) {
  put(engine_set_register(ATTENTION_ENGINE_NUM_REGISTERS, 1));
}
static void no_source(void) {
  put(engine_apply(ATTENTION_ENGINE_OP_RELU));
}
static void no_sink(void) {
  put(engine_vector_read(kVectors, 0, 1));
  put(engine_chain_end());
}
static void no_vectors(void) {
  put(engine_vector_read(kVectors, 0, 0));
  put(engine_vector_write(kOut, 0, 1));
  put(engine_chain_end());
}
static void too_many_operations(void) {
  put(engine_vector_read(kVectors, 0, 1));
  for (uint32_t i = 0; i <= engine.capabilities.mfus; ++i) {
    put(engine_apply(ATTENTION_ENGINE_OP_TANH));
  }
}
static void no_rows(void) {
  put(engine_set_register(ATTENTION_ENGINE_REGISTER_ROWS, 0));
}
static void memory_to_memory(void) {
  put(engine_set_register(ATTENTION_ENGINE_REGISTER_ROW_BYTES, kDim));
  put(engine_vector_read(ATTENTION_ENGINE_MEMORY_L2, (uint32_t)operands, 0));
  put(engine_vector_write(ATTENTION_ENGINE_MEMORY_L2, (uint32_t)output, 0));
  put(engine_chain_end());
}
static void no_register_file(void) {
  put(engine_vector_read(ATTENTION_ENGINE_MEMORY_SMX_RF, 0, 1));
  put(engine_vector_write(kOut, 0, 1));
  put(engine_chain_end());
}
static void operand_in_l2(void) {
  put_chain_with(engine_apply_with(ATTENTION_ENGINE_OP_ADD, ATTENTION_ENGINE_MEMORY_L2, 0, 1));
}
static void source_out_of_bounds(void) {
  put(engine_vector_read(kVectors, engine.capabilities.entries[kVectors] - 3, 4));
  put(engine_vector_write(kOut, 0, 4));
  put(engine_chain_end());
}
static void operand_out_of_bounds(void) {
  put_chain_with(engine_apply_with(ATTENTION_ENGINE_OP_ADD, ATTENTION_ENGINE_MEMORY_ADD_SUB_VRF_0,
                                   0xFFFFFFFF, 1));
}
static void matrix_out_of_bounds(void) {
  put_chain_with(engine_matrix_multiply(engine.capabilities.entries[ATTENTION_ENGINE_MEMORY_MRF]));
}
static void misaligned_load(void) {
  put(engine_set_register(ATTENTION_ENGINE_REGISTER_ROW_BYTES, kDim));
  put(engine_vector_read(ATTENTION_ENGINE_MEMORY_L2, (uint32_t)operands + 16, 0));
  put(engine_vector_write(kVectors, 0, 1));
  put(engine_chain_end());
}
/* A load ends in a register file as it is. */
static void operation_on_a_load(void) {
  put(engine_set_register(ATTENTION_ENGINE_REGISTER_ROW_BYTES, kDim));
  put(engine_vector_read(ATTENTION_ENGINE_MEMORY_L2, (uint32_t)operands, 0));
  put(engine_apply(ATTENTION_ENGINE_OP_RELU));
  put(engine_vector_write(kVectors, 0, 1));
  put(engine_chain_end());
}
static void no_operand(void) {
  put_chain_with(
      engine_apply_with(ATTENTION_ENGINE_OP_ADD, ATTENTION_ENGINE_MEMORY_ADD_SUB_VRF_0, 0, 0));
}
static void list_of_the_scheduler(void) {
  put_chain_with(engine_with_flags(engine_matrix_multiply(0), ATTENTION_ENGINE_FLAG_INDIRECT));
}
static void accumulators_out_of_bounds(void) {
  put(engine_set_register(ATTENTION_ENGINE_REGISTER_ITER,
                          engine.capabilities.entries[ATTENTION_ENGINE_MEMORY_ACC_VRF] + 1));
  put_chain_with(engine_with_flags(engine_matrix_multiply(0), ATTENTION_ENGINE_FLAG_ACCUMULATE));
}
/* The chain runs, its bytes are nowhere. */
static void load_from_nowhere(void) {
  put(engine_set_register(ATTENTION_ENGINE_REGISTER_ITER, 1));
  put(engine_set_register(ATTENTION_ENGINE_REGISTER_ROW_BYTES, kDim));
  put(engine_vector_read(ATTENTION_ENGINE_MEMORY_L2, kUnmapped, 0));
  put(engine_vector_write(kVectors, 0, 1));
  put(engine_chain_end());
}
static void no_such_mask(void) {
  put_chain_with(engine_apply_with(ATTENTION_ENGINE_OP_MASK, ATTENTION_ENGINE_MEMORY_MASK_RAM,
                                   engine.capabilities.entries[ATTENTION_ENGINE_MEMORY_MASK_RAM],
                                   1));
}
static void no_sums(void) {
  put(engine_vector_read(kScores, 0, 1));
  put(engine_apply(ATTENTION_ENGINE_OP_SOFTMAX_FINISH));
  put(engine_vector_write(kScores, 0, 1));
  put(engine_chain_end());
}
/* Only when reads are checked. */
static void nothing_written(void) {
  put_chain_with(engine_apply(ATTENTION_ENGINE_OP_RELU));
}

/* A load, an activation and a store, with an interrupt; the store leaves the output as it is. */
static void put_good(void) {
  put(engine_set_register(ATTENTION_ENGINE_REGISTER_ITER, 1));
  put(engine_set_register(ATTENTION_ENGINE_REGISTER_ROW_BYTES, kDim));
  put(engine_vector_read(ATTENTION_ENGINE_MEMORY_L2, (uint32_t)operands, 0));
  put(engine_vector_write(kVectors, 0, 1));
  put(engine_chain_end());
  put_chain_with(engine_apply(ATTENTION_ENGINE_OP_RELU));
  put(engine_chain_interrupt(kTag));
}

struct BadChain {
  const char* name;
  void (*write)(void);
  uint32_t code;
  uint32_t checks_reads;
};

static const struct BadChain kChains[] = {
    {"no such operation", no_such_operation, kEngineBadOpcode, 0},
    {"no such register", no_such_register, kEngineBadOpcode, 0},
    {"no source", no_source, kEngineBadChain, 0},
    {"no sink", no_sink, kEngineBadChain, 0},
    {"no vectors", no_vectors, kEngineBadChain, 0},
    {"too many operations", too_many_operations, kEngineBadChain, 0},
    {"no rows", no_rows, kEngineBadChain, 0},
    {"memory to memory", memory_to_memory, kEngineBadChain, 0},
    {"no register file", no_register_file, kEngineBadMemoryId, 0},
    {"operand in L2", operand_in_l2, kEngineBadMemoryId, 0},
    {"source out of bounds", source_out_of_bounds, kEngineVrfOutOfBounds, 0},
    {"operand out of bounds", operand_out_of_bounds, kEngineVrfOutOfBounds, 0},
    {"matrix out of bounds", matrix_out_of_bounds, kEngineMrfOutOfBounds, 0},
    {"misaligned load", misaligned_load, kEngineMisaligned, 0},
    {"operation on a load", operation_on_a_load, kEngineBadChain, 0},
    {"no operand", no_operand, kEngineBadChain, 0},
    {"list of the scheduler", list_of_the_scheduler, kEngineBadChain, 0},
    {"accumulators out of bounds", accumulators_out_of_bounds, kEngineVrfOutOfBounds, 0},
    {"load from nowhere", load_from_nowhere, kEngineAxiDecode, 0},
    {"no such mask", no_such_mask, kEngineMaskOutOfBounds, 0},
    {"no sums", no_sums, kEngineSoftmaxRange, 0},
    {"nothing written", nothing_written, kEngineReadUninitialised, 1},
};

static void begin(const struct BadChain* chain) {
  reset_engine();
  engine_check_reads(&engine, (int)chain->checks_reads);
  length = 0;
}

static void push_program(void) {
  for (uint32_t i = 0; i < length; ++i) {
    engine_push(&engine, chain_words[i]);
  }
}

/* Pushed: ERRINFO names no descriptor but the instruction; after a resume chains run again. */
static void refuse_pushed(const struct BadChain* chain) {
  begin(chain);
  chain->write();
  push_program();
  expect(chain->name, engine_wait_instruction(&engine, kTag), chain->code);
  expect_raised(chain->name, chain->code);
  expect(chain->name, engine_error(&engine).descriptor, 0);
  uint32_t is_known = 0;
  for (uint32_t i = 0; i < length; ++i) {
    is_known |= engine_error(&engine).instruction == chain_words[i];
  }
  expect(chain->name, is_known, 1);
  length = 0;
  put_good();
  push_program(); /* dropped: the engine has not been told to go on */
  expect(chain->name, engine_push_space(&engine) > 0, 1);
  engine_resume(&engine);
  push_program();
  expect(chain->name, engine_wait_instruction(&engine, kTag), kEngineOk);
  expect_recovery(chain->name);
}

/* In a descriptor: its completion has the code. */
static void refuse_in_memory(const struct BadChain* chain) {
  begin(chain);
  chain->write();
  make_good(&descriptor);
  descriptor.type = ATTENTION_ENGINE_TYPE_CHAIN;
  descriptor.q = (uint32_t)chain_words;
  descriptor.window = (uint16_t)length;
  expect(chain->name, engine_run(&engine, &descriptor, &completion), chain->code);
  expect_raised(chain->name, chain->code);
  expect(chain->name, engine_error(&engine).descriptor, (uint32_t)ring);
  length = 0;
  put_good();
  descriptor.window = (uint16_t)length;
  expect(chain->name, engine_run(&engine, &descriptor, &completion), kEngineOk);
  expect_recovery(chain->name);
}

void refuse_chains(void) {
  for (uint32_t i = 0; i < sizeof(kChains) / sizeof(kChains[0]); ++i) {
    refuse_pushed(&kChains[i]);
    refuse_in_memory(&kChains[i]);
  }
}
