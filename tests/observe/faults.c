/* SPDX-License-Identifier: Apache-2.0
 * Does one thing wrong: hart `size` does what `variant` of the arguments names. For test_faults.py,
 * which knows the names of the functions and marks lines with a comment. */
#include "firmware/drivers/attention_engine.h"
#include "firmware/drivers/dma.h"
#include "firmware/drivers/ita_jobs.h"
#include "firmware/drivers/ita_operand_block.h"
#include "firmware/runtime/arguments.h"
#include "firmware/runtime/barrier.h"
#include "firmware/runtime/hart.h"
#include "firmware/runtime/platform.h"
#include "models/ita/job_interface_regs.h"

#define NOINLINE __attribute__((noinline))

enum Fault {
  kUnmappedLoad = 1,
  kMisalignedStore = 2,
  kIllegalInstruction = 3,
  kStackOverflow = 4,
  kDmaOutOfMemory = 5,
  kItaWithoutTrigger = 6,
  kUnmappedJump = 7,
  kStaysAway = 8,
  kPollInVain = 9,
  kItaOutOfRegion = 10,
  kEngineBadType = 11,
  kNullJump = 12,
  kItaBlockOutOfMemory = 13,
};

static uint32_t table[4];
static volatile uint32_t flag;

static inline uint32_t load(uint32_t address) {
  __asm__ volatile("nop");
  return *(volatile uint32_t*)address; /* the load */
}

NOINLINE uint32_t sum(uint32_t address) {
  uint32_t result = 0;
  for (uint32_t i = 0; i < table[0] + 1; ++i) {
    result += load(address + 4 * i);
  }
  return result;
}

NOINLINE void store(uint32_t address) {
  *(volatile uint32_t*)address = 1; /* the store */
}

NOINLINE uint32_t deep(uint32_t levels) {
  volatile uint32_t local[16];
  local[levels % 16] = levels;
  return levels == 0 ? local[0] : deep(levels - 1) + local[levels % 16];
}

NOINLINE void poll(void) {
  while (flag == 0) {
  }
}

NOINLINE void misprogram_ita(void) {
  uint32_t base = ita_jobs_base(0);
  const struct ItaLayer layer = {
      .engine = ITA_JOB_LAYER_LINEAR,
      .tiles = 1 << ITA_JOB_TILES_S_SHIFT | 1 << ITA_JOB_TILES_E_SHIFT |
               1 << ITA_JOB_TILES_P_SHIFT | 1 << ITA_JOB_TILES_F_SHIFT,
  };
  const struct ItaJob job = {
      .input = platform.ita_l1_base,
      .weight = platform.ita_l1_base + platform.ita_l1_bytes, /* of the next ITA */
      .output = platform.ita_l1_base,
      .stream = ITA_JOB_WEIGHT_PRELOAD | ITA_JOB_BIAS_DISABLE,
  };
  ita_jobs_set_wake_hart(base, hart_id());
  ita_jobs_acquire(base);
  ita_jobs_write_layer(base, &layer);
  ita_jobs_write_job(base, &job);
  ita_jobs_commit(base, 1); /* the job */
  wait_for_wake_up();
}

NOINLINE void misprogram_ita_block(void) {
  static uint32_t constants[8];
  static struct ItaRequantTable requant;
  const struct ItaHead head = {
      .start_addr = platform.l2_base + platform.l2_bytes - 64, /* ends far behind */
      .out_addr = platform.l2_base + platform.l2_bytes / 2,
      .rqs_addr = (uint32_t)&requant,
      .s = 64,
      .e = 64,
      .p = 64,
  };
  requant.mult = requant.shift = requant.add = (uint32_t)constants;
  ita_block_start(ita_block_base(0), &head);
  ita_block_wait(ita_block_base(0));
}

NOINLINE void misprogram_engine(void) {
  static struct EngineDescriptor ring[2] __attribute__((aligned(64)));
  static struct EngineCompletion queue[2] __attribute__((aligned(64)));
  static struct Engine engine;
  static const struct EngineDescriptor descriptor = {.type = 99};
  struct EngineCompletion completion;
  engine_init(&engine, ring, queue, 1);
  engine_submit(&engine, &descriptor);
  engine_wait(&engine, &completion);
}

NOINLINE uint32_t misbehave(uint32_t fault, uint32_t hart) {
  switch (fault) {
    case kUnmappedLoad:
      return sum(0x70000000);
    case kMisalignedStore:
      store((uint32_t)table + 6);
      return 0;
    case kIllegalInstruction:
      __asm__ volatile(".insn r 0x7b, 7, 0, x0, x0, x0");
      return 0;
    case kStackOverflow:
      return deep(200) > 0;
    case kDmaOutOfMemory:
      dma_start(0x8000, platform.l2_base + platform.l2_bytes - 16, 64);
      dma_wait();
      return 0;
    case kItaWithoutTrigger:
      read_register(platform.ita_base + ITA_JOB_ACQUIRE);
      wait_for_wake_up();
      return 0;
    case kUnmappedJump:
      ((void (*)(void))0x70000000)();
      return 0;
    case kNullJump:
      ((void (*)(void))flag)(); /* 0, but the compiler does not know */
      return 0;
    case kItaOutOfRegion:
      misprogram_ita();
      return 0;
    case kEngineBadType:
      misprogram_engine();
      return 0;
    case kItaBlockOutOfMemory:
      misprogram_ita_block();
      return 0;
    case kPollInVain:
      poll();
      return 0;
    default:
      return hart;
  }
}

int main(uint32_t hart) {
  struct Arguments arguments = program_arguments();
  uint32_t result = 0;
  if (hart == arguments.size) {
    if (arguments.variant == kStaysAway) {
      return 0;
    }
    result = misbehave(arguments.variant, hart);
  }
  barrier();
  return (int)result;
}
