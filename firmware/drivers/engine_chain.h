/* SPDX-License-Identifier: Apache-2.0
 * Instructions of the attention engine, one function each: for engine_push(), or for the program
 * of a descriptor of type CHAIN. Chains begin with a read and end with a write and
 * engine_chain_end().
 *   engine_push(&engine, engine_vector_read(ATTENTION_ENGINE_MEMORY_MVM_INITIAL_VRF, 0, 1));
 *   engine_push(&engine, engine_matrix_multiply(tile));
 *   engine_push(&engine, engine_vector_write(ATTENTION_ENGINE_MEMORY_SCORE_VRF, 0, 1));
 *   engine_push(&engine, engine_chain_end()); */
#ifndef FIRMWARE_DRIVERS_ENGINE_CHAIN_H
#define FIRMWARE_DRIVERS_ENGINE_CHAIN_H

#include <stdint.h>

#include "models/attention_engine/engine_chain_regs.h"

static inline uint64_t engine_instruction(uint32_t operation, uint32_t memory, uint32_t index,
                                          uint32_t count) {
  return (uint64_t)(operation << 26 | memory << 22 | count) << 32 | index;
}
/* With ATTENTION_ENGINE_FLAG_*. */
static inline uint64_t engine_with_flags(uint64_t instruction, uint32_t flags) {
  return instruction | (uint64_t)flags << 48;
}
/* ATTENTION_ENGINE_REGISTER_*. */
static inline uint64_t engine_set_register(uint32_t name, uint32_t value) {
  return engine_instruction(ATTENTION_ENGINE_OP_SET_REGISTER, 0, value, name);
}
/* `count` native vectors from entry `index` of ATTENTION_ENGINE_MEMORY_*; rows from L2. */
static inline uint64_t engine_vector_read(uint32_t memory, uint32_t index, uint32_t count) {
  return engine_instruction(ATTENTION_ENGINE_OP_VECTOR_READ, memory, index, count);
}
static inline uint64_t engine_vector_write(uint32_t memory, uint32_t index, uint32_t count) {
  return engine_instruction(ATTENTION_ENGINE_OP_VECTOR_WRITE, memory, index, count);
}
static inline uint64_t engine_matrix_read(uint32_t address) {
  return engine_instruction(ATTENTION_ENGINE_OP_MATRIX_READ, ATTENTION_ENGINE_MEMORY_L2, address,
                            0);
}
static inline uint64_t engine_matrix_write(uint32_t tile, uint32_t count) {
  return engine_instruction(ATTENTION_ENGINE_OP_MATRIX_WRITE, ATTENTION_ENGINE_MEMORY_MRF, tile,
                            count);
}
static inline uint64_t engine_matrix_multiply(uint32_t tile) {
  return engine_instruction(ATTENTION_ENGINE_OP_MATRIX_MULTIPLY, ATTENTION_ENGINE_MEMORY_MRF, tile,
                            0);
}
/* An operation without a second operand: RELU ... REQUANTISE, SOFTMAX_... of the rows from 0. */
static inline uint64_t engine_apply(uint32_t operation) {
  return engine_instruction(operation, 0, 0, 0);
}
/* ADD ... MULTIPLY, MASK: with `count` entries from `index` of `memory`. */
static inline uint64_t engine_apply_with(uint32_t operation, uint32_t memory, uint32_t index,
                                         uint32_t count) {
  return engine_instruction(operation, memory, index, count);
}
static inline uint64_t engine_chain_end(void) {
  return engine_apply(ATTENTION_ENGINE_OP_END_CHAIN);
}
/* What follows waits until all before is done. */
static inline uint64_t engine_chain_fence(void) {
  return engine_apply(ATTENTION_ENGINE_OP_FENCE);
}
/* A fence after which the engine wakes the hart: engine_wait_instruction(). */
static inline uint64_t engine_chain_interrupt(uint32_t tag) {
  return engine_instruction(ATTENTION_ENGINE_OP_INTERRUPT, 0, tag, 0);
}

#endif
