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
  static constexpr std::uint32_t kNone = ~0u;
  struct Buffer {
    BufferKind kind{};
    std::uint32_t input = 0;  ///< of all arbiters it can reach
    std::uint32_t row = 0;    ///< which of them a token goes to; kBank: it is told
  };
  struct Arbiter {
    std::vector<std::uint32_t> inputs;  ///< buffers, or kNone
    bool locks = false;
    bool is_sink = false;
    bool is_last = false;          ///< comes after all others in a cycle
    std::uint32_t target = kNone;  ///< buffer, or number of the sink
  };

  std::uint32_t num_sources = 0;  ///< buffers 0, 1, ... that tokens come in at
  std::vector<Buffer> buffers;
  std::vector<Arbiter> arbiters;
  /// Arbiter by the tile of the token's sink; kNone: that of the sink. Row 0 is kNone only.
  std::vector<std::vector<std::uint32_t>> rows;
  std::vector<std::uint32_t> sinks;  ///< the arbiter of each sink, for rows

  std::uint32_t add_buffer(BufferKind kind, std::uint32_t input);
  std::uint32_t add_arbiter(std::vector<std::uint32_t> inputs, bool locks);
  /// An arbiter whose winner leaves the fabric at `sink`.
  std::uint32_t add_sink_arbiter(std::vector<std::uint32_t> inputs, std::uint32_t sink,
                                 bool is_last);
};

/// What the wiring of one direction became; entries [tile * ports + port].
struct NetworkPlan {
  std::vector<std::uint32_t> port_arbiters;  ///< that choose among the sources of a tile
  std::vector<std::uint32_t> port_buffers;   ///< behind them
  std::vector<std::uint32_t> arrivals;       ///< buffers at the tiles' inputs
  /// Per port a row over the tiles: the port at which one arrives there, -1: not reachable.
  std::vector<std::vector<std::int32_t>> arrival_ports;
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
