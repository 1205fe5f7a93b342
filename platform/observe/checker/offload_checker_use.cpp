// SPDX-License-Identifier: Apache-2.0
// What the offload checker knows of who has read what.
#include <algorithm>
#include <utility>

#include "platform/observe/checker/offload_checker.h"

namespace tessera {

using Kind = ShadowAccess::Kind;

namespace {

/// Fewer words are fields of a header.
constexpr std::uint32_t kMinUnreadWords = 4;
/// Bytes that are read, or 0, between unread ones that belong together.
constexpr std::uint32_t kMaxGap = 64;

}  // namespace

/// Before the write is recorded.
void OffloadChecker::device_wrote(const ShadowMemory::Place& place, std::uint32_t address,
                                  const ShadowAccess& write, Cycles cycle) {
  for (const ShadowAccess& one : place.word.places) {
    const bool is_own = one.clock == write.clock && one.agent == write.agent;
    if (is_own && one.kind == Kind::kRead && (one.bytes & write.bytes) != 0) {
      report_own_operand(address, one, write, cycle);
    } else if (!is_own && place.is_taken() && is_result_of_device(one)) {
      result_use_.used(one);
    }
  }
  const bool is_left = is_left_to_others(address);
  if (is_left) {
    result_use_.is_for_others(write);
  }
  if (is_left || write.bytes != ShadowMemory::kAllBytes) {
    place.take(write.bytes);
    return;
  }
  place.state &= static_cast<std::uint16_t>(~ShadowMemory::kTaken);
  if (!order_.moves_data(write.agent)) {
    result_use_.written(write, place_of(write));
  }
}

bool OffloadChecker::is_result_of_device(const ShadowAccess& access) const {
  return access.clock != 0 && access.kind == Kind::kWrite && !is_hart(access.agent);
}

/// Somebody reads. Input that a transfer has brought here is read with it.
void OffloadChecker::take(const ShadowMemory::Place& place, std::uint32_t address,
                          std::uint8_t bytes) {
  const auto fresh = static_cast<std::uint8_t>(bytes & ~(place.state >> ShadowMemory::kTakenShift));
  place.take(bytes);
  for (const ShadowAccess& one : place.word.places) {
    const InputMoves::Move* const move =
        one.clock != 0 && one.kind == Kind::kWrite && order_.moves_data(one.agent)
            ? input_moves_.find(one.clock - 1)
            : nullptr;
    if (move != nullptr) {
      const std::uint32_t word = address / kWordBytes * kWordBytes - move->to + move->from;
      if (const auto source = shadow_.at(word)) {
        source->take(static_cast<std::uint8_t>(fresh & one.bytes));
      }
    }
  }
}

bool OffloadChecker::is_input(std::uint32_t address) const {
  const auto holds = [address](const Setup::Input& input) {
    return address - input.address < input.bytes.size();
  };
  return std::any_of(setup_.inputs.begin(), setup_.inputs.end(), holds);
}

bool OffloadChecker::is_left_to_others(std::uint32_t address) const {
  return contains(setup_.results, address) || contains(setup_.dumps, address);
}

/// Only what has gone to L1, word by word, can be followed.
void OffloadChecker::settle_move(std::uint64_t transfer) {
  const InputMoves::Move* const move = input_moves_.find(transfer);
  if (move == nullptr) {
    return;
  }
  if (!is_input(move->from)) {
    input_moves_.forget(transfer);
    return;
  }
  const bool is_aligned = (move->from | move->to | move->from_end) % kWordBytes == 0;
  if (is_aligned && shadow_.at(move->to) && !is_left_to_others(move->to)) {
    return;
  }
  take_all(move->from, move->from_end - move->from);
  input_moves_.forget(transfer);
}

/// The program has seen these bytes, or has left them out as what lies between rows.
void OffloadChecker::take_all(std::uint32_t begin, std::uint32_t num_bytes) {
  for (std::uint32_t address = begin; address < begin + num_bytes;) {
    const std::uint32_t bytes =
        std::min(kWordBytes - address % kWordBytes, begin + num_bytes - address);
    if (const auto place = shadow_.at(address)) {
      place->take(byte_mask(address, bytes));
    }
    address += bytes;
  }
}

/// Nobody will read what has not been read by now, unless it is left to others.
void OffloadChecker::check_results(const ShadowAccess& end, Cycles cycle) {
  std::vector<std::pair<std::uint32_t, ShadowAccess>> unread;
  for (const AddressRange& memory : setup_.memories) {
    if (contains(setup_.results, memory.base)) {
      continue;
    }
    shadow_.visit(memory, [&](std::uint32_t address, const ShadowMemory::Place& place) {
      for (const ShadowAccess& one : place.word.places) {
        if (is_result_of_device(one) && place.is_taken()) {
          result_use_.used(one);
        } else if (is_result_of_device(one) && result_use_.unread(one)) {
          unread.emplace_back(address, one);
        }
      }
    });
  }
  for (const auto& [address, write] : unread) {
    if (result_use_.has_used(place_of(write))) {
      report_unused_result(address, write, end, cycle);
    }
  }
}

/// A program that leaves most of its input has no use for it. One that shares work between engine
/// and ITAs has operands in a form for each, and leaves those of the other.
void OffloadChecker::check_inputs(const ShadowAccess& end, Cycles cycle) {
  if (order_.shares_work()) {
    return;
  }
  for (const Setup::Input& input : setup_.inputs) {
    const Unread unread = find_unread(input);
    if (2 * unread.words > unread.all_words) {
      continue;
    }
    for (const Unread::Piece& piece : unread.pieces) {
      if (piece.words >= kMinUnreadWords) {
        report_unread_input(piece.begin, piece.words, end, cycle);
      }
    }
  }
}

OffloadChecker::Unread OffloadChecker::find_unread(const Setup::Input& input) {
  Unread unread;
  for (std::uint32_t offset = 0; offset < input.bytes.size();) {
    const std::uint32_t address = input.address + offset;
    const auto left = static_cast<std::uint32_t>(input.bytes.size()) - offset;
    const std::uint32_t bytes = std::min(kWordBytes - address % kWordBytes, left);
    std::uint8_t wanted = 0;  // bytes that are not 0
    for (std::uint32_t i = 0; i < bytes; ++i) {
      if (input.bytes[offset + i] != 0) {
        wanted = static_cast<std::uint8_t>(wanted | byte_mask(address + i, 1));
      }
    }
    const auto place = shadow_.at(address);
    unread.all_words += wanted == 0 ? 0 : 1;
    if (place && (wanted & ~(place->state >> ShadowMemory::kTakenShift)) != 0) {
      unread.add(address);
    }
    offset += bytes;
  }
  return unread;
}

void OffloadChecker::Unread::add(std::uint32_t address) {
  if (pieces.empty() || address - pieces.back().last > kMaxGap) {
    pieces.push_back({address, address, 0});
  }
  pieces.back().last = address;
  ++pieces.back().words;
  ++words;
}

}  // namespace tessera
