// SPDX-License-Identifier: Apache-2.0
// Cost of the L1 network alone: harts that present random loads, nothing else.
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "models/base/dmi_table.h"
#include "models/interconnect/l1_network.h"
#include "models/memory/l1_memory.h"

namespace tessera {
namespace {

class RandomHarts final : public MemoryClient {
 public:
  RandomHarts(L1Network& network, const L1NetworkParameters& parameters, double load)
      : network_(network), last_response_(parameters.num_harts(), kNever) {
    network.set_client(*this);
    // Drawn beforehand: the generator of random numbers would cost more than the network.
    std::mt19937 random(1);
    const std::uint32_t words = parameters.num_banks() * parameters.bank_bytes / 4;
    const auto threshold = static_cast<std::uint32_t>(load * 4294967296.0);
    for (int cycle = 0; cycle < kPattern; ++cycle) {
      for (std::uint32_t hart = 0; hart < parameters.num_harts(); ++hart) {
        if (random() < threshold) {
          pattern_[cycle].push_back({hart, random() % words * 4});
        }
      }
    }
  }
  bool is_response_port_free(std::uint32_t hart, Cycles cycle) const override {
    return last_response_[hart] != cycle;
  }
  void response(std::uint32_t hart, std::uint32_t /*tag*/, std::uint32_t /*data*/,
                Cycles cycle) override {
    last_response_[hart] = cycle;
    ++responses_;
  }
  void step(Cycles cycle) {
    for (const auto& [hart, address] : pattern_[cycle % kPattern]) {
      if (!network_.is_pending(hart)) {
        MemoryRequest request;
        request.access.hart = hart;
        request.access.address = address;
        network_.request(request);
      }
    }
  }
  std::uint64_t responses() const { return responses_; }

 private:
  static constexpr int kPattern = 1024;
  L1Network& network_;
  std::vector<Cycles> last_response_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pattern_[kPattern];
  std::uint64_t responses_ = 0;
};

void l1_network_cycle(benchmark::State& state, const std::string& topology, double load) {
  L1NetworkParameters parameters;
  parameters.topology = topology;
  StatGroup stats("bench");
  DmiTable dmi;
  L1Memory memory({L1Layout(64, 16, 1024, 2048), 0, 0, 0}, dmi, stats);
  L1Network network(parameters, memory, stats);
  RandomHarts harts(network, parameters, load);
  Cycles cycle = 0;
  for (auto _ : state) {
    network.response_side().step(cycle);
    harts.step(cycle);
    network.request_side().step(cycle);
    ++cycle;
  }
  state.counters["responses_per_cycle"] =
      static_cast<double>(harts.responses()) / static_cast<double>(cycle);
  state.counters["time_per_response"] =
      benchmark::Counter(static_cast<double>(harts.responses()),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

BENCHMARK_CAPTURE(l1_network_cycle, idle, "toph", 0.0);
BENCHMARK_CAPTURE(l1_network_cycle, toph_0_1, "toph", 0.1);
BENCHMARK_CAPTURE(l1_network_cycle, toph_0_3, "toph", 0.3);
BENCHMARK_CAPTURE(l1_network_cycle, toph_saturated, "toph", 0.999);
BENCHMARK_CAPTURE(l1_network_cycle, top1_0_1, "top1", 0.1);
BENCHMARK_CAPTURE(l1_network_cycle, top4_0_3, "top4", 0.3);
BENCHMARK_CAPTURE(l1_network_cycle, ideal_0_3, "ideal", 0.3);

}  // namespace
}  // namespace tessera

BENCHMARK_MAIN();
