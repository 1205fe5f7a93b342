/* SPDX-License-Identifier: Apache-2.0
 * Offsets, bits and descriptors of the attention engine. C and C++. All registers are 32 bits.
 * Source: specification of the engine, sections 1.4, 1.6 and 1.10; WAKE_HART is this platform's. */
#ifndef TESSERA_ATTENTION_ENGINE_REGS_H
#define TESSERA_ATTENTION_ENGINE_REGS_H

#define ATTENTION_ENGINE_BASE 0x40030000u
#define ATTENTION_ENGINE_BYTES 0x1000u

#define ATTENTION_ENGINE_ID 0x000      /* read: 'BWAE' */
#define ATTENTION_ENGINE_VERSION 0x004 /* read: 1 */
#define ATTENTION_ENGINE_CAP0 0x008    /* read: N 31:16, L 15:8, E 7:0 */
#define ATTENTION_ENGINE_CAP1 0x00C    /* read: MRF tiles 15:0, MFUs 19:16 */
#define ATTENTION_ENGINE_CAPV 0x010    /* read: + 4 * k: entries of memory k, 0 .. 15 */
#define ATTENTION_ENGINE_CTRL 0x050
#define ATTENTION_ENGINE_STATUS 0x054
#define ATTENTION_ENGINE_IRQ_RAW 0x058 /* read: causes since they were cleared */
#define ATTENTION_ENGINE_IRQ_EN 0x05C  /* causes that wake a hart */
#define ATTENTION_ENGINE_IRQ_CLR 0x060 /* write 1s: clears causes */
#define ATTENTION_ENGINE_RING_LO                                  \
  0x070 /* descriptors, 64-byte aligned; while the queue is empty \
         */
#define ATTENTION_ENGINE_RING_LOG2 0x078
#define ATTENTION_ENGINE_HEAD 0x07C  /* read: the descriptor that runs or comes next, counted */
#define ATTENTION_ENGINE_TAIL 0x080  /* write: doorbell, descriptors written so far */
#define ATTENTION_ENGINE_CQ_LO 0x088 /* completions, 16-byte aligned */
#define ATTENTION_ENGINE_CQ_LOG2 0x090
#define ATTENTION_ENGINE_CQ_HEAD 0x094 /* write: completions that software has taken */
#define ATTENTION_ENGINE_CQ_TAIL 0x098 /* read: completions written */
#define ATTENTION_ENGINE_INST_LO 0x0A0 /* write: low word of an instruction */
#define ATTENTION_ENGINE_INST_HI \
  0x0A4 /* write: high word; pushes it, waits while the FIFO is full */
#define ATTENTION_ENGINE_INST_SPACE 0x0A8 /* read: free places of the instruction FIFO */
#define ATTENTION_ENGINE_INST_TAG 0x0AC   /* read: tag of the last irq instruction */
#define ATTENTION_ENGINE_WDOG 0x0B0       /* cycles that a descriptor may take, 0: any */
#define ATTENTION_ENGINE_ERRINFO 0x100    /* read: + 4 * k, of the first error since a reset */
#define ATTENTION_ENGINE_PERF 0x200       /* read: + 8 * k, low and high word of counter k */
#define ATTENTION_ENGINE_WAKE_HART 0xF00  /* hart to wake at an interrupt, or _NONE */

#define ATTENTION_ENGINE_ID_VALUE 0x42574145u
#define ATTENTION_ENGINE_NONE 0xFFFFFFFFu

/* CTRL. ABORT and SOFT_RESET read 0. */
#define ATTENTION_ENGINE_CTRL_EN 0x01u          /* take descriptors; also leaves both halts */
#define ATTENTION_ENGINE_CTRL_SOFT_RESET 0x02u  /* abort, empty queues, reset values */
#define ATTENTION_ENGINE_CTRL_ABORT 0x04u       /* what runs ends with ABORTED; halts */
#define ATTENTION_ENGINE_CTRL_HALT_ON_ERR 0x08u /* stop after a descriptor that failed */
#define ATTENTION_ENGINE_CTRL_ONLINE 0x20u      /* the planner may choose the online policy */
#define ATTENTION_ENGINE_CTRL_UNLIMITED 0x40u   /* capacities are ignored */
#define ATTENTION_ENGINE_CTRL_CHECK_READS 0x80u /* chains may read what was written only */

/* STATUS: error code of the last descriptor 15:8. */
#define ATTENTION_ENGINE_STATUS_IDLE 0x01u
#define ATTENTION_ENGINE_STATUS_BUSY 0x02u
#define ATTENTION_ENGINE_STATUS_HALTED 0x04u
#define ATTENTION_ENGINE_STATUS_ERR 0x08u
#define ATTENTION_ENGINE_STATUS_FIFO_HALTED 0x10u /* pushed instructions are dropped */
#define ATTENTION_ENGINE_STATUS_ERROR_SHIFT 8

