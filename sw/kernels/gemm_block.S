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

.macro move_sums instruction, block
  \instruction c00, 0(\block)
  \instruction c01, 4(\block)
  \instruction c02, 8(\block)
  \instruction c03, 12(\block)
  \instruction c10, 16(\block)
  \instruction c11, 20(\block)
  \instruction c12, 24(\block)
  \instruction c13, 28(\block)
  \instruction c20, 32(\block)
  \instruction c21, 36(\block)
  \instruction c22, 40(\block)
  \instruction c23, 44(\block)
  \instruction c30, 48(\block)
  \instruction c31, 52(\block)
  \instruction c32, 56(\block)
  \instruction c33, 60(\block)
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
#define FRAME_PART 64

.macro gemm_block name, dot
  .section .text.\name, "ax"
  .globl \name
  .type \name, @function
  .balign 32 /* lines of the caches */
\name:
  addi sp, sp, -FRAME_BYTES
  move_saved sw
  sw x10, FRAME_BLOCK(sp)
  addi x15, x10, GEMM_BLOCK_PARTS
  move_sums lw, x10

1: /* The next part, at x15. */
  lw a_next, 0(x15)
  beqz a_next, 4f
  lw b_next, 4(x15)
  lw a_end, 8(x15)
  addi x15, x15, GEMM_PART_BYTES
  sw x15, FRAME_PART(sp)
  lw x15, FRAME_BLOCK(sp)
  lw a_down, GEMM_BLOCK_A_STRIDE(x15)
  lw b_down, GEMM_BLOCK_B_STRIDE(x15)
  add a_end, a_end, a_next
  slli a_up, a_down, 1
  add a_up, a_up, a_down
  slli b_up, b_down, 1
  add b_up, b_up, b_down
  li x5, 4
  sub a_up, x5, a_up
  sub b_up, x5, b_up

  p_lw_post left0, a_down, a_next
  p_lw_post left1, a_down, a_next
  p_lw_post left2, a_down, a_next
  p_lw_post left3, a_up, a_next
  p_lw_post right0, b_down, b_next
  p_lw_post right1, b_down, b_next
  p_lw_post right2, b_down, b_next
  beq a_next, a_end, 3f

  .balign 32
2:
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
  bne a_next, a_end, 2b

3: /* The last step of the part. */
  \dot c00, left0, right0
  \dot c10, left1, right0
  \dot c20, left2, right0
  \dot c30, left3, right0
  lw x15, FRAME_PART(sp)
  \dot c01, left0, right1
  \dot c11, left1, right1
  \dot c21, left2, right1
  \dot c31, left3, right1
  lw right1, 0(b_next) /* column 3 */
  \dot c02, left0, right2
  \dot c12, left1, right2
  \dot c22, left2, right2
  \dot c32, left3, right2
  \dot c03, left0, right1
  \dot c13, left1, right1
  \dot c23, left2, right1
  \dot c33, left3, right1
  j 1b

4:
  lw x15, FRAME_BLOCK(sp)
  move_sums sw, x15
  move_saved lw
  addi sp, sp, FRAME_BYTES
  ret
  .size \name, . - \name
.endm

  gemm_block gemm_block_signed, pv_sdotsp_b
  gemm_block gemm_block_unsigned, pv_sdotusp_b
