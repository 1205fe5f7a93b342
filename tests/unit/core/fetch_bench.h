// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "models/base/dmi_table.h"
#include "models/core/instruction_caches.h"

namespace tessera::test {

/// Answers every refill after a fixed number of cycles.
class FixedLatencyRefills final : public RefillPort {
 public:
  struct Refill {
    std::uint32_t tile;
    std::uint32_t address;
    std::uint32_t tag;
    Cycles done;
  };
  Cycles latency = 20;
  bool is_blocked = false;
  Cycles now = 0;
  std::deque<Refill> under_way;
  std::vector<Refill> history;

  bool can_refill(std::uint32_t /*tile*/) const override { return !is_blocked; }
  void refill(std::uint32_t tile, std::uint32_t address, std::uint32_t /*bytes*/,
              std::uint32_t tag) override {
    under_way.push_back({tile, address, tag, now + latency});
    history.push_back(under_way.back());
  }
  void deliver(RefillClient& client) {
    while (!under_way.empty() && under_way.front().done <= now) {
      client.refill_done(under_way.front().tile, under_way.front().tag, now);
      under_way.pop_front();
    }
  }
};

/// Harts that do nothing but fetch: each follows its own list of pcs, one per cycle when L0
/// delivers, as the part of the harts in the cycle loop would.
class FetchBench {
 public:
  static constexpr std::uint32_t kBase = 0x80000000;
  static constexpr std::uint32_t kCodeBytes = 256 * 1024;
  static constexpr std::uint32_t kNop = 0x00000013;

  explicit FetchBench(const InstructionCachesParameters& parameters = one_tile())
      : code_(kCodeBytes / 4, kNop),
        walks_(std::size_t{parameters.num_tiles} * parameters.harts_per_tile),
        caches_(parameters, dmi_, port, stats) {
    dmi_.map(kBase, kCodeBytes, reinterpret_cast<std::uint8_t*>(code_.data()), true, false);
  }

  static InstructionCachesParameters one_tile() {
    InstructionCachesParameters parameters;
    parameters.num_tiles = 1;
    return parameters;
  }

  /// Puts an instruction word at instruction `index` of the code.
  void place(std::uint32_t index, std::uint32_t word) { code_[index] = word; }
  /// The hart goes on with these instructions, given by index.
  void walk(std::uint32_t hart, const std::vector<std::uint32_t>& indices) {
    walks_[hart].todo.insert(walks_[hart].todo.end(), indices.begin(), indices.end());
  }
  /// The hart stalls for `cycles` for another reason when it has fetched up to instruction
  /// `position` of its walk, without presenting its pc again.
  void stall(std::uint32_t hart, std::size_t position, Cycles cycles) {
    walks_[hart].stalls[position] = cycles;
  }
  /// Runs until all walks are at their end; returns the number of cycles.
  Cycles run() {
    const Cycles begin = port.now;
    while (true) {
      bool is_done = true;
      for (const Walk& walk : walks_) {
        is_done = is_done && walk.position == walk.todo.size();
      }
      if (is_done) {
        return port.now - begin;
      }
      cycle();
    }
  }
  void run_for(Cycles cycles) {
    for (const Cycles end = port.now + cycles; port.now < end;) {
      cycle();
    }
  }
  /// Cycle in which the hart got the last instruction.
  Cycles last_fetch(std::uint32_t hart) const { return walks_[hart].last_fetch; }

  FixedLatencyRefills port;
  StatGroup stats{"icache"};
  std::uint64_t stat(const std::string& path) const { return stats.value("tile[0]." + path); }
  InstructionCaches& caches() { return caches_; }

 private:
  struct Walk {
    std::vector<std::uint32_t> todo;
    std::map<std::size_t, Cycles> stalls;
    std::size_t position = 0;
    Cycles free_at = 0;
    Cycles last_fetch = 0;
    bool is_waiting = false;
  };

  void cycle() {
    port.deliver(caches_);
    if (caches_.next_active_cycle(port.now) == port.now) {
      caches_.step(port.now);
      for (const std::uint32_t hart : caches_.harts_ready()) {
        walks_[hart].is_waiting = false;
      }
    }
    for (std::uint32_t hart = 0; hart < walks_.size(); ++hart) {
      advance(hart);
    }
    ++port.now;
  }
  void advance(std::uint32_t hart) {
    Walk& walk = walks_[hart];
    if (walk.is_waiting || walk.position == walk.todo.size() || port.now < walk.free_at) {
      return;
    }
    walk.is_waiting = !caches_.fetch(hart, kBase + 4 * walk.todo[walk.position]);
    if (walk.is_waiting) {
      return;
    }
    const auto stall = walk.stalls.find(walk.position);
    if (stall != walk.stalls.end()) {
      walk.free_at = port.now + stall->second;
      walk.stalls.erase(stall);
      return;
    }
    walk.last_fetch = port.now;
    ++walk.position;
  }

  std::vector<std::uint32_t> code_;
  DmiTable dmi_;
  std::vector<Walk> walks_;
  InstructionCaches caches_;
};

}  // namespace tessera::test
