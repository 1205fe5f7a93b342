/* SPDX-License-Identifier: Apache-2.0
 * The machine this program runs on, as its platform block tells. */
#ifndef FIRMWARE_RUNTIME_PLATFORM_H
#define FIRMWARE_RUNTIME_PLATFORM_H

#include <stdint.h>

#include "models/periph/platform_block_regs.h"

/* Addresses of the control registers, which differ between the variants; 0: not there. */
struct ControlMap {
  uint32_t eoc;
  uint32_t wake_up;
  uint32_t wake_up_tile; /* + 4 * group */
  uint32_t wake_up_group;
  uint32_t wake_up_stride;
  uint32_t wake_up_offset;
  uint32_t read_only_cache_end; /* of region 0, which starts at the base of L2 */
};

/* Registers of the platform block under their own names; see models/periph. */
struct Platform {
  uint32_t num_harts;
  uint32_t harts_per_tile;
  uint32_t core_tiles_per_group;
  uint32_t tile_slots_per_group;
  uint32_t num_groups;
  uint32_t banks_per_tile;
  uint32_t bank_bytes;
  uint32_t seq_bytes_per_hart;
  uint32_t l1_bytes;
  uint32_t core_l1_bytes;
  uint32_t l2_base;
  uint32_t l2_bytes;
  uint32_t control_variant;
  uint32_t num_itas;
  uint32_t ita_interface;
  uint32_t ita_flavour;
  uint32_t ita_base;
  uint32_t ita_stride;
  uint32_t ita_l1_base;
  uint32_t ita_l1_bytes;
  uint32_t attention_engine_base;
  uint32_t clock_khz;
  const struct ControlMap* control;
};

/* Filled before main(); read only from then on. */
extern struct Platform platform;

/* Bytes at the bottom of L1 that harts see tile by tile (stacks) and the DMA does not. */
static inline uint32_t sequential_bytes(void) {
  return platform.num_harts * platform.seq_bytes_per_hart;
}

static inline uint32_t harts_per_group(void) {
  return platform.harts_per_tile * platform.core_tiles_per_group;
}

/* Reads the platform block. Returns 0, or -1 when there is none of the known version. */
int platform_read(void);

/* The timing mode, PLATFORM_BLOCK_TIMING_*. */
static inline uint32_t timing_mode(void) {
  return *(volatile uint32_t*)(PLATFORM_BLOCK_BASE + PLATFORM_BLOCK_TIMING);
}
/* Asks for a change: it comes when no access and no transfer is under way, soon. */
static inline void timing_request(uint32_t mode) {
  *(volatile uint32_t*)(PLATFORM_BLOCK_BASE + PLATFORM_BLOCK_TIMING) = mode;
}

/* Id of the region of interest of this name, a string literal: region_begin(REGION("softmax")). The
 * name is kept in the ELF file alone (section .region_names), where the platform finds it; the id
 * is its place there. */
#define REGION(name)                                      \
  (__extension__({                                        \
    uint32_t region_id_;                                  \
    __asm__(                                              \
        ".pushsection .region_names,\"MS\",@progbits,1\n" \
        "9: .asciz \"" name                               \
        "\"\n"                                            \
        ".popsection\n"                                   \
        "lui %0, %%hi(9b)\n"                              \
        "addi %0, %0, %%lo(9b)"                           \
        : "=r"(region_id_));                              \
    region_id_;                                           \
  }))

/* Region of interest `id` for the statistics of the run: a number of the program's own below
 * 0x10000, or a REGION. */
static inline void region_begin(uint32_t id) {
  *(volatile uint32_t*)(PLATFORM_BLOCK_BASE + PLATFORM_BLOCK_ROI_BEGIN) = id;
}
static inline void region_end(uint32_t id) {
  *(volatile uint32_t*)(PLATFORM_BLOCK_BASE + PLATFORM_BLOCK_ROI_END) = id;
}

#endif
