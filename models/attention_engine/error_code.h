// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/attention_engine/attention_engine_regs.h"

namespace tessera::attention_engine {

/// What can go wrong, as STATUS, ERRINFO and completions report it. 0 is no error.
enum class ErrorCode : std::uint8_t {
  kNone = ATTENTION_ENGINE_ERROR_NONE,
  kBadOpcode = ATTENTION_ENGINE_ERROR_BAD_OPCODE,
  /// No v_rd first, no v_wr last, more MFU operations than MFUs have units, a count of 0.
  kBadChain = ATTENTION_ENGINE_ERROR_BAD_CHAIN,
  kBadMemoryId = ATTENTION_ENGINE_ERROR_BAD_MEMORY_ID,  ///< no register file for this operand
  kVrfOutOfBounds = ATTENTION_ENGINE_ERROR_VRF_OUT_OF_BOUNDS,
  kVrfOverflow = ATTENTION_ENGINE_ERROR_VRF_OVERFLOW,  ///< the planner cannot place the job
  kMrfOutOfBounds = ATTENTION_ENGINE_ERROR_MRF_OUT_OF_BOUNDS,
  kMisaligned = ATTENTION_ENGINE_ERROR_MISALIGNED,         ///< no multiple of 64 bytes
  kBadDescriptor = ATTENTION_ENGINE_ERROR_BAD_DESCRIPTOR,  ///< type, flags, sizes
  kBadMap = ATTENTION_ENGINE_ERROR_BAD_MAP,  ///< row pointers, columns or counts of a tile map
  kMaskOutOfBounds = ATTENTION_ENGINE_ERROR_MASK_OUT_OF_BOUNDS,  ///< of the image or MaskRam
  kAxiSlaveError = ATTENTION_ENGINE_ERROR_AXI_SLAVE,             ///< a target refused
  kAxiDecodeError = ATTENTION_ENGINE_ERROR_AXI_DECODE,           ///< no target at the address
  kSoftmaxRange = ATTENTION_ENGINE_ERROR_SOFTMAX_RANGE,  ///< sum 0 in a row that is not masked
  kWatchdog = ATTENTION_ENGINE_ERROR_WATCHDOG,
  kAborted = ATTENTION_ENGINE_ERROR_ABORTED,
  kCompletionOverflow = ATTENTION_ENGINE_ERROR_COMPLETION_OVERFLOW,
  kFormatMismatch = ATTENTION_ENGINE_ERROR_FORMAT_MISMATCH,
  kReadUninitialised = ATTENTION_ENGINE_ERROR_READ_UNINITIALISED,  ///< an entry never written
};

}  // namespace tessera::attention_engine
