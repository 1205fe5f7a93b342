/* SPDX-License-Identifier: Apache-2.0
 * Chains of the attention engine, pushed by hart 0 faster than the engine takes them: the full FIFO
 * stalls hart 0 and nobody else, and all chains take as long as the same ones from memory. Then a
 * dense layer, whose results are compared. */
#include "firmware/drivers/attention_engine.h"
#include "firmware/drivers/engine_chain.h"
#include "firmware/runtime/arena.h"
#include "firmware/runtime/barrier.h"
#include "firmware/runtime/hart.h"
#include "firmware/runtime/platform.h"
#include "sw/common/verdict.h"
#include "sw/engine_chains/layer.h"

enum {
  kChains = 60,
  kPlaces = 64,   /* of the instruction FIFO, soc64 */
  kVectors = 512, /* times kRows tiles: a chain takes longer than its pushes */
  kRows = 8,
  kWaiting = kPlaces / 4 + 18, /* chains that wait at most: in the FIFO, front end and MVU */
  kTag = 5,
  kRingLog2 = 1,
  kMaxWords = 4 * kChains + 3,
};

static struct EngineDescriptor ring[1 << kRingLog2] __attribute__((aligned(64)));
static struct EngineCompletion queue[1 << kRingLog2] __attribute__((aligned(64)));
static struct Engine engine;
static uint64_t* words; /* in L2 */
static uint32_t num_words;
static volatile uint32_t is_pushing;
static volatile uint32_t looks;      /* of hart 1, while hart 0 pushes */
static volatile uint32_t full_looks; /* of these, those that found no place in the FIFO */
static volatile uint32_t has_looked; /* both are final */

static void put(uint64_t instruction) {
  words[num_words++] = instruction;
}

/* kVectors products with kRows tiles each, then an interrupt. */
static void write_chains(void) {
  put(engine_set_register(ATTENTION_ENGINE_REGISTER_ITER, kVectors));
  put(engine_set_register(ATTENTION_ENGINE_REGISTER_ROWS, kRows));
  for (uint32_t i = 0; i < kChains; ++i) {
    put(engine_vector_read(ATTENTION_ENGINE_MEMORY_MVM_INITIAL_VRF, 0, kVectors));
    put(engine_matrix_multiply(i));
    put(engine_vector_write(ATTENTION_ENGINE_MEMORY_OUT_QUEUE, 0, kVectors * kRows));
    put(engine_chain_end());
  }
  put(engine_chain_interrupt(kTag));
}

static void expect(const char* what, uint32_t is_met) {
  if (!is_met) {
    printf("%s\n", what);
    count_errors(1);
  }
}

/* Cycles from the first push to the interrupt. */
static uint32_t push_all(uint32_t* push_cycles) {
  uint32_t start = cycle_count();
  for (uint32_t i = 0; i < num_words; ++i) {
    engine_push(&engine, words[i]);
  }
  *push_cycles = cycle_count() - start;
  expect("a chain that was pushed failed", engine_wait_instruction(&engine, kTag) == kEngineOk);
  return cycle_count() - start;
}

static uint32_t run_from_memory(void) {
  struct EngineDescriptor job = {
      .type = ATTENTION_ENGINE_TYPE_CHAIN, .q = (uint32_t)words, .window = (uint16_t)num_words};
  struct EngineCompletion completion;
  expect("the chains in memory failed", engine_run(&engine, &job, &completion) == kEngineOk);
  return completion.cycles;
}

/* The products alone, without a gap between them. */
static uint32_t product_cycles(void) {
  const struct EngineCapabilities* sizes = &engine.capabilities;
  return kChains * kRows * (kVectors / sizes->engines) * (sizes->native_dim / sizes->lanes);
}

static void check_chains(void) {
  uint32_t push_cycles = 0;
  expect("the FIFO is not empty", engine_push_space(&engine) == kPlaces);
  is_pushing = 1;
  uint32_t pushed = push_all(&push_cycles);
  is_pushing = 0;
  while (!has_looked) {
  }
  uint32_t from_memory = run_from_memory();
  uint32_t products = product_cycles();
  printf("%u chains: products %lu cycles, pushed %lu (%lu until the last push), in memory %lu\n",
         kChains, products, pushed, push_cycles, from_memory);
  expect("pushes did not wait", push_cycles > products / kChains * (kChains - kWaiting));
  expect("faster than the products", pushed > products && from_memory > products);
  expect("pushed chains are slower", pushed < products + products / 10);
  expect("chains in memory are slower", from_memory < products + products / 10);
  expect("not all chains were counted",
         engine_counter(&engine, ATTENTION_ENGINE_PERF_CHAINS) >= 2 * kChains);
  expect("the FIFO was never full", full_looks > 0);
  expect("hart 1 was stalled too", looks > push_cycles / 500);
}

/* Hart 1 reads registers of the engine meanwhile. */
static void look_on(void) {
  while (!is_pushing) {
  }
  while (is_pushing) {
    ++looks;
    full_looks += engine_push_space(&engine) == 0;
  }
  fence();
  has_looked = 1;
}

int main(uint32_t hart) {
  if (platform.attention_engine_base == 0) {
    if (hart == 0) {
      printf("skipped: no attention engine on this machine\n");
    }
    return kExitPassed;
  }
  if (hart == 0) {
    engine_init(&engine, ring, queue, kRingLog2);
    words = arena_allocate(&l2_arena, kMaxWords * sizeof(uint64_t));
    write_chains();
  }
  barrier();
  if (hart == 1) {
    look_on();
  } else if (hart == 0) {
    check_chains();
    count_errors(check_layer(&engine));
  }
  barrier();
  return hart == 0 ? verdict("engine_chains") : kExitPassed;
}
