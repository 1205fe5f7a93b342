// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tessera {

/// How the network between the tiles is built: wires, registers, crossbars. A topology fills one
/// in; the engine builds it twice, once for requests and once for the responses, which flow from
/// the tile of the bank back to that of the hart through the same port. Routes are derived: a
/// crossbar sends a token to the output from which its tile can be reached.
///
/// The tiles bring their own: an arbiter and a spill register per port where a wire leaves, a
/// fall-through register where one arrives, the arbiters of banks and harts.
class Wiring {
 public:
  using Wire = std::uint32_t;
  /// An input of a crossbar that nothing is connected to.
  static constexpr Wire kUnconnected = ~Wire{0};

  /// Through which port a request leaves its tile.
  enum class PortChoice {
    kByTile,  ///< the one from which the target tile can be reached
    kByCore,  ///< that of the core: core modulo ports
  };
  enum class Register {
    kSpill,        ///< one cycle; two slots (spill_register.sv)
    kFallThrough,  ///< no cycle; one slot for what is not taken at once (fall_through_register.sv)
  };

  Wiring(std::uint32_t tiles, std::uint32_t ports_per_tile, PortChoice choice);
  /// No tiles: one crossbar between all harts and all banks.
  static Wiring flat() { return Wiring(0, 0, PortChoice::kByTile); }

  /// What leaves `tile` through `port`.
  Wire from_tile(std::uint32_t tile, std::uint32_t port) const;
  /// The wire ends at `port` of `tile`.
  void to_tile(Wire wire, std::uint32_t tile, std::uint32_t port);
  Wire spill(Wire wire) { return add_register(wire, Register::kSpill); }
  Wire fall_through(Wire wire) { return add_register(wire, Register::kFallThrough); }
  /// A crossbar with an arbiter per output that keeps no lock (simplex_xbar.sv). A register must
  /// stand between two crossbars. `name` is that of its statistics.
  std::vector<Wire> crossbar(const std::string& name, const std::vector<Wire>& inputs,
                             std::uint32_t outputs);

  /// What the engine reads: the parts in an order in which every wire is made before it is used.
  struct Part {
    enum class Kind { kRegister, kCrossbar, kToTile };
    Kind kind{};
    std::vector<Wire> inputs;
    Wire first_output = kUnconnected;
    std::uint32_t outputs = 0;
    Register register_kind = Register::kSpill;
    std::uint32_t tile = 0;
    std::uint32_t port = 0;
    std::string name;
  };
  const std::vector<Part>& parts() const { return parts_; }
  bool is_flat() const { return tiles_ == 0; }
  std::uint32_t tiles() const { return tiles_; }
  std::uint32_t ports_per_tile() const { return ports_per_tile_; }
  PortChoice port_choice() const { return choice_; }
  std::uint32_t wires() const { return wires_; }

 private:
  Wire add_register(Wire wire, Register kind);
  Wire new_wires(std::uint32_t count);
  /// Every wire ends once.
  void use(Wire wire);

  std::uint32_t tiles_;
  std::uint32_t ports_per_tile_;
  PortChoice choice_;
  std::uint32_t wires_;
  std::vector<bool> is_used_;
  std::vector<Part> parts_;
};

}  // namespace tessera
