/* SPDX-License-Identifier: Apache-2.0 */
#include "sw/mhsa/moves.h"

#include "firmware/drivers/dma.h"
#include "firmware/runtime/hart.h"
#include "firmware/runtime/wake_up.h"
#include "sw/tile/kernels.h"

int move_push(struct MoveRing* ring, enum MoveKind kind, uint32_t destination, uint32_t source,
              uint32_t bytes, struct Ticket* ticket) {
  uint32_t number = ring->pushed;
  struct Move* move = &ring->moves[number % kRingMoves];
  if (move->remaining != 0) {
    return 0;
  }
  move->kind = kind;
  move->destination = destination;
  move->source = source;
  move->bytes = bytes;
  move->remaining = ring->workers;
  fence();
  ring->pushed = number + 1;
  if (ring->tile_mask != 0) {
    wake_up_tiles(ring->group, ring->tile_mask);
  }
  *ticket = (struct Ticket){ring, number};
  return 1;
}

void move_push_stop(struct MoveRing* ring) {
  struct Ticket unused;
  while (!move_push(ring, kMoveStop, 0, 0, 0, &unused)) {
  }
}

static void copy_part(const struct Move* move, uint32_t rank, uint32_t workers) {
  struct CopyArguments copy = {
      .destination = move->destination, .source = move->source, .rows = 1, .bytes = move->bytes};
  kernel_copy((const uint32_t*)&copy, rank, workers);
}

void work_on_moves(struct MoveRing* ring, uint32_t rank) {
  for (uint32_t number = 0;; ++number) {
    do {
      wait_for_wake_up(); /* one pulse per move */
    } while (ring->pushed == number);
    struct Move* move = &ring->moves[number % kRingMoves];
    switch (move->kind) {
      case kMoveCopy:
        copy_part(move, rank, ring->workers);
        break;
      case kMoveAccumulate:
        accumulate_part(move->destination, move->source, rank, ring->workers);
        break;
      default:
        return;
    }
    fence();
    amo_add(&move->remaining, (uint32_t)-1);
  }
}

static void finish_transfer(struct DmaServer* server) {
  uint32_t number = server->done[server->current]++;
  server->rings[server->current].moves[number % kRingMoves].remaining = 0;
  server->is_running = 0;
}

void dma_server_poll(struct DmaServer* server) {
  if (server->is_running) {
    if (!dma_done()) {
      return;
    }
    finish_transfer(server);
  }
  for (uint32_t i = 0; i < server->num_rings; ++i) {
    server->current = server->current + 1 == server->num_rings ? 0 : server->current + 1;
    struct MoveRing* ring = &server->rings[server->current];
    uint32_t number = server->done[server->current];
    if (ring->pushed == number) {
      continue;
    }
    const struct Move* move = &ring->moves[number % kRingMoves];
    if (move->kind == kMoveStop) {
      server->stopped += 1;
      finish_transfer(server);
      continue;
    }
    dma_start(move->destination, move->source, move->bytes);
    server->is_running = 1;
    return;
  }
}
