/* SPDX-License-Identifier: Apache-2.0
 * Errors that are not the job's fault: watchdog, abort, full completion queue. And another policy
 * for what does not fit. */
#include "firmware/drivers/engine_chain.h"
#include "firmware/runtime/hart.h"
#include "firmware/runtime/memory.h"
#include "firmware/runtime/platform.h"
#include "sw/engine_errors/engine_errors.h"

enum { kShortCycles = 50 };

static void make_long(struct EngineDescriptor* job) {
  make_good(job);
  job->queries = job->keys = kLongTokens;
}

static void time_out(void) {
  reset_engine();
  engine_set_watchdog(&engine, kShortCycles);
  make_good(&descriptor);
  expect("watchdog", engine_run(&engine, &descriptor, &completion), kEngineWatchdog);
  expect_raised("watchdog", kEngineWatchdog);
  engine_set_watchdog(&engine, 0);
  expect_recovery("watchdog");
}

static void abort_descriptors(void) {
  reset_engine();
  make_long(&descriptor);
  engine_submit(&engine, &descriptor);
  engine_submit(&engine, &descriptor);
  engine_abort(&engine);
  expect_raised("abort", kEngineAborted);
  expect("outstanding", engine_outstanding(&engine), 0);
  expect_recovery("abort");
}

static void abort_instructions(void) {
  reset_engine();
  engine_push(&engine, engine_instruction(ATTENTION_ENGINE_OP_WALK, 0, 10000, 0));
  engine_push(&engine, engine_chain_fence());
  engine_abort(&engine);
  expect_raised("abort of instructions", kEngineAborted);
  expect_recovery("abort of instructions");
}

/* Nobody takes the completions of a whole ring and one more. */
static void overflow_completions(void) {
  reset_engine();
  make_good(&descriptor);
  for (uint32_t i = 0; i <= kRingPlaces; ++i) {
    ring[i % kRingPlaces] = descriptor;
    fence();
    write_register(engine.base + ATTENTION_ENGINE_TAIL, i + 1);
    while (read_register(engine.base + ATTENTION_ENGINE_HEAD) != i + 1) {
      wait_for_wake_up();
    }
  }
  expect_raised("overflow", kEngineCompletionOverflow);
  uint32_t events = read_register(engine.base + ATTENTION_ENGINE_IRQ_RAW);
  expect("overflow", (events & ATTENTION_ENGINE_IRQ_CQ_OVERFLOW) != 0, 1);
  reset_engine();
  expect_recovery("overflow");
}

static void try_next_policy(void) {
  make_long(&descriptor);
  descriptor.policy = kEngineResident;
  expect("next policy", engine_run(&engine, &descriptor, &completion), kEngineOk);
  expect("next policy", descriptor.policy, kEngineOverlapped);
  expect_output("next policy", kResult, kLongTokens * kDim);
}

void cause_events(void) {
  time_out();
  abort_descriptors();
  abort_instructions();
  overflow_completions();
  try_next_policy();
}
