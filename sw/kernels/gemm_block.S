/* SPDX-License-Identifier: Apache-2.0
 * 4 x 4 sums with four-byte dot products: per step of four columns 8 loads, 16 dot products and a
 * branch. The sums take 16 of the 30 registers that there are (all but x0 and sp; gp and tp come
 * back unchanged), so the compiler's allocation would spill.
 *
 * Every load is issued at least 6 instructions before its value is used, which is the distance of
 * a load from another group without conflicts (4 from the same group, 2 from the own tile). Loads
 * and dot products alternate, because an incremented address and a loaded value that arrive
 * together delay a product. The last step of a part is apart: nothing is read beyond the end. */
#include "firmware/runtime/xpulp.h"
#include "sw/kernels/gemm_block.h"

/* Rows of a; columns of b (b3 shares right1's register). */
#define left0 x5
#define left1 x6
#define left2 x7
#define left3 x28
#define right0 x29
#define right1 x30
#define right2 x31
/* Walk down four rows, then to the next four columns of row 0. */
#define a_next x10
#define a_down x11
#define a_up x12
#define b_next x13
#define b_down x14
#define b_up x15
#define a_end x1
/* sums[i][j] */
#define c00 x16
#define c01 x17
#define c02 x8
#define c03 x9
#define c10 x18
#define c11 x19
#define c12 x20
#define c13 x21
#define c20 x22
#define c21 x23
#define c22 x24
#define c23 x25
#define c30 x26
#define c31 x27
#define c32 x3
#define c33 x4

/* instruction c, c, operand for every sum; four rows side by side hide latencies. */
.macro on_all_sums instruction, operand
  .irp c, c00, c10, c20, c30, c01, c11, c21, c31, c02, c12, c22, c32, c03, c13, c23, c33
  \instruction \c, \c, \operand
  .endr
.endm

/* Registers that the caller keeps, those that the ABI names global, and the block. */
.macro move_saved instruction
  \instruction x1, 0(sp)
  \instruction x3, 4(sp)
  \instruction x4, 8(sp)
  \instruction x8, 12(sp)
  \instruction x9, 16(sp)
  \instruction x18, 20(sp)
  \instruction x19, 24(sp)
  \instruction x20, 28(sp)
  \instruction x21, 32(sp)
  \instruction x22, 36(sp)
  \instruction x23, 40(sp)
  \instruction x24, 44(sp)
  \instruction x25, 48(sp)
  \instruction x26, 52(sp)
  \instruction x27, 56(sp)
.endm
#define FRAME_BYTES 80
#define FRAME_BLOCK 60
#define FRAME_A 64 /* of a second part of the columns; 0: none follows */
#define FRAME_B 68

/* A column of results goes to byte `lane` of each row's first register. */
.macro insert_columns lane, half, s0, s1, s2, s3
  pv_insert_b c00, \s0, \lane, \half
  pv_insert_b c10, \s1, \lane, \half
  pv_insert_b c20, \s2, \lane, \half
  pv_insert_b c30, \s3, \lane, \half
.endm

.macro store_row_of_sums block, offset, s0, s1, s2, s3
  sw \s0, \offset(\block)
  sw \s1, \offset + 4(\block)
  sw \s2, \offset + 8(\block)
  sw \s3, \offset + 12(\block)
.endm

.macro gemm_block name, dot
  .section .text.\name, "ax"
  .globl \name
  .type \name, @function
  .balign 32 /* lines of the caches */
\name:
  addi sp, sp, -FRAME_BYTES
  move_saved sw
  mv x15, x10
  lw x31, GEMM_BLOCK_BIAS(x15)
  lw a_next, GEMM_BLOCK_A(x15)
  lw b_next, GEMM_BLOCK_B(x15)
  lw x5, GEMM_BLOCK_START(x15)
  lw a_end, GEMM_BLOCK_BYTES(x15)
  sw x15, FRAME_BLOCK(sp)
  beqz x31, 1f
  lw c00, 0(x31)
  lw c01, 4(x31)
  lw c02, 8(x31)
  lw c03, 12(x31)
  j 2f
1:
  li c00, 0
  li c01, 0
  li c02, 0
  li c03, 0
2:
  mv c10, c00
  mv c11, c01
  mv c12, c02
  mv c13, c03
  mv c20, c00
  mv c21, c01
  mv c22, c02
  mv c23, c03
  mv c30, c00
  mv c31, c01
  mv c32, c02
  mv c33, c03

  /* From the start to the end; what is before the start comes later. */
  add a_end, a_end, a_next
  sw zero, FRAME_A(sp)
  beqz x5, 3f
  sw a_next, FRAME_A(sp)
  sw b_next, FRAME_B(sp)
  add a_next, a_next, x5
  add b_next, b_next, x5
