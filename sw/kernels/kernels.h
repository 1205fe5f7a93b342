/* SPDX-License-Identifier: Apache-2.0
 * Kernels on cores: what a schedule can ask harts to compute. Opcodes and argument structs are the
 * ABI between sw/deploy/kernels.py (which mirrors this file; a test compares them) and firmware.
 *
 * Every kernel does the part `rank` of `workers`; parts are independent of each other, so workers
 * need a barrier only before and after. Arguments are at most 11 words and are only read.
 * Arithmetic: sw/kernels/README.md; numpy twins: sw/deploy/ops.py.
 *
 * Addresses are bytes; strides are bytes from one row to the next. REQUIRES: 16-bit and 32-bit
 * elements are aligned to their size; other requirements stand at the structs. */
#ifndef SW_KERNELS_KERNELS_H
#define SW_KERNELS_KERNELS_H

#include <stdint.h>

enum { kKernelArgumentWords = 11 };

enum KernelOpcode {
  kKernelCopy = 1,
  kKernelFill = 2,
  kKernelGemm = 3,
  kKernelGemmShift = 4,
  kKernelGemmInt32 = 5,
  kKernelSoftmax = 6,
  kKernelPartialMax = 7,
  kKernelISoftmax = 8,
  kKernelIGelu = 9,
  kKernelLayerNorm = 10,
  kKernelRequantShift = 11,
  kKernelMean = 12,
  kKernelResidualAdd = 13,
  kKernelAdd = 14,
  kKernelTranspose = 15,
  kKernelEmbedding = 16,
  kKernelConvolution = 17,
  kKernelMaxPool = 18,
  kKernelGather = 19,
  kNumKernelOpcodes = 20,
};

/* Or-ed to an opcode: compute without Xpulpimg, with RV32IMA instructions only. Same results. */
enum { kKernelPortable = 0x80 };

enum ElementType { kTypeInt8 = 0, kTypeUint8 = 1, kTypeInt32 = 2 };

/* rows x bytes from one place to another; they must not overlap. */
struct CopyArguments {
  uint32_t destination;
  uint32_t source;
  uint32_t rows;
  uint32_t bytes; /* per row */
  uint32_t destination_stride;
  uint32_t source_stride;
};

struct FillArguments {
  uint32_t destination;
  uint32_t rows;
  uint32_t bytes; /* per row */
  uint32_t stride;
  uint32_t value; /* of each byte */
};

/* What the bias is added to: nothing, output[.][j], output[i][.], or int32 bias[i][j]. */
enum BiasKind { kBiasNone = 0, kBiasPerColumn = 1, kBiasPerRow = 2, kBiasMatrix = 3 };

enum GemmFlag {
  kGemmUnsignedA = 1,
  kGemmUnsignedOutput = 2, /* the rest: kernel_gemm_shift only */
  kGemmShiftPerColumn = 4, /* mul[j], add[j]; */
  kGemmShiftPerRow = 8,    /* mul[i], add[i]; neither: mul[0], add[0] */
};

/* sums[m][n] = a[m][k] * b[n][k]^T in 32 bits. REQUIRES: a, b and their strides are multiples of 4
 * (k may be anything: what lies between k and the stride is read and has no effect); int32 rows are
 * aligned. Inner tiles: kernel_gemm_int32 writes sums, the next one takes them as kBiasMatrix (in
 * place is allowed), the last one requantises. */
struct GemmOperands {
  uint32_t a;    /* int8 or uint8 [m][k] */
  uint32_t b;    /* int8 [n][k]: weights, transposed */
  uint32_t bias; /* int32 [n], [m] or [m][n] */
  uint32_t output;
  uint16_t m;
  uint16_t n;
  uint16_t k;
  uint16_t a_stride;
  uint16_t b_stride;
  uint16_t output_stride;
  uint16_t bias_stride; /* of kBiasMatrix */
  uint8_t flags;        /* GemmFlag */
  uint8_t bias_kind;    /* BiasKind */
};

enum Activation { kActivationIdentity = 0, kActivationRelu = 1, kActivationGelu = 2 };

/* output int8 [m][n] = activation(ITA's requantisation of sums + bias).
 * REQUIRES: |sums + bias| < 2^25, as in ITA's accumulators. */
struct GemmArguments {
  struct GemmOperands operands;
  uint8_t mult;
  uint8_t shift;
  int8_t add;
  uint8_t activation; /* Activation; ReLU and GELU requantise once more */
  int16_t gelu_b;
  int16_t gelu_c;
  uint8_t activation_mult;
  uint8_t activation_shift;
  int8_t activation_add;
  uint8_t reserved;
};

