/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/runtime/wake_up.h"

#include "firmware/runtime/hart.h"
#include "firmware/runtime/platform.h"
#include "models/periph/control_regs.h"

static void write_after_fence(uint32_t address, uint32_t value) {
  fence();
  write_register(address, value);
}

void wake_up(uint32_t hart) {
  write_after_fence(platform.control->wake_up, hart);
}

void wake_up_all(void) {
  write_after_fence(platform.control->wake_up, CONTROL_WAKE_UP_ALL);
}

void wake_up_tiles(uint32_t group, uint32_t tile_mask) {
  write_after_fence(platform.control->wake_up_tile + 4 * group, tile_mask);
}

void wake_up_groups(uint32_t group_mask) {
  write_after_fence(platform.control->wake_up_group, group_mask);
}

int set_wake_up_stride(uint32_t stride, uint32_t offset) {
  const struct ControlMap* control = platform.control;
  if (control->wake_up_stride == 0) {
    return -1;
  }
  write_after_fence(control->wake_up_stride, stride);
  write_register(control->wake_up_offset, offset);
  fence();
  return 0;
}
