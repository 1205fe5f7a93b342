/* SPDX-License-Identifier: Apache-2.0
 * Every error code of the attention engine, raised on purpose: by descriptors, tile maps, chains
 * and events. Each must end with its code, leave the output alone, and let the next job through.
 * A code that nothing here raises is an error too. */
#include "sw/engine_errors/engine_errors.h"

#include "firmware/runtime/arena.h"
#include "firmware/runtime/memory.h"
#include "firmware/runtime/print.h"
#include "sw/common/verdict.h"

enum { kPattern = 2 /* causal */ };

struct EngineDescriptor ring[kRingPlaces] __attribute__((aligned(64)));
static struct EngineCompletion queue[kRingPlaces] __attribute__((aligned(64)));
struct Engine engine;
struct EngineDescriptor descriptor;
struct EngineCompletion completion;
uint8_t* operands;
uint8_t* output;
uint8_t* map;
uint64_t* chain_words;
static uint32_t raised; /* a bit for each code */

void make_good(struct EngineDescriptor* job) {
  *job = (struct EngineDescriptor){
      .type = ATTENTION_ENGINE_TYPE_ATTENTION,
      .flags = ATTENTION_ENGINE_FLAG_IRQ | ATTENTION_ENGINE_FLAG_PACKED,
      .queries = kTokens,
      .keys = kTokens,
      .head_dim = kDim,
      .heads = 1,
      .pattern = kPattern,
      .q = (uint32_t)operands,
      .k = (uint32_t)operands,
      .v = (uint32_t)operands,
      .output = (uint32_t)output,
      .map = (uint32_t)map,
      .masks = (uint32_t)map + kMapBytes,
      .qk_requant = 1,
      .av_requant = 1 | (uint32_t)kResult << 24,
      .row_stride = kDim / 16,
  };
}

void reset_engine(void) {
  engine_init(&engine, ring, queue, kRingLog2);
}

void expect(const char* name, uint32_t value, uint32_t expected) {
  if (value != expected) {
    printf("%s: %lu, expected %lu\n", name, value, expected);
    count_errors(1);
  }
}

void expect_raised(const char* name, uint32_t code) {
  struct EngineErrorInfo info = engine_error(&engine);
  expect(name, info.code, code);
  raised |= 1u << info.code;
}

void expect_output(const char* name, uint8_t value, uint32_t bytes) {
  const uint32_t* words = (const uint32_t*)output;
  for (uint32_t i = 0; i < bytes / sizeof(uint32_t); ++i) {
    if (words[i] != value * 0x01010101u) {
      printf("%s: output[%lu] is 0x%lx, expected %u\n", name, i, words[i], value);
      count_errors(1);
      return;
    }
  }
}

void expect_recovery(const char* name) {
  struct EngineDescriptor good;
  make_good(&good);
  expect(name, engine_run(&engine, &good, &completion), kEngineOk);
  expect_output(name, kResult, kTokens * kDim);
}

void expect_refused(const char* name, uint32_t code) {
  memset(output, kMark, kTokens * kDim);
  reset_engine();
  engine_submit(&engine, &descriptor);
  engine_wait(&engine, &completion);
  expect(name, engine_completion_error(&completion), code);
  expect_raised(name, code);
  expect(name, engine_error(&engine).descriptor, (uint32_t)ring);
  expect_output(name, kMark, kTokens * kDim);
  expect_recovery(name);
}

static void (*const volatile kParts[])(void) = {refuse_descriptors, refuse_maps, refuse_chains,
                                                cause_events};

static int allocate(void) {
  operands = arena_allocate(&l2_arena, kLongTokens * kDim);
  output = arena_allocate(&l2_arena, kLongTokens * kDim);
  map = arena_allocate(&l2_arena, kMapBytes + kMaskBytes);
  chain_words = arena_allocate(&l2_arena, kMaxInstructions * sizeof(uint64_t));
  return operands == 0 || output == 0 || map == 0 || chain_words == 0;
}

static void expect_all_raised(void) {
  for (uint32_t code = 1; code < kEngineNumErrors; ++code) {
    if ((raised >> code & 1) == 0) {
      printf("never raised: %s\n", engine_error_name(code));
      count_errors(1);
    }
  }
}

int main(uint32_t hart) {
  if (hart != 0) {
    return kExitPassed;
  }
  if (engine_probe(&engine.capabilities) != 0) {
    printf("skipped: no attention engine on this machine\n");
    return kExitPassed;
  }
  if (allocate() != 0) {
    return kExitNoRoom;
  }
  memset(operands, 0, kLongTokens * kDim);
  for (uint32_t i = 0; i < sizeof(kParts) / sizeof(kParts[0]); ++i) {
    kParts[i]();
  }
  expect_all_raised();
  return verdict("engine_errors");
}
