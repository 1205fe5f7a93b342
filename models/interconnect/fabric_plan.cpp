// SPDX-License-Identifier: Apache-2.0
#include "models/interconnect/fabric_plan.h"

#include <utility>

#include "models/base/error.h"

namespace tessera {

std::uint32_t FabricPlan::add_buffer(BufferKind kind, std::uint32_t input) {
  buffers.push_back({kind, input, 0});
  return static_cast<std::uint32_t>(buffers.size() - 1);
}

std::uint32_t FabricPlan::add_arbiter(std::vector<std::uint32_t> inputs, bool locks) {
  arbiters.push_back({std::move(inputs), locks, false, false, kNone});
  return static_cast<std::uint32_t>(arbiters.size() - 1);
}

std::uint32_t FabricPlan::add_sink_arbiter(std::vector<std::uint32_t> inputs, std::uint32_t sink,
                                           bool is_last) {
  arbiters.push_back({std::move(inputs), true, true, is_last, sink});
  return static_cast<std::uint32_t>(arbiters.size() - 1);
}

namespace {

/// Walks the wiring from the sources on and knows what drives every wire.
class NetworkPlanner {
 public:
  NetworkPlanner(const Wiring& wiring, std::uint32_t extra_registers, FabricPlan& plan)
      : wiring_(wiring), extra_registers_(extra_registers), plan_(plan), ends_(wiring.wires()) {}

  NetworkPlan build(const std::vector<std::vector<std::uint32_t>>& sources);

 private:
  using Part = Wiring::Part;
  /// The end of a wire so far: a buffer, or an arbiter whose target is still open.
  struct End {
    std::uint32_t arbiter = FabricPlan::kNone;
    std::uint32_t buffer = FabricPlan::kNone;
  };

  void add_ports(const std::vector<std::vector<std::uint32_t>>& sources);
  void add_crossbar(const Part& part);
  End add_register(const End& end, BufferKind kind);
  void find_routes();
  void route_crossbar(const Part& part, const NetworkPlan::Crossbar& crossbar);

