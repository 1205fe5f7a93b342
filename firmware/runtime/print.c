/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/runtime/print.h"

#include <stdarg.h>
#include <stdint.h>

#include "firmware/runtime/arena.h"
#include "firmware/runtime/hart.h"

/* A byte stored here is a character; a newline sends the line. MemPool's `fake_uart`. */
#define UART_DATA 0xC0000000u

/* In L1, where waiting harts do not load the path to L2. */
static volatile uint32_t* lock;

int print_init(void) {
  lock = arena_allocate(&l1_arena, sizeof(*lock));
  if (lock == 0) {
    return -1;
  }
  *lock = 0;
  return 0;
}

struct Field {
  uint32_t width;
  uint8_t left;
  char fill;
};

static int put(char character) {
  *(volatile char*)UART_DATA = character;
  return 1;
}

/* `length` characters at `text`, at least field.width wide. */
static int put_text(const char* text, uint32_t length, struct Field field) {
  int count = 0;
  uint32_t padding = field.width > length ? field.width - length : 0;
  for (; !field.left && padding > 0; --padding) {
    count += put(field.fill);
  }
  for (uint32_t i = 0; i < length; ++i) {
    count += put(text[i]);
  }
  for (; padding > 0; --padding) {
    count += put(' ');
  }
  return count;
}

static int put_number(uint32_t value, uint32_t base, int negative, struct Field field) {
  char digits[12];
  uint32_t first = sizeof(digits);
  int count = 0;
  do {
    uint32_t digit = value % base;
    digits[--first] = (char)(digit < 10 ? '0' + digit : 'a' + digit - 10);
    value /= base;
  } while (value != 0);
  if (negative && field.fill == '0') {
    count += put('-'); /* before the zeros */
    field.width -= field.width > 0;
  } else if (negative) {
    digits[--first] = '-';
  }
  return count + put_text(&digits[first], sizeof(digits) - first, field);
}

static const char* parse_field(const char* format, struct Field* field) {
  *field = (struct Field){.width = 0, .left = 0, .fill = ' '};
  for (; *format == '0' || *format == '-'; ++format) {
    field->fill = *format == '0' ? '0' : field->fill;
    field->left |= *format == '-';
  }
  for (; *format >= '0' && *format <= '9'; ++format) {
    field->width = 10 * field->width + (uint32_t)(*format - '0');
  }
  for (; *format == 'l'; ++format) {
  }
  return format;
}

static int put_string(const char* text, struct Field field) {
  uint32_t length = 0;
  while (text[length] != 0) {
    ++length;
  }
  field.fill = ' ';
  return put_text(text, length, field);
}

static int put_pointer(uint32_t value) {
  struct Field field = {.width = 8, .left = 0, .fill = '0'};
  return put('0') + put('x') + put_number(value, 16, 0, field);
}

static int put_conversion(char letter, uint32_t value, struct Field field) {
  switch (letter) {
    case 'd':
    case 'i':
      return put_number((int32_t)value < 0 ? -value : value, 10, (int32_t)value < 0, field);
    case 'u':
      return put_number(value, 10, 0, field);
    case 'x':
      return put_number(value, 16, 0, field);
    case 'p':
      return put_pointer(value);
    case 's':
      return put_string((const char*)value, field);
    default: {
      char character = (char)value;
      field.fill = ' ';
      return put_text(&character, 1, field);
    }
  }
}

int printf(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int count = 0;
  while (amo_swap(lock, 1) != 0) {
  }
  for (; *format != 0; ++format) {
    if (*format != '%' || *++format == '%') {
      count += put(*format);
      continue;
    }
    struct Field field;
    format = parse_field(format, &field);
    count += put_conversion(*format, va_arg(arguments, uint32_t), field);
  }
  fence();
  *lock = 0;
  va_end(arguments);
  return count;
}
