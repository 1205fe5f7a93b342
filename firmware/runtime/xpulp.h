/* SPDX-License-Identifier: Apache-2.0
 * Xpulpimg instructions, which the assembler does not know: its macros, and functions for C. All
 * machines have them; operands are registers unless it says otherwise. */
#ifndef FIRMWARE_RUNTIME_XPULP_H
#define FIRMWARE_RUNTIME_XPULP_H

#ifdef __ASSEMBLER__
/* clang-format off */

/* sum += the dot product of four bytes with four bytes: both signed; unsigned and signed. */
.macro pv_sdotsp_b sum, left, right
  .insn r 0x57, 1, 0x5c, \sum, \left, \right
.endm
.macro pv_sdotusp_b sum, left, right
  .insn r 0x57, 1, 0x54, \sum, \left, \right
.endm

/* value = the word at address; address += step (a register). */
.macro p_lw_post value, step, address
  .insn r 0x0b, 7, 0x10, \value, \address, \step
.endm

/* value limited to int8. */
.macro p_clip_int8 result, value
  .insn r 0x33, 1, 0x0a, \result, \value, x8
.endm

/* Byte `lane` of word becomes the low byte of value; `half` is lane / 2. */
.macro pv_insert_b word, value, lane, half
  .insn r 0x57, 7, 0x58 | (\lane & 1), \word, \value, x\half
.endm

/* clang-format on */
#else

#include <stdint.h>

/* value limited to int8. */
static inline int32_t xpulp_clip_int8(int32_t value) {
  int32_t result;
  __asm__(".insn r 0x33, 1, 0x0a, %0, %1, x8" : "=r"(result) : "r"(value));
  return result;
}

static inline int32_t xpulp_abs(int32_t value) {
  int32_t result;
  __asm__(".insn r 0x33, 0, 0x02, %0, %1, x0" : "=r"(result) : "r"(value));
  return result;
}

static inline int32_t xpulp_min(int32_t left, int32_t right) {
  int32_t result;
  __asm__(".insn r 0x33, 4, 0x02, %0, %1, %2" : "=r"(result) : "r"(left), "r"(right));
  return result;
}

static inline int32_t xpulp_max(int32_t left, int32_t right) {
  int32_t result;
  __asm__(".insn r 0x33, 6, 0x02, %0, %1, %2" : "=r"(result) : "r"(left), "r"(right));
  return result;
}

#endif

#endif
