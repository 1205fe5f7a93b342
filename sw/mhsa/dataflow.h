/* SPDX-License-Identifier: Apache-2.0
 * Which tiles the steps of a phase use. */
#ifndef SW_MHSA_DATAFLOW_H
#define SW_MHSA_DATAFLOW_H

#include "sw/mhsa/pipeline.h"

/* The dataflow of the phase of pipeline->next. */
struct PhaseTiles describe_phase(const struct Pipeline* pipeline);

#endif
