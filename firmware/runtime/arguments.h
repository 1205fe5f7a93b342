/* SPDX-License-Identifier: Apache-2.0
 * Parameters of a program, loaded by the platform:
 *   scripts/make_workload.py arguments --harts 1 --repetitions 100 -o args.bin
 *   tessera run --load 0x800FF000:args.bin program.elf
 * Without them every field is 0, which means the program's default. */
#ifndef FIRMWARE_RUNTIME_ARGUMENTS_H
#define FIRMWARE_RUNTIME_ARGUMENTS_H

#include <stdint.h>

#define ARGUMENTS_ADDRESS 0x800FF000u /* last page of the first MiB of L2 */
#define ARGUMENTS_MAGIC 0x53475241u   /* "ARGS" as little-endian bytes */
#define WORKLOAD_ADDRESS 0x80100000u  /* workload images (sw/README.md) */

struct Arguments {
  uint32_t magic;
  uint32_t harts;       /* harts 0 .. this-1 do the work */
  uint32_t repetitions; /* of the measured part */
  uint32_t size;        /* in the program's own unit */
  uint32_t shape[3];    /* m, n, k of a matrix product */
  uint32_t variant;     /* of the program's own */
};

/* The loaded parameters; harts is at most, and by default, all of the machine. */
struct Arguments program_arguments(void);

#endif
