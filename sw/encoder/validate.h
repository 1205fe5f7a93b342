/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SW_ENCODER_VALIDATE_H
#define SW_ENCODER_VALIDATE_H

#include "sw/encoder/schedule.h"

/* Whether the schedule can be run here; prints the reason if not. What lies in L1 below l1_begin is
 * not looked at: see prepare(). */
enum EncoderExit validate(const struct ScheduleHeader* header);

#endif
