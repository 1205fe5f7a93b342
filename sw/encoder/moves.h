/* SPDX-License-Identifier: Apache-2.0
 * The team's way to bring tiles to an ITA's banks and back, which no DMA transfer can do. */
#ifndef SW_ENCODER_MOVES_H
#define SW_ENCODER_MOVES_H

#include <stdint.h>

enum { kOpMoveTiles = 64 }; /* team opcode behind those of sw/kernels/kernels.h */

/* Rows of 64 bytes: row r of tile t goes from source + t * source_tile + r * source_row to
 * destination + t / 2 * destination_pair + t % 2 * destination_tile + r * destination_row, and in
 * the same way to copies - 1 more places copy_stride apart. REQUIRES: everything is a multiple of
 * 4, rows is a power of two. */
struct MoveTilesArguments {
  uint32_t source;
  uint32_t destination;
  uint16_t source_row;
  uint16_t destination_row;
  uint32_t source_tile;
  uint32_t destination_tile;
  uint32_t destination_pair;
  uint8_t rows;
  uint8_t tiles;
  uint8_t copies;
  uint32_t copy_stride;
};

void move_tiles(const uint32_t* arguments, uint32_t rank, uint32_t workers);

#endif
