/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SW_MHSA_VALIDATE_H
#define SW_MHSA_VALIDATE_H

#include "sw/mhsa/image.h"

enum {
  kMaxTilesS = 8,  /* a block row of logits stays in an ITA's banks */
  kMaxTilesE = 15, /* fields of ITA's TILES register */
  kMaxTilesP = 15,
  kMaxHeads = 256, /* sums of heads are 16 bits */
};

/* Whether the image at WORKLOAD_ADDRESS can be computed here; prints the reason if not. */
enum MhsaExit validate(const struct MhsaImage* image);

/* The ITAs do the work: the machine has them, with the job interface, and the image allows it. */
int uses_itas(const struct MhsaImage* image);

#endif