/* output int8 or uint8 [m][n] = RequantShift(alpha * sums + beta * bias). */
struct GemmShiftArguments {
  struct GemmOperands operands;
  uint32_t mul;           /* int32 [1], [n] or [m] */
  uint32_t add;           /* int32, as mul */
  uint8_t shift;          /* log2 of the divisor */
  uint8_t levels_minus_1; /* of the output */
  int8_t alpha;
  int8_t beta;
};

/* output int32 [m][n] = alpha * sums + beta * bias. */
struct GemmInt32Arguments {
  struct GemmOperands operands;
  int32_t alpha;
  int32_t beta;
};

/* ITA's streaming softmax of each row in place: int8 logits become uint8 probabilities.
 * REQUIRES: columns is a multiple of 16; data and strides are multiples of 4. */
struct SoftmaxArguments {
  uint32_t data;
  uint32_t rows;
  uint32_t columns;
  uint32_t stride;       /* from row to row */
  uint32_t block_stride; /* from one block of 64 columns to the next; 64 for plain rows */
  uint32_t shift;        /* 0: rtl, 5: rtl_2024_08 */
};

/* int8 [rows][columns] to uint8 [rows][columns]. REQUIRES: columns is a multiple of group_width. */
struct PartialMaxArguments {
  uint32_t input;
  uint32_t output;
  uint32_t rows;
  uint32_t columns;
  uint32_t input_stride;
  uint32_t output_stride;
  uint32_t group_width;
  uint32_t levels;
};

/* int8 [rows][columns] to uint8 [rows][columns]. */
struct ISoftmaxArguments {
  uint32_t input;
  uint32_t output;
  uint32_t rows;
  uint32_t columns;
  uint32_t input_stride;
  uint32_t output_stride;
  int32_t coefficient_a;
  int32_t coefficient_b;
  int32_t coefficient_c;
  uint32_t log2;
  uint32_t levels;
};

/* int8 or uint8 to int32 [count]. */
struct IGeluArguments {
  uint32_t input;
  uint32_t output;
  uint32_t count;
  int32_t b;
  int32_t one;
  uint32_t type;
};

/* int8 or uint8 to int8, [rows][columns]; weight and bias int32 [columns]. */
struct LayerNormArguments {
  uint32_t input;
  uint32_t output;
  uint32_t rows;
  uint32_t columns;
  uint32_t input_stride;
  uint32_t output_stride;
  uint32_t weight;
  uint32_t bias;
  uint32_t shift; /* log2 of D */
  uint32_t type;  /* of the input */
};

/* Elements of any type to int8 or uint8 [count]; element i is of channel i / inner % channels. */
struct RequantShiftArguments {
  uint32_t input;
  uint32_t output;
  uint32_t count;
  uint32_t mul; /* int32 [channels] */
  uint32_t add; /* int32 [channels] */
  uint32_t channels;
  uint32_t inner;
  uint32_t shift; /* log2 of the divisor */
  uint32_t levels;
  uint32_t input_type;
  uint32_t output_type;
};

/* int8 or uint8 [outer][length][inner] to [outer][inner]. */
struct MeanArguments {
  uint32_t input;
  uint32_t output;
  uint32_t outer;
  uint32_t length;
  uint32_t inner;
  uint32_t type;
};

/* int8 [count] each. */
struct ResidualAddArguments {
  uint32_t a;
  uint32_t b;
  uint32_t output;
  uint32_t count;
  int32_t multiplier_a;
  int32_t multiplier_b;
  uint32_t shift;
};

/* int32 [count] = a[i] + b[i % b_count]. */
struct AddArguments {
  uint32_t a;
  uint32_t b;
  uint32_t output;
  uint32_t count;
  uint32_t b_count;
  uint32_t a_type;
  uint32_t b_type;
};

/* output[i0][i1][i2][i3] = the element at input + i0 stride0 + ... + i3 stride3. Rows of the last
 * dimension are output_stride bytes apart, everything else follows from that. */
struct TransposeArguments {
  uint32_t input;
  uint32_t output;
  uint16_t element_bytes; /* 1 or 4 */
  uint16_t output_stride;
  uint32_t size0;
  uint32_t size1;
  uint32_t size2;
  uint32_t size3;
  uint32_t stride0; /* of the input, bytes, in the order of the output's dimensions */
  uint32_t stride1;
  uint32_t stride2;
  uint32_t stride3;
};

