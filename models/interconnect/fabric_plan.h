// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "models/interconnect/wiring.h"

namespace tessera {

enum class BufferKind : std::uint8_t {
  kPlace,             ///< holds what a hart presents: one slot
  kFallThrough,       ///< fall_through_register.sv: one slot
  kSpill,             ///< spill_register.sv: two slots
  kSpillFallThrough,  ///< both, one behind the other: three slots
  kBank,              ///< response FIFO of tcdm_adapter.sv: two slots
};

/// One direction of the network as a list of buffers and arbiters, before they are laid out for
/// speed. Numbers are indices into the lists.
struct FabricPlan {
  enum class RouteKind : std::uint8_t {
    kSink,     ///< to the arbiter of the token's sink
    kArbiter,  ///< to `route`
    kRow,      ///< by the token's tile: rows[route]
    kWayBack,  ///< to the arbiter that the token names
  };
  struct Buffer {
    BufferKind kind;
    std::uint32_t input = 0;  ///< of all arbiters it can reach
    RouteKind route_kind = RouteKind::kSink;
    std::uint32_t route = 0;
  };
  struct Arbiter {
    std::uint32_t rank = 0;             ///< above the ranks of those before it
    std::vector<std::uint32_t> inputs;  ///< buffers, or kNone
    bool locks = false;
    bool is_sink = false;
    std::uint32_t target = kNone;  ///< buffer, or number of the sink
  };
  static constexpr std::uint32_t kNone = ~0u;

  std::vector<Buffer> buffers;
  std::vector<Arbiter> arbiters;
  /// Arbiter by tile; kNone: to the arbiter of the sink.
  std::vector<std::vector<std::uint32_t>> rows;
  /// The arbiters of sinks 0, 1, ... that kSink means: consecutive from here.
  std::uint32_t first_sink = kNone;

  std::uint32_t add_buffer(BufferKind kind, std::uint32_t input);
  std::uint32_t add_arbiter(std::uint32_t rank, std::vector<std::uint32_t> inputs, bool locks);
  /// An arbiter whose winner leaves the fabric at `sink`.
  std::uint32_t add_sink_arbiter(std::uint32_t rank, std::vector<std::uint32_t> inputs,
                                 std::uint32_t sink);
};

/// What the wiring of one direction became; entries [tile * ports + port].
struct NetworkPlan {
  std::vector<std::uint32_t> port_arbiters;  ///< that choose among the sources of a tile
  std::vector<std::uint32_t> port_buffers;   ///< behind them
  std::vector<std::uint32_t> arrivals;       ///< buffers at the tiles' inputs
  /// Per port a row over the tiles: the port at which one arrives there, -1: not reachable.
  std::vector<std::vector<std::int32_t>> arrival_ports;
  std::uint32_t end_rank = 0;  ///< of arbiters behind the network
  /// The crossbars of the wiring, for statistics.
  struct Crossbar {
    std::string name;
    std::vector<std::uint32_t> arbiters;
  };
  std::vector<Crossbar> crossbars;
};

/// Adds the network between the tiles to `plan`. `sources[tile]` are the buffers whose tokens may
/// leave the tile; `extra_registers` more spill registers stand in front of every tile.
NetworkPlan plan_network(const Wiring& wiring,
                         const std::vector<std::vector<std::uint32_t>>& sources,
                         std::uint32_t extra_registers, FabricPlan& plan);

}  // namespace tessera
