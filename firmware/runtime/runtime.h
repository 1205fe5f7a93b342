/* SPDX-License-Identifier: Apache-2.0
 * Start and end of a program; called by crt0 only. */
#ifndef FIRMWARE_RUNTIME_RUNTIME_H
#define FIRMWARE_RUNTIME_RUNTIME_H

#include <stdint.h>

/* Return values of a run that the runtime ends itself. Programs use 1 .. 99. */
enum {
  kExitNoPlatform = 100,    /* no platform block, or of another version */
  kExitNoMemory = 101,      /* L1 too small for the runtime */
  kExitStackOverflow = 102, /* a hart used more stack than the machine gives */
  kExitRestarted = 103,     /* a hart came back to the boot address: trap, or a jump there */
};

/* Every program defines it; every hart calls it. Hart 0's return value is the program's. */
int main(uint32_t hart);

void runtime_init(void);
void runtime_exit(uint32_t value);
void runtime_restarted(uint32_t hart);

#endif
