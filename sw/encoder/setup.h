/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SW_ENCODER_SETUP_H
#define SW_ENCODER_SETUP_H

#include "sw/encoder/schedule.h"

/* Fills `encoder`: who does what, and the shared state in L1. REQUIRES: validate(header) passed.
 * Prints the reason if it cannot. */
enum EncoderExit prepare(const struct ScheduleHeader* header);

#endif
