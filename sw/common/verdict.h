/* SPDX-License-Identifier: Apache-2.0
 * Errors counted by all harts and the one line that a test looks for. */
#ifndef SW_COMMON_VERDICT_H
#define SW_COMMON_VERDICT_H

#include <stdint.h>

#include "firmware/runtime/hart.h"
#include "firmware/runtime/print.h"

/* Every program returns 0 (passed or skipped), kExitFailed, or a code of its own (sw/README.md). */
enum { kExitPassed = 0, kExitFailed = 1, kExitNoRoom = 2 };

/* Of the whole program; by any hart. */
static volatile uint32_t error_count;

static inline void count_errors(uint32_t errors) {
  if (errors != 0) {
    amo_add(&error_count, errors);
  }
}

/* Prints the line and returns the program's value. REQUIRES: hart 0, after a barrier. */
static inline int verdict(const char* program) {
  uint32_t errors = error_count;
  if (errors == 0) {
    printf("PASS %s\n", program);
    return kExitPassed;
  }
  printf("FAIL %s: %lu errors\n", program, errors);
  return kExitFailed;
}

#endif
