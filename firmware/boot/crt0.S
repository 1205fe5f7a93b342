/* SPDX-License-Identifier: Apache-2.0
 * Start and end of every guest program, on every machine.
 *
 * All harts arrive at _start once the boot ROM's wfi has been answered. Hart 0 zeroes .bss and
 * prepares the runtime while the others sleep; then all call main() with their hart id. Only hart
 * 0's return value ends the run.
 *
 * Stack of hart i: seq_bytes_per_hart bytes that end at (i + 1) * seq_bytes_per_hart, which is in
 * the sequential region of the hart's own tile. Its lowest word holds a mark that shows overflow
 * at the end, and a hart that comes here a second time: traps lead to the boot address.
 */
#include "firmware/boot/stack.h"
#include "models/periph/platform_block_regs.h"

#define CSR_STACKLIMIT 0x7d1

  .section .text.start, "ax"
  .globl _start
  .type _start, @function
_start:
  .option push
  .option norelax
  la gp, __global_pointer$
  .option pop
  csrr s0, mhartid
  la s1, boot_stack_bytes
  bnez s0, 2f

  /* Hart 0. boot_stack_bytes is 0 until it has been here. */
  lw t0, 0(s1)
  bnez t0, restarted
  li t0, PLATFORM_BLOCK_BASE
  lw s2, PLATFORM_BLOCK_SEQ_BYTES_PER_HART(t0)
  mv sp, s2
  la t0, __bss_start
  la t1, __bss_end
1:
  bgeu t0, t1, 1f
  sw zero, 0(t0)
  addi t0, t0, 4
  j 1b
1:
  call runtime_init
  sw s2, 0(s1)
  fence
  call wake_up_all
  wfi /* takes hart 0's own pulse */
  j 4f

  /* The others. A hart that finds the program running is late, or it has been here before. */
2:
  lw t0, 0(s1)
  beqz t0, 3f
  mul t1, t0, s0
  lw t1, 0(t1)
  li t2, STACK_MARK
  beq t1, t2, restarted
3:
  wfi
  lw t0, 0(s1)
  beqz t0, 3b

4:
  lw t0, 0(s1)
  mul t1, t0, s0
  add sp, t1, t0
  li t2, STACK_MARK
  sw t2, 0(t1)
  addi t1, t1, 16 /* a stack pointer below this has eaten the mark */
  csrw CSR_STACKLIMIT, t1
  mv a0, s0
  call main
  bnez s0, 5f
  call runtime_exit
5:
  wfi
  j 5b

restarted:
  mul t1, t0, s0
  add sp, t1, t0
  mv a0, s0
  call runtime_restarted
  j 5b
  .size _start, . - _start

  /* Bytes of stack of one hart; 0 while hart 0 prepares the runtime. */
  .section .data.boot_stack_bytes, "aw"
  .balign 4
boot_stack_bytes:
  .word 0
