// SPDX-License-Identifier: Apache-2.0
#include "models/axi/id_remap.h"

namespace tessera {

std::uint8_t IdRemap::find(const Table& table, std::uint16_t source, Cycles now) {
  std::uint8_t lowest_free = kNone;
  for (std::uint8_t id = 0; id < kNumIds; ++id) {
    const std::uint32_t count = table[id].count.at_start(now);
    if (count == 0) {
      lowest_free = lowest_free == kNone ? id : lowest_free;
    } else if (table[id].source == source) {
      return count < kMaxTransactions ? id : kNone;
    }
  }
  return lowest_free;
}

std::uint8_t IdRemap::find_atomic(Cycles now) const {
  for (std::uint8_t id = 0; id < kNumIds; ++id) {
    if (reads_[id].count.at_start(now) == 0 && writes_[id].count.at_start(now) == 0) {
      return id;
    }
  }
  return kNone;
}

void IdRemap::open(Entry& entry, std::uint16_t source, Cycles now) {
  entry.source = source;
  entry.count.add(1, now);
}

std::uint16_t IdRemap::close(Entry& entry, Cycles now) {
  entry.count.add(-1, now);
  return entry.source;
}

IdRemap::Output IdRemap::present(const Input& input, Cycles now) {
  if (is_read_held_ || is_write_held_) {
    return {is_read_held_, is_write_held_, held_read_id_, held_write_id_};
  }
  Output output;
  if (input.read != nullptr) {
    output.read_id = find(reads_, input.read->source, now);
    output.has_read = output.read_id != kNone;
  }
  if (input.write != nullptr && !input.write->is_atomic) {
    output.write_id = find(writes_, input.write->source, now);
    output.has_write = output.write_id != kNone;
  } else if (input.write != nullptr && !(is_read_first_ && output.has_read)) {
    // An atomic opens both directions under one id, alone.
    output.has_read = false;
    output.write_id = find_atomic(now);
    output.has_write = output.write_id != kNone;
    if (output.has_write) {
      open(reads_[output.write_id], input.write->source, now);
      is_read_first_ = true;
    }
  }
  if (output.has_read) {
    open(reads_[output.read_id], input.read->source, now);
  }
  if (output.has_write) {
    open(writes_[output.write_id], input.write->source, now);
  }
  return output;
}

void IdRemap::accept(const Output& output, bool is_read_accepted, bool is_write_accepted) {
  is_read_held_ = output.has_read && !is_read_accepted;
  held_read_id_ = output.read_id;
  is_write_held_ = output.has_write && !is_write_accepted;
  held_write_id_ = output.write_id;
  if (is_read_accepted) {
    is_read_first_ = false;
  }
}

}  // namespace tessera
