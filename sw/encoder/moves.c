/* SPDX-License-Identifier: Apache-2.0 */
#include "sw/encoder/moves.h"

/* Small pieces share out evenly; four loads hide each other's latency. */
enum { kPieceWords = 4, kPiecesPerRow = 64 / (4 * kPieceWords) };

void move_tiles(const uint32_t* arguments, uint32_t rank, uint32_t workers) {
  struct MoveTilesArguments move = *(const struct MoveTilesArguments*)arguments;
  uint32_t row_shift = 0;
  while (1u << row_shift < move.rows) {
    ++row_shift;
  }
  uint32_t pieces = (uint32_t)move.tiles * kPiecesPerRow << row_shift;
  for (uint32_t i = rank; i < pieces; i += workers) {
    uint32_t piece = i % kPiecesPerRow * 4 * kPieceWords;
    uint32_t row = i / kPiecesPerRow & (move.rows - 1u);
    uint32_t tile = i / kPiecesPerRow >> row_shift;
    const uint32_t* from =
        (const uint32_t*)(move.source + tile * move.source_tile + row * move.source_row + piece);
    uint32_t to = move.destination + tile / 2 * move.destination_pair +
                  tile % 2 * move.destination_tile + row * move.destination_row + piece;
    uint32_t words[kPieceWords];
    for (uint32_t w = 0; w < kPieceWords; ++w) {
      words[w] = from[w];
    }
    for (uint32_t copy = 0; copy < move.copies; ++copy) {
      for (uint32_t w = 0; w < kPieceWords; ++w) {
        ((uint32_t*)to)[w] = words[w];
      }
      to += move.copy_stride;
    }
  }
}
