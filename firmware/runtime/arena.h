/* SPDX-License-Identifier: Apache-2.0
 * Bump allocators for L1 and L2. */
#ifndef FIRMWARE_RUNTIME_ARENA_H
#define FIRMWARE_RUNTIME_ARENA_H

#include <stdint.h>

enum { kArenaAlignment = 64 }; /* bytes; every block starts at a multiple */

struct Arena {
  uint32_t next;
  uint32_t end; /* exclusive */
};

/* L1 of the core tiles above the sequential region: harts and DMA see the same addresses. */
extern struct Arena l1_arena;
/* L2 between the program and its argument page. */
extern struct Arena l2_arena;

/* `bytes` of memory with undefined contents, or a null pointer when the arena has not enough.
 * REQUIRES: one hart at a time. */
void* arena_allocate(struct Arena* arena, uint32_t bytes);

/* Bytes that one allocation could still get. */
static inline uint32_t arena_free_bytes(const struct Arena* arena) {
  return arena->end - arena->next;
}

/* arena_release(a, mark) frees what was allocated after mark = arena_mark(a). */
static inline uint32_t arena_mark(const struct Arena* arena) {
  return arena->next;
}
static inline void arena_release(struct Arena* arena, uint32_t mark) {
  arena->next = mark;
}

#endif
