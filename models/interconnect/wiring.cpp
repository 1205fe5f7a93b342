// SPDX-License-Identifier: Apache-2.0
#include "models/interconnect/wiring.h"

#include <utility>

#include "models/base/error.h"

namespace tessera {

Wiring::Wiring(std::uint32_t tiles, std::uint32_t ports_per_tile, PortChoice choice)
    : tiles_(tiles),
      ports_per_tile_(ports_per_tile),
      choice_(choice),
      wires_(tiles * ports_per_tile),
      is_used_(wires_) {}

Wiring::Wire Wiring::from_tile(std::uint32_t tile, std::uint32_t port) const {
  TESSERA_CHECK(tile < tiles_ && port < ports_per_tile_, "port {} of tile {}", port, tile);
  return tile * ports_per_tile_ + port;
}

void Wiring::to_tile(Wire wire, std::uint32_t tile, std::uint32_t port) {
  TESSERA_CHECK(tile < tiles_ && port < ports_per_tile_, "port {} of tile {}", port, tile);
  use(wire);
  Part part;
  part.kind = Part::Kind::kToTile;
  part.inputs = {wire};
  part.tile = tile;
  part.port = port;
  parts_.push_back(std::move(part));
}

std::vector<Wiring::Wire> Wiring::crossbar(const std::string& name, const std::vector<Wire>& inputs,
                                           std::uint32_t outputs) {
  for (const Wire wire : inputs) {
    if (wire != kUnconnected) {
      use(wire);
    }
  }
  Part part;
  part.kind = Part::Kind::kCrossbar;
  part.inputs = inputs;
  part.first_output = new_wires(outputs);
  part.outputs = outputs;
  part.name = name;
  std::vector<Wire> result;
  for (std::uint32_t i = 0; i < outputs; ++i) {
    result.push_back(part.first_output + i);
  }
  parts_.push_back(std::move(part));
  return result;
}

Wiring::Wire Wiring::add_register(Wire wire, Register kind) {
  use(wire);
  Part part;
  part.kind = Part::Kind::kRegister;
  part.inputs = {wire};
  part.first_output = new_wires(1);
  part.outputs = 1;
  part.register_kind = kind;
  const Wire output = part.first_output;
  parts_.push_back(std::move(part));
  return output;
}

Wiring::Wire Wiring::new_wires(std::uint32_t count) {
  const Wire first = wires_;
  wires_ += count;
  is_used_.resize(wires_);
  return first;
}

void Wiring::use(Wire wire) {
  TESSERA_CHECK(wire < wires_ && !is_used_[wire], "wire {} of {} ends twice", wire, wires_);
  is_used_[wire] = true;
}

}  // namespace tessera
