/* SPDX-License-Identifier: Apache-2.0
 * Offsets and bits of ITA's operand-block interface (MemPool with ITA). C and C++. All registers
 * are 32 bits. Source: Deeploy TargetLibraries/MemPool/inc/ITA.h, Banshee src/peripherals.rs. */
#ifndef TESSERA_ITA_OPERAND_BLOCK_REGS_H
#define TESSERA_ITA_OPERAND_BLOCK_REGS_H

#define ITA_BLOCK_BASE 0x40000040u /* of instance 0, inside the control registers' block */
#define ITA_BLOCK_STRIDE 0x30u
#define ITA_BLOCK_NUM_INSTANCES 4
#define ITA_BLOCK_BYTES 0x1Cu /* decoded per instance; the rest of the stride is not ITA's */

#define ITA_BLOCK_STATE 0x00
#define ITA_BLOCK_START_ADDR 0x04 /* operand block; Q and K are those of instance 0's block */
#define ITA_BLOCK_OUT_ADDR 0x08   /* output [S][E], int8 row-major */
#define ITA_BLOCK_RQS_ADDR 0x0C   /* three pointers: mult 8 x u8, shift 8 x u8, add 8 x i32 */
#define ITA_BLOCK_S 0x10          /* in elements, multiples of 16 */
#define ITA_BLOCK_E 0x14
#define ITA_BLOCK_P 0x18

#define ITA_BLOCK_STATE_START 0x01u /* write 1 to start; reads 0 */
#define ITA_BLOCK_STATE_BUSY 0x02u
#define ITA_BLOCK_STATE_DONE 0x04u
#define ITA_BLOCK_STATE_SKIPSOFTMAX 0x10u /* stored, without effect */
#define ITA_BLOCK_STATE_ITER_SHIFT 5      /* iterations - 1; only 0 is defined */
#define ITA_BLOCK_STATE_ITER_MASK 0xE0u

#endif
