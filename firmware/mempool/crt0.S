/* SPDX-License-Identifier: Apache-2.0
 * Start and end of programs that use MemPool's runtime names, on minpool and mempool, booted from
 * L2 (soc.boot.mode: l2): all harts arrive at _start at once, in the first cycle.
 *
 * It takes as many instructions, on the same cache lines, as MemPool's start-up code: when main()
 * begins, caches and harts are in the state in which they were when the RTL was measured. main() is
 * called at 0xe0 and begins at 0x100 (link.ld). The first hart that returns from it ends the run.
 *
 * Stack of hart i: 512 bytes that end at 512 * (i + 1), in the sequential region of its tile. */
#include "models/periph/control_regs.h"

#define LOG2_STACK_BYTES 9
#define STACK_BYTES (1 << LOG2_STACK_BYTES)
#define CSR_STACKLIMIT 0x7d1
#define START_TO_CLEAR 0x0c  /* bytes from _start to the first register cleared */
#define START_TO_BRANCH 0xc8 /* to the branch behind the set-up of stacks */

  .option norelax
  .section .text.init, "ax"
  .globl _start
  .type _start, @function
_start:
  la gp, __global_pointer$
  j clear_registers
clear_registers:
  .irp register, 1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, \
      25, 26, 27, 28, 29, 30, 31
  li x\register, 0
  .endr
  csrr a0, mhartid
  addi t0, a0, 1
  slli t0, t0, LOG2_STACK_BYTES
  addi sp, t0, -4
  addi t0, sp, 4 - STACK_BYTES
  csrw CSR_STACKLIMIT, t0
  .rept (START_TO_BRANCH - START_TO_CLEAR - (. - clear_registers)) / 4
  nop
  .endr
  bnez a0, 2f
  /* Hart 0: code and constants are what the read-only caches may hold. */
  li t0, CONTROL_BASE + CONTROL_MEMPOOL_RO_CACHE_END
  la t1, __read_only_end
  sw t1, 0(t0)
2:
  jal main
  li t0, CONTROL_BASE + CONTROL_MEMPOOL_EOC
  slli a0, a0, 1
  addi a0, a0, 1
  sw a0, 0(t0)
3:
  wfi
  j 3b
  .size _start, . - _start
