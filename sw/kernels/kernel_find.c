/* SPDX-License-Identifier: Apache-2.0 */
#include "sw/kernels/kernels.h"

static const Kernel kKernels[kNumKernelOpcodes] = {
    [kKernelCopy] = kernel_copy,
    [kKernelFill] = kernel_fill,
    [kKernelGemm] = kernel_gemm,
    [kKernelGemmShift] = kernel_gemm_shift,
    [kKernelGemmInt32] = kernel_gemm_int32,
    [kKernelSoftmax] = kernel_softmax,
    [kKernelPartialMax] = kernel_partial_max,
    [kKernelISoftmax] = kernel_i_softmax,
    [kKernelIGelu] = kernel_i_gelu,
    [kKernelLayerNorm] = kernel_layer_norm,
    [kKernelRequantShift] = kernel_requant_shift,
    [kKernelMean] = kernel_mean,
    [kKernelResidualAdd] = kernel_residual_add,
    [kKernelAdd] = kernel_add,
    [kKernelTranspose] = kernel_transpose,
    [kKernelEmbedding] = kernel_embedding,
    [kKernelConvolution] = kernel_convolution,
    [kKernelMaxPool] = kernel_max_pool,
    [kKernelGather] = kernel_gather,
};

/* Those that use Xpulpimg have a twin that does not; the others are portable anyway. */
static Kernel portable_twin(uint32_t opcode) {
  switch (opcode) {
    case kKernelGemm:
      return kernel_gemm_portable;
    case kKernelGemmShift:
      return kernel_gemm_shift_portable;
    case kKernelGemmInt32:
      return kernel_gemm_int32_portable;
    default:
      return kKernels[opcode];
  }
}

Kernel kernel_find(uint32_t opcode) {
  uint32_t number = opcode & ~(uint32_t)kKernelPortable;
  if (number >= kNumKernelOpcodes) {
    return 0;
  }
  return opcode & kKernelPortable ? portable_twin(number) : kKernels[number];
}
