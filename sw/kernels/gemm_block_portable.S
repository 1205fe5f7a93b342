/* SPDX-License-Identifier: Apache-2.0
 * 4 x 4 sums byte by byte, without Xpulpimg, as two halves of 4 x 2: per column of a and b 6 loads,
 * 8 products and 8 additions.
 *
 * A product is added 3 or more instructions after it was started, which is when it is there; values
 * are loaded one column ahead. The last column of a part is apart: nothing is read beyond the
 * end. */
#include "sw/kernels/gemm_block.h"

/* Addresses in the rows of a and the columns of b. */
#define a0 x10
#define a1 x11
#define a2 x12
#define a3 x13
#define b0 x14
#define b1 x15
#define a0_end x1
#define left0 x5
#define left1 x6
#define left2 x7
#define left3 x28
/* Of the even and the odd columns. */
#define even0 x29
#define even1 x30
#define odd0 x31
#define odd1 x16
#define product0 x17
#define product1 x8
#define product2 x9
/* sums[i][j] */
#define c00 x18
#define c01 x19
#define c10 x20
#define c11 x21
#define c20 x22
#define c21 x23
#define c30 x24
#define c31 x25
#define half x26 /* the block, or 8 bytes further on in the second half */
#define block x27

.macro store_sums
  sw c00, 0(half)
  sw c01, 4(half)
  sw c10, 16(half)
  sw c11, 20(half)
  sw c20, 32(half)
  sw c21, 36(half)
  sw c30, 48(half)
  sw c31, 52(half)
.endm

.macro move_saved instruction
  \instruction x1, 0(sp)
  \instruction x8, 4(sp)
  \instruction x9, 8(sp)
  \instruction x18, 12(sp)
  \instruction x19, 16(sp)
  \instruction x20, 20(sp)
  \instruction x21, 24(sp)
  \instruction x22, 28(sp)
  \instruction x23, 32(sp)
  \instruction x24, 36(sp)
  \instruction x25, 40(sp)
  \instruction x26, 44(sp)
  \instruction x27, 48(sp)
.endm
#define FRAME_BYTES 64
#define FRAME_BEGIN 52

/* One column; loads what the next one, at `ahead`, needs if `loads` says so. */
.macro column load, right0, right1, next0, next1, ahead, loads=1
.if \loads
  lb \next0, \ahead(b0)
  lb \next1, \ahead(b1)
.endif
  mul product0, left0, \right0
  mul product1, left0, \right1
  mul product2, left1, \right0
.if \loads
  \load left0, \ahead(a0)
.endif
  add c00, c00, product0
  mul product0, left1, \right1
  add c01, c01, product1
  mul product1, left2, \right0
.if \loads
  \load left1, \ahead(a1)
.endif
  add c10, c10, product2
  mul product2, left2, \right1
  add c11, c11, product0
  mul product0, left3, \right0
.if \loads
  \load left2, \ahead(a2)
.endif
  add c20, c20, product1
  mul product1, left3, \right1
.if \loads
  \load left3, \ahead(a3)
.endif
  add c21, c21, product2
  add c30, c30, product0
  add c31, c31, product1
.endm

.macro gemm_block_portable name, load
  .section .text.\name, "ax"
  .globl \name
  .type \name, @function
  .balign 32 /* lines of the caches */
\name:
  addi sp, sp, -FRAME_BYTES
  move_saved sw
  mv block, x10
  mv half, x10

1: /* A half: columns 0 and 1, then 2 and 3, whose sums and biases are 8 bytes further on. */
  li c00, 0
  li c01, 0
  lw x5, GEMM_BLOCK_BIAS(block)
  beqz x5, 2f
  sub x6, half, block
  add x5, x5, x6
  lw c00, 0(x5)
  lw c01, 4(x5)
2:
  mv c10, c00
  mv c11, c01
  mv c20, c00
  mv c21, c01
  mv c30, c00
  mv c31, c01
  lw x5, GEMM_BLOCK_START(block)
  lw a0_end, GEMM_BLOCK_BYTES(block)

3: /* Bytes x5 to a0_end - 1 of the rows. */
  sw x5, FRAME_BEGIN(sp)
  lw a0, GEMM_BLOCK_A(block)
  lw b0, GEMM_BLOCK_B(block)
  lw x8, GEMM_BLOCK_A_STRIDE(block)
  lw x9, GEMM_BLOCK_B_STRIDE(block)
  add a0_end, a0_end, a0
  add a0, a0, x5
  add b0, b0, x5
  beq half, block, 4f
  add b0, b0, x9
  add b0, b0, x9
4:
  addi a0_end, a0_end, -4
  add a1, a0, x8
  add a2, a1, x8
  add a3, a2, x8
  add b1, b0, x9
  lb even0, 0(b0)
  lb even1, 0(b1)
  \load left0, 0(a0)
  \load left1, 0(a1)
  \load left2, 0(a2)
  \load left3, 0(a3)
  beq a0, a0_end, 6f

  .balign 32
5:
  column \load, even0, even1, odd0, odd1, 1
  column \load, odd0, odd1, even0, even1, 2
  column \load, even0, even1, odd0, odd1, 3
  column \load, odd0, odd1, even0, even1, 4
  addi a0, a0, 4
  addi a1, a1, 4
  addi a2, a2, 4
  addi a3, a3, 4
  addi b0, b0, 4
  addi b1, b1, 4
  bne a0, a0_end, 5b

6:
  column \load, even0, even1, odd0, odd1, 1
  column \load, odd0, odd1, even0, even1, 2
  column \load, even0, even1, odd0, odd1, 3
  column \load, odd0, odd1, even0, even1, 4, loads=0
  lw x5, FRAME_BEGIN(sp)
  beqz x5, 7f
  mv a0_end, x5
  li x5, 0
  j 3b

7:
  store_sums
  mv x5, half
  addi half, block, 8
  beq x5, block, 1b
  move_saved lw
  addi sp, sp, FRAME_BYTES
  ret
  .size \name, . - \name
.endm

  gemm_block_portable gemm_block_signed_portable, lb
  gemm_block_portable gemm_block_unsigned_portable, lbu
