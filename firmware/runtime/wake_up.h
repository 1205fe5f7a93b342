/* SPDX-License-Identifier: Apache-2.0
 * Wake-up pulses to other harts. Each call fences first, so what the caller stored before is
 * visible to the harts it wakes. */
#ifndef FIRMWARE_RUNTIME_WAKE_UP_H
#define FIRMWARE_RUNTIME_WAKE_UP_H

#include <stdint.h>

void wake_up(uint32_t hart); /* REQUIRES: hart < platform.num_harts */
void wake_up_all(void);      /* the caller too */

/* Bit t of `tile_mask`: all harts of tile t of the group. */
void wake_up_tiles(uint32_t group, uint32_t tile_mask);

/* Bit g of `group_mask`: all harts of group g. */
void wake_up_groups(uint32_t group_mask);

/* From now on wake-ups of every kind reach only harts offset, offset + stride, ...; stride 1 and
 * offset 0 is every hart again. Returns 0, or -1 when this machine cannot.
 * REQUIRES: stride > 0. */
int set_wake_up_stride(uint32_t stride, uint32_t offset);

#endif
