/* SPDX-License-Identifier: Apache-2.0
 * For line_table_test.cpp: a function inlined twice over, and one that the linker drops. */
int value;

#line 10 "deep/inner.h"
static inline __attribute__((always_inline)) int inner(int x) {
  __asm__ volatile(".globl inside\ninside: wfi");
  return x + value;
}

#line 20 "deep/middle.h"
static inline __attribute__((always_inline)) int middle(int x) {
  return 3 * inner(x);
}

#line 100 "deep/outer.c"
int dropped(int x) {
  return x + 1;
}

int outer(int x) {
  int y = x - value;
  value = y;
  return middle(y);
}
