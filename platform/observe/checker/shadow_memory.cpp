// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/checker/shadow_memory.h"

namespace tessera {

using Kind = ShadowAccess::Kind;

std::optional<ShadowAccess> ShadowWord::record(const ShadowAccess& access, const Knowledge& known) {
  std::optional<ShadowAccess> conflict;
  ShadowAccess* others_bytes = nullptr;  // by the same instruction
  for (ShadowAccess& place : places) {
    if (place.clock == 0) {
      continue;
    }
    const bool is_same = place.agent == access.agent && place.clock == access.clock;
    if (is_same && place.kind == access.kind) {
      if ((access.bytes & ~place.bytes) == 0) {
        return conflict;  // whoever conflicts with it has met it in `place`
      }
      if (place.pc == access.pc) {
        others_bytes = &place;
        continue;
      }
    }
    if (!is_same && !known.includes(place)) {
      if (place.conflicts(access) && !conflict) {
        conflict = place;
      }
    } else if (access.replaces(place)) {
      // Who does not know of `access` does not know of `place` either.
      place.bytes = static_cast<std::uint8_t>(place.bytes & ~access.bytes);
      place.clock = place.bytes == 0 ? 0 : place.clock;
    }
  }
  if (others_bytes != nullptr) {
    others_bytes->bytes |= access.bytes;
  } else if (ShadowAccess* place = place_for(access, known)) {
    *place = access;
  }
  return conflict;
}

ShadowAccess* ShadowWord::place_for(const ShadowAccess& access, const Knowledge& known) {
  for (ShadowAccess& place : places) {
    if (place.clock == 0) {
      return &place;
    }
  }
  for (ShadowAccess& place : places) {
    if (known.is_superfluous(place)) {
      return &place;
    }
  }
  for (ShadowAccess& place : places) {
    if (place.kind == Kind::kRead) {
      return &place;
    }
  }
  if (access.kind == Kind::kRead) {
    return nullptr;
  }
  for (std::size_t i = 0; i < kPlaces; ++i) {
    ShadowAccess& place = places[(access.clock + i) % kPlaces];
    if (place.kind == Kind::kAtomic) {
      return &place;
    }
  }
  return &places[access.clock % kPlaces];
}

ShadowMemory::ShadowMemory(const std::vector<AddressRange>& ranges) {
  for (const AddressRange& range : ranges) {
    Region& region = regions_.emplace_back();
    region.range = range;
    region.pages.resize((range.end - range.base + kPageBytes - 1) / kPageBytes);
  }
}

}  // namespace tessera
