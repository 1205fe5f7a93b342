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
    std::uint8_t* read = nullptr;  ///< host address of the page's first byte, or null
    std::uint8_t* write = nullptr;
  };

  /// Why a page that could be written directly must not be, for now.
  enum RevokeReason : std::uint8_t {
    kHoldsCode = 1,         ///< decoded instructions of functional timing depend on it
    kHoldsReservation = 2,  ///< an LR reservation is on one of its words
    kHoldsTimedCode = 4,    ///< decoded instructions of cycle timing depend on it
  };

  Page& page_of(std::uint32_t address) { return pages_.get()[address >> kPageBits]; }
  const Page& page_of(std::uint32_t address) const { return pages_.get()[address >> kPageBits]; }

  /// Maps whole pages inside [base, base + bytes); `host` is the address of `base`.
  void map(std::uint32_t base, std::uint64_t bytes, std::uint8_t* host, bool readable,
           bool writable) {
    const std::uint64_t first = (std::uint64_t{base} + kPageBytes - 1) >> kPageBits;
    const std::uint64_t end = (std::uint64_t{base} + bytes) >> kPageBits;
    for (std::uint64_t page = first; page < end; ++page) {
      std::uint8_t* start = host + ((page << kPageBits) - base);
      grants_.get()[page].write = writable ? start : nullptr;
      pages_.get()[page].read = readable ? start : nullptr;
      pages_.get()[page].write =
          grants_.get()[page].reasons == 0 ? grants_.get()[page].write : nullptr;
    }
  }
  /// Forgets every page that overlaps [base, base + bytes).
  void unmap(std::uint32_t base, std::uint64_t bytes) {
    const std::uint64_t end = (std::uint64_t{base} + bytes + kPageBytes - 1) >> kPageBits;
    for (std::uint64_t page = base >> kPageBits; page < end; ++page) {
      grants_.get()[page].write = nullptr;
      pages_.get()[page] = {};
    }
  }
  /// Sends stores to the page of `address` to the slow path until restored for the same reason.
  void revoke_write(std::uint32_t address, RevokeReason reason) {
    grants_.get()[address >> kPageBits].reasons |= reason;
    page_of(address).write = nullptr;
  }
  void restore_write(std::uint32_t address, RevokeReason reason) {
    Grant& grant = grants_.get()[address >> kPageBits];
    grant.reasons = static_cast<std::uint8_t>(grant.reasons & ~reason);
    page_of(address).write = grant.reasons == 0 ? grant.write : nullptr;
  }

 private:
  struct Grant {
    std::uint8_t* write;   ///< pointer when nothing revokes it
    std::uint8_t reasons;  ///< RevokeReason bits
  };
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  /// calloc: untouched parts of the tables cost nothing.
  template <typename T>
  using Table = std::unique_ptr<T, Free>;

  Table<Page> pages_{static_cast<Page*>(std::calloc(kNumPages, sizeof(Page)))};
  Table<Grant> grants_{static_cast<Grant*>(std::calloc(kNumPages, sizeof(Grant)))};
};

}  // namespace tessera
