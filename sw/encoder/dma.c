/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/drivers/dma.h"

#include "firmware/runtime/platform.h"
#include "sw/encoder/engines.h"

/* The rest of the commands, at most up to the end of the ring and at most half of it unless the
 * ring is empty. */
static uint32_t commands_to_load(const struct EngineState* state) {
  uint32_t rest = state->num_commands - state->loaded;
  uint32_t most = state->loaded == 0 ? state->ring_commands : state->ring_commands / 2;
  return rest < most ? rest : most;
}

static void load_commands(struct EngineState* state) {
  uint32_t count = commands_to_load(state);
  uint32_t place = state->loaded & (state->ring_commands - 1);
  dma_copy(state->ring + place * sizeof(struct Command),
           state->commands + state->loaded * sizeof(struct Command),
           count * sizeof(struct Command));
  state->loaded += count;
}

void load_rings(void) {
  for (uint32_t e = 0; e < encoder.header->num_engines; ++e) {
    struct EngineState* state = &encoder.states[e];
    if (state->loaded == state->num_commands && state->num_commands <= state->ring_commands) {
      continue; /* all are there since the iteration before */
    }
    state->loaded = 0;
    load_commands(state);
  }
}

/* Brings commands to engines that have room for them. */
struct Feeder {
  struct EngineState* states;
  uint32_t num_engines;
  uint32_t is_needed; /* some engine has commands left in L2 */
};

static void feed(struct Feeder* feeder) {
  if (!feeder->is_needed) {
    return;
  }
  uint32_t left = 0;
  for (uint32_t e = 0; e < feeder->num_engines; ++e) {
    struct EngineState* state = &feeder->states[e];
    uint32_t loaded = state->loaded;
    if (loaded == state->num_commands) {
      continue;
    }
    left = 1;
    /* Half a ring is free once the half before the last loaded one is complete. */
    if (state->completed + state->ring_commands / 2 >= loaded) {
      load_commands(state);
    }
  }
  feeder->is_needed = left;
}

enum { kCopyWords = sizeof(struct Copy) / sizeof(uint32_t) };

/* What is added to addresses in this iteration. */
struct Offsets {
  uint32_t source;
  uint32_t destination;
};

static void start_copies(const struct Command* command, const struct Offsets* offsets) {
  uint32_t source = command->flags & kFlagSourceAdvances ? offsets->source : 0;
  uint32_t destination = command->flags & kFlagDestinationAdvances ? offsets->destination : 0;
  const struct Copy* copies = (const struct Copy*)command->words;
  for (uint32_t i = 0; i < command->num_arguments / kCopyWords; ++i) {
    dma_start_beside(copies[i].destination + destination, copies[i].source + source,
                     copies[i].bytes);
  }
}

/* In cycle timing, as in the hardware, a transfer to an idle group leaves the front-end at once; in
 * functional timing the front-end holds no more than kMaxCopies. */
static void start_spread(const struct Command* command) {
  const struct Spread* spread = (const struct Spread*)command->words;
  for (uint32_t i = spread->count; i-- > 0;) {
    if (i + kMaxCopies < spread->count && timing_mode() == PLATFORM_BLOCK_TIMING_FUNCTIONAL) {
      dma_wait();
    }
    dma_start_beside(spread->first.destination + i * spread->destination_stride,
                     spread->first.source + i * spread->source_stride, spread->first.bytes);
  }
}

/* Fetches the command behind those that are complete, if there is one and it is not fetched yet. */
static void wait_for_command(struct Queue* queue, struct Feeder* feeder) {
  if (queue->next != queue->num_complete || !queue_has_next(queue)) {
    return;
  }
  while (!queue_is_loaded(queue)) {
    feed(feeder);
  }
  queue_fetch(queue);
}

void serve_dma(uint32_t iteration) {
  struct Queue queue = queue_open(0);
  struct Feeder feeder = {encoder.states, encoder.header->num_engines, 1};
  struct Offsets offsets = {iteration * encoder.header->source_stride,
                            iteration * encoder.header->destination_stride};
  wait_for_command(&queue, &feeder);
  while (!queue_is_complete(&queue)) {
    while (!queue_may_begin(&queue)) {
      feed(&feeder);
      pause_polling();
    }
    uint32_t start = cycle_count();
    uint32_t opcode = queue.command.opcode;
    if (opcode == kOpCopy) {
      start_copies(&queue.command, &offsets);
    } else if (opcode == kOpSpread) {
      start_spread(&queue.command);
    }
    if (queue_has_next(&queue) && queue_is_loaded(&queue)) {
      queue_fetch(&queue);
    }
    if (opcode != kOpNothing) {
      dma_wait();
    }
    queue_complete(&queue, start);
    wait_for_command(&queue, &feeder);
  }
  while (feeder.is_needed) {
    feed(&feeder);
  }
}
