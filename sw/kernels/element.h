/* SPDX-License-Identifier: Apache-2.0
 * Elements whose type is known at run time. */
#ifndef SW_KERNELS_ELEMENT_H
#define SW_KERNELS_ELEMENT_H

#include <stdint.h>

#include "sw/kernels/kernels.h"

static inline int32_t load_element(uint32_t address, uint32_t index, uint32_t type) {
  if (type == kTypeInt32) {
    return ((const int32_t*)address)[index];
  }
  return type == kTypeUint8 ? ((const uint8_t*)address)[index] : ((const int8_t*)address)[index];
}

#endif
