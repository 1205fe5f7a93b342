// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/checker/data_use.h"

#include <algorithm>
#include <utility>

namespace tessera {

using Kind = ShadowAccess::Kind;

namespace {

/// Fewer words are fields of a header.
constexpr std::uint32_t kMinUnreadWords = 4;
/// Bytes that are read, or 0, between unread ones that belong together.
constexpr std::uint32_t kMaxGap = 64;

}  // namespace

DataUse::DataUse(const CheckerSetup& setup, ShadowMemory& shadow, const HartOrder& harts,
                 const DeviceOrder& devices, CheckReports& reports)
    : setup_(setup),
      shadow_(shadow),
      harts_(harts),
      devices_(devices),
      reports_(reports),
      hart_copies_(setup.num_harts) {}

/// The DMA only moves input on.
void DataUse::device_reads(const ShadowMemory::Place& place, std::uint32_t address,
                           const ShadowAccess& read) {
  const bool moves_input = devices_.moves_data(read.agent) && is_input(address);
  if (!moves_input && !place.has_taken(read.bytes)) {
    take(place, address, read.bytes);
  }
}

void DataUse::device_writes(const ShadowMemory::Place& place, std::uint32_t address,
                            const ShadowAccess& write, Cycles cycle) {
  hart_copies_.forget(address / kWordBytes * kWordBytes);
  bool is_first = true;  // write of the job to this word
  for (const ShadowAccess& one : place.word.places) {
    const bool is_own = one.clock == write.clock && one.agent == write.agent;
    is_first = is_first && !(is_own && one.kind == Kind::kWrite);
    if (is_own && one.kind == Kind::kRead && (one.bytes & write.bytes) != 0) {
      reports_.own_operand({address, cycle}, one, write);
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
  if (is_first && !devices_.moves_data(write.agent)) {
    result_use_.written(write, reports_.place_of(write));
  }
}

bool DataUse::is_result_of_device(const ShadowAccess& access) const {
  return access.clock != 0 && access.kind == Kind::kWrite && !harts_.is_hart(access.agent);
}

/// Of all who have written there the newest: what was there before is gone.
const InputMoves::Move* DataUse::move_to(const ShadowMemory::Place& place, unsigned byte) const {
  const ShadowAccess* newest = nullptr;
  for (const ShadowAccess& one : place.word.places) {
    const bool has_written =
        one.clock != 0 && one.kind == Kind::kWrite && (one.bytes >> byte & 1) != 0;
    if (has_written &&
        (newest == nullptr || static_cast<std::int32_t>(one.cycle - newest->cycle) > 0)) {
      newest = &one;
    }
  }
  return newest != nullptr && devices_.moves_data(newest->agent)
             ? input_moves_.find(newest->clock - 1)
             : nullptr;
}

/// Input that a transfer or hart has brought here is read with it.
void DataUse::take(const ShadowMemory::Place& place, std::uint32_t address, std::uint8_t bytes) {
  const auto fresh = static_cast<std::uint8_t>(bytes & ~(place.state >> ShadowMemory::kTakenShift));
  if (fresh == 0) {
    return;
  }
  place.take(bytes);
  const std::uint32_t word = address / kWordBytes * kWordBytes;
  if (const auto source = hart_copies_.source(word)) {
    take_bytes(*source, fresh);
    return;
  }
  for (unsigned byte = 0; byte < kWordBytes; ++byte) {
    const InputMoves::Move* const move = (fresh >> byte & 1) != 0 ? move_to(place, byte) : nullptr;
    if (move != nullptr) {
      take_bytes(word + byte - move->to + move->from, 1);
    }
  }
}

void DataUse::take_bytes(std::uint32_t address, std::uint8_t bytes) {
  for (std::uint32_t byte = address; bytes != 0; ++byte, bytes >>= 1) {
    const auto place = shadow_.at(byte);
    if (place && (bytes & 1) != 0) {
      take(*place, byte, byte_mask(byte, 1));
    }
  }
}

std::optional<std::uint32_t> DataUse::origin(const ShadowMemory::Place& place,
                                             std::uint32_t address) const {
  if (is_input(address)) {
    return address;
  }
  const std::uint32_t byte = address % kWordBytes;
  if (const auto source = hart_copies_.source(address - byte)) {
    return *source + byte;
  }
  const InputMoves::Move* const move = move_to(place, byte);
  return move == nullptr ? std::nullopt : std::optional(address - move->to + move->from);
}

void DataUse::hart_writes(const ShadowMemory::Place& place, const MemoryAccess& store) {
  hart_copies_.forget(store.address / kWordBytes * kWordBytes);
  place.take(byte_mask(store.address, store.bytes));
}

void DataUse::hart_loads_copy(const ShadowMemory::Place& place, const MemoryAccess& load,
                              std::uint32_t index) {
  const auto input = origin(place, load.address);
  if (!input) {
    take(place, load.address, byte_mask(load.address, load.bytes));
  } else if (const auto former = hart_copies_.loaded(load, index, *input)) {
    take_all(former->input, former->bytes);
  }
}

/// What goes to where others look is read, as what transfers bring there, and so is what becomes a
/// local variable. One source must do for a word: of bytes from elsewhere the former is read.
void DataUse::hart_stores_copy(const ShadowMemory::Place& place, const MemoryAccess& store,
                               std::uint32_t index) {
  const std::vector<HartCopies::Load> loads = hart_copies_.stored(store, index);
  const bool is_followed = !loads.empty() && !is_left_to_others(store.address) &&
                           !contains(setup_.stacks, store.address);
  for (std::size_t i = is_followed ? 1 : 0; i < loads.size(); ++i) {
    take_all(loads[i].input, loads[i].bytes);
  }
  if (!is_followed) {
    hart_writes(place, store);
    return;
  }
  const std::uint8_t bytes = byte_mask(store.address, store.bytes);
  const std::uint32_t word = store.address / kWordBytes * kWordBytes;
  const std::uint32_t source = loads[0].input - store.address % kWordBytes;
  const auto former = hart_copies_.source(word);
  if (former && *former != source) {
    take_bytes(*former, static_cast<std::uint8_t>(ShadowMemory::kAllBytes & ~bytes));
  }
  hart_copies_.set_source(word, source);
  place.state &= static_cast<std::uint16_t>(~(bytes << ShadowMemory::kTakenShift));
}

bool DataUse::is_input(std::uint32_t address) const {
  const auto holds = [address](const CheckerSetup::Input& input) {
    return address - input.address < input.bytes.size();
  };
  return std::any_of(setup_.inputs.begin(), setup_.inputs.end(), holds);
}

bool DataUse::is_left_to_others(std::uint32_t address) const {
  return contains(setup_.results, address) || contains(setup_.dumps, address);
}

/// Only what has gone to L1, word by word, can be followed.
void DataUse::transfer_ends(std::uint64_t transfer) {
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

void DataUse::take_all(std::uint32_t begin, std::uint32_t num_bytes) {
  for (std::uint32_t address = begin; address < begin + num_bytes;) {
    const std::uint32_t bytes =
        std::min(kWordBytes - address % kWordBytes, begin + num_bytes - address);
    if (const auto place = shadow_.at(address)) {
      take(*place, address, byte_mask(address, bytes));
    }
    address += bytes;
  }
}

/// Nobody will read what has not been read by now, unless it is left to others.
void DataUse::check_results(const ShadowAccess& end, Cycles cycle) {
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
    if (result_use_.has_used(reports_.place_of(write))) {
      reports_.unused_result({address, cycle}, write, end);
    }
  }
}

/// A program that leaves most of its input has no use for it. One that shares work between engine
/// and ITAs has operands in a form for each, and leaves those of the other.
void DataUse::check_inputs(const ShadowAccess& end, Cycles cycle) {
  if (devices_.shares_work()) {
    return;
  }
  for (const HartCopies::Load& load : hart_copies_.without_store()) {
    take_all(load.input, load.bytes);
  }
  for (const CheckerSetup::Input& input : setup_.inputs) {
    const Unread unread = find_unread(input);
    if (2 * unread.words > unread.all_words) {
      continue;
    }
    for (const Unread::Piece& piece : unread.pieces) {
      if (piece.words >= kMinUnreadWords) {
        reports_.unread_input({piece.begin, cycle}, piece.words, end);
      }
    }
  }
}

DataUse::Unread DataUse::find_unread(const CheckerSetup::Input& input) {
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

void DataUse::Unread::add(std::uint32_t address) {
  if (pieces.empty() || address - pieces.back().last > kMaxGap) {
    pieces.push_back({address, address, 0});
  }
  pieces.back().last = address;
  ++pieces.back().words;
  ++words;
}

}  // namespace tessera