3:
  lw a_down, GEMM_BLOCK_A_STRIDE(x15)
  lw b_down, GEMM_BLOCK_B_STRIDE(x15)
  li x5, 4
  slli a_up, a_down, 1
  slli b_up, b_down, 1
  add a_up, a_up, a_down
  add b_up, b_up, b_down
  sub a_up, x5, a_up
  sub b_up, x5, b_up

4:
  p_lw_post left0, a_down, a_next
  p_lw_post left1, a_down, a_next
  p_lw_post left2, a_down, a_next
  p_lw_post left3, a_up, a_next
  p_lw_post right0, b_down, b_next
  p_lw_post right1, b_down, b_next
  p_lw_post right2, b_down, b_next
  beq a_next, a_end, 6f

  .balign 32
5:
  \dot c00, left0, right0
  \dot c10, left1, right0
  \dot c20, left2, right0
  \dot c30, left3, right0
  \dot c01, left0, right1
  \dot c11, left1, right1
  \dot c21, left2, right1
  \dot c31, left3, right1
  p_lw_post right1, b_up, b_next /* column 3 */
  \dot c02, left0, right2
  p_lw_post right0, b_down, b_next
  \dot c12, left1, right2
  \dot c22, left2, right2
  \dot c32, left3, right2
  \dot c03, left0, right1
  p_lw_post left0, a_down, a_next
  \dot c13, left1, right1
  p_lw_post left1, a_down, a_next
  \dot c23, left2, right1
  p_lw_post left2, a_down, a_next
  \dot c33, left3, right1
  p_lw_post left3, a_up, a_next
  p_lw_post right1, b_down, b_next
  p_lw_post right2, b_down, b_next
  bne a_next, a_end, 5b

6: /* The last step of a part. */
  \dot c00, left0, right0
  \dot c10, left1, right0
  \dot c20, left2, right0
  \dot c30, left3, right0
  \dot c01, left0, right1
  \dot c11, left1, right1
  \dot c21, left2, right1
  \dot c31, left3, right1
  lw right1, 0(b_next) /* column 3 */
  lw a_next, FRAME_A(sp)
  lw b_next, FRAME_B(sp)
  lw x29, FRAME_BLOCK(sp)
  \dot c02, left0, right2
  \dot c12, left1, right2
  \dot c22, left2, right2
  \dot c32, left3, right2
  \dot c03, left0, right1
  \dot c13, left1, right1
  \dot c23, left2, right1
  \dot c33, left3, right1
  beqz a_next, 7f
  lw a_end, GEMM_BLOCK_START(x29)
  sw zero, FRAME_A(sp)
  add a_end, a_end, a_next
  j 4b

7:
  lw x5, GEMM_BLOCK_MULTIPLIER(x29)
  lw x6, GEMM_BLOCK_ROUNDING(x29)
  lw x10, GEMM_BLOCK_OUTPUT(x29)
  lw x11, GEMM_BLOCK_OUTPUT_STRIDE(x29)
  beqz x5, 8f
  on_all_sums mulhsu, x5
  on_all_sums add, x6
  on_all_sums srai, 1
  .irp c, c00, c10, c20, c30, c01, c11, c21, c31, c02, c12, c22, c32, c03, c13, c23, c33
  p_clip_int8 \c, \c
  .endr
  insert_columns 1, 0, c01, c11, c21, c31
  insert_columns 2, 1, c02, c12, c22, c32
  insert_columns 3, 1, c03, c13, c23, c33
  sw c00, 0(x10)
  add x10, x10, x11
  sw c10, 0(x10)
  add x10, x10, x11
  sw c20, 0(x10)
  add x10, x10, x11
  sw c30, 0(x10)
  j 9f
8:
  store_row_of_sums x29, 0, c00, c01, c02, c03
  store_row_of_sums x29, 16, c10, c11, c12, c13
  store_row_of_sums x29, 32, c20, c21, c22, c23
  store_row_of_sums x29, 48, c30, c31, c32, c33
9:
  move_saved lw
  addi sp, sp, FRAME_BYTES
  ret
  .size \name, . - \name
.endm

  gemm_block gemm_block_signed, pv_sdotsp_b
  gemm_block gemm_block_unsigned, pv_sdotusp_b
