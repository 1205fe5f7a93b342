// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tessera::attention_engine {

/// What can go wrong, as STATUS.ERRCODE and completions report it. 0 is no error.
enum class ErrorCode : std::uint8_t {
  kNone = 0x00,
  kBadOpcode = 0x01,
  kBadChain = 0x02,     ///< no v_rd first, no v_wr last, more MFU operations than MFUs have units
  kBadMemoryId = 0x03,  ///< no such register file
  kVrfOutOfBounds = 0x04,
  kVrfOverflow = 0x05,  ///< the planner cannot place the job
  kMrfOutOfBounds = 0x06,
  kMisaligned = 0x07,       ///< an address that is no multiple of 64 bytes
  kBadDescriptor = 0x08,    ///< unknown type, a size of 0 or above its limit
  kBadMap = 0x09,           ///< row pointers, columns or counts of a tile map
  kMaskOutOfBounds = 0x0A,  ///< mask index beyond the mask image or MaskRam
  kAxiSlaveError = 0x0B,
  kAxiDecodeError = 0x0C,
  kSoftmaxRange = 0x0D,  ///< denominator 0 in a row that is not masked
  kWatchdog = 0x0E,
  kAborted = 0x0F,
  kCompletionOverflow = 0x10,
  kFormatMismatch = 0x11,
  kReadUninitialised = 0x12,  ///< an entry that was never written
};

}  // namespace tessera::attention_engine
