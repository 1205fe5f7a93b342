/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/runtime/platform.h"

#include "firmware/runtime/hart.h"
#include "models/periph/control_regs.h"

struct Platform platform;

static const struct ControlMap kControlMaps[] = {
    [PLATFORM_BLOCK_CONTROL_MEMPOOL] =
        {
            .eoc = CONTROL_BASE + CONTROL_MEMPOOL_EOC,
            .wake_up = CONTROL_BASE + CONTROL_MEMPOOL_WAKE_UP,
            .wake_up_tile = CONTROL_BASE + CONTROL_MEMPOOL_WAKE_UP_TILE,
            .wake_up_group = CONTROL_BASE + CONTROL_MEMPOOL_WAKE_UP_GROUP,
            .wake_up_stride = CONTROL_BASE + CONTROL_MEMPOOL_WAKE_UP_STRD,
            .wake_up_offset = CONTROL_BASE + CONTROL_MEMPOOL_WAKE_UP_OFFST,
            .read_only_cache_end = CONTROL_BASE + CONTROL_MEMPOOL_RO_CACHE_END,
        },
    [PLATFORM_BLOCK_CONTROL_MEMPOOL_ITA] =
        {
            .eoc = CONTROL_BASE + CONTROL_MEMPOOL_ITA_EOC,
            .wake_up = CONTROL_BASE + CONTROL_MEMPOOL_ITA_WAKE_UP,
            .wake_up_tile = CONTROL_BASE + CONTROL_MEMPOOL_ITA_WAKE_UP_TILE,
            .wake_up_group = CONTROL_BASE + CONTROL_MEMPOOL_ITA_WAKE_UP_GROUP,
            .read_only_cache_end = CONTROL_BASE + CONTROL_MEMPOOL_ITA_RO_CACHE_REGION + 4,
        },
};

static uint32_t block(uint32_t offset) {
  return read_register(PLATFORM_BLOCK_BASE + offset);
}

int platform_read(void) {
  platform = (struct Platform){
      .num_harts = block(PLATFORM_BLOCK_NUM_HARTS),
      .harts_per_tile = block(PLATFORM_BLOCK_HARTS_PER_TILE),
      .core_tiles_per_group = block(PLATFORM_BLOCK_CORE_TILES_PER_GROUP),
      .tile_slots_per_group = block(PLATFORM_BLOCK_TILE_SLOTS_PER_GROUP),
      .num_groups = block(PLATFORM_BLOCK_NUM_GROUPS),
      .banks_per_tile = block(PLATFORM_BLOCK_BANKS_PER_TILE),
      .bank_bytes = block(PLATFORM_BLOCK_BANK_BYTES),
      .seq_bytes_per_hart = block(PLATFORM_BLOCK_SEQ_BYTES_PER_HART),
      .l1_bytes = block(PLATFORM_BLOCK_L1_BYTES),
      .core_l1_bytes = block(PLATFORM_BLOCK_CORE_L1_BYTES),
      .l2_base = block(PLATFORM_BLOCK_L2_BASE),
      .l2_bytes = block(PLATFORM_BLOCK_L2_BYTES),
      .control_variant = block(PLATFORM_BLOCK_CONTROL_VARIANT),
      .num_itas = block(PLATFORM_BLOCK_NUM_ITAS),
      .ita_interface = block(PLATFORM_BLOCK_ITA_INTERFACE),
      .ita_flavour = block(PLATFORM_BLOCK_ITA_FLAVOUR),
      .ita_base = block(PLATFORM_BLOCK_ITA_BASE),
      .ita_stride = block(PLATFORM_BLOCK_ITA_STRIDE),
      .ita_l1_base = block(PLATFORM_BLOCK_ITA_L1_BASE),
      .ita_l1_bytes = block(PLATFORM_BLOCK_ITA_L1_BYTES),
      .attention_engine_base = block(PLATFORM_BLOCK_ATTENTION_ENGINE_BASE),
      .clock_khz = block(PLATFORM_BLOCK_CLOCK_KHZ),
  };
  uint32_t variant = platform.control_variant;
  if (block(PLATFORM_BLOCK_MAGIC) != PLATFORM_BLOCK_MAGIC_VALUE ||
      block(PLATFORM_BLOCK_VERSION) != PLATFORM_BLOCK_VERSION_VALUE ||
      variant >= sizeof(kControlMaps) / sizeof(kControlMaps[0])) {
    return -1;
  }
  platform.control = &kControlMaps[variant];
  return 0;
}
