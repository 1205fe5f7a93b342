/* SPDX-License-Identifier: Apache-2.0 */
#include "sw/encoder/setup.h"

#include "firmware/runtime/arena.h"
#include "firmware/runtime/memory.h"
#include "firmware/runtime/platform.h"
#include "firmware/runtime/print.h"
#include "sw/encoder/engines.h"

/* Lines begin at the first boundary of a row of L1: that word lies in tile 0. */
static int place_lines(void) {
  encoder.line_stride = platform.banks_per_tile * 4;
  uint32_t tiles = platform.num_groups * platform.core_tiles_per_group;
  uint32_t row = tiles * encoder.line_stride;
  uint32_t first = (l1_arena.next + row - 1) / row * row;
  uint32_t bytes = kBoards * row;
  if (first + bytes > l1_arena.end) {
    return 0;
  }
  encoder.row_stride = row;
  encoder.lines = first;
  l1_arena.next = first + bytes;
  memset((void*)first, 0, bytes);
  return 1;
}

static int place_state(const struct ScheduleHeader* header) {
  uint32_t state_bytes = header->num_engines * sizeof(struct EngineState);
  uint32_t duty_bytes = platform.num_harts * sizeof(struct Duty);
  encoder.states = arena_allocate(&l1_arena, state_bytes);
  encoder.duties = arena_allocate(&l1_arena, duty_bytes);
  encoder.meetings = arena_allocate(&l1_arena, sizeof(*encoder.meetings));
  if (encoder.meetings == 0 || !place_lines() || l1_arena.next > header->l1_begin) {
    printf("encoder: no room, its own data end at 0x%lx in L1, the plan begins at 0x%lx\n",
           l1_arena.next, header->l1_begin);
    return 0;
  }
  (void)arena_allocate(&l1_arena, arena_free_bytes(&l1_arena)); /* the plan's */
  memset(encoder.states, 0, state_bytes);
  memset(encoder.duties, 0, duty_bytes);
  *encoder.meetings = 0;
  return 1;
}

/* Returns 0 when the hart has a duty already. */
static int assign(uint32_t hart, enum Role role, uint32_t engine, uint32_t rank) {
  struct Duty* duty = &encoder.duties[hart];
  if (duty->role != kRoleNone) {
    return 0;
  }
  *duty = (struct Duty){(uint8_t)role, (uint8_t)engine, (uint16_t)rank};
  return 1;
}

static int assign_engine(uint32_t number) {
  static const uint8_t kRoles[] = {
      [kEngineDma] = kRoleDma, [kEngineTeam] = kRoleLeader, [kEngineIta] = kRoleIssuer};
  const struct ScheduleEngine* engine = &encoder.engines[number];
  return assign(engine->hart, kRoles[engine->kind], number, 0) &&
         (engine->kind != kEngineIta || assign(engine->collector_hart, kRoleCollector, number, 0));
}

/* The harts of a tile that are free work for the team; returns how many there are. */
static uint32_t assign_workers(uint32_t tile, uint32_t number, uint32_t* rank) {
  uint32_t first = tile * platform.harts_per_tile;
  uint32_t workers = 0;
  for (uint32_t hart = first; hart < first + platform.harts_per_tile; ++hart) {
    if (assign(hart, kRoleWorker, number, *rank)) {
      *rank += 1;
      workers += 1;
    }
  }
  return workers;
}

/* Workers that share their tile with others are woken one by one. */
static int add_singles(struct Team* team, uint32_t tile) {
  uint32_t first = tile * platform.harts_per_tile;
  for (uint32_t hart = first; hart < first + platform.harts_per_tile; ++hart) {
    if (encoder.duties[hart].role == kRoleWorker) {
      if (team->num_singles == kMaxSingles) {
        return 0;
      }
      team->singles[team->num_singles++] = (uint16_t)hart;
    }
  }
  return 1;
}

static int make_team(uint32_t number) {
  const struct ScheduleEngine* engine = &encoder.engines[number];
  uint32_t first_tile = engine->index * platform.core_tiles_per_group + engine->first_tile;
  struct Team* team = &encoder.states[number].team;
  *team = (struct Team){
      .first_line = (uint32_t)tile_line(first_tile),
      .line_stride = encoder.line_stride,
      .row_stride = encoder.row_stride,
      .num_tiles = engine->num_tiles,
      .leader_works = engine->leader_works,
      .wake_address = platform.control->wake_up_tile + 4 * engine->index,
      .wake_one_address = platform.control->wake_up,
  };
  uint32_t rank = engine->leader_works;
  for (uint32_t t = 0; t < engine->num_tiles; ++t) {
    uint32_t tile = first_tile + t;
    uint32_t workers = assign_workers(tile, number, &rank);
    if (workers == platform.harts_per_tile) {
      team->wake_tiles |= 1u << (engine->first_tile + t);
    } else if (!add_singles(team, tile)) {
      return 0;
    }
    workers += t == 0 ? engine->leader_works : 0;
    tile_line(tile)->workers = workers;
    team->worker_tiles += workers != 0;
  }
  team->workers = rank;
  return rank > 0;
}

static void start_state(uint32_t number) {
  const struct ScheduleEngine* engine = &encoder.engines[number];
  struct EngineState* state = &encoder.states[number];
  uint32_t base = (uint32_t)encoder.header;
  state->num_commands = engine->num_commands;
  state->commands = base + engine->commands_offset;
  state->ring = engine->ring_address;
  state->ring_commands = engine->ring_commands;
  state->index = engine->index;
  state->log = (struct LogEntry*)(base + engine->log_offset);
}

enum EncoderExit prepare(const struct ScheduleHeader* header) {
  encoder.header = header;
  encoder.engines = (const struct ScheduleEngine*)((const char*)header + header->engines_offset);
  if (!place_state(header)) {
    return kEncoderNoRoom;
  }
  int is_possible = 1;
  for (uint32_t e = 0; e < header->num_engines; ++e) {
    start_state(e);
    is_possible &= assign_engine(e);
  }
  for (uint32_t e = 0; e < header->num_engines && is_possible; ++e) {
    is_possible &= encoder.engines[e].kind != kEngineTeam || make_team(e);
  }
  if (!is_possible) {
    printf("encoder: two engines share a hart, or a team has no workers\n");
    return kEncoderWrongEngine;
  }
  return kEncoderDone;
}
