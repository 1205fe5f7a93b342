// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "models/base/address_range.h"
#include "platform/observe/checker/vector_clock.h"

namespace tessera {

constexpr std::uint32_t kWordBytes = 4;

/// Bit i: an access of `bytes` bytes touches byte i of its first word.
inline std::uint8_t byte_mask(std::uint32_t address, std::uint32_t bytes) {
  const std::uint32_t first = address % kWordBytes;
  const std::uint32_t end = std::min(first + bytes, kWordBytes);
  return static_cast<std::uint8_t>((1u << end) - (1u << first));
}

inline bool contains(const std::vector<AddressRange>& ranges, std::uint32_t address) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [address](const AddressRange& range) { return range.contains(address); });
}

/// What is remembered of an access to a word.
struct ShadowAccess {
  enum class Kind : std::uint8_t { kRead, kWrite, kAtomic };

  std::uint32_t clock = 0;  ///< epoch of a hart, number + 1 of a device's activity; 0: none
  std::uint32_t pc = 0;
  std::uint32_t cycle = 0;  ///< modulo 2^32
  std::uint16_t agent = 0;
  std::uint8_t bytes = 0;  ///< bit i: byte i of the word
  Kind kind = Kind::kRead;

  /// Whether the order of the two matters.
  bool conflicts(const ShadowAccess& other) const {
    return (bytes & other.bytes) != 0 &&
           (kind == Kind::kRead ? other.kind != Kind::kRead
                                : kind == Kind::kWrite || other.kind != kind);
  }
  /// Whether it says all that an earlier one does. Not of a write before an atomic: other atomics
  /// conflict with the write only.
  bool replaces(const ShadowAccess& earlier) const {
    return kind == Kind::kWrite || earlier.kind == Kind::kRead || earlier.kind == kind;
  }
};

/// The cycle whose low half is `low`, near `now`.
inline Cycles whole_cycle(std::uint32_t low, Cycles now) {
  return now + static_cast<Cycles>(
                   std::int64_t{static_cast<std::int32_t>(low - static_cast<std::uint32_t>(now))});
}

/// What somebody knows of what was done before.
struct Knowledge {
  const VectorClock& clock;
  AgentId hart = kNobody;                  ///< who knows, and with it all that it has done itself
  const VectorClock* everybody = nullptr;  ///< what all know; null: nothing

  bool includes(const ShadowAccess& access) const {
    const Told& told = clock[access.agent];
    return access.agent == hart ||
           access.clock <= (access.kind == ShadowAccess::Kind::kWrite ? told.stores : told.all);
  }
  /// Whether it conflicts with nothing any more.
  bool is_superfluous(const ShadowAccess& access) const {
    return everybody != nullptr && Knowledge{*everybody}.includes(access);
  }
};

/// The last accesses to a word of memory that nothing newer makes superfluous, as far as there is
/// room: reads give way to all others and atomics to writes, so of more than a few some are
/// forgotten.
struct alignas(64) ShadowWord {
  static constexpr std::size_t kPlaces = 4;
  std::array<ShadowAccess, kPlaces> places;

  /// Remembers `access` by an agent that knows `known`. Returns an earlier one that conflicts and
  /// that the agent does not know of, if there is one.
  std::optional<ShadowAccess> record(const ShadowAccess& access, const Knowledge& known);
  /// Whether the same is remembered already, or more: then record() would change nothing.
  bool remembers(const ShadowAccess& access) const {
    for (const ShadowAccess& place : places) {
      if (place.clock == access.clock && place.agent == access.agent && place.kind == access.kind &&
          (access.bytes & ~place.bytes) == 0) {
        return true;
      }
    }
    return false;
  }

 private:
  ShadowAccess* place_for(const ShadowAccess& access, const Knowledge& known);
};

/// What the checker knows of each word of the memories, made as they are touched.
class ShadowMemory {
 public:
  /// Of the state of a word whose bytes have all been written, by accesses that do not synchronise.
  static constexpr std::uint8_t kAllBytes = 0xF;
  /// How harts use a word; the checker decides.
  enum Use : std::uint16_t {
    kFlag = 1 << 4,        ///< somebody waits for a value in it
    kAtomicWord = 1 << 5,  ///< an atomic has been here
    kRaced = 1 << 6,       ///< harts have read and written it in no order
  };
  /// Bits 11:8 of a state: bytes that somebody has read since a device has written them, or that
  /// no device has written.
  static constexpr unsigned kTakenShift = 8;
  static constexpr std::uint16_t kTaken = kAllBytes << kTakenShift;

  /// `ranges`: of memory; all else is outside.
  explicit ShadowMemory(const std::vector<AddressRange>& ranges);

  struct Place {
    ShadowWord& word;
    /// Bits 3:0: bytes that have been written; above: Use, kTaken.
    std::uint16_t& state;

    bool is_taken() const { return (state & kTaken) != 0; }
    bool has_taken(std::uint8_t bytes) const { return (bytes & ~(state >> kTakenShift)) == 0; }
    bool has_use() const { return (state & ~(kTaken | kAllBytes)) != 0; }
    void take(std::uint8_t bytes) const {
      state = static_cast<std::uint16_t>(state | bytes << kTakenShift);
    }
  };
  /// Null: not in memory.
  std::optional<Place> at(std::uint32_t address) {
    for (Region& region : regions_) {
      if (region.range.contains(address)) {
        return region.at(address - region.range.base);
      }
    }
    return std::nullopt;
  }

  /// Calls visit(address, place) for each word of `range` on a page that was touched.
  template <typename Visitor>
  void visit(const AddressRange& range, const Visitor& visitor) {
    for (Region& region : regions_) {
      for (std::size_t page = 0; page < region.pages.size(); ++page) {
        const auto base = static_cast<std::uint32_t>(region.range.base + page * kPageBytes);
        for (std::uint32_t word = 0; region.pages[page] != nullptr && word < kPageWords; ++word) {
          if (range.contains(base + 4 * word)) {
            visitor(base + 4 * word, region.at(base + 4 * word - region.range.base));
          }
        }
      }
    }
  }

 private:
  static constexpr std::uint32_t kPageBytes = 4096;
  static constexpr std::uint32_t kPageWords = kPageBytes / 4;
  struct Page {
    std::array<ShadowWord, kPageWords> words;
    std::array<std::uint16_t, kPageWords> states{};
  };
  struct Region {
    AddressRange range;
    std::vector<std::unique_ptr<Page>> pages;

    Place at(std::uint32_t offset) {
      std::unique_ptr<Page>& page = pages[offset / kPageBytes];
      if (page == nullptr) {
        page = std::make_unique<Page>();
      }
      const std::uint32_t word = offset % kPageBytes / 4;
      return {page->words[word], page->states[word]};
    }
  };

  std::vector<Region> regions_;
};

}  // namespace tessera
