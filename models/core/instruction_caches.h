// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "models/base/dmi_table.h"
#include "models/base/memory_port.h"
#include "models/base/stat.h"
#include "models/base/steppable.h"

namespace tessera {

/// Shape of the caches. Defaults: MemPool. Source: mempool_tile.sv (instance of snitch_icache),
/// mempool_pkg.sv. Counts and sizes are powers of two.
struct InstructionCachesParameters {
  std::uint32_t num_tiles = 64;
  std::uint32_t harts_per_tile = 4;      ///< 1, 2, 4, 8 or 16: harts that share one L1 cache
  std::uint32_t line_bytes = 32;         ///< of L0 and L1 alike, 8..64
  std::uint32_t l0_lines = 4;            ///< per hart, fully associative, 2..8
  std::uint32_t l0_early_tag_bits = 11;  ///< of the line address; lines alike in them exclude
                                         ///< each other in L0
  std::uint32_t l1_bytes = 2048;         ///< per tile
  std::uint32_t l1_ways = 2;             ///< 2..16
  /// Lines under way per tile, 1..8. Source: TransactionQueueDepth in snitch_icache_refill.sv; the
  /// 8 entries of the handler's table (NUM_AXI_OUTSTANDING) never bind.
  std::uint32_t max_refills = 4;
  bool is_perfect = false;  ///< every fetch hits at once: what the caches cost is left out
};

/// L0 of every hart and the L1 instruction cache of every tile, in cycle timing.
/// Models tags and time, no data: harts take instruction words from memory, so code that was
/// overwritten is never seen stale as it would be in the RTL.
/// Timing: cycle-true to cluster_icache; the page of this folder lists it with its sources.
///
/// Part 4 of CycleLoop. Within cycle t: refill_done(t) by part 2, step(t), then fetch(t) and
/// sleep(t) by the harts; refills go to the RefillPort in step().
class InstructionCaches final : public Steppable, public RefillClient {
 public:
  /// State as after reset in cycle 0. `memory` holds the code that the prefetcher looks at, `stats`
  /// is the group of the caches; all three outlive the caches.
  InstructionCaches(const InstructionCachesParameters& parameters, const DmiTable& memory,
                    RefillPort& port, StatGroup& stats);
  ~InstructionCaches() override;

  /// An awake hart presents `pc` in this cycle; true: L0 delivers the instruction in this cycle.
  /// To be called in the first cycle in which the hart presents this pc, also when it cannot issue
  /// for another reason; calls for the same pc in later cycles may be left out.
  /// False: the hart waits, keeps its pc, and will be in harts_ready().
  bool fetch(std::uint32_t hart, std::uint32_t pc) {
    Front& front = fronts_[hart];
    front.pc = pc;
    if (front.here.contains(pc)) {
      ++front.hits;
      return true;
    }
    return fetch_elsewhere(hart);
  }
  /// Harts that waited for their instruction and get it when they fetch in the cycle of the last
  /// step(), in ascending order; valid until the next step().
  const std::vector<std::uint32_t>& harts_ready() const { return harts_ready_; }
  /// A wfi issues in this cycle and the hart sleeps until its next fetch(), with `pc` as next
  /// instruction: L0 goes on to prefetch for it, but does not miss.
  void sleep(std::uint32_t hart, std::uint32_t pc);

  /// Empties all caches, for a start in the middle of a program. REQUIRES: no refill under way.
  void flush();
  /// No refill under way.
  bool is_idle() const;

  Cycles next_active_cycle(Cycles from) const override;
  void step(Cycles cycle) override;
  void refill_done(std::uint32_t tile, std::uint32_t tag, Cycles cycle) override;

 private:
  /// Instructions of one line at addresses [begin, begin + size).
  struct Range {
    std::uint32_t begin = 0;
    std::uint32_t size = 0;
    bool contains(std::uint32_t pc) const { return pc - begin < size; }
  };
  /// What a fetch looks at first: where it hits and the prefetcher has nothing to do.
  struct alignas(64) Front {
    Range here;  ///< pc is in it; with a prefetch under way: all of the line
    std::uint32_t pc = 0;
    std::uint32_t next_settled = 0;
    std::uint64_t hits = 0;
    /// Latest values of `here` for which L0 holds what the prefetcher wants: true until L0 gives up
    /// a line.
    std::array<Range, 4> settled{};
    void settle(Range range);
    void unsettle();
  };
  struct Machine;

  bool fetch_elsewhere(std::uint32_t hart);
  void flush_fronts();

  std::vector<Front> fronts_;
  std::vector<std::uint32_t> harts_ready_;
  std::unique_ptr<Machine> machine_;
};

}  // namespace tessera
