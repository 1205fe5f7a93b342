/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/runtime/platform.h"
#include "sw/encoder/engines.h"
#include "sw/encoder/moves.h"
#include "sw/kernels/kernels.h"

static inline struct TileLine* line_at(uint32_t address) {
  return (struct TileLine*)address;
}

Kernel team_kernel(uint32_t opcode) {
  return opcode == kOpMoveTiles ? move_tiles : kernel_find(opcode);
}

/* A worker; on its own stack. */
struct Worker {
  struct TileLine* line; /* the tile's first */
  uint32_t row_stride;
  uint32_t rank;
  uint32_t workers;
  uint32_t workers_in_tile;
  volatile uint32_t* tiles_arrived;
};

static struct Worker worker_of(const struct Team* team, uint32_t rank) {
  struct TileLine* line = tile_line(hart_id() / platform.harts_per_tile);
  return (struct Worker){
      .line = line,
      .row_stride = team->row_stride,
      .rank = rank,
      .workers = team->workers,
      .workers_in_tile = line->workers,
      .tiles_arrived = &line_at(team->first_line)->tiles_arrived,
  };
}

/* The worker's part of the command on one of the boards; counts it in. Returns 0 when dismissed. */
static int take_part(const struct Worker* worker, uint32_t board) {
  const struct TileLine* line = line_at((uint32_t)worker->line + board * worker->row_stride);
  Kernel kernel = (Kernel)line->board[kKernelWord];
  if (kernel == 0) {
    return 0;
  }
  kernel((const uint32_t*)line->board, worker->rank, worker->workers);
  fence();
  if (amo_add(&worker->line->arrived, 1) == worker->workers_in_tile - 1) {
    worker->line->arrived = 0;
    fence();
    amo_add(worker->tiles_arrived, 1);
  }
  return 1;
}

/* Puts a command on a board of all tiles. REQUIRES: the workers are done with what was there. */
static void post(const struct Team* team, uint32_t board, Kernel kernel,
                 const struct Command* command) {
  uint32_t words[kMaxArguments]; /* in registers: stores follow each other */
#pragma GCC unroll 11
  for (uint32_t i = 0; i < kMaxArguments; ++i) {
    words[i] = command->words[i];
  }
  uint32_t line = team->first_line + board * team->row_stride;
  uint32_t stride = team->line_stride;
  uint32_t end = line + team->num_tiles * stride;
#pragma GCC unroll 1
  for (; line != end; line += stride) {
#pragma GCC unroll 11
    for (uint32_t i = 0; i < kMaxArguments; ++i) {
      line_at(line)->board[i] = words[i];
    }
    line_at(line)->board[kKernelWord] = (uint32_t)kernel;
  }
}

/* The workers take the command that was posted. Each gets one pulse for it and nothing else wakes
 * it, so no worker looks at a board too early. */
static void release(const struct Team* team) {
  fence();
  if (team->wake_tiles != 0) {
    write_register(team->wake_address, team->wake_tiles);
  }
  for (uint32_t i = 0; i < team->num_singles; ++i) {
    write_register(team->wake_one_address, team->singles[i]);
  }
}

static void wait_for_workers(const struct Team* team) {
  struct TileLine* line = line_at(team->first_line);
  while (line->tiles_arrived != team->worker_tiles) {
  }
  line->tiles_arrived = 0;
}

/* Fetches the next command and posts it; returns 0 when there is none, or nothing to post. */
static __attribute__((noinline)) int fetch_and_post(struct Queue* queue, const struct Team* team,
                                                    uint32_t board) {
  if (!queue_has_next(queue)) {
    return 0;
  }
  while (!queue_is_loaded(queue)) {
    pause_polling();
  }
  queue_fetch(queue);
  uint32_t opcode = queue->command.opcode;
  if (opcode == kOpNothing) {
    return 0;
  }
  post(team, board, team_kernel(opcode), &queue->command);
  return 1;
}

void lead_team(uint32_t engine) {
  struct Queue queue = queue_open(engine);
  const struct Team* team = &queue.own->team;
  struct Worker leader = worker_of(team, 0);
  uint32_t turn = queue.own->turn;
  int is_kernel = fetch_and_post(&queue, team, turn);
  while (!queue_is_complete(&queue)) {
    while (!queue_may_begin(&queue)) {
      pause_polling();
    }
    uint32_t start = cycle_count();
    if (is_kernel) {
      release(team);
      if (team->leader_works) {
        take_part(&leader, turn);
      }
      turn = (turn + 1) % kBoards;
    }
    int is_next_kernel = fetch_and_post(&queue, team, turn);
    if (is_kernel) {
      wait_for_workers(team);
    }
    queue_complete(&queue, start);
    is_kernel = is_next_kernel;
  }
  queue.own->turn = turn;
}

void dismiss_team(uint32_t engine) {
  const struct EngineState* own = &encoder.states[engine];
  struct Command command = {.num_arguments = 0};
  post(&own->team, own->turn, 0, &command);
  release(&own->team);
}

void work_in_team(uint32_t engine, uint32_t rank) {
  struct Worker worker = worker_of(&encoder.states[engine].team, rank);
  uint32_t turn = 0;
  do {
    wait_for_wake_up(); /* one pulse per command */
    turn = (turn + 1) % kBoards;
  } while (take_part(&worker, (turn + 1) % kBoards));
}
