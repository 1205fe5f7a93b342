// SPDX-License-Identifier: Apache-2.0
#include "models/axi/soc_path.h"

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "models/axi/axi_crossbar.h"
#include "models/axi/boot_rom_path.h"
#include "models/axi/dram_path.h"
#include "models/axi/group_port.h"
#include "models/axi/l2_path.h"
#include "models/axi/master_demux.h"
#include "models/axi/master_port.h"
#include "models/axi/register_path.h"
#include "models/axi/tile_port.h"
#include "models/base/error.h"

namespace tessera {

namespace {

std::string indexed(const char* name, std::uint32_t index) {
  return std::string(name) + "[" + std::to_string(index) + "]";
}

/// Targets of the crossbar beside L2.
enum SocTargetIndex : std::uint32_t { kRegisters, kBootRom, kExternal, kNumSocTargets };

class SocDecoder : public AxiCrossbar::Decoder {
 public:
  explicit SocDecoder(const SocPathParameters& parameters) : parameters_(parameters) {}
  std::uint32_t target_of(std::uint32_t address) const override {
    return parameters_.registers.contains(address)  ? kRegisters
           : parameters_.boot_rom.contains(address) ? kBootRom
                                                    : kExternal;
  }

 private:
  const SocPathParameters& parameters_;
};

std::unique_ptr<AxiSlave> make_l2(const SocPathParameters& shape, std::uint32_t num_masters,
                                  SocTarget& target, StatGroup& stats) {
  if (shape.l2_type == L2Type::kDram) {
    return std::make_unique<DramPath>(num_masters, shape.l2_banks, shape.axi_bytes, shape.dram,
                                      shape.core_khz, target, stats);
  }
  return std::make_unique<L2Path>(num_masters, shape.l2_banks, shape.axi_bytes, target, stats);
}

/// From the write of a control register to the read-only caches. Source: the register, and a
/// flip-flop each in mempool_cluster.sv and mempool_group.sv; the regions have a second register
/// in ctrl_registers.sv.
constexpr Cycles kCacheControlCycles = 3;
constexpr Cycles kCacheRegionCycles = 4;

/// 2^n - 1 for MaxMstTrans = 4 of i_soc_xbar, mempool_system.sv.
constexpr std::uint32_t kMaxPerSocId = 3;

}  // namespace

struct SocPath::Machine {
  Machine(const SocPathParameters& shape, SocTarget& target, StatGroup& stats);

  /// One of the two sides in the loop.
  class Side : public Steppable {
   public:
    Side(Machine& machine, void (Machine::*side)(Cycles)) : machine_(machine), step_(side) {}
    Cycles next_active_cycle(Cycles from) const override {
      return machine_.is_idle() ? kNever : from;
    }
    void step(Cycles cycle) override { (machine_.*step_)(cycle); }

   private:
    Machine& machine_;
    void (Machine::*step_)(Cycles);
  };

  void step_responses(Cycles cycle);
  void step_requests(Cycles cycle);
  bool is_idle() const;
  void wake(std::uint32_t tile);
  template <typename Visitor>
  void visit_active_tiles(Visitor&& visitor);
  void apply_cache_control();

  TilePort& tile_of(std::uint32_t hart) { return tiles[hart >> tile_shift]; }
  std::uint32_t lane_of(std::uint32_t hart) const { return hart & (parameters.harts_per_tile - 1); }

  const SocPathParameters parameters;
  const std::uint32_t num_groups;
  const std::uint32_t tile_shift;  ///< hart number -> tile number
  Cycles now = 0;
  bool is_running = false;
  MemoryClient* harts = nullptr;
  RefillClient* caches = nullptr;

  std::vector<TilePort> tiles;
  std::vector<MasterPort> masters;
  std::deque<GroupPort> groups;
  SocDecoder decoder;
  AxiCrossbar crossbar;
  std::unique_ptr<AxiSlave> l2;
  std::deque<MasterDemux> demuxes;
  RegisterPath registers;
  BootRomPath boot_rom;
  RegisterPath external;

