/* SPDX-License-Identifier: Apache-2.0 */
#include "sw/encoder/engines.h"

struct Queue queue_open(uint32_t engine) {
  struct EngineState* own = &encoder.states[engine];
  return (struct Queue){
      .states = encoder.states,
      .own = own,
      .ring = (const struct Command*)own->ring,
      .ring_mask = own->ring_commands - 1,
      .num_commands = own->num_commands,
      .log = own->log,
  };
}

void queue_fetch(struct Queue* queue) {
  const uint32_t* from = (const uint32_t*)&queue->ring[queue->next & queue->ring_mask];
  uint32_t* to = (uint32_t*)&queue->command;
  for (int half = 0; half < 2; ++half) {
    uint32_t burst[8];
    for (int i = 0; i < 8; ++i) {
      burst[i] = from[i];
    }
    for (int i = 0; i < 8; ++i) {
      to[i] = burst[i];
    }
    from += 8;
    to += 8;
  }
  queue->next += 1;
}

int queue_may_begin(const struct Queue* queue) {
  for (uint32_t i = 0; i < queue->command.num_waits; ++i) {
    uint32_t wait = queue->command.words[kCommandWords - 1 - i];
    if (queue->states[wait >> kWaitEngineShift].completed < (wait & kMaxWaitCount)) {
      return 0;
    }
  }
  return 1;
}

void queue_complete(struct Queue* queue, uint32_t start) {
  struct LogEntry* entry = &queue->log[queue->num_complete];
  queue->num_complete += 1;
  queue->own->completed = queue->num_complete;
  entry->start = start;
  entry->end = cycle_count();
}
