/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/runtime/arguments.h"

#include "firmware/runtime/platform.h"

struct Arguments program_arguments(void) {
  struct Arguments arguments = *(const volatile struct Arguments*)ARGUMENTS_ADDRESS;
  if (arguments.magic != ARGUMENTS_MAGIC) {
    arguments = (struct Arguments){0};
  }
  if (arguments.harts == 0 || arguments.harts > platform.num_harts) {
    arguments.harts = platform.num_harts;
  }
  return arguments;
}
