/* SPDX-License-Identifier: Apache-2.0
 * Every error of a descriptor or a tile map, raised on purpose: each must end with its code, leave
 * the output alone, and let the next descriptor through. Then the watchdog, abort, a full
 * completion queue, and another policy for what does not fit. */
#include "firmware/drivers/attention_engine.h"
#include "firmware/runtime/arena.h"
#include "firmware/runtime/memory.h"
#include "firmware/runtime/platform.h"
#include "firmware/runtime/print.h"
#include "sw/common/verdict.h"

enum {
  kTokens = 100,
  kLongTokens = 1024, /* resident scores of a causal head do not fit soc64 */
  kDim = 64,
  kRingLog2 = 2,
  kPattern = 2, /* causal */
  kMark = 0x5A,
  kResult = 9, /* every element: operands are 0 and the requantiser adds it */
  kMapBytes = 64,
  kMaskBytes = 512,
};

static struct EngineDescriptor ring[1 << kRingLog2] __attribute__((aligned(64)));
static struct EngineCompletion queue[1 << kRingLog2] __attribute__((aligned(64)));
static struct Engine engine;
static struct EngineDescriptor descriptor; /* under test */
static struct EngineCompletion completion;
static uint8_t* operands;
static uint8_t* output;
static uint8_t* map; /* then its mask */

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

