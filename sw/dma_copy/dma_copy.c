/* SPDX-License-Identifier: Apache-2.0
 * DMA from L2 to L1 and back, odd sizes and alignments, and the raw L1 map below
 * sequential_bytes(). Hart 0 drives; the last hart lends a word of its stack. */
#include "firmware/drivers/dma.h"
#include "firmware/runtime/arena.h"
#include "firmware/runtime/barrier.h"
#include "firmware/runtime/hart.h"
#include "firmware/runtime/memory.h"
#include "firmware/runtime/platform.h"
#include "sw/common/random.h"
#include "sw/common/verdict.h"

enum {
  kMaxBytes = 20011,
  kGuardBytes = 64, /* before and behind what a transfer may write; offsets are below */
  kBufferBytes = kMaxBytes + 2 * kGuardBytes,
  kGuard = 0xA5,
};

struct Buffers {
  uint8_t* source; /* L2 */
  uint8_t* l1;
  uint8_t* result; /* L2 */
};

/* Bytes from `buffer` up to the transfer and behind it that no longer hold the guard value. */
static uint32_t broken_guards(const uint8_t* buffer, uint32_t offset, uint32_t bytes) {
  uint32_t broken = 0;
  for (uint32_t i = 0; i < kGuardBytes; ++i) {
    broken += i < offset && buffer[i] != kGuard;
    broken += buffer[offset + bytes + i] != kGuard;
  }
  return broken;
}

static uint32_t check_copy(const struct Buffers* b, uint32_t from, uint32_t to, uint32_t bytes) {
  memset(b->l1, kGuard, to + bytes + kGuardBytes);
  memset(b->result, kGuard, from + bytes + kGuardBytes);
  dma_copy((uint32_t)b->l1 + to, (uint32_t)b->source + from, bytes);
  dma_copy((uint32_t)b->result + from, (uint32_t)b->l1 + to, bytes);
  uint32_t wrong = memcmp(b->source + from, b->l1 + to, bytes) != 0;
  wrong += memcmp(b->source + from, b->result + from, bytes) != 0;
  wrong += broken_guards(b->l1, to, bytes) + broken_guards(b->result, from, bytes);
  if (wrong != 0) {
    printf("%lu bytes from L2 + %lu to L1 + %lu: %lu errors\n", bytes, from, to, wrong);
  }
  return wrong;
}

static void check_copies(const struct Buffers* b) {
  static const uint16_t kSizes[] = {1,  2,  3,   4,    5,    31,   63,
                                    64, 65, 255, 1000, 4096, 4109, kMaxBytes};
  static const uint8_t kOffsets[][2] = {{0, 0}, {1, 0}, {0, 3}, {2, 1}, {61, 7}};
  for (uint32_t i = 0; i < kBufferBytes; ++i) {
    b->source[i] = (uint8_t)mix(i);
  }
  uint32_t start = cycle_count();
  uint32_t copies = 0;
  for (uint32_t i = 0; i < sizeof(kSizes) / sizeof(kSizes[0]); ++i) {
    for (uint32_t j = 0; j < sizeof(kOffsets) / sizeof(kOffsets[0]); ++j, ++copies) {
      count_errors(check_copy(b, kOffsets[j][0], kOffsets[j][1], kSizes[i]));
    }
  }
  printf("dma_copy: %lu round trips checked, %lu cycles\n", copies, cycle_count() - start);
}

/* Where the DMA finds what harts see at `address` in the sequential region. */
static uint32_t raw_address(uint32_t address) {
  uint32_t tile_row_bytes = platform.banks_per_tile * 4;
  uint32_t tile_bytes = platform.seq_bytes_per_hart * platform.harts_per_tile;
  uint32_t tiles = platform.num_groups * platform.core_tiles_per_group;
  uint32_t tile = address / tile_bytes;
  uint32_t row = address % tile_bytes / tile_row_bytes;
  return (row * tiles + tile) * tile_row_bytes + address % tile_row_bytes;
}

/* An unused word of the last hart's stack, not in the first row, where both maps could agree. */
static uint32_t stack_word(void) {
  return sequential_bytes() - platform.seq_bytes_per_hart + platform.banks_per_tile * 4;
}

static void check_sequential_region(const struct Buffers* b, uint32_t expected) {
  volatile uint32_t* fetched = (volatile uint32_t*)b->result;
  dma_copy((uint32_t)fetched, raw_address(stack_word()), 4);
  count_errors(*fetched != expected);
  dma_copy((uint32_t)fetched, stack_word(), 4);
  count_errors(*fetched == expected);
}

int main(uint32_t hart) {
  static const uint32_t kStackValue = 0x5e9c0de5;
  static struct Buffers buffers;
  if (hart == platform.num_harts - 1) {
    *(volatile uint32_t*)stack_word() = kStackValue;
  }
  barrier();
  if (hart != 0) {
    return 0;
  }
  buffers.source = arena_allocate(&l2_arena, kBufferBytes);
  buffers.result = arena_allocate(&l2_arena, kBufferBytes);
  buffers.l1 = arena_allocate(&l1_arena, kBufferBytes);
  if (buffers.source == 0 || buffers.result == 0 || buffers.l1 == 0) {
    printf("FAIL dma_copy: no room\n");
    return kExitNoRoom;
  }
  check_copies(&buffers);
  check_sequential_region(&buffers, kStackValue);
  return verdict("dma_copy");
}
