/* SPDX-License-Identifier: Apache-2.0
 * Every hart says hello, in the order of their ids. */
#include "firmware/runtime/barrier.h"
#include "firmware/runtime/hart.h"
#include "firmware/runtime/platform.h"
#include "firmware/runtime/print.h"
#include "firmware/runtime/wake_up.h"

static volatile uint32_t turn;

int main(uint32_t hart) {
  while (turn != hart) {
    wait_for_wake_up(); /* the hart before stores `turn`, then wakes this one */
  }
  printf("hello from hart %lu of %lu\n", hart, platform.num_harts);
  turn = hart + 1;
  if (hart + 1 < platform.num_harts) {
    wake_up(hart + 1);
  }
  barrier();
  if (hart == 0) {
    printf("%lu harts said hello\n", turn);
  }
  return 0;
}
