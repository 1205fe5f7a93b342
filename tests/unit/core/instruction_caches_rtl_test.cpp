// SPDX-License-Identifier: Apache-2.0
// Random programs, stalls, sleep and memory latency: every instruction and every refill comes in
// the cycle in which it came in the RTL. Recorded from snitch_icache (cluster_icache as MemPool
// 904336ac uses it, nothing changed but the latches of L0) in Verilator 4.218, driven by the same
// RandomFetch.
#include <gtest/gtest.h>

#include "models/core/instruction_caches.h"
#include "tests/unit/core/random_fetch.h"

namespace tessera {
namespace {

constexpr Cycles kRunCycles = 20000;

/// One run of the RTL: shape of the caches, seed, RandomFetch::hash() at the end.
struct Recorded {
  std::uint32_t harts_per_tile;
  std::uint32_t line_bytes;
  std::uint32_t l1_bytes;
  std::uint32_t l1_ways;
  std::uint32_t seed;
  std::uint64_t hash;
};

constexpr Recorded kRecorded[] = {
    {4, 32, 2048, 2, 174, 0x4EFEFAAE08DCD412}, {4, 32, 2048, 2, 240, 0xB28D81D7F4AEDA67},
    {4, 32, 2048, 2, 250, 0xC31B01578F57122C}, {4, 32, 2048, 2, 153, 0x73AFF870FE468B1F},
    {4, 32, 2048, 2, 245, 0x80140C2911C75F33}, {4, 32, 2048, 2, 248, 0xA37856AC5D8FEAF0},
    {4, 32, 2048, 2, 144, 0x186C1B6CBB93DAD1}, {4, 32, 2048, 2, 246, 0x38CD44B337FAFCB0},
    {4, 32, 2048, 2, 112, 0x48B9D32BE7E6AB41}, {4, 32, 2048, 2, 209, 0x6148EDE6C467182D},
    {4, 32, 2048, 2, 1, 0xAABC92A112AEBEBE},   {4, 32, 2048, 2, 2, 0x5DD29B9EDBA34EA6},
    {4, 32, 2048, 2, 17, 0x7E203547AB226DEB},  {4, 32, 2048, 2, 21, 0x257A0153F3FD1AD3},
    {4, 32, 2048, 2, 24, 0x72AC5922D001C793},  {8, 64, 4096, 4, 361, 0xEAB45D0F7AF5865F},
    {8, 64, 4096, 4, 308, 0x38E151F583642572}, {8, 64, 4096, 4, 377, 0x9C157F6188F3B968},
    {8, 64, 4096, 4, 373, 0xEB25D048537994F9}, {8, 64, 4096, 4, 366, 0x5A86FCEFC0AE166D},
    {8, 64, 4096, 4, 353, 0x87928B7ACDE0A8E0},
};

class Port final : public RefillPort {
 public:
  explicit Port(test::RandomFetch& fetch) : fetch_(fetch) {}
  bool can_refill(std::uint32_t /*tile*/) const override { return fetch_.can_refill; }
  void refill(std::uint32_t /*tile*/, std::uint32_t address, std::uint32_t /*bytes*/,
              std::uint32_t tag) override {
    // RandomFetch wants the harts of the cycle first, then its refill.
    address_ = address;
    tag_ = tag;
    is_started_ = true;
  }
  void end_cycle() {
    if (is_started_) {
      fetch_.start_refill(address_, tag_);
    }
    is_started_ = false;
  }

 private:
  test::RandomFetch& fetch_;
  std::uint32_t address_ = 0;
  std::uint32_t tag_ = 0;
  bool is_started_ = false;
};

std::uint64_t run(const Recorded& recorded) {
  test::RandomFetch fetch(recorded.seed, recorded.harts_per_tile);
  DmiTable dmi;
  dmi.map(test::RandomFetch::kBase, test::RandomFetch::kBytes,
          reinterpret_cast<std::uint8_t*>(fetch.code.data()), true, false);
  InstructionCachesParameters parameters;
  parameters.num_tiles = 1;
  parameters.harts_per_tile = recorded.harts_per_tile;
  parameters.line_bytes = recorded.line_bytes;
  parameters.l1_bytes = recorded.l1_bytes;
  parameters.l1_ways = recorded.l1_ways;
  Port port(fetch);
  StatGroup stats("icache");
  InstructionCaches caches(parameters, dmi, port, stats);
  std::vector<bool> is_waiting(recorded.harts_per_tile);
  while (fetch.now < kRunCycles) {
    fetch.begin_cycle();
    for (; fetch.is_refill_done(); fetch.refills.pop_front()) {
      caches.refill_done(0, fetch.refills.front().tag, fetch.now);
    }
    if (caches.next_active_cycle(fetch.now) == fetch.now) {
      caches.step(fetch.now);
      for (const std::uint32_t hart : caches.harts_ready()) {
        is_waiting[hart] = false;
      }
    }
    for (std::uint32_t i = 0; i < recorded.harts_per_tile; ++i) {
      test::RandomFetch::Hart& hart = fetch.harts[i];
      if (!hart.is_asleep && !is_waiting[i] && hart.is_new_pc) {
        is_waiting[i] = !caches.fetch(i, hart.pc);
      }
      hart.is_served = !is_waiting[i];
    }
    port.end_cycle();
    fetch.end_cycle([&](std::uint32_t hart) { caches.sleep(hart, fetch.harts[hart].pc); });
  }
  return fetch.hash();
}

TEST(InstructionCachesRtl, RandomProgramsRunAsRecorded) {
  for (const Recorded& recorded : kRecorded) {
    EXPECT_EQ(run(recorded), recorded.hash)
        << "seed " << recorded.seed << ", " << recorded.harts_per_tile << " harts";
  }
}

}  // namespace
}  // namespace tessera
