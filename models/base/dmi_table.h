// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>

namespace tessera {

/// Direct host pointers for pages of the guest's 32-bit address space, shared by all harts.
/// A page without a pointer takes the slow path: devices, unmapped space, watched memory, memory
/// under an LR reservation (stores only), pages that hold decoded code (stores only).
class DmiTable {
 public:
  static constexpr unsigned kPageBits = 12;
  static constexpr std::uint32_t kPageBytes = 1u << kPageBits;
  static constexpr std::uint32_t kNumPages = 1u << (32 - kPageBits);

  struct Page {
    std::uint8_t* read = nullptr;   ///< host address of the page's first byte, or null
    std::uint8_t* write = nullptr;
  };

  /// calloc: untouched parts of the 16 MiB table cost nothing.
  DmiTable() : pages_(static_cast<Page*>(std::calloc(kNumPages, sizeof(Page)))) {}

  Page& page_of(std::uint32_t address) { return pages_.get()[address >> kPageBits]; }
  const Page& page_of(std::uint32_t address) const { return pages_.get()[address >> kPageBits]; }

  /// Maps whole pages inside [base, base + bytes); `host` is the address of `base`.
  void map(std::uint32_t base, std::uint64_t bytes, std::uint8_t* host, bool readable,
           bool writable) {
    const std::uint64_t first = (std::uint64_t{base} + kPageBytes - 1) >> kPageBits;
    const std::uint64_t end = (std::uint64_t{base} + bytes) >> kPageBits;
    for (std::uint64_t page = first; page < end; ++page) {
      std::uint8_t* start = host + ((page << kPageBits) - base);
      pages_.get()[page] = {readable ? start : nullptr, writable ? start : nullptr};
    }
  }
  /// Forgets every page that overlaps [base, base + bytes).
  void unmap(std::uint32_t base, std::uint64_t bytes) {
    const std::uint64_t end = (std::uint64_t{base} + bytes + kPageBytes - 1) >> kPageBits;
    for (std::uint64_t page = base >> kPageBits; page < end; ++page) {
      pages_.get()[page] = {};
    }
  }

 private:
  struct Free {
    void operator()(Page* pages) const { std::free(pages); }
  };
  std::unique_ptr<Page, Free> pages_;
};

}  // namespace tessera
