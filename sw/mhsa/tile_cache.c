/* SPDX-License-Identifier: Apache-2.0 */
#include "sw/mhsa/tile_cache.h"

#include "sw/mhsa/image.h"

static uint32_t slot_address(const struct TileCache* cache, uint32_t slot) {
  return cache->base + slot * kTileBytes;
}

/* The slot has no move under way. */
static int is_settled(struct Slot* slot) {
  if (slot->state != kSlotReady && move_is_complete(&slot->ticket)) {
    slot->state = kSlotReady;
  }
  return slot->state == kSlotReady;
}

static int32_t find_tile(const struct TileCache* cache, uint32_t tile) {
  for (uint32_t i = 0; tile != kNoTile && i < cache->num_slots; ++i) {
    if (cache->slots[i].tile == tile) {
      return (int32_t)i;
    }
  }
  return kNoSlot;
}

/* The free slot that was not used for the longest time. */
static int32_t find_room(struct TileCache* cache) {
  int32_t oldest = kNoSlot;
  for (uint32_t i = 0; i < cache->num_slots; ++i) {
    struct Slot* slot = &cache->slots[i];
    if (slot->pins == 0 && is_settled(slot) &&
        (oldest == kNoSlot || slot->last_use < cache->slots[oldest].last_use)) {
      oldest = (int32_t)i;
    }
  }
  return oldest;
}

static void pin(struct TileCache* cache, int32_t slot, struct Operand* operand) {
  cache->slots[slot].pins += 1;
  *operand = (struct Operand){slot_address(cache, (uint32_t)slot), slot};
}

static int is_direct(const struct TileCache* cache, uint32_t home, struct Operand* operand) {
  if (cache->workers != 0 || home < kTileBytes || home >= cache->l1_end) {
    return 0;
  }
  *operand = (struct Operand){home, kNoSlot};
  return 1;
}

static struct MoveRing* mover_of(const struct TileCache* cache, uint32_t home) {
  return home < cache->l1_end ? cache->workers : cache->dma;
}

int cache_acquire(struct TileCache* cache, uint32_t tile, uint32_t source,
                  struct Operand* operand) {
  if (is_direct(cache, source, operand)) {
    return 1;
  }
  int32_t slot = find_tile(cache, tile);
  if (slot == kNoSlot) {
    slot = find_room(cache);
    if (slot == kNoSlot ||
        !move_push(mover_of(cache, source), kMoveCopy, slot_address(cache, (uint32_t)slot), source,
                   kTileBytes, &cache->slots[slot].ticket)) {
      return 0;
    }
    cache->slots[slot].state = kSlotLoading;
    cache->slots[slot].tile = tile;
  }
  pin(cache, slot, operand);
  return 1;
}

int cache_acquire_output(struct TileCache* cache, uint32_t tile, struct Operand* operand) {
  if (is_direct(cache, tile, operand)) {
    return 1;
  }
  int32_t slot = find_tile(cache, tile);
  if (slot == kNoSlot) {
    slot = find_room(cache);
  }
  if (slot == kNoSlot || !is_settled(&cache->slots[slot])) {
    return 0;
  }
  cache->slots[slot].tile = tile;
  pin(cache, slot, operand);
  return 1;
}

int cache_is_loaded(struct TileCache* cache, const struct Operand* operand) {
  if (operand->slot == kNoSlot) {
    return 1;
  }
  struct Slot* slot = &cache->slots[operand->slot];
  return is_settled(slot) || slot->state == kSlotStoring;
}

void cache_release(struct TileCache* cache, const struct Operand* operand, int is_used_soon) {
  if (operand->slot != kNoSlot) {
    struct Slot* slot = &cache->slots[operand->slot];
    slot->pins -= 1;
    slot->last_use = is_used_soon ? ++cache->uses : 0;
  }
}

void cache_drop(struct TileCache* cache, const struct Operand* operand) {
  cache_release(cache, operand, 0);
  if (operand->slot != kNoSlot) {
    cache->slots[operand->slot].tile = kNoTile;
  }
}

static int move_out(struct Slot* slot, struct MoveRing* mover, enum MoveKind kind,
                    uint32_t destination, uint32_t source) {
  if (!move_push(mover, kind, destination, source, kTileBytes, &slot->ticket)) {
    return 0;
  }
  slot->state = kSlotStoring;
  return 1;
}

int cache_store(struct TileCache* cache, const struct Operand* operand) {
  if (operand->slot == kNoSlot) {
    return 1;
  }
  struct Slot* slot = &cache->slots[operand->slot];
  return move_out(slot, mover_of(cache, slot->tile), kMoveCopy, slot->tile, operand->address);
}

int cache_accumulate(struct TileCache* cache, const struct Operand* operand, uint32_t sums) {
  struct Slot* slot = &cache->slots[operand->slot];
  return move_out(slot, cache->workers, kMoveAccumulate, sums, operand->address);
}
