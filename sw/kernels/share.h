/* SPDX-License-Identifier: Apache-2.0
 * How work is divided among the workers of a kernel. */
#ifndef SW_KERNELS_SHARE_H
#define SW_KERNELS_SHARE_H

#include <stdint.h>

enum {
  kBatch = 4,     /* elements that are loaded before one is stored: hides the loads' latency */
  kStartStep = 5, /* words between the places where neighbours in rank begin */
};

/* Elements first .. end - 1. */
struct Share {
  uint32_t first;
  uint32_t end;
};

/* A worker's share of `count` elements in one piece, beginning at a multiple of 4. */
static inline struct Share share_of(uint32_t count, uint32_t rank, uint32_t workers) {
  uint32_t words = (count + 3) / 4;
  uint32_t words_each = (words + workers - 1) / workers;
  struct Share share = {4 * words_each * rank, 4 * words_each * (rank + 1)};
  share.first = share.first < count ? share.first : count;
  share.end = share.end < count ? share.end : count;
  return share;
}

/* A worker's places in a grid of `columns`: rank, rank + workers, ... row by row. */
struct Walk {
  uint32_t row;
  uint32_t column;
  uint32_t columns;
  uint32_t row_step;
  uint32_t column_step;
};

static inline struct Walk walk_from(uint32_t columns, uint32_t rank, uint32_t workers) {
  return (struct Walk){rank / columns, rank % columns, columns, workers / columns,
                       workers % columns};
}

static inline void walk_on(struct Walk* walk) {
  walk->row += walk->row_step;
  walk->column += walk->column_step;
  if (walk->column >= walk->columns) {
    walk->column -= walk->columns;
    ++walk->row;
  }
}

#endif
