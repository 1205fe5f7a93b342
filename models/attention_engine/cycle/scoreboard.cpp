// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/cycle/scoreboard.h"

namespace tessera::attention_engine {

namespace {
/// From the first byte to the last, with what lies between rows.
std::uint64_t bytes_of(const L2Rows& rows) {
  const std::uint64_t stride = rows.stride == 0 ? rows.row_bytes : rows.stride;
  return rows.rows == 0 ? 0 : stride * (rows.rows - 1) + rows.row_bytes;
}
}  // namespace

Scoreboard::Entry* Scoreboard::entries(MemoryId memory, std::uint32_t begin, std::uint32_t count) {
  auto& all = entries_[static_cast<std::size_t>(memory)];
  const std::size_t end = std::size_t{begin} + count;
  if (all.size() < end) {
    all.resize(end);
  }
  return all.data() + begin;
}

void Scoreboard::read(Chain& chain, Unit unit, MemoryId memory, std::uint32_t begin,
                      std::uint32_t count) {
  Waits& waits = chain.waits[index_of(unit)];
  Entry* const first = entries(memory, begin, count);
  for (Entry* entry = first; entry != first + count; ++entry) {
    if (entry->writer.chain != 0) {
      waits.add(waits.committed, entry->writer.path, entry->writer.chain);
    }
    entry->reader = {chain.sequence, chain.path};
  }
}

void Scoreboard::read_operand(Chain& chain, Unit unit, MemoryId memory, std::uint32_t begin,
                              std::uint32_t count) {
  Waits& waits = chain.waits[index_of(unit)];
  Entry* const first = entries(memory, begin, count);
  for (Entry* entry = first; entry != first + count; ++entry) {
    if (entry->writer.chain != 0) {
      waits.add(waits.committed, entry->writer.path, entry->writer.chain);
    }
  }
}

void Scoreboard::write(Chain& chain, Unit unit, MemoryId memory, std::uint32_t begin,
                       std::uint32_t count) {
  Waits& waits = chain.waits[index_of(unit)];
  Entry* const first = entries(memory, begin, count);
  for (Entry* entry = first; entry != first + count; ++entry) {
    // Chains of one path write in their order, and read before they write.
    if (entry->writer.chain != 0 && entry->writer.path != chain.path) {
      waits.add(waits.committed, entry->writer.path, entry->writer.chain);
    }
    if (entry->reader.chain != 0 && entry->reader.path != chain.path) {
      waits.add(waits.read, entry->reader.path, entry->reader.chain);
    }
    entry->writer = {chain.sequence, chain.path};
  }
}

void Scoreboard::store(const Chain& chain) {
  const std::uint64_t begin = chain.l2.address;
  forgotten_store_ = stores_[next_store_].chain;
  stores_[next_store_] = {chain.sequence, begin, begin + bytes_of(chain.l2)};
  next_store_ = (next_store_ + 1) % kStores;
}

void Scoreboard::load(Chain& chain, Unit unit) {
  Waits& waits = chain.waits[index_of(unit)];
  const std::uint64_t begin = chain.l2.address;
  const std::uint64_t end = begin + bytes_of(chain.l2);
  waits.add(waits.committed, Path::kVector, forgotten_store_);
  for (const StoredBytes& stored : stores_) {
    if (stored.begin < end && begin < stored.end) {
      waits.add(waits.committed, Path::kVector, stored.chain);
    }
  }
}

}  // namespace tessera::attention_engine
