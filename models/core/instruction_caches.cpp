// SPDX-License-Identifier: Apache-2.0
#include "models/core/instruction_caches.h"

#include "models/base/error.h"
#include "models/core/hart_set.h"
#include "models/core/l0_cache.h"
#include "models/core/tile_cache.h"

namespace tessera {

namespace {

std::uint32_t log2_of(std::uint32_t power_of_two) {
  return static_cast<std::uint32_t>(__builtin_ctz(power_of_two));
}

void check(const InstructionCachesParameters& p) {
  const std::uint64_t sets = std::uint64_t{p.l1_bytes} / p.line_bytes / p.l1_ways;
  TESSERA_CHECK(is_power_of_two(p.harts_per_tile) && p.harts_per_tile <= TileCache::kMaxPorts &&
                    is_power_of_two(p.line_bytes) && p.line_bytes >= 8 && p.line_bytes <= 64 &&
                    is_power_of_two(p.l0_lines) && p.l0_lines >= 2 && p.l0_lines <= 8 &&
                    is_power_of_two(p.l1_ways) && p.l1_ways >= 2 && p.l1_ways <= 16 &&
                    is_power_of_two(sets) && sets * p.line_bytes * p.l1_ways == p.l1_bytes &&
                    p.max_refills >= 1 && p.max_refills <= 8 && p.l0_early_tag_bits <= 27,
                "shape of the instruction caches");
}

}  // namespace

/// What the hot path of fetch() does not need.
struct InstructionCaches::Machine {
  struct L0 {
    explicit L0(const L0Cache& empty) : cache(empty) {}
    L0Cache cache;
    Range prefetched_for;          ///< instructions that the prefetch under way is for
    bool is_alias_coming = false;  ///< the line under way looks like another in the early compare
    bool is_waiting = false;       ///< its hart's fetch failed
    bool is_asleep = false;
    std::uint64_t misses = 0;
    std::uint64_t prefetches = 0;
    std::uint64_t useful_prefetches = 0;
  };
  /// Masks have a bit per hart of the tile.
  struct Tile {
    explicit Tile(TileCache cache) : l1(std::move(cache)) {}
    TileCache l1;
    std::uint32_t due = 0;       ///< L0s that look at their pc in this cycle, fetch() or not
    std::uint32_t due_next = 0;  ///< in the next cycle
    TileCache::Served filled;    ///< L0s whose line is there in the next cycle
    bool is_active() const { return (due | due_next | filled.ports) != 0 || l1.is_active(); }
  };

  Machine(InstructionCaches& owner, const InstructionCachesParameters& parameters,
          const DmiTable& code, RefillPort& refill_port);

  void add_stats(StatGroup& stats);
  void flush();
  /// One cycle of the L0 of `hart` with the pc of its front: hit, prefetch, miss. True: hit.
  bool present(std::uint32_t hart);
  /// The L0 hits in line `hit` of its cache, no other is alike, and nothing is under way.
  void prefetch(std::uint32_t hart, std::uint32_t hit);
  /// The L0 gives up a line for the one it asks L1 for.
  void evict_for(std::uint32_t hart, std::uint32_t line, std::uint32_t spared, bool is_prefetch);
  void step(std::uint32_t tile, Cycles cycle);
  /// The line on its way to the L0 of `hart` arrived at the end of the last cycle.
  void fill(std::uint32_t hart, std::uint16_t jumps);

  Tile& tile_of(std::uint32_t hart) { return tiles[hart >> harts_log2]; }
  std::uint32_t port_of(std::uint32_t hart) const { return hart & (shape.harts_per_tile - 1); }
  /// The next step() visits the tile of `hart`.
  void activate(std::uint32_t hart) { active.insert(hart >> harts_log2); }

