// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/engine_parameters.h"

#include <fmt/format.h>

#include "models/base/error.h"

namespace tessera::attention_engine {

namespace {

void set(EngineParameters& engine, MemoryId id, std::uint32_t entries) {
  engine.entries[static_cast<std::size_t>(id)] = entries;
}

/// Queues and scheduler memories, of the same size in all presets (assumption).
void set_queues(EngineParameters& engine) {
  set(engine, MemoryId::kMaskRam, 256);
  set(engine, MemoryId::kTileList, 2048);
  set(engine, MemoryId::kSmxRf, 1024);
  set(engine, MemoryId::kInQ, 512);
  set(engine, MemoryId::kOutQ, 512);
}

/// N, L, E, clock, fills, t_row, p, W_s, rho_s: specification, sections 1.2 and 4 (proposal). MRF
/// and ScoreVrf hold the keys, values and two dense score rows of S = 4096, d = 64: 1 MiB and
/// 512 KiB (assumption).
EngineParameters soc64() {
  EngineParameters engine;
  engine.name = "soc64";
  set_queues(engine);
  set(engine, MemoryId::kMvmInitialVrf, 512);
  set(engine, MemoryId::kMfuInitialVrf, 512);
  set(engine, MemoryId::kAddSubVrf0, 512);
  set(engine, MemoryId::kAddSubVrf1, 512);
  set(engine, MemoryId::kMultiplyVrf, 512);
  set(engine, MemoryId::kAccVrf, 512);
  set(engine, MemoryId::kScoreVrf, 8192);
  set(engine, MemoryId::kMrf, 256);
  return engine;
}

/// Brainwave on Stratix V, Arria 10 and Stratix 10. Source of N, L, E, clock, MRF: Table III of
/// Fowers et al., ISCA 2018, where the MRF is read as 306 native tiles in the bank of each engine
/// (assumption: fewer would not hold the kernels of Table V); of instruction_cycles: the same,
/// section V. The flat pipeline takes N / L cycles per native vector everywhere. Depths: those of
/// the NPU that re-implements it (see s10nx()), which lie between the 97 and 122 cycles that
/// separate its two CNN layers of Table I from their SDM bound. chain_cycles and invocation_cycles
/// are fitted on isca18_table5.csv: the control processor costs so much per chain of the recurrent
/// kernels, and an invocation over the network so much.
EngineParameters brainwave(const char* name, std::uint32_t clock_khz, std::uint32_t native_dim,
                           std::uint32_t lanes, std::uint32_t engines, std::uint32_t mrf) {
  EngineParameters engine;
  engine.name = name;
  engine.clock_khz = clock_khz;
  engine.native_dim = native_dim;
  engine.lanes = lanes;
  engine.engines = engines;
  engine.mvu_split = Split::kTiles;
  engine.mfu_lanes = native_dim;
  engine.path_lanes = native_dim;
  engine.is_rigid = true;
  engine.mvu_cycles = 37;
  engine.read_cycles = 8;
  engine.mfu_cycles = 25;
  engine.write_cycles = 8;
  engine.instruction_cycles = 4;
  engine.chain_cycles = 46;
  engine.invocation_cycles = 2300;
  set_queues(engine);
  // Assumption: Table III gives the MRF, not the VRFs; all programs of the calibration fit.
  for (const MemoryId id : {MemoryId::kMvmInitialVrf, MemoryId::kMfuInitialVrf,
                            MemoryId::kAddSubVrf0, MemoryId::kAddSubVrf1, MemoryId::kMultiplyVrf}) {
    set(engine, id, 512);
  }
  set(engine, MemoryId::kMrf, mrf);
  engine.mechanisms.has_indirect = false;  // the 2018 ISA: consecutive entries only
  engine.mechanisms.transposer = Transposer::kNone;
  engine.mechanisms.context_split = Split::kTiles;
  return engine;
}

/// Intel's NPU on Stratix 10 NX. Source of sizes: npu.vh of intel/fpga-npu and Boutros et al., FPT
/// 2020: 2 cores x 7 tiles x 40 units x 40 lanes, 3 vectors a weight read, 512 entries a VRF, 12
/// accumulators a unit, one chain a cycle.
/// Depths: the pipeline registers of its RTL. mvu.sv, mvu_tile.sv, dpe.sv, bram_accum.sv: 14 along
/// the tiles, 21 to the DSP blocks, 9 in them, 3 and 1 to the sum over tiles, 3 to, 3 in and 3
/// after the accumulators. evrf.sv: 4 + 2 + 1 + 2. mfu.sv: 2 + 2 + 3 + 3 + 1 + 2 + 6 + 2. ld.sv: 3
/// and 2 to the comparison of tags. Start: RESET_DELAY x 3 + 1 in npu.sv. fifo_cycles is fitted on
/// gemv and rnn of s10nx_tops.csv: between two units stand an output and an input FIFO in vendor
/// block RAM, whose latency the sources do not show.
EngineParameters s10nx() {
  EngineParameters engine;
  engine.name = "s10nx";
  engine.clock_khz = 300'000;
  engine.native_dim = 40;
  engine.lanes = 40;
  engine.engines = 7;
  engine.batch = 3;
  engine.cores = 2;
  engine.mvu_split = Split::kColumns;
  engine.accumulator_rows = 12;
  engine.mfu_lanes = 40;
  engine.path_lanes = 40;
  engine.is_rigid = true;
  engine.mvu_cycles = 57;
  engine.read_cycles = 9;
  engine.mfu_cycles = 21;
  engine.write_cycles = 5;
  engine.fifo_cycles = 5;
  engine.instruction_cycles = 0;
  engine.chain_cycles = 1;
  engine.start_cycles = 31;
  engine.operation_fifo_depth = 512;
  engine.vector_fifo_depth = 512;
  engine.out_queue_depth = 512;
  set_queues(engine);
  for (const MemoryId id : {MemoryId::kMfuInitialVrf, MemoryId::kAddSubVrf0, MemoryId::kAddSubVrf1,
                            MemoryId::kMultiplyVrf}) {
    set(engine, id, 512 * 3);  // a VRF for each vector of the batch
  }
  set(engine, MemoryId::kMvmInitialVrf, 512 * 3 * 7);
  set(engine, MemoryId::kMrf, 1024 * 7);
  engine.mechanisms.has_indirect = false;
  engine.mechanisms.transposer = Transposer::kNone;
  engine.mechanisms.context_split = Split::kTiles;
  return engine;
}

/// A Brainwave of the BERT era: VRF sizes as a third-party emulator gives them, N from the public
/// firmware, L, E and clock assumptions. Specification, section 1.2.
EngineParameters bert_np() {
  EngineParameters engine = brainwave("bert_np", 250'000, 128, 16, 8, 512);
  engine.is_rigid = false;
  engine.mvu_split = Split::kVectors;
  engine.mfu_lanes = 128;
  engine.path_lanes = 128;
  engine.softmax_lanes = 128;
  engine.chain_cycles = 0;
  engine.invocation_cycles = 0;
  set(engine, MemoryId::kMvmInitialVrf, 20480);
  set(engine, MemoryId::kMfuInitialVrf, 4096);
  set(engine, MemoryId::kAddSubVrf0, 1024);
  set(engine, MemoryId::kAddSubVrf1, 4096);
  set(engine, MemoryId::kMultiplyVrf, 64);
  set(engine, MemoryId::kAccVrf, 256);
  set(engine, MemoryId::kScoreVrf, 20480);
  engine.mechanisms = {};
  return engine;
}

}  // namespace

const std::vector<EngineParameters>& engine_presets() {
  static const std::vector<EngineParameters> presets{
      soc64(),
      brainwave("bw_s5", 200'000, 100, 10, 6, 6 * 306),
      brainwave("bw_a10", 300'000, 128, 16, 8, 8 * 306),
      brainwave("bw_s10", 250'000, 400, 40, 6, 6 * 306),
      s10nx(),
      bert_np(),
  };
  return presets;
}

const EngineParameters& engine_preset(std::string_view name) {
  std::string known;
  for (const EngineParameters& engine : engine_presets()) {
    if (engine.name == name) {
      return engine;
    }
    known += (known.empty() ? "" : ", ") + engine.name;
  }
  throw ConfigError("attention_engine.preset", fmt::format("no preset '{}'", name),
                    "allowed: " + known);
}

std::string_view to_string(MemoryId id) {
  static constexpr std::array<std::string_view, kNumMemories> kNames{
      "l2",          "l1",          "mvm_initial_vrf", "mfu_initial_vrf",
      "addsub_vrf0", "addsub_vrf1", "multiply_vrf",    "acc_vrf",
      "score_vrf",   "mrf",         "mask_ram",        "tile_list",
      "smx_rf",      "in_queue",    "out_queue",       "reserved"};
  return kNames[static_cast<std::size_t>(id)];
}

}  // namespace tessera::attention_engine