  const Wiring& wiring_;
  const std::uint32_t extra_registers_;
  FabricPlan& plan_;
  std::vector<End> ends_;                                 ///< per wire
  std::vector<std::vector<std::int32_t>> arrival_ports_;  ///< per wire
  NetworkPlan network_;
};

NetworkPlan NetworkPlanner::build(const std::vector<std::vector<std::uint32_t>>& sources) {
  add_ports(sources);
  network_.arrivals.assign(network_.port_arbiters.size(), FabricPlan::kNone);
  for (const Part& part : wiring_.parts()) {
    switch (part.kind) {
      case Part::Kind::kRegister:
        ends_[part.first_output] =
            add_register(ends_[part.inputs[0]], part.register_kind == Wiring::Register::kSpill
                                                    ? BufferKind::kSpill
                                                    : BufferKind::kFallThrough);
        break;
      case Part::Kind::kCrossbar:
        add_crossbar(part);
        break;
      case Part::Kind::kToTile: {
        End end = ends_[part.inputs[0]];
        for (std::uint32_t i = 0; i < extra_registers_; ++i) {
          end = add_register(end, BufferKind::kSpill);
        }
        end = add_register(end, BufferKind::kFallThrough);
        network_.arrivals[part.tile * wiring_.ports_per_tile() + part.port] = end.buffer;
      }
    }
  }
  find_routes();
  return std::move(network_);
}

void NetworkPlanner::add_ports(const std::vector<std::vector<std::uint32_t>>& sources) {
  for (std::uint32_t tile = 0; tile < wiring_.tiles(); ++tile) {
    for (std::uint32_t port = 0; port < wiring_.ports_per_tile(); ++port) {
      End& end = ends_[wiring_.from_tile(tile, port)];
      end.arbiter = plan_.add_arbiter(sources[tile], true);
      network_.port_arbiters.push_back(end.arbiter);
      end = add_register(end, BufferKind::kSpill);
      network_.port_buffers.push_back(end.buffer);
    }
  }
}

void NetworkPlanner::add_crossbar(const Part& part) {
  std::vector<std::uint32_t> inputs;
  for (std::uint32_t i = 0; i < part.inputs.size(); ++i) {
    if (part.inputs[i] == Wiring::kUnconnected) {
      inputs.push_back(FabricPlan::kNone);
      continue;
    }
    const End& end = ends_[part.inputs[i]];
    TESSERA_CHECK(end.buffer != FabricPlan::kNone, "no register before input {} of {}", i,
                  part.name);
    plan_.buffers[end.buffer].input = i;
    inputs.push_back(end.buffer);
  }
  NetworkPlan::Crossbar crossbar{part.name, {}};
  for (std::uint32_t i = 0; i < part.outputs; ++i) {
    End& end = ends_[part.first_output + i];
    end.arbiter = plan_.add_arbiter(inputs, false);
    crossbar.arbiters.push_back(end.arbiter);
  }
  network_.crossbars.push_back(std::move(crossbar));
}

NetworkPlanner::End NetworkPlanner::add_register(const End& end, BufferKind kind) {
  End result = end;
  if (end.buffer != FabricPlan::kNone) {
    FabricPlan::Buffer& before = plan_.buffers[end.buffer];
    if (before.kind == BufferKind::kSpill && kind == BufferKind::kFallThrough) {
      before.kind = BufferKind::kSpillFallThrough;
      return result;
    }
    // Register behind register: a link, an "arbiter" with one input.
    result.arbiter = plan_.add_arbiter({end.buffer}, false);
    before.input = 0;
    before.row = static_cast<std::uint32_t>(plan_.rows.size());
    plan_.rows.emplace_back(wiring_.tiles(), result.arbiter);
  }
  result.buffer = plan_.add_buffer(kind, 0);
  plan_.arbiters[result.arbiter].target = result.buffer;
  return result;
}

void NetworkPlanner::find_routes() {
  arrival_ports_.assign(wiring_.wires(), std::vector<std::int32_t>(wiring_.tiles(), -1));
  auto crossbar = network_.crossbars.rbegin();
  for (auto part = wiring_.parts().rbegin(); part != wiring_.parts().rend(); ++part) {
    switch (part->kind) {
      case Part::Kind::kToTile:
        arrival_ports_[part->inputs[0]][part->tile] = static_cast<std::int32_t>(part->port);
        break;
      case Part::Kind::kRegister:
        arrival_ports_[part->inputs[0]] = arrival_ports_[part->first_output];
        break;
      case Part::Kind::kCrossbar:
        route_crossbar(*part, *crossbar++);
    }
  }
  for (std::uint32_t port = 0; port < network_.port_arbiters.size(); ++port) {
    network_.arrival_ports.push_back(arrival_ports_[port]);
  }
}

void NetworkPlanner::route_crossbar(const Part& part, const NetworkPlan::Crossbar& crossbar) {
  std::vector<std::uint32_t> row(wiring_.tiles(), FabricPlan::kNone);
  std::vector<std::int32_t> ports(wiring_.tiles(), -1);
  for (std::uint32_t i = 0; i < part.outputs; ++i) {
    const std::vector<std::int32_t>& beyond = arrival_ports_[part.first_output + i];
    for (std::uint32_t tile = 0; tile < wiring_.tiles(); ++tile) {
      if (beyond[tile] >= 0) {
        TESSERA_CHECK(ports[tile] < 0, "{} has two ways to tile {}", part.name, tile);
        ports[tile] = beyond[tile];
        row[tile] = crossbar.arbiters[i];
      }
    }
  }
  for (const Wiring::Wire wire : part.inputs) {
    if (wire != Wiring::kUnconnected) {
      arrival_ports_[wire] = ports;
      plan_.buffers[ends_[wire].buffer].row = static_cast<std::uint32_t>(plan_.rows.size());
    }
  }
  plan_.rows.push_back(std::move(row));
}

}  // namespace

NetworkPlan plan_network(const Wiring& wiring,
                         const std::vector<std::vector<std::uint32_t>>& sources,
                         std::uint32_t extra_registers, FabricPlan& plan) {
  return NetworkPlanner(wiring, extra_registers, plan).build(sources);
}

}  // namespace tessera
