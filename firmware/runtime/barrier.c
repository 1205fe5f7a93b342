/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/runtime/barrier.h"

#include "firmware/runtime/arena.h"
#include "firmware/runtime/hart.h"
#include "firmware/runtime/memory.h"
#include "firmware/runtime/platform.h"
#include "firmware/runtime/wake_up.h"

/* A word that releases this many harts: they all look at it when they wake, one per cycle. */
enum { kHartsPerRelease = 16 };

struct BarrierState {
  uint32_t num_harts;
  uint32_t num_releases;
  volatile uint32_t* release; /* [num_releases]: count of barriers passed */
  volatile uint32_t* arrived; /* [1 + nodes of the tree, leaves first] */
};

static struct BarrierState* state;

static uint32_t divide_up(uint32_t value, uint32_t divisor) {
  return (value + divisor - 1) / divisor;
}

int barrier_init(void) {
  uint32_t nodes = 0;
  uint32_t width = platform.num_harts;
  do {
    width = divide_up(width, kBarrierRadix);
    nodes += width;
  } while (width > 1);
  uint32_t releases = divide_up(platform.num_harts, kHartsPerRelease);
  uint32_t bytes = sizeof(struct BarrierState) + 4 * (releases + 1 + nodes);
  state = arena_allocate(&l1_arena, bytes);
  if (state == 0) {
    return -1;
  }
  memset(state, 0, bytes);
  state->num_harts = platform.num_harts;
  state->num_releases = releases;
  state->release = (volatile uint32_t*)(state + 1);
  state->arrived = state->release + releases;
  return 0;
}

static void release_all(void) {
  for (uint32_t i = 0; i < state->num_releases; ++i) {
    state->release[i] += 1;
  }
  wake_up_all();
}

/* The pulse follows the release, so each hart sleeps once per barrier and takes exactly one. */
static void wait_for_release(uint32_t passed) {
  volatile uint32_t* release = &state->release[hart_id() / kHartsPerRelease];
  do {
    wait_for_wake_up();
  } while (*release == passed);
}

static uint32_t barriers_passed(void) {
  return state->release[hart_id() / kHartsPerRelease];
}

/* Counts this hart in; the last of `expected` clears the word for the next barrier. */
static int arrives_last(volatile uint32_t* arrived, uint32_t expected) {
  if (amo_add(arrived, 1) != expected - 1) {
    return 0;
  }
  *arrived = 0;
  fence();
  return 1;
}

void barrier(void) {
  uint32_t passed = barriers_passed();
  fence();
  if (arrives_last(&state->arrived[0], state->num_harts)) {
    release_all();
  }
  wait_for_release(passed);
}

void log_barrier(void) {
  uint32_t passed = barriers_passed();
  fence();
  volatile uint32_t* level = &state->arrived[1];
  uint32_t position = hart_id();
  uint32_t width = state->num_harts;
  for (;;) {
    uint32_t node = position / kBarrierRadix;
    uint32_t others = width - node * kBarrierRadix;
    if (!arrives_last(&level[node], others < kBarrierRadix ? others : kBarrierRadix)) {
      break;
    }
    width = divide_up(width, kBarrierRadix);
    if (width == 1) {
      release_all();
      break;
    }
    level += width;
    position = node;
  }
  wait_for_release(passed);
}
