// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/base/dmi_table.h"
#include "models/base/memory_port.h"
#include "models/base/round_robin_tree.h"
#include "models/base/units.h"

namespace tessera {

/// Shape of the L1 instruction cache of a tile.
struct TileCacheShape {
  std::uint32_t sets = 32;  ///< a power of two, as all of these but max_refills
  std::uint32_t ways = 2;
  std::uint32_t line_bytes = 32;
  std::uint32_t max_refills = 4;
};

/// The L1 instruction cache of one tile: requests of the L0s -> arbiter -> tag stage -> data stage
/// -> lines to the L0s or refills. Ports are the harts of the tile; masks have a bit per port.
/// Every L0 has at most one request or line under way.
/// Source: snitch_icache.sv (arbiter), snitch_icache_lookup_serial.sv (stages),
/// snitch_icache_handler.sv and snitch_icache_refill.sv (refills, victim).
///
/// Within a cycle: refill_done(), step(), request_fetch(), then finish_cycle(), by which time all
/// requests of the cycle are known.
class TileCache {
 public:
  static constexpr std::uint32_t kMaxPorts = 16;

  struct Statistics {
    std::uint64_t lookups = 0;
    std::uint64_t shared_lookups = 0;  ///< requests that needed no lookup of their own
    std::uint64_t wait_cycles = 0;
    std::uint64_t hits = 0;
    std::uint64_t refills = 0;
    std::uint64_t shared_refills = 0;  ///< lookups that missed a line already under way
    std::uint64_t refill_cycles = 0;
    std::uint64_t evictions = 0;
  };

  /// A line on its way to the L0s.
  struct Served {
    std::uint32_t ports = 0;
    std::uint16_t jumps = 0;  ///< predicted_jumps() of the line
  };

  /// Takes its first lookup in `first_lookup`. `memory` holds the code and outlives the cache.
  TileCache(const TileCacheShape& shape, const DmiTable& memory, Cycles first_lookup);

  /// The L0 at `port` misses `line` in this cycle.
  void request_fetch(std::uint32_t port, std::uint32_t line) {
    lines_[port] = line;
    fetches_ |= 1u << port;
  }
  /// The L0 at `port` asks for `line` from the next cycle on.
  void request_prefetch(std::uint32_t port, std::uint32_t line) {
    lines_[port] = line;
    latched_prefetches_ |= 1u << port;
  }
  /// The requests of `cycle` are complete: one line, for all who want it, enters the tag stage.
  void finish_cycle(Cycles cycle);
  /// Stages and refills in `cycle`. Returns whose line arrives at the end of the cycle.
  Served step(std::uint32_t tile, RefillPort& port, Cycles cycle);
  void refill_done(std::uint32_t tag) { arrived_[num_arrived_++] = static_cast<std::uint8_t>(tag); }

  /// step() or finish_cycle() has something to do.
  bool is_active() const {
    return (fetches_ | prefetches_ | latched_prefetches_ | num_arrived_) != 0 || tag_.ports != 0 ||
           data_.ports != 0 || !is_tag_stage_ready_;
  }
  bool is_refilling() const { return num_refilling_ != 0; }
  const Statistics& statistics() const { return statistics_; }
  /// Cold, without the initialisation after reset; statistics stay.
  void flush();

 private:
  static constexpr std::uint32_t kMaxRefills = 8;
  static constexpr std::uint32_t kNoLine = 0xFFFFFFFFu;

  /// A lookup in a stage; empty when nobody waits for it.
  struct Lookup {
    std::uint32_t line = 0;
    std::uint32_t ports = 0;
    bool is_hit = false;
    std::uint32_t entry = 0;  ///< of tags_, if it hits
  };
  struct Refill {
    std::uint32_t line = 0;
    std::uint32_t ports = 0;
    Cycles begin = 0;
  };
  /// multi_accept_rr_arb.sv: while the output waits, the requests are those of its first cycle.
  struct Arbiter {
    RoundRobinTree tree;
    std::uint32_t held = 0;
    std::uint32_t requests(std::uint32_t now) const { return held != 0 ? held : now; }
    void end(std::uint32_t requests, bool is_granted);
  };

  bool arbitrate(bool is_ready, std::uint32_t& line);
  void look_up(std::uint32_t line);
  Served step_stages(std::uint32_t tile, RefillPort& port, Cycles cycle);
  /// Data stage, line misses. False: no place for the refill yet.
  bool miss(std::uint32_t tile, RefillPort& port, Cycles cycle);
  /// The oldest line that has arrived replaces a victim; returns the entry of tags_.
  std::uint32_t replace(std::uint32_t line);
  std::uint32_t first_entry(std::uint32_t line) const {
    return (line & (shape_.sets - 1)) * shape_.ways;
  }

  TileCacheShape shape_;
  const DmiTable* memory_;
  Cycles first_lookup_;

  std::array<std::uint32_t, kMaxPorts> lines_{};  ///< that the ports ask for
  std::uint32_t fetches_ = 0;
  std::uint32_t prefetches_ = 0;
  std::uint32_t latched_prefetches_ = 0;
  Arbiter fetch_arbiter_;
  Arbiter prefetch_arbiter_;
  bool is_locked_to_prefetch_ = false;
  bool is_tag_stage_ready_ = true;  ///< takes a lookup in this cycle

  Lookup tag_;
  Lookup data_;
  std::vector<std::uint32_t> tags_;   ///< [set][way]: line or kNoLine
  std::vector<std::uint16_t> jumps_;  ///< of the lines in tags_
  std::uint32_t victim_ = 0;          ///< state of the LFSR

  std::array<Refill, kMaxRefills> refills_{};
  std::uint32_t refilling_ = 0;  ///< mask of refills_
  std::uint32_t num_refilling_ = 0;
  std::array<std::uint8_t, kMaxRefills> arrived_{};  ///< tags, oldest first
  std::uint32_t num_arrived_ = 0;

  Statistics statistics_;
};

}  // namespace tessera
