/* SPDX-License-Identifier: Apache-2.0
 * What the engines of a schedule share, and what each of them does. */
#ifndef SW_ENCODER_ENGINES_H
#define SW_ENCODER_ENGINES_H

#include "firmware/runtime/hart.h"
#include "sw/encoder/schedule.h"
#include "sw/kernels/kernels.h"

/* What the workers of a tile look at, in their own tile: a tile answers only one hart of each group
 * per cycle, so that 48 harts that look at one word wait for each other. A tile has two lines (all
 * its banks twice): while a team works on a command, its leader posts the next. */
enum { kBoards = 2, kKernelWord = kMaxArguments };
struct TileLine {
  volatile uint32_t board[kMaxArguments + 1]; /* arguments; the kernel's address, 0: dismissed */
  volatile uint32_t arrived;       /* workers that have done their part; in the first line */
  volatile uint32_t tiles_arrived; /* in the first line of the team's first tile */
  uint32_t workers;                /* in this tile; in the first line */
};

enum { kMaxSingles = 24 };
struct Team {
  uint32_t first_line;  /* of the team's first tile */
  uint32_t line_stride; /* to the next tile's */
  uint32_t row_stride;  /* from a tile's first line to its second */
  uint32_t workers;
  uint32_t worker_tiles; /* tiles that have workers */
  uint32_t num_tiles;
  uint32_t leader_works;
  uint32_t wake_address;     /* register that wakes tiles of the group */
  uint32_t wake_tiles;       /* tiles in which all harts are workers */
  uint32_t wake_one_address; /* register that wakes one hart */
  uint32_t num_singles;
  uint16_t singles[kMaxSingles]; /* workers in the other tiles */
};

/* An engine, in L1. */
struct EngineState {
  volatile uint32_t completed; /* commands of this iteration */
  volatile uint32_t loaded;    /* commands that are, or have been, in the ring */
  uint32_t num_commands;
  uint32_t commands; /* address in L2 */
  uint32_t ring;
  uint32_t ring_commands;
  uint32_t index; /* team: its group; ITA: its number */
  struct LogEntry* log;
  struct Team team;
  uint32_t turn; /* team: board of the next command */
};

enum Role { kRoleNone, kRoleDma, kRoleLeader, kRoleWorker, kRoleIssuer, kRoleCollector };

/* What a hart does, in L1. */
struct Duty {
  uint8_t role;
  uint8_t engine;
  uint16_t rank; /* of a worker */
};

/* In L2; harts keep what they need often. */
struct Encoder {
  const struct ScheduleHeader* header;
  const struct ScheduleEngine* engines;
  struct EngineState* states; /* [num_engines] */
  struct Duty* duties;        /* [num_harts] */
  uint32_t lines;             /* address of the first line of tile 0 */
  uint32_t line_stride;
  uint32_t row_stride;
  volatile uint32_t* meetings; /* arrivals of engines at meetings, since the start */
  struct ScheduleReport report;
};
extern struct Encoder encoder;

static inline struct TileLine* tile_line(uint32_t tile) {
  return (struct TileLine*)(encoder.lines + tile * encoder.line_stride);
}

/* A few cycles in which a waiting hart leaves the banks alone. */
static inline void pause_polling(void) {
  __asm__ volatile("nop\n nop\n nop\n nop\n nop\n nop");
}

/* One engine's way through its commands in an iteration. Lies on the stack of the hart that reads
 * the queue: what it needs for a command is near. */
struct Queue {
  struct EngineState* states; /* of engine 0 */
  struct EngineState* own;
  const struct Command* ring;
  uint32_t ring_mask;
  uint32_t num_commands;
  struct LogEntry* log;
  uint32_t next; /* to fetch */
  uint32_t num_complete;
  struct Command command; /* fetched last */
};

struct Queue queue_open(uint32_t engine);

static inline int queue_has_next(const struct Queue* queue) {
  return queue->next != queue->num_commands;
}

static inline int queue_is_complete(const struct Queue* queue) {
  return queue->num_complete == queue->num_commands;
}

/* The next command is in the ring. */
static inline int queue_is_loaded(const struct Queue* queue) {
  return queue->own->loaded > queue->next;
}

/* Takes the next command. REQUIRES: it is in the ring. */
void queue_fetch(struct Queue* queue);

/* All that the command fetched last waits for has come. */
int queue_may_begin(const struct Queue* queue);

/* The oldest command is complete: what it wrote can be read by others. */
void queue_complete(struct Queue* queue, uint32_t start);

/* What harts do: dma.c, team.c, ita.c. All but two for one iteration. */
void load_rings(void); /* the first commands of all engines, before they start */
void serve_dma(uint32_t iteration);
Kernel team_kernel(uint32_t opcode); /* or a null pointer */
void lead_team(uint32_t engine);
void dismiss_team(uint32_t engine);                /* after the last iteration */
void work_in_team(uint32_t engine, uint32_t rank); /* until dismissed */
void start_ita(uint32_t engine);                   /* before each iteration */
void issue_jobs(uint32_t engine);
void collect_jobs(uint32_t engine, uint32_t iterations); /* of all iterations */

#endif
