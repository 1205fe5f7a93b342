/* SPDX-License-Identifier: Apache-2.0
 * What a hart can do by itself: identity, sleep, fence, counters, atomics. */
#ifndef FIRMWARE_RUNTIME_HART_H
#define FIRMWARE_RUNTIME_HART_H

#include <stdint.h>

static inline uint32_t hart_id(void) {
  uint32_t id;
  __asm__("csrr %0, mhartid" : "=r"(id));
  return id;
}

/* Sleeps until a wake-up pulse; takes one that came earlier. A hart can be woken by anybody, so
 * wait for a condition in a loop. Where exactly one pulse comes with the condition, sleep before
 * the first look: pulses then never pile up (the counter of missed ones holds 7). */
static inline void wait_for_wake_up(void) {
  __asm__ volatile("wfi" ::: "memory");
}

/* Returns once every earlier load and store of this hart has been answered. */
static inline void fence(void) {
  __asm__ volatile("fence" ::: "memory");
}

/* Cycles since reset, the same in every hart; wraps after 2^32. */
static inline uint32_t cycle_count(void) {
  uint32_t cycles;
  __asm__ volatile("csrr %0, mcycle" : "=r"(cycles)::"memory");
  return cycles;
}

/* Instructions this hart has retired; wraps after 2^32. */
static inline uint32_t instruction_count(void) {
  uint32_t instructions;
  __asm__ volatile("csrr %0, minstret" : "=r"(instructions)::"memory");
  return instructions;
}

/* amo_<op>(address, value): the word before the operation. */
#define DEFINE_AMO(name, type, instruction)                           \
  static inline type amo_##name(volatile type* address, type value) { \
    type before;                                                      \
    __asm__ volatile(instruction ".w %0, %2, %1"                      \
                     : "=r"(before), "+A"(*address)                   \
                     : "r"(value)                                     \
                     : "memory");                                     \
    return before;                                                    \
  }
DEFINE_AMO(add, uint32_t, "amoadd")
DEFINE_AMO(swap, uint32_t, "amoswap")
DEFINE_AMO(and, uint32_t, "amoand")
DEFINE_AMO(or, uint32_t, "amoor")
DEFINE_AMO(xor, uint32_t, "amoxor")
DEFINE_AMO(maxu, uint32_t, "amomaxu")
DEFINE_AMO(minu, uint32_t, "amominu")
DEFINE_AMO(max, int32_t, "amomax")
DEFINE_AMO(min, int32_t, "amomin")
#undef DEFINE_AMO

/* The word at `address`, reserved for this hart if no other hart holds the bank's reservation. */
static inline uint32_t load_reserved(volatile uint32_t* address) {
  uint32_t value;
  __asm__ volatile("lr.w %0, %1" : "=r"(value) : "A"(*address) : "memory");
  return value;
}

/* 0: stored; else the reservation was lost and nothing was stored. */
static inline uint32_t store_conditional(volatile uint32_t* address, uint32_t value) {
  uint32_t failed;
  __asm__ volatile("sc.w %0, %2, %1" : "=&r"(failed), "+A"(*address) : "r"(value) : "memory");
  return failed;
}

static inline uint32_t read_register(uint32_t address) {
  return *(volatile uint32_t*)address;
}

static inline void write_register(uint32_t address, uint32_t value) {
  *(volatile uint32_t*)address = value;
}

#endif
