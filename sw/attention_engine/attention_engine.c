/* SPDX-License-Identifier: Apache-2.0
 * Hart 0 has the attention engine compute a dense and a causal head, alone and while all other
 * harts read L2, compares the bytes of both runs and prints the cycles. */
#include "firmware/runtime/arena.h"
#include "firmware/runtime/barrier.h"
#include "firmware/runtime/hart.h"
#include "firmware/runtime/memory.h"
#include "firmware/runtime/platform.h"
#include "firmware/runtime/wake_up.h"
#include "models/attention_engine/attention_engine_regs.h"
#include "sw/common/random.h"
#include "sw/common/verdict.h"

enum {
  kTokens = 256,
  kDim = 64,
  kBytes = kTokens * kDim,
  kDense = 0,
  kCausal = 2,
  kStreamBytes = 64, /* between two reads: a word of L2's bus */
};

struct Image {
  uint32_t ring[4][ATTENTION_ENGINE_DESC_BYTES / 4];
  uint32_t completions[4][ATTENTION_ENGINE_COMPLETION_BYTES / 4];
  uint8_t q[kBytes], k[kBytes], v[kBytes];
  uint8_t output[4][kBytes];
} __attribute__((aligned(64)));

static struct Image* image; /* in L2 */
static volatile uint32_t is_streaming;

static volatile uint32_t* engine_register(uint32_t offset) {
  return (volatile uint32_t*)(ATTENTION_ENGINE_BASE + offset);
}

static void write_descriptor(uint32_t index, uint32_t pattern) {
  uint32_t* word = image->ring[index];
  memset(word, 0, ATTENTION_ENGINE_DESC_BYTES);
  word[0] = ATTENTION_ENGINE_TYPE_ATTENTION |
            (ATTENTION_ENGINE_FLAG_IRQ | ATTENTION_ENGINE_FLAG_PACKED) << 8 | index << 16;
  word[ATTENTION_ENGINE_DESC_QUERIES / 4] = kTokens | (uint32_t)kTokens << 16;
  word[ATTENTION_ENGINE_DESC_HEAD_DIM / 4] = kDim | 1u << 16;
  word[ATTENTION_ENGINE_DESC_TILE / 4] = pattern << 16;
  word[ATTENTION_ENGINE_DESC_Q / 4] = (uint32_t)image->q;
  word[ATTENTION_ENGINE_DESC_K / 4] = (uint32_t)image->k;
  word[ATTENTION_ENGINE_DESC_V / 4] = (uint32_t)image->v;
  word[ATTENTION_ENGINE_DESC_OUTPUT / 4] = (uint32_t)image->output[index];
  word[ATTENTION_ENGINE_DESC_QK_REQUANT / 4] = 20 | 14u << 16;
  word[ATTENTION_ENGINE_DESC_AV_REQUANT / 4] = 60 | 12u << 16;
  word[ATTENTION_ENGINE_DESC_ROW_STRIDE / 4] = kDim / 16;
}

/* Runs descriptor `index` and returns its cycles; sleeps until it has ended. */
static uint32_t run(uint32_t index, uint32_t pattern) {
  write_descriptor(index, pattern);
  fence(); /* the engine reads what this hart has written */
  *engine_register(ATTENTION_ENGINE_TAIL) = index + 1;
  while (*engine_register(ATTENTION_ENGINE_CQ_TAIL) != index + 1) {
    wait_for_wake_up();
  }
  const uint32_t* completion = image->completions[index];
  count_errors(completion[0] != index || (completion[1] & 0xFF) != 0);
  return completion[2];
}

static void set_up(void) {
  image = arena_allocate(&l2_arena, sizeof *image);
  for (uint32_t i = 0; i < kBytes; ++i) {
    image->q[i] = (uint8_t)mix(i);
    image->k[i] = (uint8_t)mix(i + kBytes);
    image->v[i] = (uint8_t)mix(i + 2 * kBytes);
  }
  *engine_register(ATTENTION_ENGINE_RING_LO) = (uint32_t)image->ring;
  *engine_register(ATTENTION_ENGINE_RING_LOG2) = 2;
  *engine_register(ATTENTION_ENGINE_CQ_LO) = (uint32_t)image->completions;
  *engine_register(ATTENTION_ENGINE_CQ_LOG2) = 2;
  *engine_register(ATTENTION_ENGINE_WAKE_HART) = 0;
  *engine_register(ATTENTION_ENGINE_IRQ_EN) =
      ATTENTION_ENGINE_IRQ_DESC_DONE | ATTENTION_ENGINE_IRQ_ERROR;
  *engine_register(ATTENTION_ENGINE_CTRL) = ATTENTION_ENGINE_CTRL_EN;
}

/* Reads L2 without a pause while the engine works. */
static void stream(uint32_t hart) {
  const volatile uint32_t* source = (const volatile uint32_t*)image->q;
  uint32_t place = hart * kStreamBytes / 4;
  while (is_streaming) {
    (void)source[place];
    (void)source[place + 1];
    (void)source[place + 2];
    (void)source[place + 3];
    place = (place + kStreamBytes / 4) % (3 * kBytes / 4);
  }
}

int main(uint32_t hart) {
  if (platform.attention_engine_base == 0) {
    if (hart == 0) {
      printf("skipped: no attention engine on this machine\n");
    }
    return kExitPassed;
  }
  uint32_t cycles[4] = {0};
  if (hart == 0) {
    set_up();
    cycles[0] = run(0, kDense);
    cycles[1] = run(1, kCausal);
    is_streaming = 1;
  }
  barrier();
  if (hart != 0) {
    stream(hart);
  } else {
    cycles[2] = run(2, kDense);
    cycles[3] = run(3, kCausal);
    is_streaming = 0;
  }
  barrier();
  if (hart != 0) {
    return kExitPassed;
  }
  count_errors(memcmp(image->output[0], image->output[2], kBytes) != 0);
  count_errors(memcmp(image->output[1], image->output[3], kBytes) != 0);
  count_errors(memcmp(image->output[0], image->output[1], kBytes) == 0);
  count_errors(cycles[1] >= cycles[0]); /* causal skips tiles */
  if (timing_mode() == PLATFORM_BLOCK_TIMING_CYCLE) {
    count_errors(cycles[2] <= cycles[0] || cycles[3] <= cycles[1]); /* the bus is shared */
  } else {
    count_errors(cycles[2] != cycles[0] || cycles[3] != cycles[1]);
  }
  printf("dense %lu cycles, causal %lu; with %lu harts reading L2: %lu, %lu\n", cycles[0],
         cycles[1], platform.num_harts - 1, cycles[2], cycles[3]);
  return verdict("attention_engine");
}
