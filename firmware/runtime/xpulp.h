/* SPDX-License-Identifier: Apache-2.0
 * Xpulpimg instructions, which the compiler does not know. All machines have them. */
#ifndef FIRMWARE_RUNTIME_XPULP_H
#define FIRMWARE_RUNTIME_XPULP_H

#include <stdint.h>

/* pv.sdotsp.b: sum + the dot product of four signed bytes with four signed bytes. */
static inline int32_t dot_signed(uint32_t left, uint32_t right, int32_t sum) {
  __asm__(".insn r 0x57, 1, 0x5c, %0, %1, %2" : "+r"(sum) : "r"(left), "r"(right));
  return sum;
}

/* pv.sdotusp.b: the same with unsigned bytes on the left. */
static inline int32_t dot_unsigned_signed(uint32_t left, uint32_t right, int32_t sum) {
  __asm__(".insn r 0x57, 1, 0x54, %0, %1, %2" : "+r"(sum) : "r"(left), "r"(right));
  return sum;
}

#endif
