/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/runtime/arena.h"

struct Arena l1_arena;
struct Arena l2_arena;

void* arena_allocate(struct Arena* arena, uint32_t bytes) {
  uint32_t rounded = (bytes + kArenaAlignment - 1) & ~(uint32_t)(kArenaAlignment - 1);
  if (rounded < bytes || rounded > arena_free_bytes(arena)) {
    return 0;
  }
  uint32_t block = arena->next;
  arena->next += rounded;
  return (void*)block;
}
