// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <unordered_map>

#include "models/base/dmi_table.h"

namespace tessera::isa {

/// The pages of memory that hold decoded code, in the form `Page` that one timing mode runs, shared
/// by all harts. A page with decoded code loses its write pointer in the DMI table, so that stores
/// to it take the slow path, whose owner calls invalidate().
/// `Page` has a constructor (base address, host bytes) and `bool has_code(first, end)`: whether any
/// instruction of its words [first, end) is decoded.
template <typename Page>
class CodeCache {
 public:
  static constexpr std::uint32_t kInstructions = DmiTable::kPageBytes / 4;

  /// `reason`: of this cache alone among those that share `dmi`.
  CodeCache(DmiTable& dmi, DmiTable::RevokeReason reason)
      : dmi_(dmi),
        reason_(reason),
        index_(static_cast<Page**>(std::calloc(DmiTable::kNumPages, sizeof(Page*)))) {}
  ~CodeCache() {
    while (!pages_.empty()) {
      forget_page(pages_.begin()->first);
    }
  }
  CodeCache(const CodeCache&) = delete;
  CodeCache& operator=(const CodeCache&) = delete;

  static std::uint32_t page_number(std::uint32_t address) { return address >> DmiTable::kPageBits; }

  /// By page number; null without decoded code.
  Page* const* pages() const { return index_.get(); }
  Page* page_of(std::uint32_t address) const { return index_.get()[page_number(address)]; }
  /// A new page around `address`, whose first byte is at `bytes`. REQUIRES: page_of() is null.
  Page& add(std::uint32_t address, const std::uint8_t* bytes) {
    const std::uint32_t number = page_number(address);
    std::unique_ptr<Page>& page = pages_[number];
    page = std::make_unique<Page>(number << DmiTable::kPageBits, bytes);
    index_.get()[number] = page.get();
    dmi_.revoke_write(address, reason_);
    return *page;
  }
  /// Bytes [address, address + bytes) changed: forgets the pages with decoded instructions there,
  /// which get their write pointers back. Whether there were any.
  bool invalidate(std::uint32_t address, std::uint32_t bytes) {
    bool has_forgotten = false;
    const std::uint64_t end = std::uint64_t{address} + bytes;
    std::uint64_t next = address;
    for (std::uint64_t start = address; start < end; start = next) {
      next = (start | (DmiTable::kPageBytes - 1)) + 1;
      const std::uint32_t number = page_number(static_cast<std::uint32_t>(start));
      const Page* page = index_.get()[number];
      const std::uint64_t base = std::uint64_t{number} << DmiTable::kPageBits;
      if (page != nullptr &&
          page->has_code((start - base) / 4, (std::min(end, next) - base + 3) / 4)) {
        forget_page(number);
        has_forgotten = true;
      }
    }
    return has_forgotten;
  }
  /// Forgets the page around `address`, if there is one.
  void forget(std::uint32_t address) {
    if (page_of(address) != nullptr) {
      forget_page(page_number(address));
    }
  }

 private:
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };

  void forget_page(std::uint32_t number) {
    index_.get()[number] = nullptr;
    pages_.erase(number);
    dmi_.restore_write(number << DmiTable::kPageBits, reason_);
  }

  DmiTable& dmi_;
  const DmiTable::RevokeReason reason_;
  std::unordered_map<std::uint32_t, std::unique_ptr<Page>> pages_;
  /// Page number -> entry of pages_. calloc: untouched parts cost nothing.
  std::unique_ptr<Page*, Free> index_;
};

}  // namespace tessera::isa
