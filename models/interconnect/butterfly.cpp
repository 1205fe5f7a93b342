// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <vector>

#include "models/interconnect/topologies.h"

namespace tessera {

namespace {

/// Source: MemPool, DATE 2021, section III: radix-4 butterflies with a pipeline register midway.
constexpr std::uint32_t kRadix = 4;
/// Assumption: midway is behind the second layer from the source, in both directions, and the
/// other layers have fall-through registers (FallThroughRegister of the RTL's module).
constexpr std::uint32_t kSpillLayer = 1;

/// One butterfly from port `port` of all tiles to the same port of all tiles: layer by layer a
/// crossbar decides one digit of the target, the highest first.
/// Source of the structure and of the order of inputs: variable_latency_bfly_net.sv. Its last layer
/// needs no register here: the tile's own one follows.
void wire_butterfly(Wiring& wiring, std::uint32_t tiles, std::uint32_t port) {
  std::uint32_t size = 1;
  std::uint32_t bits = 0;
  for (; size < tiles; size *= 2) {
    ++bits;
  }
  std::vector<Wiring::Wire> wires(size, Wiring::kUnconnected);
  for (std::uint32_t tile = 0; tile < tiles; ++tile) {
    wires[tile] = wiring.from_tile(tile, port);
  }
  std::uint32_t rest = size;  // targets that an output of the layer still leads to
  for (std::uint32_t layer = 0; rest > 1; ++layer) {
    const std::uint32_t radix = layer == 0 && bits % 2 != 0 ? 2 : kRadix;
    rest /= radix;
    const std::uint32_t stride = std::max(rest / radix, 1u);
    std::vector<Wiring::Wire> next(size);
    for (std::uint32_t r = 0; r < size / radix; ++r) {
      const auto first = wires.begin() + r * radix;
      const std::vector<Wiring::Wire> outputs =
          wiring.crossbar("butterfly[" + std::to_string(port) + "].layer[" + std::to_string(layer) +
                              "].crossbar[" + std::to_string(r) + "]",
                          {first, first + radix}, radix);
      for (std::uint32_t s = 0; s < radix; ++s) {
        if (rest == 1) {
          next[r * radix + s] = outputs[s];
          continue;
        }
        const std::uint32_t crossbar =
            stride * s + r % stride + (r / stride / radix) * stride * radix;
        next[crossbar * radix + (r / stride) % radix] =
            layer == kSpillLayer ? wiring.spill(outputs[s]) : wiring.fall_through(outputs[s]);
      }
    }
    wires = next;
  }
  for (std::uint32_t tile = 0; tile < tiles; ++tile) {
    wiring.to_tile(wires[tile], tile, port);
  }
}

}  // namespace

/// All harts of a tile share one port and one butterfly over all tiles.
Wiring wire_top1(const L1NetworkParameters& parameters) {
  Wiring wiring(parameters.num_tiles(), 1, Wiring::PortChoice::kByTile);
  wire_butterfly(wiring, parameters.num_tiles(), 0);
  return wiring;
}

/// Every hart of a tile has its own port and its own butterfly.
Wiring wire_top4(const L1NetworkParameters& parameters) {
  const std::uint32_t ports = parameters.cores_per_tile;
  Wiring wiring(parameters.num_tiles(), ports, Wiring::PortChoice::kByCore);
  for (std::uint32_t port = 0; port < ports; ++port) {
    wire_butterfly(wiring, parameters.num_tiles(), port);
  }
  return wiring;
}

}  // namespace tessera
