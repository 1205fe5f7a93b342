/* SPDX-License-Identifier: Apache-2.0
 * Dense heads on the ITAs, beside what the attention engine does. */
#ifndef SW_SPARSE_MHSA_ITA_HEADS_H
#define SW_SPARSE_MHSA_ITA_HEADS_H

#include <stdint.h>

#include "sw/sparse_mhsa/image.h"

/* Hart 0, first. Returns 0, or -1 when L1 has no room. */
int ita_heads_init(void);

/* The ITAs of this machine can compute job `number` to the same bytes: it is dense, of whole tiles
 * that fit an ITA's banks, with 8-bit multipliers, and its V is there transposed. */
int ita_takes(const struct SparseImage* image, uint32_t number);

/* Hart 0, before the others call ita_heads_run(): job `number` shall be computed.
 * REQUIRES: ita_takes(image, number). */
void ita_heads_add(const struct SparseImage* image, uint32_t number);

/* Every hart but 0. In each group with an ITA one drives it, as long as there are heads, and
 * reports about their jobs; those of all tiles but the first copy operands and results. */
void ita_heads_run(const struct SparseImage* image, uint32_t hart);

/* Hart 0, when the engine has nothing else to do: computes heads on it as long as there are any.
 * Returns kSparseDone or kSparseFailed. */
enum SparseExit ita_heads_help(const struct SparseImage* image, struct Engine* engine);

#endif
