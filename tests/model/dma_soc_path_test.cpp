// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "models/axi/soc_path.h"
#include "tests/model/dma_bench.h"

namespace tessera {
namespace {

using test::DmaMachine;
using test::kL2;

/// The SoC path of a machine whose harts do nothing.
class IdleSocPath : public test::AxiSide,
                    public SocTarget,
                    public MemoryClient,
                    public RefillClient {
 public:
  IdleSocPath(const SocPathParameters& parameters) : path_(parameters, *this, stats_) {
    path_.connect(*this, *this);
  }
  AxiPort& port(std::uint32_t backend) override { return path_.master_port(backend, 0); }
  void connect(std::uint32_t backend, AxiClient& client) override {
    path_.connect_master(backend, 0, client);
  }
  void step_responses(Cycles cycle) override { path_.response_side().step(cycle); }
  void step_requests(Cycles cycle) override { path_.request_side().step(cycle); }

 private:
  HartReply access(const HartAccess&) override { return {}; }
  bool is_response_port_free(std::uint32_t, Cycles) const override { return true; }
  void response(std::uint32_t, std::uint32_t, std::uint32_t, Cycles) override {}
  void refill_done(std::uint32_t, std::uint32_t, Cycles) override {}

  StatGroup stats_{"soc_path"};
  SocPath path_;
};

SocPathParameters path_of(const DmaParameters& parameters) {
  SocPathParameters path;
  path.tiles_per_group = parameters.tiles_per_backend;
  path.num_tiles = parameters.tiles_per_backend * parameters.num_groups;
  path.axi_bytes = parameters.beat_bytes;
  return path;
}

class DmaOnSocPathTest : public testing::Test {
 protected:
  DmaMachine& build(const DmaParameters& parameters) {
    machine_ = std::make_unique<DmaMachine>("dma", parameters,
                                            std::make_unique<IdleSocPath>(path_of(parameters)));
    machine_->dma.use_engine(machine_->engine.get());
    return *machine_;
  }
  struct Row {
    std::uint32_t bytes;
    Cycles cycles;
  };
  std::unique_ptr<DmaMachine> machine_;
};

TEST_F(DmaOnSocPathTest, TakesAsLongAsTheRtlOfMinpool) {
  // Source: spec/mempool.md section 9, DMA.
  DmaMachine& machine = build(test::dma_minpool());
  for (const Row row : {Row{4, 28},
                        {32, 28},
                        {64, 32},
                        {128, 32},
                        {256, 33},
                        {512, 41},
                        {1024, 57},
                        {2048, 89},
                        {4096, 153},
                        {8192, 281},
                        {16384, 537}}) {
    EXPECT_EQ(machine.duration_of({kL2 + 0x10000, 0, row.bytes}), row.cycles) << row.bytes;
    EXPECT_EQ(machine.duration_of({0, kL2 + 0x10000, row.bytes}), row.cycles) << row.bytes;
  }
}

TEST_F(DmaOnSocPathTest, TakesAsLongAsTheRtlOfMempool) {
  DmaMachine& machine = build(test::dma_mempool());
  for (const Row row : {Row{64, 28}, {1024, 88}, {4096, 91}, {8192, 155}}) {
    EXPECT_EQ(machine.duration_of({kL2 + 0x10000, 0, row.bytes}), row.cycles) << row.bytes;
    EXPECT_EQ(machine.duration_of({0, kL2 + 0x10000, row.bytes}), row.cycles) << row.bytes;
  }
}

}  // namespace
}  // namespace tessera
