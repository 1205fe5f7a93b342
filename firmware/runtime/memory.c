/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/runtime/memory.h"

#include <stdint.h>

enum { kWordsPerBurst = 8 }; /* as many accesses as a core has in flight */

void* memcpy(void* restrict destination, const void* restrict source, size_t bytes) {
  uint8_t* to = destination;
  const uint8_t* from = source;
  if ((((uintptr_t)to | (uintptr_t)from) & 3) == 0) {
    uint32_t* to_word = (uint32_t*)to;
    const uint32_t* from_word = (const uint32_t*)from;
    for (; bytes >= 4 * kWordsPerBurst; bytes -= 4 * kWordsPerBurst) {
      uint32_t burst[kWordsPerBurst];
      for (int i = 0; i < kWordsPerBurst; ++i) {
        burst[i] = from_word[i];
      }
      for (int i = 0; i < kWordsPerBurst; ++i) {
        to_word[i] = burst[i];
      }
      to_word += kWordsPerBurst;
      from_word += kWordsPerBurst;
    }
    for (; bytes >= 4; bytes -= 4) {
      *to_word++ = *from_word++;
    }
    to = (uint8_t*)to_word;
    from = (const uint8_t*)from_word;
  }
  for (; bytes > 0; --bytes) {
    *to++ = *from++;
  }
  return destination;
}

void* memset(void* destination, int value, size_t bytes) {
  uint8_t* to = destination;
  for (; bytes > 0 && ((uintptr_t)to & 3) != 0; --bytes) {
    *to++ = (uint8_t)value;
  }
  uint32_t word = (uint8_t)value * 0x01010101u;
  for (; bytes >= 4; bytes -= 4, to += 4) {
    *(uint32_t*)to = word;
  }
  for (; bytes > 0; --bytes) {
    *to++ = (uint8_t)value;
  }
  return destination;
}

int memcmp(const void* left, const void* right, size_t bytes) {
  const uint8_t* a = left;
  const uint8_t* b = right;
  for (; bytes > 0; --bytes, ++a, ++b) {
    if (*a != *b) {
      return *a - *b;
    }
  }
  return 0;
}
