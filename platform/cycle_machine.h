// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "models/attention_engine/device/attention_engine.h"
#include "models/axi/port_group.h"
#include "models/axi/soc_path.h"
#include "models/base/observed_memory.h"
#include "models/core/cluster.h"
#include "models/core/cycle_harts.h"
#include "models/core/cycle_loop.h"
#include "models/core/hart_engine.h"
#include "models/core/instruction_caches.h"
#include "models/dma/dma.h"
#include "models/dma/dma_engine.h"
#include "models/interconnect/l1_network.h"
#include "models/ita/job_engine.h"
#include "models/ita/job_interface.h"
#include "models/ita/operand_block_engine.h"
#include "models/ita/operand_block_interface.h"
#include "models/memory/l1_memory.h"
#include "models/periph/control_registers.h"
#include "platform/soc_config.h"

namespace tessera {

/// What of the machine exists in cycle timing only, and the loop that steps it: L1 network, SoC
/// path, instruction caches, pipelines of the harts, back-ends of the DMA, streams of the ITAs.
class CycleMachine final : public HartEngine {
 public:
  /// The parts of the machine that both timing modes have.
  struct Parts {
    Cluster& cluster;
    L1Memory& l1;
    DmiTable& dmi;
    Dma& dma;
    ByteMemory& dma_memory;  ///< what the DMA moves data in: L2, and L1 in its raw map
    ControlRegisters& control;
    /// Empty without the job interface.
    const std::vector<std::unique_ptr<ita::JobInterface>>& ita_jobs;
    attention_engine::AttentionEngine* attention_engine;  ///< null: the machine has none
    ita::OperandBlockInterface* ita_operand_blocks;       ///< null without that interface
    StatGroup& stats;                                     ///< of the machine
    StatGroup& cluster_stats;                             ///< of its cluster
    Observers& observers;
    /// What ITA i moves data in.
    const std::vector<ByteMemory*>& ita_memories;
  };
  CycleMachine(const SocConfig& config, const Parts& parts);

  void take_over(Cycles now) override;
  bool is_at_rest() const override;
  void hold(bool is_held) override;
  void hand_back(Cycles now) override;
  Cycles run(Cycles from, Cycles horizon) override;
  void limit(Cycles cycle) override { loop_.limit(cycle); }
  void request_stop() override { loop_.limit(0); }
  void clear_stop_request() override {}
  Cycles now() const override { return loop_.now(); }
  bool is_idle() const override { return loop_.next_active_cycle() == kNever; }
  void sync(Cycles now) override;

  void wake_up(std::uint32_t hart, Cycles cycle) override;
  void end_hart(std::uint32_t hart) override;
  void access_done(std::uint32_t /*hart*/, Cycles /*cycle*/) override {}  // the SoC path asks again
  void watch_pc(std::uint32_t address, bool is_watched) override {
    harts_.watch_pc(address, is_watched);
  }
  void step_hart(std::uint32_t hart, bool is_stepped) override {
    harts_.step_hart(hart, is_stepped);
  }
  void observer_came() override {}
  void hold_hart(std::uint32_t hart, bool is_held, Cycles now) override {
    harts_.hold_hart(hart, is_held, now);
  }
  std::optional<std::uint32_t> register_value(std::uint32_t hart,
                                              std::uint32_t index) const override {
    return harts_.register_value(hart, index);
  }
  bool is_register_busy(std::uint32_t hart, std::uint32_t index) const override {
    return harts_.is_register_busy(hart, index);
  }
  void memory_written(std::uint32_t address, std::uint32_t bytes) override;

 private:
  /// One AXI master of the SoC path for each back-end.
  std::vector<DmaBackendPorts> dma_ports(const SocConfig& config);
  /// Null when the machine has none.
  std::unique_ptr<PortGroup> make_attention_engine_ports(const SocConfig& config);
  std::unique_ptr<attention_engine::TimedEngine> make_attention_engine();
  std::vector<std::unique_ptr<ita::JobEngine>> make_job_engines(const SocConfig& config);
  std::vector<std::unique_ptr<ita::OperandBlockEngine>> make_operand_block_engines(
      const SocConfig& config);
  std::vector<Steppable*> loop_parts();

  const Parts parts_;
  ObservedHartPort observed_l1_;
  std::vector<std::unique_ptr<ObservedMemory>> dma_memories_;  ///< by back-end
  L1Network l1_network_;
  SocPath soc_path_;
  InstructionCaches caches_;
  CycleHarts harts_;
  DmaEngine dma_engine_;
  std::vector<std::unique_ptr<BankPort>> ita_ports_;
  std::vector<std::unique_ptr<ita::JobEngine>> job_engines_;
  std::vector<std::unique_ptr<ita::OperandBlockEngine>> operand_block_engines_;
  const std::vector<AddressRange> operand_block_memories_;
  std::unique_ptr<PortGroup> attention_engine_ports_;
  std::unique_ptr<attention_engine::TimedEngine> attention_engine_;
  CycleLoop loop_;
};

}  // namespace tessera
