// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "models/attention_engine/device/work.h"
#include "models/attention_engine/planner.h"

namespace tessera::attention_engine {

/// What CTRL allows the planner.
struct PlannerMode {
  bool may_use_online = false;
  CapacityMode capacity = CapacityMode::kStrict;
};

/// What a descriptor is read with.
struct DeviceContext {
  const EngineParameters& engine;
  ByteMemory& memory;
  PlannerMode mode;
  std::shared_ptr<const HeldMatrices> held = nullptr;  ///< in the MRF
};

/// Bytes that the front end reads from memory before a job starts.
struct Fetch {
  std::uint32_t address = 0;
  std::uint32_t bytes = 0;
};

/// Base of the readers of descriptors: checks that return false when the descriptor fails, with
/// the reason in error().
class WorkReader {
 public:
  [[nodiscard]] const EngineError& error() const { return error_; }

 protected:
  static constexpr std::uint32_t kAlignment = 64;
  static constexpr std::uint32_t kStrideUnit = 16;

  WorkReader(const DeviceContext& context, const DescriptorFields& fields,
             std::vector<Fetch>& fetches)
      : engine_(context.engine),
        mode_(context.mode),
        memory_(context.memory),
        held_(context.held),
        fields_(fields),
        fetches_(fetches) {}

  bool fail(ErrorCode code, std::uint32_t index, std::uint32_t limit, std::string message) {
    error_.code = code;
    error_.index = index;
    error_.limit = limit;
    error_.message = std::move(message);
    return false;
  }
  bool are_aligned(std::initializer_list<std::uint32_t> addresses) {
    for (const std::uint32_t address : addresses) {
      if (address % kAlignment != 0) {
        return fail(ErrorCode::kMisaligned, address, kAlignment,
                    fmt::format("{:#x} is no multiple of {}", address, kAlignment));
      }
    }
    return true;
  }
  /// Rows of `row_bytes`, `stride` bytes apart, in blocks of `block` rows that begin aligned.
  bool are_rows(std::uint32_t row_bytes, std::uint32_t stride, std::uint32_t block) {
    if (!are_aligned({stride * block})) {
      return false;
    }
    return stride >= row_bytes ||
           fail(ErrorCode::kBadDescriptor, stride, row_bytes,
                fmt::format("rows of {} bytes, {} apart", row_bytes, stride));
  }
  /// Reads what belongs to the descriptor; its bytes cross the bus before the job starts.
  bool fetch(std::uint32_t address, void* data, std::size_t bytes, const char* what) {
    if (!memory_.read(address, data, bytes)) {
      error_ = axi_error(memory_, address, what);
      return false;
    }
    fetched(address, bytes);
    return true;
  }
  void fetched(std::uint32_t address, std::size_t bytes) {
    fetches_.push_back({address, static_cast<std::uint32_t>(bytes)});
  }
  std::vector<Fetch>& fetches() { return fetches_; }

  const EngineParameters& engine_;
  const PlannerMode& mode_;
  ByteMemory& memory_;
  const std::shared_ptr<const HeldMatrices> held_;
  const DescriptorFields& fields_;
  EngineError error_;

 private:
  std::vector<Fetch>& fetches_;
};

}  // namespace tessera::attention_engine
