// SPDX-License-Identifier: Apache-2.0
#include "tests/golden/ita/check_registers.h"

#include <algorithm>
#include <stdexcept>

#include "models/ita/job_interface.h"
#include "models/ita/operand_block_interface.h"
#include "tests/golden/ita/job_chain.h"
#include "tests/golden/ita/mempool_image.h"
#include "tests/support/sinks.h"

namespace tessera::test {

namespace {

constexpr std::uint32_t kRegionBase = 0x1000'0000;
constexpr std::size_t kRegionBytes = 64u << 20;  ///< not the 64 KiB of a machine: whole layers
constexpr std::uint64_t kClockKhz = 500'000;

struct JobBench {
  explicit JobBench(ita::Flavour flavour)
      : ita("ita", {flavour, ita::Hardware::of(flavour), kRegionBase, kRegionBytes}, clock,
            memory.bytes(), harts, errors, stats) {
    bus.socket.bind(ita.target_socket);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
  void run(const std::vector<ita::JobContext>& jobs) {
    driver.run(jobs);
    if (!errors.errors.empty()) {
      throw std::runtime_error("job interface: " + errors.errors.front().message);
    }
  }

  JobMemory memory{kRegionBase, kRegionBytes};
  ClockDomain clock{kClockKhz};
  StatGroup stats{"soc"};
  WakeUpRecorder harts{1};
  GuestErrorRecorder errors;
  BusInitiator bus{"bus"};
  ita::JobInterface ita;
  JobDriver driver{bus, clock};
};

void check_head(Tally& tally, JobBench& bench, const ita::HeadOperands& head,
                const HeadExpectation& expected) {
  const HeadImage image(bench.memory, head);
  bench.run(attention_jobs(image, head));
  const auto v_transposed = bench.memory.get(image.v_transposed);
  tally.compare("jobs.Qp", bench.memory.get(image.q), expected.q);
  tally.compare("jobs.Kp", bench.memory.get(image.k), expected.k);
  tally.compare("jobs.Vp", transposed(v_transposed, head.shape.p, head.shape.s), expected.v);
  tally.compare("jobs.A", bench.memory.get(image.logits), expected.logits);
  tally.compare("jobs.O", bench.memory.get(image.av), expected.av);
  tally.compare("jobs.Out", bench.memory.get(image.output), expected.output);
}

void check_feed_forward(Tally& tally, JobBench& bench, const FeedForwardData& data,
                        const ita::Activation& activation) {
  JobMemory& memory = bench.memory;
  const TiledMatrix input = memory.put(data.input, data.s, data.e);
  const TiledMatrix w1 = memory.put(data.w1_transposed, data.f, data.e);
  const TiledMatrix w2 = memory.put(data.w2_transposed, data.e, data.f);
  const TiledMatrix hidden = memory.reserve(data.s, data.f);
  const TiledMatrix output = memory.reserve(data.s, data.e);
  std::array<ita::Requant, ita::kNumConstants> requant{};
  requant[6] = data.requant1;
  requant[7] = data.requant2;
  JobChain chain(ita::Layer::kFeedForward,
                 {input.row_tiles, input.column_tiles, 1, hidden.column_tiles}, requant);
  chain.add({input, w1, hidden, memory.put_bias(data.b1), false, activation});
  chain.add({hidden, w2, output, memory.put_bias(data.b2)});
  bench.run(chain.jobs());
  tally.compare("jobs.F1", memory.get(hidden), data.expected1);
  tally.compare("jobs.F2", memory.get(output), data.expected2);
}

bool is_tiled(std::size_t size) {
  return size % ita::kTileSize == 0;
}

}  // namespace

void check_jobs(Tally& tally, const RtlCase& data) {
  const ita::HeadShape& shape = data.heads.front().shape;
  const FeedForwardData& ff = data.feed_forward;
  if (!is_tiled(shape.s) || !is_tiled(shape.e) || !is_tiled(shape.p) || !is_tiled(ff.f)) {
    return;
  }
  JobBench bench(data.flavour);
  for (std::size_t h = 0; h < data.heads.size(); ++h) {
    check_head(tally, bench, data.heads[h], data.expected[h]);
  }
  check_feed_forward(tally, bench, ff, data.activation);
}

void check_operand_blocks(Tally& tally, const MempoolCase& data) {
  MempoolImage image(data);
  ClockDomain clock{kClockKhz};
  StatGroup stats{"soc"};
  GuestErrorRecorder errors;
  BusInitiator bus{"bus"};
  ita::OperandBlockInterface ita{"ita", {}, clock, image.memory, errors, stats};
  bus.socket.bind(ita.target_socket);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  OperandBlockDriver driver(bus, clock);
  for (std::size_t call = 0; call < data.heads.size(); call += MempoolImage::kHeadsPerCall) {
    const std::size_t heads = std::min(MempoolImage::kHeadsPerCall, data.heads.size() - call);
    for (std::uint32_t i = 0; i < heads; ++i) {
      driver.start(i, image.addresses[call + i], data.shape);
    }
    for (std::uint32_t i = 0; i < heads; ++i) {
      driver.wait_for_done(i);
    }
  }
  if (!errors.errors.empty()) {
    throw std::runtime_error("operand-block interface: " + errors.errors.front().message);
  }
  for (std::size_t h = 0; h < data.heads.size(); ++h) {
    tally.compare("operand_block.Out", image.output(h), data.heads[h].expected.output);
  }
}

}  // namespace tessera::test
