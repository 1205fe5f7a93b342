/* SPDX-License-Identifier: Apache-2.0
 * RV32IMA only, nothing that depends on time: what an independent simulator can follow. Hart 0
 * works, the others sleep. Ends by a write to the end-of-computation register. */
#include <stdint.h>

__asm__(
    ".section .text.start\n"
    ".globl _start\n"
    "_start:\n"
    "  csrr t0, mhartid\n"
    "1: beqz t0, 2f\n"
    "  wfi\n"
    "  j 1b\n"
    "2: li sp, 0x80100000\n"
    "  call work\n"
    "  slli a0, a0, 1\n"
    "  ori a0, a0, 1\n"
    "  li t0, 0x40000000\n"
    "  sw a0, 0(t0)\n"
    "3: j 3b\n");

static uint32_t values[256];
static volatile uint32_t shared[4];

static uint32_t next_random(uint32_t* state) {
  *state = *state * 1664525u + 1013904223u;
  return *state;
}

static void fill(uint32_t* state) {
  for (int i = 0; i < 256; ++i) {
    values[i] = next_random(state);
  }
}

static uint32_t bytes_and_halves(void) {
  volatile int8_t* bytes = (int8_t*)values;
  volatile uint8_t* unsigned_bytes = (uint8_t*)values;
  volatile int16_t* halves = (int16_t*)values;
  volatile uint16_t* unsigned_halves = (uint16_t*)values;
  uint32_t sum = 0;
  for (int i = 0; i < 64; ++i) {
    bytes[i + 64] = (int8_t)(bytes[i] + unsigned_bytes[2 * i]);
    halves[i + 128] = (int16_t)(halves[i] - unsigned_halves[3 * i]);
    sum += (uint32_t)bytes[i + 64] ^ (uint32_t)halves[i + 128];
  }
  return sum;
}

static uint32_t arithmetic(void) {
  uint32_t sum = 0;
  for (int i = 0; i + 1 < 256; ++i) {
    const uint32_t a = values[i];
    const uint32_t b = values[i + 1] >> (a & 31);
    sum += a * b + (uint32_t)(((uint64_t)a * b) >> 32);
    sum ^= (uint32_t)(((int64_t)(int32_t)a * (int32_t)b) >> 32);
    sum += a / b + a % b;
    sum ^= (uint32_t)((int32_t)a / (int32_t)(b | 1)) + (uint32_t)((int32_t)a % (int32_t)(b | 1));
    sum = (int32_t)a < (int32_t)b ? sum << 3 | sum >> 29 : sum - (a > b);
  }
  return sum;
}

static uint32_t atomics(void) {
  uint32_t sum = 0;
  uint32_t old;
#define AMO(name)                                        \
  __asm__ volatile(name " %0, %2, (%1)"                  \
                   : "=r"(old)                           \
                   : "r"(&shared[i & 3]), "r"(values[i]) \
                   : "memory");                          \
  sum += old;
  for (int i = 0; i < 32; ++i) {
    AMO("amoadd.w")
    AMO("amoxor.w")
    AMO("amomax.w")
    AMO("amominu.w")
    AMO("amoswap.w")
    AMO("amoor.w")
    AMO("amoand.w")
    __asm__ volatile("amoadd.w zero, %2, (%0)\n  amominu.w zero, %2, (%1)"
                     :
                     : "r"(&shared[0]), "r"(&shared[1]), "r"(values[i])
                     : "memory");
  }
  return sum;
}

static void sort(uint32_t* begin, int count) {
  if (count < 2) {
    return;
  }
  const uint32_t pivot = begin[count / 2];
  int low = 0;
  int high = count - 1;
  while (low <= high) {
    while (begin[low] < pivot) {
      ++low;
    }
    while (begin[high] > pivot) {
      --high;
    }
    if (low <= high) {
      const uint32_t swapped = begin[low];
      begin[low++] = begin[high];
      begin[high--] = swapped;
    }
  }
  sort(begin, high + 1);
  sort(begin + low, count - low);
}

int work(void) {
  uint32_t state = 1;
  uint32_t sum = 0;
  for (int round = 0; round < 3; ++round) {
    fill(&state);
    sum += bytes_and_halves();
    sum += arithmetic();
    sum += atomics();
    sort(values, 256);
    sum += values[128];
  }
  return sum == 0; /* every bit of it has been in the log */
}
