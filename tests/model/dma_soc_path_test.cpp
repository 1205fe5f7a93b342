// SPDX-License-Identifier: Apache-2.0
#include <array>

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
  std::unique_ptr<DmaMachine> machine_;
};

TEST_F(DmaOnSocPathTest, TakesAsLongAsTheRtlOfMinpool) {
  DmaMachine& machine = build(test::dma_minpool());
  for (const test::DurationRow& row : test::kMinpoolDurations) {
    EXPECT_EQ(machine.duration_of({kL2 + 0x10000, 0, row.bytes}), row.cycles) << row.bytes;
    EXPECT_EQ(machine.duration_of({0, kL2 + 0x10000, row.bytes}), row.cycles) << row.bytes;
  }
}

TEST_F(DmaOnSocPathTest, TakesAsLongAsTheRtlOfMempool) {
  DmaMachine& machine = build(test::dma_mempool());
  for (const test::DurationRow& row : test::kMempoolDurations) {
    EXPECT_EQ(machine.duration_of({kL2 + 0x10000, 0, row.bytes}), row.cycles) << row.bytes;
    EXPECT_EQ(machine.duration_of({0, kL2 + 0x10000, row.bytes}), row.cycles) << row.bytes;
  }
}

/// The transfers of a program that was run on the RTL of minpool, one after the other; its
/// front-end logged how long each took.
class RecordedTransfers {
 public:
  /// `aligns_some`: to 64 bytes.
  RecordedTransfers(std::uint32_t seed, bool aligns_some)
      : state_(seed), aligns_some_(aligns_some) {}
  DmaTransfer next() {
    const std::uint32_t kind = random();
    const std::uint32_t longest = kind % 8 == 0 ? 4000 : kind % 2 == 1 ? 700 : 150;
    std::uint32_t bytes = 1 + random() % longest;
    std::uint32_t l1 = random() % (64 * 1024 - bytes);
    std::uint32_t l2 = kL2 + 0x10000 + random() % 0x20000;
    if (aligns_some_ && (kind & 16) != 0) {
      l1 -= l1 % 64;
      l2 -= l2 % 64;
      bytes = (bytes + 63) / 64 * 64;
      l1 = l1 + bytes > 64 * 1024 ? 0 : l1;
    }
    return (kind & 8) != 0 ? DmaTransfer{l1, l2, bytes} : DmaTransfer{l2, l1, bytes};
  }

 private:
  std::uint32_t random() {
    state_ = state_ * 1664525 + 1013904223;
    return state_ >> 8;
  }
  std::uint32_t state_;
  bool aligns_some_;
};

// Source: dma.log of the RTL (MemPool 904336ac, minpool, Verilator 4.218).
constexpr std::array<Cycles, 150> kRtlSomeAligned{
    32, 40, 32,  216, 33,  32,  48, 32, 32,  32,  32, 48, 121, 33,  32, 36, 49, 32,  48,
    48, 36, 60,  134, 52,  152, 61, 37, 32,  41,  48, 49, 33,  33,  32, 33, 32, 33,  32,
    32, 45, 40,  36,  61,  45,  32, 49, 194, 40,  36, 32, 36,  36,  56, 33, 33, 208, 28,
    38, 32, 145, 49,  157, 33,  41, 33, 33,  32,  50, 28, 33,  136, 32, 36, 52, 33,  33,
    48, 33, 41,  37,  32,  33,  28, 33, 36,  37,  33, 32, 41,  113, 60, 36, 37, 37,  33,
    48, 60, 41,  37,  41,  36,  41, 58, 32,  33,  32, 33, 32,  62,  33, 33, 61, 41,  33,
    33, 60, 32,  36,  213, 38,  42, 42, 53,  50,  37, 37, 33,  32,  33, 48, 37, 32,  40,
    33, 60, 32,  36,  32,  32,  41, 28, 32,  101, 32, 49, 32,  37,  33, 49, 57};
constexpr std::array<Cycles, 150> kRtlUnaligned{
    97, 37,  36,  36,  37, 32, 36,  73, 37,  36, 56, 32,  110, 28,  109, 32,  36, 197, 73,
    49, 62,  37,  36,  44, 36, 38,  32, 37,  36, 58, 33,  32,  56,  58,  36,  28, 37,  110,
    49, 33,  49,  37,  49, 62, 36,  73, 45,  58, 73, 50,  36,  33,  61,  36,  32, 28,  33,
    36, 49,  165, 122, 33, 61, 145, 56, 36,  57, 29, 61,  32,  37,  36,  36,  37, 36,  38,
    52, 38,  36,  41,  62, 37, 49,  36, 28,  60, 61, 32,  33,  37,  50,  32,  37, 36,  46,
    49, 62,  33,  37,  49, 58, 46,  62, 49,  29, 45, 48,  32,  202, 56,  205, 32, 50,  50,
    60, 97,  36,  36,  56, 38, 36,  73, 37,  37, 46, 36,  37,  61,  36,  38,  37, 63,  36,
    45, 193, 28,  37,  60, 38, 36,  36, 204, 36, 37, 169, 36,  33,  49,  42,  133};

TEST_F(DmaOnSocPathTest, RandomTransfersTakeAsLongAsOnTheRtl) {
  DmaMachine& machine = build(test::dma_minpool());
  RecordedTransfers some_aligned(12345, true);
  for (const Cycles cycles : kRtlSomeAligned) {
    const DmaTransfer transfer = some_aligned.next();
    EXPECT_EQ(machine.duration_of(transfer), cycles)
        << std::hex << transfer.source << " " << transfer.destination << " " << transfer.bytes;
  }
  RecordedTransfers unaligned(777, false);
  for (const Cycles cycles : kRtlUnaligned) {
    const DmaTransfer transfer = unaligned.next();
    EXPECT_EQ(machine.duration_of(transfer), cycles)
        << std::hex << transfer.source << " " << transfer.destination << " " << transfer.bytes;
  }
}

}  // namespace
}  // namespace tessera