/* int8 [rows][columns] = saturate(table[ids[row]] + positions[row]). */
struct EmbeddingArguments {
  uint32_t ids;       /* uint16 [rows] */
  uint32_t table;     /* int8 [.][columns] */
  uint32_t positions; /* int8 [rows][columns], or 0: none */
  uint32_t output;
  uint32_t rows;
  uint32_t columns;
};

/* int8 or uint8 [channels][height][width], padded with zeros, to int8 or uint8
 * [filters][.][.] = RequantShift per filter, or to int32 sums if output_type says so. */
struct ConvolutionArguments {
  uint32_t input;
  uint32_t weight; /* int8 [filters][channels][kernel_height][kernel_width] */
  uint32_t output;
  uint32_t mul; /* int32 [filters] */
  uint32_t add; /* int32 [filters] */
  uint16_t channels;
  uint16_t filters;
  uint16_t height;
  uint16_t width;
  uint8_t kernel_height;
  uint8_t kernel_width;
  uint8_t stride_height;
  uint8_t stride_width;
  uint8_t pad_top;
  uint8_t pad_left;
  uint8_t pad_bottom;
  uint8_t pad_right;
  uint8_t input_type;
  uint8_t output_type;
  uint8_t shift;
  uint8_t levels_minus_1;
};

/* int8 or uint8 [channels][height][width]; padding never wins. */
struct MaxPoolArguments {
  uint32_t input;
  uint32_t output;
  uint16_t channels;
  uint16_t height;
  uint16_t width;
  uint16_t type;
  uint8_t kernel_height;
  uint8_t kernel_width;
  uint8_t stride_height;
  uint8_t stride_width;
  uint8_t pad_top;
  uint8_t pad_left;
  uint8_t pad_bottom;
  uint8_t pad_right;
};

/* output[o][i] = input[o][indices[i]], each `bytes` long; input rows o are outer_stride apart. */
struct GatherArguments {
  uint32_t input;
  uint32_t output;
  uint32_t indices; /* uint32 [count] */
  uint32_t outer;
  uint32_t count;
  uint32_t bytes;
  uint32_t outer_stride;
};

void kernel_copy(const uint32_t* arguments, uint32_t rank, uint32_t workers);
void kernel_fill(const uint32_t* arguments, uint32_t rank, uint32_t workers);
void kernel_gemm(const uint32_t* arguments, uint32_t rank, uint32_t workers);
void kernel_gemm_portable(const uint32_t* arguments, uint32_t rank, uint32_t workers);
void kernel_gemm_shift(const uint32_t* arguments, uint32_t rank, uint32_t workers);
void kernel_gemm_shift_portable(const uint32_t* arguments, uint32_t rank, uint32_t workers);
void kernel_gemm_int32(const uint32_t* arguments, uint32_t rank, uint32_t workers);
void kernel_gemm_int32_portable(const uint32_t* arguments, uint32_t rank, uint32_t workers);
void kernel_softmax(const uint32_t* arguments, uint32_t rank, uint32_t workers);
void kernel_partial_max(const uint32_t* arguments, uint32_t rank, uint32_t workers);
void kernel_i_softmax(const uint32_t* arguments, uint32_t rank, uint32_t workers);
void kernel_i_gelu(const uint32_t* arguments, uint32_t rank, uint32_t workers);
void kernel_layer_norm(const uint32_t* arguments, uint32_t rank, uint32_t workers);
void kernel_requant_shift(const uint32_t* arguments, uint32_t rank, uint32_t workers);
void kernel_mean(const uint32_t* arguments, uint32_t rank, uint32_t workers);
void kernel_residual_add(const uint32_t* arguments, uint32_t rank, uint32_t workers);
void kernel_add(const uint32_t* arguments, uint32_t rank, uint32_t workers);
void kernel_transpose(const uint32_t* arguments, uint32_t rank, uint32_t workers);
void kernel_embedding(const uint32_t* arguments, uint32_t rank, uint32_t workers);
void kernel_convolution(const uint32_t* arguments, uint32_t rank, uint32_t workers);
void kernel_max_pool(const uint32_t* arguments, uint32_t rank, uint32_t workers);
void kernel_gather(const uint32_t* arguments, uint32_t rank, uint32_t workers);

typedef void (*Kernel)(const uint32_t* arguments, uint32_t rank, uint32_t workers);

/* The kernel of an opcode (with or without kKernelPortable), or a null pointer. */
Kernel kernel_find(uint32_t opcode);

#endif
