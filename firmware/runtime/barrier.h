/* SPDX-License-Identifier: Apache-2.0
 * Barriers over all harts of the machine. What any hart stored before is visible to every hart
 * after. Harts sleep while they wait. */
#ifndef FIRMWARE_RUNTIME_BARRIER_H
#define FIRMWARE_RUNTIME_BARRIER_H

/* All harts count on one word: least code, best for few harts. */
void barrier(void);

/* Harts count on a tree of words, `kBarrierRadix` to each: best for many. */
void log_barrier(void);

enum { kBarrierRadix = 4 };

/* Called once before main(). Returns 0, or -1 when L1 has no room. */
int barrier_init(void);

#endif