static void make_good(struct EngineDescriptor* job) {
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

static uint32_t differs_from(uint8_t value, uint32_t bytes) {
  for (uint32_t i = 0; i < bytes; ++i) {
    if (output[i] != value) {
      return 1;
    }
  }
  return 0;
}

static void expect(const char* name, uint32_t value, uint32_t expected) {
  if (value != expected) {
    printf("%s: %lu, expected %lu\n", name, value, expected);
    count_errors(1);
  }
}

/* Runs `descriptor`, which must fail with `code`, then one that must pass. */
static void expect_refused(const char* name, uint32_t code) {
  memset(output, kMark, kTokens * kDim);
  engine_init(&engine, ring, queue, kRingLog2);
  engine_submit(&engine, &descriptor);
  engine_wait(&engine, &completion);
  expect(name, engine_completion_error(&completion), code);
  struct EngineErrorInfo info = engine_error(&engine);
  expect(name, info.code, code);
  expect(name, info.descriptor, (uint32_t)ring);
  expect(name, differs_from(kMark, kTokens * kDim), 0);
  make_good(&descriptor);
  expect(name, engine_run(&engine, &descriptor, &completion), kEngineOk);
  expect(name, differs_from(kResult, kTokens * kDim), 0);
}

static void refuse_sizes(void) {
  make_good(&descriptor);
  descriptor.type = 9;
  expect_refused("type", kEngineBadDescriptor);
  make_good(&descriptor);
  descriptor.queries = 0;
  expect_refused("queries", kEngineBadDescriptor);
  make_good(&descriptor);
  descriptor.keys = 0;
  expect_refused("keys", kEngineBadDescriptor);
  make_good(&descriptor);
  descriptor.heads = 0;
  expect_refused("heads", kEngineBadDescriptor);
  make_good(&descriptor);
  descriptor.tile = kDim / 2;
  expect_refused("tile", kEngineBadDescriptor);
  make_good(&descriptor);
  descriptor.policy = kEngineSpill + 1;
  expect_refused("policy", kEngineBadDescriptor);
  make_good(&descriptor);
  descriptor.pattern = 99;
  expect_refused("pattern", kEngineBadDescriptor);
  make_good(&descriptor);
  descriptor.row_stride = kDim / 16 - 1;
  expect_refused("row_stride", kEngineBadDescriptor);
  make_good(&descriptor);
  descriptor.flags |= ATTENTION_ENGINE_FLAG_BLOCK_FLOAT;
  expect_refused("block_float", kEngineFormatMismatch);
}

static void refuse_addresses(void) {
  make_good(&descriptor);
  descriptor.q += 32;
  expect_refused("misaligned q", kEngineMisaligned);
  make_good(&descriptor);
  descriptor.output += 16;
  expect_refused("misaligned output", kEngineMisaligned);
  make_good(&descriptor);
  descriptor.k = 0x20000000u;
  expect_refused("unmapped k", kEngineAxiDecode);
  make_good(&descriptor);
  descriptor.pattern = kEngineMapInMemory;
  descriptor.map = 0x20000000u;
  expect_refused("unmapped map", kEngineAxiDecode);
}

static void refuse_capacities(void) {
  make_good(&descriptor);
  descriptor.queries = descriptor.keys = kLongTokens;
  descriptor.policy = kEngineResident;
  expect_refused("score_vrf", kEngineVrfOverflow);
  make_good(&descriptor);
  descriptor.head_dim = kDim * (uint16_t)engine.capabilities.entries[9];
  descriptor.row_stride = descriptor.head_dim / 16;
  expect_refused("mvm_initial_vrf", kEngineVrfOverflow);
}

/* One 16-bit word of the map is wrong. */
static void refuse_map(const char* name, uint32_t half_word, uint16_t value, uint32_t code) {
  write_map();
  ((uint16_t*)map)[half_word] = value;
  make_good(&descriptor);
  descriptor.pattern = kEngineMapInMemory;
  expect_refused(name, code);
}

static void refuse_maps(void) {
  refuse_map("map rows", 0, 3, kEngineBadMap);
  refuse_map("map columns", 1, 1, kEngineBadMap);
  refuse_map("map tiles", 2, 5, kEngineBadMap);
  refuse_map("map tiles, high", 3, 0x8000, kEngineBadMap);
  refuse_map("row pointers begin", 4, 1, kEngineBadMap);
  refuse_map("row pointers fall", 6, 9, kEngineBadMap);
  refuse_map("row pointers end", 8, 2, kEngineBadMap);
  refuse_map("no such column", 12, 0x8002, kEngineBadMap);
  refuse_map("columns do not rise", 12, 0x8000, kEngineBadMap);
  refuse_map("no such mask", 13, 0xFFFF, kEngineMaskOutOfBounds);
}

/* The map as it should be gives the same as the pattern. */
static void accept_map(void) {
  write_map();
  memset(output, kMark, kTokens * kDim);
  make_good(&descriptor);
  descriptor.pattern = kEngineMapInMemory;
  expect("map", engine_run(&engine, &descriptor, &completion), kEngineOk);
  expect("map", differs_from(kResult, kTokens * kDim), 0);
}

static void time_out(void) {
  make_good(&descriptor);
  engine_init(&engine, ring, queue, kRingLog2);
  engine_set_watchdog(&engine, 50);
  expect("watchdog", engine_run(&engine, &descriptor, &completion), kEngineWatchdog);
  engine_set_watchdog(&engine, 0);
  expect("after watchdog", engine_run(&engine, &descriptor, &completion), kEngineOk);
}

static void abort_two(void) {
  make_good(&descriptor);
  descriptor.queries = descriptor.keys = kLongTokens;
  engine_submit(&engine, &descriptor);
  engine_submit(&engine, &descriptor);
  engine_abort(&engine);
  expect("abort", engine_error(&engine).code, kEngineWatchdog); /* the first since engine_init() */
  expect("outstanding", engine_outstanding(&engine), 0);
  make_good(&descriptor);
  expect("after abort", engine_run(&engine, &descriptor, &completion), kEngineOk);
}

/* Nobody takes the completions of a whole ring and one more. */
static void overflow_completions(void) {
  make_good(&descriptor);
  engine_init(&engine, ring, queue, kRingLog2);
  for (uint32_t i = 0; i <= 1u << kRingLog2; ++i) {
    engine.completed = 0; /* as if there were room */
    engine.submitted = i;
    ring[i & ((1u << kRingLog2) - 1)] = descriptor;
    fence();
    write_register(engine.base + ATTENTION_ENGINE_TAIL, i + 1);
    while (read_register(engine.base + ATTENTION_ENGINE_HEAD) != i + 1) {
      wait_for_wake_up();
    }
  }
  uint32_t events = read_register(engine.base + ATTENTION_ENGINE_IRQ_RAW);
  expect("overflow", (events & ATTENTION_ENGINE_IRQ_CQ_OVERFLOW) != 0, 1);
  engine_init(&engine, ring, queue, kRingLog2);
  expect("after overflow", engine_run(&engine, &descriptor, &completion), kEngineOk);
}

static void try_next_policy(void) {
  make_good(&descriptor);
  descriptor.queries = descriptor.keys = kLongTokens;
  descriptor.policy = kEngineResident;
  expect("next policy", engine_run(&engine, &descriptor, &completion), kEngineOk);
  expect("next policy", descriptor.policy, kEngineOverlapped);
  expect("next policy", differs_from(kResult, kLongTokens * kDim), 0);
}

/* In this order: abort_two() looks at what time_out() left. */
static void (*const volatile kCases[])(void) = {
    refuse_sizes, refuse_addresses, refuse_capacities,    refuse_maps,     accept_map,
    time_out,     abort_two,        overflow_completions, try_next_policy,
};

static int allocate(void) {
  operands = arena_allocate(&l2_arena, kLongTokens * kDim);
  output = arena_allocate(&l2_arena, kLongTokens * kDim);
  map = arena_allocate(&l2_arena, kMapBytes + kMaskBytes);
  return operands == 0 || output == 0 || map == 0;
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
  for (uint32_t i = 0; i < sizeof(kCases) / sizeof(kCases[0]); ++i) {
    kCases[i]();
  }
  return verdict("engine_errors");
}