#define ATTENTION_ENGINE_IRQ_DESC_DONE 0x01u /* of descriptors that ask for it */
#define ATTENTION_ENGINE_IRQ_QUEUE_EMPTY 0x02u
#define ATTENTION_ENGINE_IRQ_ERROR 0x04u
#define ATTENTION_ENGINE_IRQ_CQ_OVERFLOW 0x08u
#define ATTENTION_ENGINE_IRQ_WATCHDOG 0x10u
#define ATTENTION_ENGINE_IRQ_MASKED_ROW                                                            \
  0x20u                                        /* a query sees no key, or a mask is all or nothing \
                                                */
#define ATTENTION_ENGINE_IRQ_INSTRUCTION 0x40u /* an irq instruction */

/* ERRINFO: descriptor address (0: pushed instructions), error code, offending index, limit, tile
 * row, tile column, low and high word of the instruction. */
#define ATTENTION_ENGINE_NUM_ERRINFO 8

/* Names as other macros of C. NOLINTBEGIN(readability-identifier-naming) */
/* Error codes. Source: specification, section 1.10. */
enum {
  ATTENTION_ENGINE_ERROR_NONE,
  ATTENTION_ENGINE_ERROR_BAD_OPCODE,
  ATTENTION_ENGINE_ERROR_BAD_CHAIN,
  ATTENTION_ENGINE_ERROR_BAD_MEMORY_ID,
  ATTENTION_ENGINE_ERROR_VRF_OUT_OF_BOUNDS,
  ATTENTION_ENGINE_ERROR_VRF_OVERFLOW,
  ATTENTION_ENGINE_ERROR_MRF_OUT_OF_BOUNDS,
  ATTENTION_ENGINE_ERROR_MISALIGNED,
  ATTENTION_ENGINE_ERROR_BAD_DESCRIPTOR,
  ATTENTION_ENGINE_ERROR_BAD_MAP,
  ATTENTION_ENGINE_ERROR_MASK_OUT_OF_BOUNDS,
  ATTENTION_ENGINE_ERROR_AXI_SLAVE,
  ATTENTION_ENGINE_ERROR_AXI_DECODE,
  ATTENTION_ENGINE_ERROR_SOFTMAX_RANGE,
  ATTENTION_ENGINE_ERROR_WATCHDOG,
  ATTENTION_ENGINE_ERROR_ABORTED,
  ATTENTION_ENGINE_ERROR_COMPLETION_OVERFLOW,
  ATTENTION_ENGINE_ERROR_FORMAT_MISMATCH,
  ATTENTION_ENGINE_ERROR_READ_UNINITIALISED,
  ATTENTION_ENGINE_NUM_ERRORS
};
/* NOLINTEND(readability-identifier-naming) */

/* A descriptor: 64 bytes, little-endian, byte offsets. Addresses are byte addresses. */
#define ATTENTION_ENGINE_DESC_BYTES 64u
#define ATTENTION_ENGINE_DESC_TYPE 0     /* u8 */
#define ATTENTION_ENGINE_DESC_FLAGS 1    /* u8 */
#define ATTENTION_ENGINE_DESC_TAG 2      /* u16 */
#define ATTENTION_ENGINE_DESC_QUERIES 4  /* u16 */
#define ATTENTION_ENGINE_DESC_KEYS 6     /* u16 */
#define ATTENTION_ENGINE_DESC_HEAD_DIM 8 /* u16 */
#define ATTENTION_ENGINE_DESC_HEADS 10   /* u16 */
#define ATTENTION_ENGINE_DESC_TILE 12    /* u16, 0: N */
#define ATTENTION_ENGINE_DESC_PATTERN 14 /* u8: 0 dense, 1 map, 2 causal, 3 window, ... */
#define ATTENTION_ENGINE_DESC_POLICY 15  /* u8: 0 the first that fits, else policy + 1 */
#define ATTENTION_ENGINE_DESC_PARAM0 16  /* u32: window 15:0, global tokens 31:16 */
#define ATTENTION_ENGINE_DESC_PARAM1 20  /* u32: block or dilation 15:0, random tiles 31:16 */
#define ATTENTION_ENGINE_DESC_Q 24       /* u32, as the next three: 64-byte aligned */
#define ATTENTION_ENGINE_DESC_K 28
#define ATTENTION_ENGINE_DESC_V 32
#define ATTENTION_ENGINE_DESC_OUTPUT 36
#define ATTENTION_ENGINE_DESC_MAP 40         /* u32: pattern 1 */
#define ATTENTION_ENGINE_DESC_MASK 44        /* u32: its masks; other patterns: seed */
#define ATTENTION_ENGINE_DESC_QK_REQUANT 48  /* u32: mult 15:0, shift 23:16, add 31:24 (signed) */
#define ATTENTION_ENGINE_DESC_AV_REQUANT 52  /* u32 */
#define ATTENTION_ENGINE_DESC_ROW_STRIDE 56  /* u16: bytes from token to token / 16 */
#define ATTENTION_ENGINE_DESC_HEAD_STRIDE 58 /* u16: bytes from head to head / 16 */
#define ATTENTION_ENGINE_DESC_SCRATCH 60     /* u32: for spilled scores; 0: no spill */

