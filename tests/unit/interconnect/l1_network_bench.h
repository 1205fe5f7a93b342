// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "models/interconnect/l1_network.h"

namespace tessera::test {

/// L1 whose words count the accesses to them; any address, nothing stored.
class CountingL1 final : public HartPort {
 public:
  bool contains(std::uint32_t /*address*/) const override { return true; }
  HartReply access(const HartAccess& access) override {
    order.push_back(access);
    HartReply reply;
    reply.data = static_cast<std::uint32_t>(order.size());
    return reply;
  }
  std::vector<HartAccess> order;  ///< as the banks served them
};

/// Harts that present one access after the other, and what they saw.
class NetworkBench final : public MemoryClient {
 public:
  struct Response {
    std::uint32_t hart;
    std::uint32_t tag;
    std::uint32_t data;
    Cycles cycle;
  };
  explicit NetworkBench(const L1NetworkParameters& parameters)
      : network(parameters, l1, stats), last_response_(parameters.num_harts(), kNever) {
    network.set_client(*this);
  }

  bool is_response_port_free(std::uint32_t hart, Cycles now) const override {
    return last_response_[hart] != now;
  }
  void response(std::uint32_t hart, std::uint32_t tag, std::uint32_t data, Cycles now) override {
    responses.push_back({hart, tag, data, now});
    last_response_[hart] = now;
  }

  void present(std::uint32_t hart, std::uint32_t address, AccessKind kind = AccessKind::kLoad,
               std::uint32_t tag = 0) {
    MemoryRequest request;
    request.access.hart = hart;
    request.access.address = address;
    request.access.kind = kind;
    request.access.cycle = cycle;
    request.tag = tag;
    network.request(request);
  }
  /// One cycle; `harts` runs where harts do.
  void step(const std::function<void()>& harts = [] {}) {
    network.response_side().step(cycle);
    harts();
    network.request_side().step(cycle);
    ++cycle;
  }
  /// Cycles from the presentation of an access to its response, without other traffic.
  Cycles round_trip(std::uint32_t hart, std::uint32_t address,
                    AccessKind kind = AccessKind::kLoad) {
    const Cycles start = cycle;
    const std::size_t before = responses.size();
    step([&] { present(hart, address, kind); });
    while (responses.size() == before && cycle < start + 100) {
      step();
    }
    return responses.empty() ? kNever : responses.back().cycle - start;
  }

  CountingL1 l1;
  StatGroup stats{"test"};
  L1Network network;
  Cycles cycle = 0;
  std::vector<Response> responses;

 private:
  std::vector<Cycles> last_response_;
};

inline L1NetworkParameters minpool() {
  L1NetworkParameters parameters;
  parameters.core_tiles_per_group = 1;
  parameters.tile_slots_per_group = 1;
  parameters.wide_bytes = 32;
  return parameters;
}
inline L1NetworkParameters mempool() {
  return {};
}
inline L1NetworkParameters terapool(std::uint32_t latency = 7) {
  L1NetworkParameters parameters;
  parameters.topology = "terapool";
  parameters.sub_groups_per_group = 4;
  parameters.core_tiles_per_group = 32;
  parameters.tile_slots_per_group = 32;
  parameters.cores_per_tile = 8;
  parameters.banks_per_tile = 32;
  parameters.sequential_bytes_per_tile = 4096;
  parameters.remote_group_latency = latency;
  return parameters;
}
/// Address of a word of an interleaved row.
inline std::uint32_t word_of(const L1NetworkParameters& parameters, std::uint32_t tile,
                             std::uint32_t bank, std::uint32_t row = 128) {
  return ((row * parameters.num_tiles() + tile) * parameters.banks_per_tile + bank) * 4;
}

}  // namespace tessera::test
