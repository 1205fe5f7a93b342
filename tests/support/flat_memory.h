// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "models/base/byte_memory.h"

namespace tessera::test {

/// Plain bytes at [base, base + size) as a ByteMemory.
class FlatMemory : public ByteMemory {
 public:
  FlatMemory(std::uint32_t base, std::size_t bytes) : base_(base), bytes_(bytes) {}

  bool read(std::uint32_t address, void* data, std::size_t bytes) override {
    if (!contains(address, bytes)) {
      return false;
    }
    std::memcpy(data, &bytes_[address - base_], bytes);
    return true;
  }
  bool write(std::uint32_t address, const void* data, std::size_t bytes) override {
    if (!contains(address, bytes)) {
      return false;
    }
    std::memcpy(&bytes_[address - base_], data, bytes);
    return true;
  }

  std::uint32_t base() const { return base_; }
  std::size_t size_bytes() const { return bytes_.size(); }

 private:
  bool contains(std::uint32_t address, std::size_t bytes) const {
    return address >= base_ && bytes <= bytes_.size() && address - base_ <= bytes_.size() - bytes;
  }

  std::uint32_t base_;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace tessera::test
