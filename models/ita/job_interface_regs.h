/* SPDX-License-Identifier: Apache-2.0
 * Offsets and bits of ITA's job interface. C and C++. All registers are 32 bits.
 * One job is one tile step: 64 rows x 64 columns, 64 deep. Four contexts form the job queue; the
 * job registers (0x20 .. 0x60) are those of the context that the next TRIGGER commits, and a
 * context keeps its values from job to job.
 * Source: pulp-platform/ITA src/hwpe; WAKE_HART is this platform's. */
#ifndef TESSERA_ITA_JOB_INTERFACE_REGS_H
#define TESSERA_ITA_JOB_INTERFACE_REGS_H

#define ITA_JOB_BASE 0x40020000u /* of instance 0 */
#define ITA_JOB_STRIDE 0x1000u
#define ITA_JOB_NUM_CONTEXTS 4

#define ITA_JOB_TRIGGER 0x00     /* write 0: commit and start; else commit only */
#define ITA_JOB_ACQUIRE 0x04     /* read: context that is yours now, or one of ITA_JOB_ACQUIRE_* */
#define ITA_JOB_FINISHED 0x08    /* read: jobs finished since reset or soft clear */
#define ITA_JOB_STATUS 0x0C      /* read: byte c is 1 while context c waits or runs; 0: idle */
#define ITA_JOB_RUNNING_JOB 0x10 /* read: context of the running job, ITA_JOB_NONE when idle */
#define ITA_JOB_SOFT_CLEAR 0x14  /* write: empties the queue and clears the contexts */
#define ITA_JOB_SW_EVT 0x1C      /* write: one event, as at the end of a job */
#define ITA_JOB_INPUT_PTR 0x20   /* streamed tile, 4096 bytes row-major */
#define ITA_JOB_WEIGHT_PTR0 0x24 /* stationary tile of this job, 4096 bytes, transposed */
#define ITA_JOB_WEIGHT_PTR1 0x28 /* stationary tile of the next job */
#define ITA_JOB_BIAS_PTR 0x2C    /* 64 x 3 bytes, little-endian */
#define ITA_JOB_OUTPUT_PTR 0x30  /* 4096 bytes row-major */
#define ITA_JOB_SEQ_LENGTH 0x34  /* stored, without effect */
#define ITA_JOB_TILES 0x38
#define ITA_JOB_EPS_MULT0 0x3C    /* byte k: constant k of Q, K, V, QK */
#define ITA_JOB_EPS_MULT1 0x40    /* byte k: constant k of AV, OW, F1, F2 */
#define ITA_JOB_RIGHT_SHIFT0 0x44 /* in the same order */
#define ITA_JOB_RIGHT_SHIFT1 0x48
#define ITA_JOB_ADD0 0x4C /* in the same order, signed */
#define ITA_JOB_ADD1 0x50
#define ITA_JOB_CTRL_ENGINE 0x54
#define ITA_JOB_CTRL_STREAM 0x58
#define ITA_JOB_GELU_B_C 0x5C           /* b 15:0, c 31:16, signed */
#define ITA_JOB_ACTIVATION_REQUANT 0x60 /* mult 7:0, shift 15:8, add 23:16 (signed) */
#define ITA_JOB_WAKE_HART 0xF00         /* hart to wake at every event, ITA_JOB_NONE: none */

#define ITA_JOB_NONE 0xFFFFFFFFu
#define ITA_JOB_ACQUIRE_FULL 0xFFFFFFFFu   /* -1: no context is free */
#define ITA_JOB_ACQUIRE_LOCKED 0xFFFFFFFEu /* -2: another hart is programming a job */

/* TILES: sizes in tiles of 64, 1 .. 15 each; 0 counts as 1. */
#define ITA_JOB_TILES_S_SHIFT 0
#define ITA_JOB_TILES_E_SHIFT 4
#define ITA_JOB_TILES_P_SHIFT 8
#define ITA_JOB_TILES_F_SHIFT 12
#define ITA_JOB_TILES_MAX 15

/* CTRL_ENGINE: layer 1:0, activation 3:2. */
#define ITA_JOB_LAYER_ATTENTION 0u        /* Q, K, V, then (QK, AV) per block of 64 rows, OW */
#define ITA_JOB_LAYER_FEEDFORWARD 1u      /* F1, F2 */
#define ITA_JOB_LAYER_LINEAR 2u           /* tile_s x tile_p outputs, tile_e inner; constant 0 */
#define ITA_JOB_LAYER_SINGLE_ATTENTION 3u /* (QK, AV) per block of 64 rows; constants 3 and 4 */
#define ITA_JOB_ACTIVATION_SHIFT 2
#define ITA_JOB_ACTIVATION_IDENTITY 0u
#define ITA_JOB_ACTIVATION_GELU 1u
#define ITA_JOB_ACTIVATION_RELU 2u

/* CTRL_STREAM */
#define ITA_JOB_WEIGHT_PRELOAD 0x01u  /* first job of a chain: fetch the whole stationary tile */
#define ITA_JOB_WEIGHT_NEXTLOAD 0x02u /* all but the last: fetch 1 KiB at WEIGHT_PTR1 ahead */
#define ITA_JOB_BIAS_DISABLE 0x04u    /* QK, AV */
#define ITA_JOB_BIAS_PER_ROW 0x08u    /* V: computed transposed */
#define ITA_JOB_OUTPUT_DISABLE 0x10u  /* all but the last inner tile */

#endif
