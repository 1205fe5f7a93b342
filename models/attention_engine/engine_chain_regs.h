/* SPDX-License-Identifier: Apache-2.0
 * Instructions of the attention engine's chains. C and C++.
 * op [63:58], memory [57:54], flags [53:48], count [47:32], index [31:0].
 * Source: section 1.5 of the engine's specification. */
#ifndef TESSERA_ENGINE_CHAIN_REGS_H
#define TESSERA_ENGINE_CHAIN_REGS_H

/* Names as other macros of C. NOLINTBEGIN(readability-identifier-naming) */
/* Operations. */
enum {
  ATTENTION_ENGINE_OP_NOP = 0x00,
  ATTENTION_ENGINE_OP_END_CHAIN = 0x01,
  ATTENTION_ENGINE_OP_SET_REGISTER = 0x02, /* s_wr: count is the register, index the value */
  ATTENTION_ENGINE_OP_VECTOR_READ = 0x04,  /* v_rd: count entries from index; from L2 or InQ too */
  ATTENTION_ENGINE_OP_VECTOR_WRITE = 0x05, /* v_wr; to L2: ITER rows of ROW_BYTES from index on */
  ATTENTION_ENGINE_OP_MATRIX_READ = 0x06,  /* m_rd L2: as v_rd; MRF: count tiles from index */
  ATTENTION_ENGINE_OP_MATRIX_WRITE = 0x07, /* m_wr MRF: count tiles from index */
  ATTENTION_ENGINE_OP_MATRIX_MULTIPLY = 0x08, /* mv_mul: ROWS x COLUMNS tiles from index */
  ATTENTION_ENGINE_OP_ADD = 0x09, /* vv_add ...: second operand: count entries from index */
  ATTENTION_ENGINE_OP_SUBTRACT = 0x0A,
  ATTENTION_ENGINE_OP_SUBTRACT_REVERSED = 0x0B,
  ATTENTION_ENGINE_OP_MAXIMUM = 0x0C,
  ATTENTION_ENGINE_OP_MULTIPLY = 0x0D,
  ATTENTION_ENGINE_OP_RELU = 0x10,
  ATTENTION_ENGINE_OP_SIGMOID = 0x11,
  ATTENTION_ENGINE_OP_TANH = 0x12,
  ATTENTION_ENGINE_OP_GELU = 0x13,
  ATTENTION_ENGINE_OP_EXP = 0x14,
  ATTENTION_ENGINE_OP_REQUANTISE = 0x15,
  ATTENTION_ENGINE_OP_INVERSE_ROOT = 0x16, /* v_rsqrt: not in the specification */
  ATTENTION_ENGINE_OP_MASK = 0x18,         /* v_mask: masks of count tiles from index of MaskRam */
  ATTENTION_ENGINE_OP_SOFTMAX_ACCUMULATE = 0x19, /* sm_acc: sums of ITER rows from index */
  ATTENTION_ENGINE_OP_SOFTMAX_FINISH = 0x1A,     /* sm_fin: normalises them */
  ATTENTION_ENGINE_OP_REDUCE_SUM = 0x1C,         /* v_redsum: a vector for each row */
  ATTENTION_ENGINE_OP_WALK = 0x20,               /* t_walk: index tiles of a map are tested */
  ATTENTION_ENGINE_OP_FENCE = 0x3E,
  ATTENTION_ENGINE_OP_INTERRUPT = 0x3F, /* irq: a fence that raises INSTRUCTION with tag index */
};

/* Flags. */
enum {
  ATTENTION_ENGINE_FLAG_CONTEXT = 1,       /* mv_mul: the source's bytes are unsigned */
  ATTENTION_ENGINE_FLAG_INDIRECT = 2,      /* mv_mul: tiles from the list; the scheduler's own */
  ATTENTION_ENGINE_FLAG_TRANSPOSE = 8,     /* m_rd */
  ATTENTION_ENGINE_FLAG_ACCUMULATE = 0x10, /* mv_mul: on top of AccVrf; sm_acc: of SmxRF */
  ATTENTION_ENGINE_FLAG_LAST = 0x20,       /* sm_...: the last columns of their rows */
};

/* Memories. Those from 2 to 8 are register files of native vectors. */
enum {
  ATTENTION_ENGINE_MEMORY_L2 = 0,
  ATTENTION_ENGINE_MEMORY_L1 = 1,
  ATTENTION_ENGINE_MEMORY_MVM_INITIAL_VRF = 2,
  ATTENTION_ENGINE_MEMORY_MFU_INITIAL_VRF = 3,
  ATTENTION_ENGINE_MEMORY_ADD_SUB_VRF_0 = 4,
  ATTENTION_ENGINE_MEMORY_ADD_SUB_VRF_1 = 5,
  ATTENTION_ENGINE_MEMORY_MULTIPLY_VRF = 6,
  ATTENTION_ENGINE_MEMORY_ACC_VRF = 7,
  ATTENTION_ENGINE_MEMORY_SCORE_VRF = 8,
  ATTENTION_ENGINE_MEMORY_MRF = 9,
  ATTENTION_ENGINE_MEMORY_MASK_RAM = 10,
  ATTENTION_ENGINE_MEMORY_TILE_LIST = 11,
  ATTENTION_ENGINE_MEMORY_SMX_RF = 12,
  ATTENTION_ENGINE_MEMORY_IN_QUEUE = 13,
  ATTENTION_ENGINE_MEMORY_OUT_QUEUE = 14,
};

/* Registers of s_wr. ROWS, COLUMNS and ITER are 1 .. 65535. */
enum {
  ATTENTION_ENGINE_REGISTER_ROWS = 0,
  ATTENTION_ENGINE_REGISTER_COLUMNS = 1,
  ATTENTION_ENGINE_REGISTER_ITER = 2,
  ATTENTION_ENGINE_REGISTER_VECTOR_LENGTH = 3, /* valid elements of a vector; 0: all */
  ATTENTION_ENGINE_REGISTER_REQUANT_MULT = 4,  /* of v_rq; at reset 1 */
  ATTENTION_ENGINE_REGISTER_REQUANT_SHIFT = 5,
  ATTENTION_ENGINE_REGISTER_REQUANT_ADD = 6,
  ATTENTION_ENGINE_REGISTER_FRACTION_BITS = 7, /* of what v_sigm, v_tanh, v_exp read */
  ATTENTION_ENGINE_REGISTER_GELU_B = 8,
  ATTENTION_ENGINE_REGISTER_GELU_C = 9,
  ATTENTION_ENGINE_REGISTER_LIST_BASE = 10,
  ATTENTION_ENGINE_REGISTER_LIST_LENGTH = 11,
  ATTENTION_ENGINE_REGISTER_STRIDE_ROW = 12, /* bytes from row to row in L2; 0: ROW_BYTES */
  ATTENTION_ENGINE_REGISTER_ROW_BYTES = 13,
  ATTENTION_ENGINE_NUM_REGISTERS = 16
};
/* NOLINTEND(readability-identifier-naming) */

#endif