/* Types. Attention uses the fields as they are named above; the others:
 *   all but CHAIN   QUERIES rows of HEAD_DIM bytes at Q, ROW_STRIDE apart, to OUTPUT,
 *                   HEAD_STRIDE apart (both / 16); HEADS 0 or 1
 *   GEMM            KEYS outputs; weights [KEYS][HEAD_DIM] at K, PARAM1 15:0 apart (/ 16), with the
 *                   map of PATTERN (dense or data); V: bias int32 [KEYS] or 0; QK_REQUANT
 *   LAYER_NORM      K: weight int8 [HEAD_DIM]; V: bias int32 [HEAD_DIM]; QK_REQUANT
 *   GELU            PARAM0: b 15:0, c 31:16 (signed); QK_REQUANT
 *   SELECTION       the PARAM0 15:0 best of KEYS keys at K for each query, by products of PARAM0
 *                   31:16 bits; Q and K ROW_STRIDE apart; OUTPUT: a token bitmap
 *   CHAIN           PARAM0 instructions of 8 bytes at Q */
#define ATTENTION_ENGINE_TYPE_ATTENTION 1
#define ATTENTION_ENGINE_TYPE_GEMM 2
#define ATTENTION_ENGINE_TYPE_SOFTMAX 3
#define ATTENTION_ENGINE_TYPE_LAYER_NORM 4
#define ATTENTION_ENGINE_TYPE_GELU 5
#define ATTENTION_ENGINE_TYPE_COPY 6
#define ATTENTION_ENGINE_TYPE_SELECTION 8
#define ATTENTION_ENGINE_TYPE_CHAIN 7

/* Patterns that are data at MAP (64-byte aligned); others: PatternKind. */
#define ATTENTION_ENGINE_PATTERN_MAP 1           /* block-sparse rows; element masks at MASK */
#define ATTENTION_ENGINE_PATTERN_TOKEN_BITMAP 11 /* a bit per query and key, rows of 8 bytes */
#define ATTENTION_ENGINE_PATTERN_TILE_BITMAP 16  /* a bit per tile; element masks at MASK */

#define ATTENTION_ENGINE_FLAG_IRQ 0x01u
#define ATTENTION_ENGINE_FLAG_PACKED 0x04u
#define ATTENTION_ENGINE_FLAG_ONLINE 0x08u          /* as CTRL_ONLINE, for this descriptor */
#define ATTENTION_ENGINE_FLAG_KV_STATIONARY 0x10u   /* K and V are those of the descriptor before */
#define ATTENTION_ENGINE_FLAG_NAN_MASKED_ROWS 0x20u /* -128 where a query sees no key; else 0 */
#define ATTENTION_ENGINE_FLAG_UNIFORM_MASKED_ROWS 0x40u /* the mean of V there */
#define ATTENTION_ENGINE_FLAG_BLOCK_FLOAT 0x80u         /* not supported: FMT_MISMATCH */

/* A completion: 16 bytes: tag u32, error code u8 and index u24, cycles u64. */
#define ATTENTION_ENGINE_COMPLETION_BYTES 16u

/* Performance counters. */
#define ATTENTION_ENGINE_PERF_CYCLES 0
#define ATTENTION_ENGINE_PERF_MVU_ACTIVE 1
#define ATTENTION_ENGINE_PERF_MVU_CONTEXT 2
#define ATTENTION_ENGINE_PERF_USEFUL_MACS 3
#define ATTENTION_ENGINE_PERF_ISSUED_MACS 4
#define ATTENTION_ENGINE_PERF_SOFTMAX_ACTIVE 5
#define ATTENTION_ENGINE_PERF_SCAN 6
#define ATTENTION_ENGINE_PERF_TILES_FULL 7
#define ATTENTION_ENGINE_PERF_TILES_PARTIAL 8
#define ATTENTION_ENGINE_PERF_TILES_SKIPPED 9
#define ATTENTION_ENGINE_PERF_ELEMENTS_MASKED 10
#define ATTENTION_ENGINE_PERF_CHAINS 11
#define ATTENTION_ENGINE_PERF_FRONT_END_STALL 12
#define ATTENTION_ENGINE_PERF_DEPENDENCY_STALL 13
#define ATTENTION_ENGINE_PERF_FIFO_STALL 14
#define ATTENTION_ENGINE_PERF_LOAD_STALL 15
#define ATTENTION_ENGINE_PERF_AXI_READ_BYTES 16
#define ATTENTION_ENGINE_PERF_AXI_WRITE_BYTES 17
#define ATTENTION_ENGINE_PERF_SPILL_BYTES 18
#define ATTENTION_ENGINE_PERF_REFETCH_BYTES 19
#define ATTENTION_ENGINE_PERF_MASKED_ROWS 20
#define ATTENTION_ENGINE_PERF_UNCANONICAL_TILES 21
#define ATTENTION_ENGINE_NUM_PERF 22

#endif
