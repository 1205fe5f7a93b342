// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace tessera {

/// What a hart's stack is walked with.
struct StackedHart {
  std::array<std::uint32_t, 32> x{};  ///< its registers
  std::uint32_t pc = 0;
};

/// Who called whom, from the frame tables that compilers write (.debug_frame). Reads them when
/// first asked. Without a table for a function, only the innermost can be left, by its ra.
class CallStack {
 public:
  static constexpr std::size_t kMaxFrames = 64;
  /// A word of memory without side effects; false: there is none.
  using ReadWord = std::function<bool(std::uint32_t address, std::uint32_t& word)>;

  CallStack();
  /// `elf`: a whole ELF file.
  explicit CallStack(std::vector<std::uint8_t> elf);
  CallStack(CallStack&&) noexcept;
  CallStack& operator=(CallStack&&) noexcept;
  ~CallStack();

  /// Addresses of the calls that led to `hart`'s pc, innermost first, without the pc itself; at
  /// most kMaxFrames.
  std::vector<std::uint32_t> callers(const StackedHart& hart, const ReadWord& read) const;

 private:
  class Reader;
  Reader& reader() const;

  mutable std::vector<std::uint8_t> elf_;
  mutable std::unique_ptr<Reader> reader_;
};

}  // namespace tessera
