// SPDX-License-Identifier: Apache-2.0
#include "models/ita/timing.h"

#include <algorithm>

#include "models/base/error.h"
#include "models/ita/operand_block.h"

namespace tessera::ita {

namespace {

// Core. Source: rtl_core_cycles, total = W0 + 256 * T + 11 in all 246 runs without stalls.
constexpr Cycles kFirstWeights16Cycles = 64;  ///< 1 KiB through a 16-byte port
constexpr Cycles kFirstWeights128Cycles = 8;  ///< 1 KiB through a 128-byte port
constexpr Cycles kPipelineCycles = 11;        ///< 10 stages and the output FIFO
/// Flavour rtl_2024_08: the 64 divisions of a block row on 5 dividers. Source: 8 runs at 40564cf.
constexpr Cycles kOldSoftmaxStallCycles = 105;

/// Three pointers, then mult u8, shift u8 and add i32 per constant.
constexpr std::uint64_t kRequantBytes = 12 + std::uint64_t{kNumConstants} * (1 + 1 + 4);

std::uint32_t tiles_of(std::size_t elements) {
  return static_cast<std::uint32_t>((elements + kTileSize - 1) / kTileSize);
}

std::uint64_t divide_up(std::uint64_t value, std::uint64_t divisor) {
  return (value + divisor - 1) / divisor;
}

}  // namespace

std::uint64_t tile_steps(Phase phase, const TileCounts& tiles) {
  const std::uint64_t s = tiles.s;
  switch (phase) {
    case Phase::kQ:
    case Phase::kK:
    case Phase::kV:
    case Phase::kOW:
    case Phase::kLinear:
      return s * tiles.e * tiles.p;
    case Phase::kQK:
    case Phase::kAV:
      return s * s * tiles.p;
    case Phase::kF1:
    case Phase::kF2:
      return s * tiles.e * tiles.f;
  }
  TESSERA_CHECK(false, "phase {}", static_cast<int>(phase));
}

std::uint64_t attention_tile_steps(const TileCounts& tiles) {
  std::uint64_t steps = 0;
  for (const Phase phase : {Phase::kQ, Phase::kK, Phase::kV, Phase::kQK, Phase::kAV, Phase::kOW}) {
    steps += tile_steps(phase, tiles);
  }
  return steps;
}

Cycles core_cycles(std::uint64_t tile_steps, WeightPort port, Flavour flavour,
                   std::uint32_t softmax_blocks) {
  const Cycles first_weights =
      port == WeightPort::k16Bytes ? kFirstWeights16Cycles : kFirstWeights128Cycles;
  const Cycles softmax_stall =
      flavour == Flavour::kRtl202408 ? softmax_blocks * kOldSoftmaxStallCycles : 0;
  return first_weights + tile_steps * kTileStepCycles + kPipelineCycles + softmax_stall;
}

/// Source: ita_hwpe_ctrl.sv, lengths of the four streams.
JobTraffic job_traffic(const JobKind& kind, const Hardware& hardware) {
  constexpr std::uint32_t kTileBytes = kTileSize * kTileSize;
  constexpr std::uint32_t kBiasBytes = 3 * kTileSize;
  const std::uint32_t rows = hardware.rows_per_step() / hardware.rows_per_access();
  const std::uint32_t block = hardware.weight_block_bytes() / hardware.port_bytes;
  const std::uint32_t weights =
      kTileBytes / hardware.port_bytes - (kind.is_first ? 0 : block) + (kind.is_last ? 0 : block);
  const std::uint32_t bias = (kBiasBytes + hardware.port_bytes - 1) / hardware.port_bytes;
  return {rows + weights + (kind.has_bias ? bias : 0), kind.has_output ? rows : 0};
}

OperandBlockTiming OperandBlockTiming::from_config(const ConfigNode& node) {
  OperandBlockTiming timing;
  timing.fetch_bytes_per_cycle = static_cast<std::uint32_t>(
      node.get_unsigned("fetch_bytes_per_cycle", timing.fetch_bytes_per_cycle, 1, 1024, "bytes",
                        "assumption: operands fetched per cycle"));
  timing.output_bytes_per_cycle = static_cast<std::uint32_t>(
      node.get_unsigned("output_bytes_per_cycle", timing.output_bytes_per_cycle, 1, 1024, "bytes",
                        "assumption: results written per cycle"));
  timing.is_fetch_overlapped =
      node.get_bool("fetch_overlapped", timing.is_fetch_overlapped,
                    "assumption: fetching the operands runs beside computing");
  timing.start_latency_cycles =
      node.get_unsigned("start_latency_cycles", timing.start_latency_cycles, 0, 100'000, "cycles",
                        "assumption: from START to the first fetch");
  return timing;
}

Cycles operand_block_compute_cycles(const HeadShape& shape, Flavour flavour) {
  const TileCounts tiles{tiles_of(shape.s), tiles_of(shape.e), tiles_of(shape.p), 1};
  return core_cycles(attention_tile_steps(tiles), WeightPort::k128Bytes, flavour, tiles.s);
}

Cycles operand_block_cycles(const HeadShape& shape, const OperandBlockTiming& timing,
                            Flavour flavour) {
  const Cycles compute = operand_block_compute_cycles(shape, flavour);
  const Cycles fetch =
      divide_up(OperandBlockLayout(shape).bytes + kRequantBytes, timing.fetch_bytes_per_cycle);
  const Cycles write = divide_up(std::uint64_t{shape.s} * shape.e, timing.output_bytes_per_cycle);
  const Cycles run = timing.is_fetch_overlapped ? std::max(fetch, compute) : fetch + compute;
  return timing.start_latency_cycles + run + write;
}

}  // namespace tessera::ita
