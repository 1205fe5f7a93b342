// SPDX-License-Identifier: Apache-2.0
#include "models/core/tile_cache.h"

#include <algorithm>

#include "models/core/l0_cache.h"

namespace tessera {

namespace {

/// Next state of the victim counter of a cache with `ways` ways: a toggle for 2, for more a linear
/// feedback shift register that includes 0. Source: snitch_icache_lfsr.sv.
std::uint32_t next_victim(std::uint32_t state, std::uint32_t ways) {
  constexpr std::array<std::uint32_t, 5> kTaps{0, 0b1, 0b11, 0b110, 0b1100};
  const std::uint32_t ones = ways - 1;
  if (state == 0) {
    return ones;
  }
  const std::uint32_t feedback =
      (state & 1) != 0 ? kTaps[static_cast<std::uint32_t>(__builtin_ctz(ways))] : 0;
  const std::uint32_t next = (state >> 1) ^ feedback;
  return next == ones ? 0 : next;
}

std::uint32_t lowest_bit(std::uint32_t mask) {
  return static_cast<std::uint32_t>(__builtin_ctz(mask));
}

}  // namespace

TileCache::TileCache(const TileCacheShape& shape, const DmiTable& memory, Cycles first_lookup)
    : shape_(shape),
      memory_(&memory),
      first_lookup_(first_lookup),
      tags_(shape.sets * shape.ways, kNoLine),
      jumps_(tags_.size()) {}

void TileCache::flush() {
  const Statistics statistics = statistics_;
  *this = TileCache(shape_, *memory_, 0);
  statistics_ = statistics;
}

void TileCache::Arbiter::end(std::uint32_t requests, bool is_granted) {
  if (requests != 0 && is_granted) {
    tree.grant(requests);
  }
  held = is_granted ? 0 : requests;
}

bool TileCache::arbitrate(bool is_ready, std::uint32_t& line) {
  const std::uint32_t fetches = fetch_arbiter_.requests(fetches_);
  const std::uint32_t prefetches = prefetch_arbiter_.requests(prefetches_);
  if ((fetches | prefetches) == 0) {
    return false;
  }
  const std::uint32_t fetch = fetches != 0 ? lines_[fetch_arbiter_.tree.winner(fetches)] : kNoLine;
  const std::uint32_t prefetch =
      prefetches != 0 ? lines_[prefetch_arbiter_.tree.winner(prefetches)] : kNoLine;
  // Fetches go first, but not before a prefetch that already waits at the tag stage.
  const bool is_fetch = fetches != 0 && !is_locked_to_prefetch_;
  line = is_fetch ? fetch : prefetch;
  fetch_arbiter_.end(fetches, is_ready && fetch == line);
  prefetch_arbiter_.end(prefetches, is_ready && prefetch == line);
  is_locked_to_prefetch_ = !is_fetch && !is_ready;
  return is_ready;
}

void TileCache::look_up(std::uint32_t line) {
  const std::uint32_t first = first_entry(line);
  tag_ = {line, 0, false, first};
  for (std::uint32_t entry = first; entry < first + shape_.ways; ++entry) {
    if (tags_[entry] == line) {
      tag_.is_hit = true;
      tag_.entry = entry;
      return;
    }
  }
}

void TileCache::finish_cycle(Cycles cycle) {
  if ((fetches_ | prefetches_) != 0) {
    std::uint32_t line = 0;
    const bool is_accepted = arbitrate(is_tag_stage_ready_ && cycle >= first_lookup_, line);
    if (is_accepted) {
      look_up(line);
      ++statistics_.lookups;
    }
    for (std::uint32_t rest = fetches_ | prefetches_; rest != 0; rest &= rest - 1) {
      const std::uint32_t port = lowest_bit(rest);
      if (is_accepted && lines_[port] == line) {
        statistics_.shared_lookups += static_cast<std::uint64_t>(tag_.ports != 0);
        tag_.ports |= 1u << port;
      } else {
        ++statistics_.wait_cycles;
      }
    }
    if (is_accepted) {
      fetches_ &= ~tag_.ports;
      prefetches_ &= ~tag_.ports;
    }
  }
  prefetches_ |= latched_prefetches_;
  latched_prefetches_ = 0;
}

bool TileCache::miss(std::uint32_t tile, RefillPort& port, Cycles cycle) {
  for (std::uint32_t rest = refilling_; rest != 0; rest &= rest - 1) {
    Refill& refill = refills_[lowest_bit(rest)];
    if (refill.line == data_.line) {
      refill.ports |= data_.ports;
      ++statistics_.shared_refills;
      return true;
    }
  }
  if (num_refilling_ == shape_.max_refills || !port.can_refill(tile)) {
    return false;
  }
  const std::uint32_t tag = lowest_bit(~refilling_);
  refilling_ |= 1u << tag;
  ++num_refilling_;
  refills_[tag] = {data_.line, data_.ports, cycle};
  port.refill(tile, data_.line * shape_.line_bytes, shape_.line_bytes, tag);
  ++statistics_.refills;
  return true;
}

std::uint32_t TileCache::replace(std::uint32_t line) {
  const std::uint32_t entry = first_entry(line) + victim_;
  statistics_.evictions += static_cast<std::uint64_t>(tags_[entry] != kNoLine);
  tags_[entry] = line;
  jumps_[entry] = predicted_jumps(*memory_, line * shape_.line_bytes, shape_.line_bytes);
  victim_ = next_victim(victim_, shape_.ways);
  return entry;
}

TileCache::Served TileCache::step(std::uint32_t tile, RefillPort& port, Cycles cycle) {
  if ((tag_.ports | data_.ports | num_arrived_) != 0) {
    return step_stages(tile, port, cycle);
  }
  is_tag_stage_ready_ = true;
  return {};
}

TileCache::Served TileCache::step_stages(std::uint32_t tile, RefillPort& port, Cycles cycle) {
  Served served;
  bool is_data_stage_ready = true;
  if (data_.ports != 0 && data_.is_hit) {
    served = {data_.ports, jumps_[data_.entry]};
    ++statistics_.hits;
  } else if (data_.ports != 0) {
    is_data_stage_ready = miss(tile, port, cycle);
  }
  // A line that arrives lets a hit go first. It takes the only port of the tags and of the data:
  // no lookup starts or goes on in this cycle, but the one that looks for just this line.
  const bool is_writing = served.ports == 0 && num_arrived_ != 0;
  std::uint32_t written_line = kNoLine;
  std::uint32_t written_entry = 0;
  if (is_writing) {
    const Refill& refill = refills_[arrived_[0]];
    written_line = refill.line;
    written_entry = replace(refill.line);
    served = {refill.ports, jumps_[written_entry]};
    statistics_.refill_cycles += cycle - refill.begin;
    refilling_ &= ~(1u << arrived_[0]);
    --num_refilling_;
    std::copy(arrived_.begin() + 1, arrived_.end(), arrived_.begin());
    --num_arrived_;
  }
  const bool moves = is_data_stage_ready && (!is_writing || tag_.line == written_line);
  is_tag_stage_ready_ = (tag_.ports == 0 || moves) && !is_writing;
  if (moves) {
    data_ = tag_;
    if (is_writing) {
      data_.is_hit = true;
      data_.entry = written_entry;
    }
    tag_.ports = 0;
  } else {
    data_.ports = is_data_stage_ready ? 0 : data_.ports;
    tag_.is_hit = tag_.is_hit && !(is_writing && tag_.entry == written_entry);
  }
  return served;
}

}  // namespace tessera
