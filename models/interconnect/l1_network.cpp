// SPDX-License-Identifier: Apache-2.0
#include "models/interconnect/l1_network.h"

#include <algorithm>

#include "models/base/error.h"
#include "models/interconnect/fabric_impl.h"
#include "models/interconnect/round_robin.h"
#include "models/interconnect/topologies.h"

namespace tessera {

namespace {

constexpr std::uint32_t kWordBytes = 4;
/// Cycles in which an AMO holds its bank. Source: tcdm_adapter.sv, states Idle and DoAMO.
constexpr Cycles kAmoCycles = 2;

/// More accesses than that cannot be under way: every buffer is full.
std::size_t capacity(const L1NetworkPlan& plan) {
  constexpr std::size_t kMostPerBuffer = 3;
  const std::size_t buffers = plan.requests.buffers.size() + plan.responses.buffers.size();
  return std::min<std::size_t>(kMostPerBuffer * buffers, Fabric::kWideToken - 1);
}

}  // namespace

L1Network::L1Network(const L1NetworkParameters& parameters, HartPort& l1, StatGroup& parent_stats)
    : L1Network(parameters, wire_topology(parameters), l1, parent_stats) {}

L1Network::L1Network(const L1NetworkParameters& parameters, const Wiring& wiring, HartPort& l1,
                     StatGroup& parent_stats)
    : L1Network(parameters, plan_l1_network(parameters, wiring), wiring.is_flat(), l1,
                parent_stats) {}

L1Network::L1Network(const L1NetworkParameters& parameters, const L1NetworkPlan& plan, bool is_flat,
                     HartPort& l1, StatGroup& parent_stats)
    : parameters_(parameters),
      layout_(parameters.num_groups * parameters.core_tiles_per_group, parameters.banks_per_tile,
              parameters.bank_bytes, parameters.sequential_bytes_per_tile),
      is_flat_(is_flat),
      l1_(l1),
      l1_bytes_(l1.host_bytes()),
      in_flight_(capacity(plan)),
      requests_(plan.requests, parameters.arbitration, in_flight_.size()),
      responses_(plan.responses, parameters.arbitration, in_flight_.size()),
      wide_ports_(parameters.num_groups, WidePort(*this)) {
  for (std::size_t token = in_flight_.size(); token > 0; --token) {
    free_tokens_.push_back(static_cast<Token>(token - 1));
  }
  place_harts(plan);
  place_banks(plan);
  map_addresses();
  add_stats(plan, parent_stats.add_group("l1_network"));
}

void L1Network::place_harts(const L1NetworkPlan& plan) {
  for (std::uint32_t tile = 0; tile < plan.tiles.size(); ++tile) {
    for (std::uint32_t lane = 0; lane < plan.tiles[tile].harts; ++lane) {
      const auto hart = static_cast<std::uint32_t>(hart_places_.size());
      const std::uint32_t core_tile = hart / parameters_.cores_per_tile;
      const std::uint32_t map_tile =
          core_tile / parameters_.core_tiles_per_group * parameters_.tile_slots_per_group +
          core_tile % parameters_.core_tiles_per_group;
      hart_places_.push_back({static_cast<std::uint16_t>(tile),
                              responses_.arbiter_id(plan.first_local_arbiter + hart),
                              map_tile * parameters_.num_tiles()});
    }
  }
}

void L1Network::place_banks(const L1NetworkPlan& plan) {
  for (std::uint32_t tile = 0; tile < plan.tiles.size(); ++tile) {
    bank_tiles_.push_back({static_cast<std::uint16_t>(plan.tiles[tile].harts),
                           static_cast<std::uint16_t>(tile * plan.ports_per_tile)});
  }
  for (const std::uint32_t arbiter : plan.response_network.port_arbiters) {
    port_arbiters_.push_back(responses_.arbiter_id(arbiter));
  }
  bank_counters_.resize(parameters_.num_banks());
  superbanks_.resize(parameters_.num_banks() / num_wide_banks());
}

void L1Network::map_addresses() {
  const std::uint32_t row_bytes = parameters_.banks_per_tile * kWordBytes;
  bank_shift_ = lowest_bit(parameters_.banks_per_tile);
  bank_mask_ = parameters_.banks_per_tile - 1;
  const std::uint32_t core_tiles = parameters_.core_tiles_per_group;
  const std::uint32_t slots = parameters_.tile_slots_per_group;
  for (std::uint32_t address = 0; address < layout_.size_bytes(); address += row_bytes) {
    const std::uint32_t tile = layout_.locate_core(address).tile;
    map_.push_back(static_cast<std::uint16_t>(tile / core_tiles * slots + tile % core_tiles));
  }
  const std::uint32_t rows = parameters_.bank_bytes / kWordBytes;
  const std::uint32_t width = parameters_.slots_per_accelerator();
  for (std::uint32_t group = 0; group < parameters_.num_groups; ++group) {
    for (std::uint32_t first = core_tiles; first < slots; first += width) {
      for (std::uint32_t row = 0; row < rows; ++row) {
        for (std::uint32_t slot = first; slot < first + width; ++slot) {
          map_.push_back(static_cast<std::uint16_t>(group * slots + slot));
        }
      }
    }
  }
  accesses_.resize(std::size_t{parameters_.num_tiles()} * parameters_.num_tiles());
  more_accesses_.resize(accesses_.size());
}

void L1Network::request(const MemoryRequest& request) {
  const std::uint32_t word = request.access.address / kWordBytes;
  const std::uint32_t tile = map_[word >> bank_shift_];
  const std::uint32_t bank = (tile << bank_shift_) + (word & bank_mask_);
  const Token token = free_tokens_.back();
  free_tokens_.pop_back();
  in_flight_[token] = request;
  count_access(hart_places_[request.access.hart].first_access + tile);
  if (l1_bytes_ != nullptr) {
    __builtin_prefetch(l1_bytes_ + request.access.address);  // used when the bank is reached
  }
  requests_.set_destination(token, is_flat_ ? 0 : tile, bank);
  requests_.enter(request.access.hart, token);
}

inline bool L1Network::Banks::can_take(std::uint32_t bank, Cycles cycle) const {
  return network.responses_.bank_can_take(bank, cycle);
}

inline void L1Network::Banks::take(std::uint32_t bank, Token token, std::uint32_t input,
                                   Cycles cycle) {
  HartAccess& access = network.in_flight_[token].access;
  access.data = network.l1_.access(access).data;
  if (is_amo(access.kind)) {
    network.responses_.block_bank(bank, cycle + kAmoCycles);
    ++network.bank_counters_[bank].amos;
  }
  const HartPlace& hart = network.hart_places_[access.hart];
  const BankTile& tile = network.bank_tiles_[network.is_flat_ ? 0 : bank >> network.bank_shift_];
  const std::uint16_t arbiter = input < tile.harts
                                    ? hart.arbiter
                                    : network.port_arbiters_[tile.first_port + input - tile.harts];
  network.responses_.set_destination(token, hart.tile, access.hart);
  network.responses_.enter_bank(bank, token, arbiter, cycle);
}

inline bool L1Network::Harts::can_take(std::uint32_t hart, Cycles cycle) const {
  return network.client_->is_response_port_free(hart, cycle);
}

inline void L1Network::Harts::take(std::uint32_t hart, Token token, std::uint32_t /*input*/,
                                   Cycles cycle) {
  const MemoryRequest& request = network.in_flight_[token];
  network.free_tokens_.push_back(token);
  network.client_->response(hart, request.tag, request.access.data, cycle);
}

Cycles L1Network::RequestSide::next_active_cycle(Cycles from) const {
  return network_.requests_.is_empty() && network_.fresh_superbanks_.empty() ? kNever : from;
}

void L1Network::RequestSide::step(Cycles cycle) {
  if (!network_.fresh_superbanks_.empty()) {
    network_.store_answers();
  }
  if (!network_.requests_.is_empty()) {
    Banks banks{network_};
    network_.requests_.step(cycle, banks);
  }
}

Cycles L1Network::ResponseSide::next_active_cycle(Cycles from) const {
  return network_.responses_.is_empty() ? kNever : from;
}

void L1Network::ResponseSide::step(Cycles cycle) {
  network_.cycle_ = cycle;
  if (!network_.responses_.is_empty()) {
    Harts harts{network_};
    network_.responses_.step(cycle, harts);
  }
}

}  // namespace tessera
