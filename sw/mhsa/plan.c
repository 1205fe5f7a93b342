/* SPDX-License-Identifier: Apache-2.0 */
#include "sw/mhsa/plan.h"

#include "firmware/runtime/arena.h"
#include "firmware/runtime/memory.h"
#include "firmware/runtime/platform.h"
#include "firmware/runtime/print.h"
#include "sw/mhsa/slots.h"
#include "sw/mhsa/validate.h"
#include "sw/tile/kernels.h"

static uint32_t least(uint32_t left, uint32_t right) {
  return left < right ? left : right;
}

/* In L1 if it fits, else in the L2 behind the image; 0 if neither has room. */
static uint32_t place(struct Arena* l2, uint32_t bytes) {
  void* block = arena_allocate(&l1_arena, bytes);
  return (uint32_t)(block != 0 ? block : arena_allocate(l2, bytes));
}

/* A copy of `bytes` at `source` in L1 is worth having if there is room; else the source. */
static uint32_t place_copy(uint32_t source, uint32_t bytes) {
  void* copy = arena_allocate(&l1_arena, bytes);
  return copy != 0 ? (uint32_t)copy : source;
}

static void choose_units(struct Plan* plan) {
  plan->is_on_itas = uses_itas(plan->image);
  plan->num_units = 1;
  plan->ring_slots = plan->is_on_itas ? kItaRingSlots : kCoresRingSlots;
  if (plan->is_on_itas) {
    uint32_t itas = least(platform.num_itas, platform.num_groups);
    plan->num_units = least(least(itas, kMaxUnits), plan->shape.h);
  }
}

/* The tiles that units compute on: an ITA's own banks, or some of the cores' L1. */
static enum MhsaExit place_slots(struct Plan* plan) {
  uint32_t needed = least_slots(&plan->shape, plan->ring_slots);
  for (uint32_t u = 0; u < plan->num_units; ++u) {
    struct UnitPlan* unit = &plan->units[u];
    if (plan->is_on_itas) {
      unit->num_slots = least(platform.ita_l1_bytes / kTileBytes, kMaxSlots);
      unit->slots = platform.ita_l1_base + u * platform.ita_l1_bytes;
    } else {
      plan->partial_sums = (uint32_t)arena_allocate(&l1_arena, 4 * kTileBytes);
      unit->num_slots = least(arena_free_bytes(&l1_arena) / kTileBytes, kMaxSlots);
      unit->slots = (uint32_t)arena_allocate(&l1_arena, unit->num_slots * kTileBytes);
    }
    if (unit->num_slots < needed) {
      printf("mhsa: no room in L1, S=%lu needs %lu tiles of 4096 bytes, there are %lu\n",
             plan->image->s, needed, unit->num_slots);
      return kMhsaNoRoom;
    }
  }
  return kMhsaDone;
}

/* Returns whether everything has a place. */
static int place_matrices(struct Plan* plan, struct Arena* l2) {
  const struct MhsaImage* image = plan->image;
  const struct Shape* shape = &plan->shape;
  uint32_t input_bytes = image->s * image->e;
  uint32_t projection_bytes = image->s * image->p;
  plan->sums = place(l2, shape->s * shape->e * kSumTileBytes);
  int is_placed = plan->sums != 0;
  uint32_t k_source = (uint32_t)image + image->k_offset;
  uint32_t q_source = (uint32_t)image + image->q_offset;
  plan->k_home = place_copy(k_source, input_bytes);
  plan->q_home = q_source == k_source ? plan->k_home : place_copy(q_source, input_bytes);
  for (uint32_t u = 0; u < plan->num_units; ++u) {
    struct UnitPlan* unit = &plan->units[u];
    unit->k = place(l2, projection_bytes);
    unit->v = place(l2, projection_bytes);
    unit->qo = place(l2, projection_bytes);
    is_placed &= unit->k != 0 && unit->v != 0 && unit->qo != 0;
  }
  for (uint32_t u = 0; u < plan->num_units; ++u) {
    uint32_t mark = arena_mark(&l1_arena);
    uint32_t* staged = plan->units[u].staged_heads;
    staged[0] = (uint32_t)arena_allocate(&l1_arena, image->head_bytes);
    staged[1] = (uint32_t)arena_allocate(&l1_arena, image->head_bytes);
    if (staged[1] == 0) {
      arena_release(&l1_arena, mark);
      staged[0] = 0;
    }
  }
  return is_placed;
}

enum MhsaExit make_plan(struct Plan* plan, const struct MhsaImage* image) {
  memset(plan, 0, sizeof(*plan));
  plan->image = image;
  plan->shape = (struct Shape){
      .s = image->s / kTileSize,
      .e = image->e / kTileSize,
      .p = image->p / kTileSize,
      .h = image->h,
  };
  plan->softmax_shift = image->flavour == PLATFORM_BLOCK_FLAVOUR_RTL_2024_08 ? 5 : 0;
  choose_units(plan);
  enum MhsaExit result = place_slots(plan);
  if (result != kMhsaDone) {
    return result;
  }
  uint32_t image_end = ((uint32_t)image + image->bytes + kArenaAlignment - 1) & -kArenaAlignment;
  struct Arena l2 = {.next = image_end, .end = platform.l2_base + platform.l2_bytes};
  if (l2.next > l2.end || !place_matrices(plan, &l2)) {
    printf("mhsa: no room, %lu KiB of L1 and %lu KiB of L2 are too small for this shape\n",
           platform.core_l1_bytes / 1024, platform.l2_bytes / 1024);
    return kMhsaNoRoom;
  }
  return kMhsaDone;
}
