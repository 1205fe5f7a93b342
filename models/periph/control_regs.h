/* SPDX-License-Identifier: Apache-2.0
 * Offsets of the control registers, in both variants. C and C++. All registers are 32 bits.
 * Source: MemPool's control_registers.hjson (variant mempool); the mempool_ita target's
 * arch.ld (variant mempool_ita). */
#ifndef TESSERA_CONTROL_REGS_H
#define TESSERA_CONTROL_REGS_H

#define CONTROL_BASE 0x40000000u

/* Variant "mempool": the current map. */
#define CONTROL_MEMPOOL_EOC 0x00           /* bit 0 ends the run, value = eoc >> 1 */
#define CONTROL_MEMPOOL_WAKE_UP 0x04       /* hart id, or anything >= harts: all */
#define CONTROL_MEMPOOL_WAKE_UP_TILE 0x08  /* + 4 * group: mask of tiles; 8 groups */
#define CONTROL_MEMPOOL_WAKE_UP_GROUP 0x28 /* mask of groups, 0xFFFFFFFF: all */
#define CONTROL_MEMPOOL_WAKE_UP_STRD 0x2C  /* stride of the wake-up enable mask */
#define CONTROL_MEMPOOL_WAKE_UP_OFFST 0x30 /* offset of the wake-up enable mask */
#define CONTROL_MEMPOOL_TCDM_START 0x34
#define CONTROL_MEMPOOL_TCDM_END 0x38
#define CONTROL_MEMPOOL_NR_CORES 0x3C
#define CONTROL_MEMPOOL_RO_CACHE_ENABLE 0x40
#define CONTROL_MEMPOOL_RO_CACHE_FLUSH 0x44
#define CONTROL_MEMPOOL_RO_CACHE_START 0x48 /* + 4 * region; 4 regions */
#define CONTROL_MEMPOOL_RO_CACHE_END 0x58   /* + 4 * region */
#define CONTROL_MEMPOOL_DECODED_BITS 7      /* higher address bits alias */

/* Variant "mempool_ita": 0x40 .. 0xE8 belong to the ITAs, but for wake_up_tile of 4 groups. */
#define CONTROL_MEMPOOL_ITA_EOC 0x00
#define CONTROL_MEMPOOL_ITA_WAKE_UP 0x04
#define CONTROL_MEMPOOL_ITA_WAKE_UP_GROUP 0x08
#define CONTROL_MEMPOOL_ITA_TCDM_START 0x0C
#define CONTROL_MEMPOOL_ITA_TCDM_END 0x10
#define CONTROL_MEMPOOL_ITA_NR_CORES 0x14
#define CONTROL_MEMPOOL_ITA_RO_CACHE_ENABLE 0x18
#define CONTROL_MEMPOOL_ITA_RO_CACHE_FLUSH 0x1C
#define CONTROL_MEMPOOL_ITA_RO_CACHE_REGION 0x20 /* + 8 * region: start; + 4: end; 4 regions */
#define CONTROL_MEMPOOL_ITA_WAKE_UP_TILE 0xC0    /* + 4 * group; 4 groups */

#define CONTROL_WAKE_UP_ALL 0xFFFFFFFFu

#endif