  InstructionCaches& caches;
  const InstructionCachesParameters shape;
  const std::uint32_t harts_log2;
  const std::uint32_t line_log2;
  const L0Cache empty_l0;
  const DmiTable& memory;
  RefillPort& port;
  std::vector<L0> l0s;
  std::vector<Tile> tiles;
  HartSet active;  ///< tiles, by index
};

InstructionCaches::Machine::Machine(InstructionCaches& owner,
                                    const InstructionCachesParameters& parameters,
                                    const DmiTable& code, RefillPort& refill_port)
    : caches(owner),
      shape(parameters),
      harts_log2(log2_of(parameters.harts_per_tile)),
      line_log2(log2_of(parameters.line_bytes)),
      empty_l0(parameters.l0_lines, (1u << parameters.l0_early_tag_bits) - 1),
      memory(code),
      port(refill_port),
      l0s(std::size_t{parameters.num_tiles} * parameters.harts_per_tile, L0(empty_l0)),
      active(parameters.num_tiles) {
  const std::uint32_t sets = shape.l1_bytes / shape.line_bytes / shape.l1_ways;
  const TileCacheShape l1{sets, shape.l1_ways, shape.line_bytes, shape.max_refills};
  // After reset the tags are cleared, a set per cycle. Source: init_count_q in
  // snitch_icache_lookup_serial.sv.
  tiles.assign(shape.num_tiles, Tile(TileCache(l1, memory, sets)));
}

void InstructionCaches::Machine::add_stats(StatGroup& stats) {
  for (std::uint32_t tile = 0; tile < shape.num_tiles; ++tile) {
    StatGroup& group = stats.add_group("tile[" + std::to_string(tile) + "]");
    const TileCache::Statistics& l1 = tiles[tile].l1.statistics();
    group.add("lookups", "count", "lines looked up in L1", &l1.lookups);
    group.add("shared_lookups", "count", "requests of an L0 served by another's lookup",
              &l1.shared_lookups);
    group.add("wait_cycles", "cycles", "requests of L0s not yet accepted, summed over the cycles",
              &l1.wait_cycles);
    group.add("hits", "count", "lookups that hit L1", &l1.hits);
    group.add("refills", "count", "lines fetched over AXI", &l1.refills);
    group.add("shared_refills", "count", "lookups of a line already on its way",
              &l1.shared_refills);
    group.add("refill_cycles", "cycles", "lines on their way, summed over the cycles",
              &l1.refill_cycles);
    group.add("evictions", "count", "refills that replaced a line", &l1.evictions);
    for (std::uint32_t core = 0; core < shape.harts_per_tile; ++core) {
      StatGroup& core_group = group.add_group("core[" + std::to_string(core) + "]");
      const std::size_t hart = std::size_t{tile} * shape.harts_per_tile + core;
      const L0& l0 = l0s[hart];
      core_group.add("hits", "count", "fetches that L0 served", &caches.fronts_[hart].hits);
      core_group.add("misses", "count", "fetches that had to wait", &l0.misses);
      core_group.add("prefetches", "count", "lines prefetched into L0", &l0.prefetches);
      core_group.add("useful_prefetches", "count", "prefetched lines fetched from",
                     &l0.useful_prefetches);
    }
  }
}

void InstructionCaches::Machine::flush() {
  for (Tile& tile : tiles) {
    tile.l1.flush();
    tile.due = tile.due_next = 0;
    tile.filled = {};
  }
  for (L0& l0 : l0s) {
    l0.cache = empty_l0;
    l0.is_waiting = l0.is_asleep = false;
  }
  active = HartSet(shape.num_tiles);
}

bool InstructionCaches::Machine::present(std::uint32_t hart) {
  Front& front = caches.fronts_[hart];
  L0& l0 = l0s[hart];
  const std::uint32_t line = front.pc >> line_log2;
  const std::uint32_t hit = l0.cache.find(line);
  if (hit == 0) {
    front.here.size = 0;
    if (!l0.cache.is_refilling() && !l0.is_asleep) {
      evict_for(hart, line, l0.cache.find_alike(line, 0), /*is_prefetch=*/false);
      tile_of(hart).l1.request_fetch(port_of(hart), line);
    }
    return false;
  }
  l0.useful_prefetches += static_cast<std::uint64_t>(l0.cache.is_first_use(hit));
  front.here = {line << line_log2, shape.line_bytes};
  const std::uint32_t alike = l0.cache.find_alike(line, hit);
  if (alike != hit) {
    // Such a line goes, and until then the prefetcher holds still.
    l0.cache.drop(alike & ~hit);
    front.unsettle();
    tile_of(hart).due_next |= 1u << port_of(hart);
    activate(hart);
  } else if (!l0.cache.is_refilling()) {
    prefetch(hart, hit);
  }
  if (l0.is_asleep) {
    front.here.size = 0;  // its next fetch() has to wake it
    front.unsettle();
  }
  return true;
}

void InstructionCaches::Machine::prefetch(std::uint32_t hart, std::uint32_t hit) {
  Front& front = caches.fronts_[hart];
  L0& l0 = l0s[hart];
  Range range = front.here;
  std::uint32_t target = range.begin + shape.line_bytes;
  const std::uint32_t jumps = l0.cache.jumps(hit);
  if (jumps != 0) {
    // From behind the last predicted jump up to the next one, all instructions want the same line.
    const std::uint32_t position = (front.pc & (shape.line_bytes - 1)) / 4;
    const std::uint32_t behind = jumps & ((1u << position) - 1);
    const std::uint32_t ahead = jumps >> position;
    std::uint32_t end = target;
    if (ahead != 0) {
      end = range.begin + 4 * (position + static_cast<std::uint32_t>(__builtin_ctz(ahead)) + 1);
      target = jump_target(memory, end - 4);
    }
    if (behind != 0) {
      range.begin += 4 * (32 - static_cast<std::uint32_t>(__builtin_clz(behind)));
    }
    range.size = end - range.begin;
  }
  const std::uint32_t line = target >> line_log2;
  if (l0.cache.find(line) != 0) {
    front.settle(range);
    return;
  }
  evict_for(hart, line, hit, /*is_prefetch=*/true);
  l0.prefetched_for = range;
  ++l0.prefetches;
  tile_of(hart).l1.request_prefetch(port_of(hart), line);
}

void InstructionCaches::Machine::evict_for(std::uint32_t hart, std::uint32_t line,
                                           std::uint32_t spared, bool is_prefetch) {
  L0& l0 = l0s[hart];
  caches.fronts_[hart].unsettle();
  l0.cache.evict_for(line, spared, is_prefetch);
  l0.is_alias_coming = l0.cache.find_alike(line, 0) != 0;
  activate(hart);
}

void InstructionCaches::Machine::fill(std::uint32_t hart, std::uint16_t jumps) {
  Front& front = caches.fronts_[hart];
  L0& l0 = l0s[hart];
  l0.cache.fill(jumps);
  if (l0.is_waiting) {
    if (present(hart)) {
      l0.is_waiting = false;
      caches.harts_ready_.push_back(hart);
    }
  } else if (l0.prefetched_for.contains(front.pc) && !l0.is_alias_coming && !l0.is_asleep) {
    front.settle(l0.prefetched_for);
  } else {
    front.here.size = 0;
    front.unsettle();
    tile_of(hart).due |= 1u << port_of(hart);
  }
}

void InstructionCaches::Machine::step(std::uint32_t tile_index, Cycles cycle) {
  Tile& tile = tiles[tile_index];
  const std::uint32_t first_hart = tile_index << harts_log2;
  // What is left of the last cycle, now that all its fetches are known.
  for (std::uint32_t rest = tile.due; rest != 0; rest &= rest - 1) {
    present(first_hart + static_cast<std::uint32_t>(__builtin_ctz(rest)));
  }
  tile.l1.finish_cycle(cycle - 1);
  // This cycle.
  tile.due = tile.due_next;
  tile.due_next = 0;
  for (std::uint32_t rest = tile.due; rest != 0; rest &= rest - 1) {
    caches.fronts_[first_hart + static_cast<std::uint32_t>(__builtin_ctz(rest))].here.size = 0;
  }
  for (std::uint32_t rest = tile.filled.ports; rest != 0; rest &= rest - 1) {
    fill(first_hart + static_cast<std::uint32_t>(__builtin_ctz(rest)), tile.filled.jumps);
  }
  tile.filled = tile.l1.step(tile_index, port, cycle);
  if (!tile.is_active()) {
    active.erase(tile_index);
  }
}

void InstructionCaches::Front::settle(Range range) {
  here = range;
  settled[next_settled++ % settled.size()] = range;
}

void InstructionCaches::Front::unsettle() {
  settled = {};
}

InstructionCaches::InstructionCaches(const InstructionCachesParameters& parameters,
                                     const DmiTable& memory, RefillPort& port, StatGroup& stats)
    : fronts_(std::size_t{parameters.num_tiles} * parameters.harts_per_tile) {
  check(parameters);
  machine_ = std::make_unique<Machine>(*this, parameters, memory, port);
  machine_->add_stats(stats);
  flush_fronts();
}

InstructionCaches::~InstructionCaches() = default;

void InstructionCaches::flush_fronts() {
  for (Front& front : fronts_) {
    front.here = {0, machine_->shape.is_perfect ? 0xFFFFFFFF : 0};
    front.unsettle();
  }
}

void InstructionCaches::flush() {
  TESSERA_CHECK(is_idle(), "instruction caches flushed with a refill under way");
  machine_->flush();
  harts_ready_.clear();
  flush_fronts();
}

bool InstructionCaches::is_idle() const {
  for (const Machine::Tile& tile : machine_->tiles) {
    if (tile.l1.is_refilling()) {
      return false;
    }
  }
  return true;
}

bool InstructionCaches::fetch_elsewhere(std::uint32_t hart) {
  Front& front = fronts_[hart];
  for (const Range& range : front.settled) {
    if (range.contains(front.pc)) {
      front.here = range;
      ++front.hits;
      return true;
    }
  }
  Machine::L0& l0 = machine_->l0s[hart];
  if (l0.is_waiting) {
    return false;
  }
  l0.is_asleep = false;
  machine_->tile_of(hart).due &= ~(1u << machine_->port_of(hart));
  if (machine_->present(hart)) {
    ++front.hits;
    return true;
  }
  l0.is_waiting = true;
  ++l0.misses;
  return false;
}

void InstructionCaches::sleep(std::uint32_t hart, std::uint32_t pc) {
  if (machine_->shape.is_perfect) {
    return;
  }
  fronts_[hart].pc = pc;
  fronts_[hart].here.size = 0;
  fronts_[hart].unsettle();
  machine_->l0s[hart].is_asleep = true;
  machine_->tile_of(hart).due_next |= 1u << machine_->port_of(hart);
  machine_->activate(hart);
}

Cycles InstructionCaches::next_active_cycle(Cycles from) const {
  return machine_->active.is_empty() ? kNever : from;
}

void InstructionCaches::step(Cycles cycle) {
  harts_ready_.clear();
  HartSet& active = machine_->active;
  for (std::uint32_t tile = active.next(0); tile != HartSet::kNone; tile = active.next(tile + 1)) {
    machine_->step(tile, cycle);
  }
}

void InstructionCaches::refill_done(std::uint32_t tile, std::uint32_t tag, Cycles /*cycle*/) {
  machine_->tiles[tile].l1.refill_done(tag);
  machine_->active.insert(tile);
}

}  // namespace tessera
