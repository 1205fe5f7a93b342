// SPDX-License-Identifier: Apache-2.0
// Guest kernels of isa_bench: the entry repeats kernel a0 for ever; the host sets the stack
// pointer and a1, the hart's data.
#include <stddef.h>
#include <stdint.h>

enum { kSize = 24 };

__asm__(
    ".section .text.startup\n"
    ".globl _start\n"
    "_start:\n"
    "  mv s0, a0\n"
    "  mv s1, a1\n"
    "1: mv a0, s0\n"
    "  mv a1, s1\n"
    "  call run\n"
    "  j 1b\n"
    ".text\n");

static void matmul(int32_t* data) {
  const int32_t* a = data;
  const int32_t* b = data + kSize * kSize;
  int32_t* c = data + 2 * kSize * kSize;
  for (size_t i = 0; i < kSize; i += 2) {
    for (size_t j = 0; j < kSize; j += 2) {
      int32_t sum[4] = {0, 0, 0, 0};
      for (size_t k = 0; k < kSize; ++k) {
        const int32_t a0 = a[i * kSize + k];
        const int32_t a1 = a[(i + 1) * kSize + k];
        const int32_t b0 = b[k * kSize + j];
        const int32_t b1 = b[k * kSize + j + 1];
        sum[0] += a0 * b0;
        sum[1] += a0 * b1;
        sum[2] += a1 * b0;
        sum[3] += a1 * b1;
      }
      c[i * kSize + j] = sum[0];
      c[i * kSize + j + 1] = sum[1];
      c[(i + 1) * kSize + j] = sum[2];
      c[(i + 1) * kSize + j + 1] = sum[3];
    }
  }
}

static void gemm_bytes(int8_t* data) {
  const int8_t* a = data;
  const int8_t* b = data + kSize * kSize;
  int8_t* c = data + 2 * kSize * kSize;
  for (size_t i = 0; i < kSize; ++i) {
    for (size_t j = 0; j < kSize; ++j) {
      int32_t sum = 0;
      for (size_t k = 0; k < kSize; ++k) {
        sum += a[i * kSize + k] * b[j * kSize + k];
      }
      c[i * kSize + j] = (int8_t)(sum >> 8);
    }
  }
}

static void sieve(uint8_t* composite) {
  enum { kLimit = 8192 };
  for (size_t i = 0; i < kLimit; ++i) {
    composite[i] = 0;
  }
  for (size_t i = 2; i * i < kLimit; ++i) {
    if (!composite[i]) {
      for (size_t j = i * i; j < kLimit; j += i) {
        composite[j] = 1;
      }
    }
  }
}

static void copy(uint32_t* data) {
  enum { kWords = 1024 };
  for (size_t i = 0; i < kWords; i += 4) {
    for (size_t j = 0; j < 4; ++j) {
      data[kWords + i + j] = data[i + j];
    }
  }
}

__attribute__((noinline, optimize("O1"))) static uint32_t fibonacci(uint32_t n) {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

void run(uint32_t kernel, void* data) {
  switch (kernel) {
    case 0: matmul(data); break;
    case 1: gemm_bytes(data); break;
    case 2: sieve(data); break;
    case 3: copy(data); break;
    default: *(uint32_t*)data = fibonacci(15); break;
  }
}
