/* SPDX-License-Identifier: Apache-2.0
 * Register map of the platform block: tells a program on which machine it runs. C and C++.
 * All registers are 32 bits, read-only unless marked; the reset value comes from the machine. */
#ifndef TESSERA_PLATFORM_BLOCK_REGS_H
#define TESSERA_PLATFORM_BLOCK_REGS_H

#define PLATFORM_BLOCK_BASE 0x40040000u /* on every machine */
#define PLATFORM_BLOCK_BYTES 0x1000u
#define PLATFORM_BLOCK_MAGIC_VALUE 0x53534554u /* "TESS" as little-endian bytes */
#define PLATFORM_BLOCK_VERSION_VALUE 1u

#define PLATFORM_BLOCK_MAGIC 0x00
#define PLATFORM_BLOCK_VERSION 0x04
#define PLATFORM_BLOCK_NUM_HARTS 0x08
#define PLATFORM_BLOCK_HARTS_PER_TILE 0x0C
#define PLATFORM_BLOCK_CORE_TILES_PER_GROUP 0x10
#define PLATFORM_BLOCK_TILE_SLOTS_PER_GROUP 0x14 /* core tiles and the slots of accelerators */
#define PLATFORM_BLOCK_NUM_GROUPS 0x18
#define PLATFORM_BLOCK_BANKS_PER_TILE 0x1C
#define PLATFORM_BLOCK_BANK_BYTES 0x20
#define PLATFORM_BLOCK_SEQ_BYTES_PER_HART 0x24
#define PLATFORM_BLOCK_L1_BYTES 0x28      /* all of L1, with the accelerators' banks */
#define PLATFORM_BLOCK_CORE_L1_BYTES 0x2C /* L1 of the core tiles: 0 .. this-1 */
#define PLATFORM_BLOCK_L2_BASE 0x30
#define PLATFORM_BLOCK_L2_BYTES 0x34
#define PLATFORM_BLOCK_CONTROL_VARIANT 0x38
#define PLATFORM_BLOCK_NUM_ITAS 0x3C
#define PLATFORM_BLOCK_ITA_INTERFACE 0x40
#define PLATFORM_BLOCK_ITA_FLAVOUR 0x44
#define PLATFORM_BLOCK_ITA_BASE 0x48 /* registers of instance 0 */
#define PLATFORM_BLOCK_ITA_STRIDE 0x4C
#define PLATFORM_BLOCK_ITA_L1_BASE 0x50           /* L1 banks of instance 0 */
#define PLATFORM_BLOCK_ITA_L1_BYTES 0x54          /* of one instance; instances follow each other */
#define PLATFORM_BLOCK_ATTENTION_ENGINE_BASE 0x58 /* 0: none */
#define PLATFORM_BLOCK_CLOCK_KHZ 0x5C
#define PLATFORM_BLOCK_TIMING 0x60    /* timing mode; write: change it when nothing is under way */
#define PLATFORM_BLOCK_ROI_BEGIN 0x64 /* write: a region of interest of this id begins */
#define PLATFORM_BLOCK_ROI_END 0x68   /* write: the region of this id ends */

#define PLATFORM_BLOCK_CONTROL_MEMPOOL 0u
#define PLATFORM_BLOCK_CONTROL_MEMPOOL_ITA 1u

#define PLATFORM_BLOCK_ITA_NONE 0u
#define PLATFORM_BLOCK_ITA_JOB 1u
#define PLATFORM_BLOCK_ITA_OPERAND_BLOCK 2u

#define PLATFORM_BLOCK_FLAVOUR_RTL 0u
#define PLATFORM_BLOCK_FLAVOUR_RTL_2024_08 1u
#define PLATFORM_BLOCK_FLAVOUR_MEMPOOL 2u

#define PLATFORM_BLOCK_TIMING_FUNCTIONAL 0u
#define PLATFORM_BLOCK_TIMING_CYCLE 1u

#endif
