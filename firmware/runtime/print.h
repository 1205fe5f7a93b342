/* SPDX-License-Identifier: Apache-2.0
 * Text to the UART. */
#ifndef FIRMWARE_RUNTIME_PRINT_H
#define FIRMWARE_RUNTIME_PRINT_H

/* %d %i %u %x %c %s %p %%, `l` before the letter, a width, and `0` or `-` before the width.
 * One call is one piece of output also when many harts print. Needs no heap and about 100 bytes
 * of stack. Returns the number of characters. */
int printf(const char* format, ...) __attribute__((format(printf, 1, 2)));

/* Called once before main(). Returns 0, or -1 when L1 has no room. */
int print_init(void);

#endif
