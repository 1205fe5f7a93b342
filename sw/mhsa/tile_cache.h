/* SPDX-License-Identifier: Apache-2.0
 * The tiles a unit computes on, as a cache of tiles that live elsewhere. A tile is named by the
 * address of its home. Nothing here waits: a function that cannot act says so and is called
 * again. */
#ifndef SW_MHSA_TILE_CACHE_H
#define SW_MHSA_TILE_CACHE_H

#include <stdint.h>

#include "sw/mhsa/moves.h"
#include "sw/mhsa/plan.h"

/* Names of tiles that have no home: they stay in their slot until they are dropped. Smaller than
 * any address of a home. */
enum { kNoTile = 0, kFirstLogitTile = 1 };

enum SlotState {
  kSlotReady,   /* or empty */
  kSlotLoading, /* contents on their way in */
  kSlotStoring, /* contents on their way out; may be read */
};

struct Slot {
  uint32_t tile; /* name, or kNoTile */
  uint32_t last_use;
  uint16_t pins; /* reasons not to take the slot for another tile */
  uint8_t state;
  struct Ticket ticket; /* of the move that ends the state */
};

struct TileCache {
  uint32_t base; /* address of slot 0 */
  uint32_t num_slots;
  uint32_t uses; /* clock of last_use */
  uint32_t l1_end; /* homes below are in the cores' L1, others in L2 */
  struct MoveRing* dma;
  struct MoveRing* workers; /* null: homes in L1 are used where they are, without a slot */
  struct Slot slots[kMaxSlots];
};

/* A tile that somebody uses. */
struct Operand {
  uint32_t address; /* where it is */
  int32_t slot;     /* kNoSlot: it is used at home */
};
enum { kNoSlot = -1 };

/* Fetches the tile from `source`, its home or a copy of it, if it is not here, and pins it.
 * Returns 0 when no slot or mover is free. */
int cache_acquire(struct TileCache* cache, uint32_t tile, uint32_t source,
                  struct Operand* operand);
/* A pinned place to write the tile to (kNoTile: one without a name). Steps are computed in order,
 * so the place may still be pinned by steps before. Returns 0 when no slot is free. */
int cache_acquire_output(struct TileCache* cache, uint32_t tile, struct Operand* operand);
/* The operand can be read. */
int cache_is_loaded(struct TileCache* cache, const struct Operand* operand);
/* Takes back one pin. A tile that will not be used again soon is the first to make room. */
void cache_release(struct TileCache* cache, const struct Operand* operand, int is_used_soon);
/* The same, and forgets the contents. */
void cache_drop(struct TileCache* cache, const struct Operand* operand);
/* Copies the written tile home, or adds it to `sums`. Returns 0 when no mover is free. */
int cache_store(struct TileCache* cache, const struct Operand* operand);
int cache_accumulate(struct TileCache* cache, const struct Operand* operand, uint32_t sums);

#endif
