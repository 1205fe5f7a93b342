/* SPDX-License-Identifier: Apache-2.0
 * The unit of work of an ITA: matrices are cut into tiles of 64 x 64 int8, row-major. */
#ifndef SW_TILE_TILE_H
#define SW_TILE_TILE_H

enum {
  kTileSize = 64, /* rows and columns */
  kTileBytes = 4096,
  kTileBiasBytes = 192, /* 64 signed 24-bit numbers, little-endian */
};

#endif