  std::vector<std::uint64_t> active_tiles;  ///< bit set: the tile is not idle
  /// What is under way in a group.
  struct Activity {
    std::uint32_t tiles = 0;   ///< that are not idle
    std::uint32_t bursts = 0;  ///< of its masters
    bool is_refilling = false;
    bool any() const { return tiles != 0 || bursts != 0 || is_refilling; }
  };
  std::vector<Activity> activity;

  struct CacheControl {
    Cycles at;
    ReadOnlyCacheControl control;
  };
  ReadOnlyCacheControl cache_control;
  std::deque<CacheControl> coming_cache_control;

  Side response_side{*this, &Machine::step_responses};
  Side request_side{*this, &Machine::step_requests};
};

SocPath::Machine::Machine(const SocPathParameters& shape, SocTarget& target, StatGroup& stats)
    : parameters(shape),
      num_groups(shape.num_tiles / shape.tiles_per_group),
      tile_shift(static_cast<std::uint32_t>(__builtin_ctz(shape.harts_per_tile))),
      decoder(parameters),
      crossbar(num_groups, kNumSocTargets, kMaxPerSocId, decoder),
      l2(make_l2(shape, num_groups, target, stats.add_group("l2"))),
      registers(kRegisterTiming, crossbar.target(kRegisters), target, stats.add_group("registers")),
      boot_rom(crossbar.target(kBootRom), target, stats.add_group("boot_rom")),
      external(kExternalTiming, crossbar.target(kExternal), target, stats.add_group("external")),
      active_tiles((shape.num_tiles + 63) / 64),
      activity(num_groups) {
  TESSERA_CHECK(is_power_of_two(shape.harts_per_tile), "{} harts per tile", shape.harts_per_tile);
  TESSERA_CHECK(shape.num_tiles % shape.tiles_per_group == 0, "{} tiles in groups of {}",
                shape.num_tiles, shape.tiles_per_group);
  tiles.reserve(shape.num_tiles);
  for (std::uint32_t tile = 0; tile < shape.num_tiles; ++tile) {
    tiles.emplace_back(shape.harts_per_tile, shape.axi_bytes,
                       stats.add_group(indexed("tile", tile)));
  }
  masters.reserve(std::size_t{num_groups} * shape.masters_per_group);
  for (std::uint32_t group = 0; group < num_groups; ++group) {
    StatGroup& group_stats = stats.add_group(indexed("group", group));
    for (std::uint32_t index = 0; index < shape.masters_per_group; ++index) {
      masters.emplace_back(now, group_stats.add_group(indexed("master", index)));
    }
    groups.emplace_back(
        static_cast<std::uint8_t>(group),
        GroupPort::Inputs{&tiles[group * shape.tiles_per_group], shape.tiles_per_group,
                          masters.data() + group * shape.masters_per_group, shape.masters_per_group,
                          activity[group].bursts},
        shape.read_only_cache_bytes, shape.axi_bytes, target, group_stats);
    demuxes.emplace_back(group, groups.back().cut, parameters.l2, crossbar, *l2);
  }
  TESSERA_CHECK(groups.front().mux.num_sources() <= ReadOnlyCache::kMaxSources,
                "{} inputs of a group's mux", shape.tiles_per_group + shape.masters_per_group);
}

bool SocPath::Machine::is_idle() const {
  return std::none_of(activity.begin(), activity.end(),
                      [](const Activity& group) { return group.any(); });
}

void SocPath::Machine::wake(std::uint32_t tile) {
  std::uint64_t& word = active_tiles[tile / 64];
  const std::uint64_t bit = std::uint64_t{1} << tile % 64;
  if ((word & bit) == 0) {
    word |= bit;
    ++activity[tile / parameters.tiles_per_group].tiles;
  }
}

template <typename Visitor>
void SocPath::Machine::visit_active_tiles(Visitor&& visitor) {
  for (std::uint32_t word = 0; word < active_tiles.size(); ++word) {
    for (std::uint64_t bits = active_tiles[word]; bits != 0; bits &= bits - 1) {
      visitor(word * 64 + static_cast<std::uint32_t>(__builtin_ctzll(bits)));
    }
  }
}

void SocPath::Machine::step_responses(Cycles cycle) {
  now = cycle;
  is_running = true;
  visit_active_tiles(
      [this](std::uint32_t tile) { tiles[tile].deliver(tile, *harts, *caches, now); });
  for (std::uint32_t group = 0; group < num_groups; ++group) {
    if (activity[group].any()) {
      groups[group].mux.deliver(now);
    }
  }
}

void SocPath::Machine::step_requests(Cycles cycle) {
  now = cycle;
  apply_cache_control();
  std::uint64_t active = 0;
  for (std::uint32_t group = 0; group < num_groups; ++group) {
    active |= std::uint64_t{activity[group].any()} << group;
  }
  const auto visit = [active](auto&& visitor) {
    for (std::uint64_t bits = active; bits != 0; bits &= bits - 1) {
      visitor(static_cast<std::uint32_t>(__builtin_ctzll(bits)));
    }
  };
  visit([this](std::uint32_t group) {
    demuxes[group].take_responses(now);
    demuxes[group].show_requests(now);
  });
  if (crossbar.is_used()) {
    crossbar.step(now);
    registers.step(now);
    boot_rom.step(now);
    external.step(now);
  }
  l2->step(now);
  visit([this](std::uint32_t group) {
    demuxes[group].end_requests(now);
    groups[group].step(now);
    activity[group].is_refilling = !groups[group].is_idle();
  });
  visit_active_tiles([this](std::uint32_t tile) {
    tiles[tile].step(now);
    if (tiles[tile].is_idle()) {
      active_tiles[tile / 64] &= ~(std::uint64_t{1} << tile % 64);
      --activity[tile / parameters.tiles_per_group].tiles;
    }
  });
}

void SocPath::Machine::apply_cache_control() {
  while (!coming_cache_control.empty() && coming_cache_control.front().at <= now) {
    for (GroupPort& group : groups) {
      group.read_only_cache().set_control(coming_cache_control.front().control,
                                          coming_cache_control.front().at);
    }
    coming_cache_control.pop_front();
  }
}

SocPath::SocPath(const SocPathParameters& parameters, SocTarget& target, StatGroup& stats)
    : machine_(std::make_unique<Machine>(parameters, target, stats)) {}

SocPath::~SocPath() = default;

void SocPath::connect(MemoryClient& harts, RefillClient& caches) {
  machine_->harts = &harts;
  machine_->caches = &caches;
}

void SocPath::connect_master(std::uint32_t group, std::uint32_t index, AxiClient& client) {
  machine_->masters[group * machine_->parameters.masters_per_group + index].connect(client);
}

AxiPort& SocPath::master_port(std::uint32_t group, std::uint32_t index) {
  return machine_->masters[group * machine_->parameters.masters_per_group + index];
}

Steppable& SocPath::response_side() {
  return machine_->response_side;
}

Steppable& SocPath::request_side() {
  return machine_->request_side;
}

bool SocPath::is_pending(std::uint32_t hart) const {
  return machine_->tile_of(hart).is_pending(machine_->lane_of(hart));
}

void SocPath::request(const MemoryRequest& request) {
  const std::uint32_t hart = request.access.hart;
  machine_->tile_of(hart).request(machine_->lane_of(hart), request);
  machine_->wake(hart >> machine_->tile_shift);
}

bool SocPath::can_refill(std::uint32_t tile) const {
  return machine_->tiles[tile].can_refill(machine_->now);
}

void SocPath::refill(std::uint32_t tile, std::uint32_t address, std::uint32_t bytes,
                     std::uint32_t tag) {
  machine_->tiles[tile].refill(address, bytes, tag, machine_->now);
  machine_->wake(tile);
}

void SocPath::set_read_only_cache(const ReadOnlyCacheControl& control) {
  if (!machine_->is_running) {
    machine_->cache_control = control;
    for (GroupPort& group : machine_->groups) {
      group.read_only_cache().set_control(control, 0);
    }
    return;
  }
  // The regions that are in force now stay a cycle longer than the rest.
  ReadOnlyCacheControl first = control;
  first.regions = machine_->cache_control.regions;
  machine_->cache_control = control;
  machine_->coming_cache_control.push_back({machine_->now + kCacheControlCycles, first});
  machine_->coming_cache_control.push_back({machine_->now + kCacheRegionCycles, control});
}

bool SocPath::is_idle() const {
  return machine_->is_idle();
}

}  // namespace tessera
