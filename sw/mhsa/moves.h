/* SPDX-License-Identifier: Apache-2.0
 * Work on tiles that one hart orders and others do: copies by the DMA (anything that touches L2),
 * and copies and sums by a group's worker harts (between the cores' L1 and the ITA's banks, which
 * no DMA transfer can connect). */
#ifndef SW_MHSA_MOVES_H
#define SW_MHSA_MOVES_H

#include <stdint.h>

enum { kRingMoves = 4 }; /* at most 7: as many wake-up pulses can wait for a worker */

enum MoveKind { kMoveCopy, kMoveAccumulate, kMoveStop };

struct Move {
  uint32_t kind;
  uint32_t destination;
  uint32_t source;
  uint32_t bytes;
  volatile uint32_t remaining; /* workers that have not done their part */
};

/* Moves in the order of pushing. One hart pushes. */
struct MoveRing {
  volatile uint32_t pushed; /* since the start */
  uint32_t workers;         /* each does a part of every move */
  uint32_t group;           /* of the workers */
  uint32_t tile_mask;       /* tiles to wake in it; 0: the worker polls */
  struct Move moves[kRingMoves];
};

/* Names a pushed move. */
struct Ticket {
  const struct MoveRing* ring;
  uint32_t number;
};

/* Returns 1 and fills the ticket, or 0 when the ring is full: try again later. */
int move_push(struct MoveRing* ring, enum MoveKind kind, uint32_t destination, uint32_t source,
              uint32_t bytes, struct Ticket* ticket);
static inline int move_is_complete(const struct Ticket* ticket) {
  const struct MoveRing* ring = ticket->ring;
  uint32_t number = ticket->number;
  return ring->moves[number % kRingMoves].remaining == 0 || ring->pushed - number > kRingMoves;
}
/* Pushes a kMoveStop, waiting for a place. */
void move_push_stop(struct MoveRing* ring);

/* Does part `rank` of every move of the ring until the stop. */
void work_on_moves(struct MoveRing* ring, uint32_t rank);

/* Serves the moves of several rings with the one DMA, one transfer at a time and ring by ring. */
enum { kMaxDmaRings = 8 };
struct DmaServer {
  struct MoveRing* rings; /* [num_rings], each with one worker: this server */
  uint32_t num_rings;     /* <= kMaxDmaRings */
  uint32_t current;       /* ring whose move runs, or that was served last */
  uint32_t is_running;
  uint32_t stopped;            /* rings that have sent their stop */
  uint32_t done[kMaxDmaRings]; /* moves */
};
/* Takes note of a finished transfer and starts the next; returns at once. */
void dma_server_poll(struct DmaServer* server);

#endif
