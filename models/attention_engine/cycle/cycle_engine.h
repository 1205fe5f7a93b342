// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/attention_engine/cycle/axi_mover.h"
#include "models/attention_engine/cycle/chain.h"
#include "models/attention_engine/cycle/chain_decoder.h"
#include "models/attention_engine/cycle/instruction.h"
#include "models/attention_engine/cycle/vector_fifo.h"
#include "models/attention_engine/engine_parameters.h"
#include "models/attention_engine/error_code.h"
#include "models/base/axi_port.h"
#include "models/base/observers.h"
#include "models/base/steppable.h"

namespace tessera::attention_engine {

/// Why the MVU did nothing in a cycle.
enum class Stall : std::uint8_t {
  kNone,        ///< it worked
  kIdle,        ///< no chain needs it
  kFrontEnd,    ///< instructions are still being decoded
  kScan,        ///< the tile-sparse scheduler is still testing tiles
  kDependency,  ///< on a chain of the vector or softmax path
  kLoad,        ///< on a tile or vector that comes from L2
  kFifo,        ///< its output has no place
  kDrain,       ///< mechanism A4: the pipeline is not empty
};
inline constexpr std::uint32_t kNumStalls = 8;

/// The engine, cycle by cycle: front end, units with queues of chains, FIFOs of vectors between
/// them, loader with transposer, DMA. Macro descriptors (as an InstructionSource) and instructions
/// that firmware pushes go through the same front end.
///
///   front end -> { load | MVU -> [read] -> [MFU0] -> [MFU1] -> write-back | softmax }
///
/// Timing: a unit takes one native vector per native_dim / lanes cycles, chain by chain in program
///         order; the first vector of a chain waits until the chains it depends on are committed.
///         Values and sources: EngineParameters.
///         Cycles that go in and out are those of the SoC, of which clock_divider make one of the
///         engine; what AXI brings is taken in any. Counters count those of the engine.
/// Limits: carries timing only; ChainData and the datapath compute results when chains and
///         descriptors end.
class CycleEngine final : public Steppable {
 public:
  struct Counters {
    Cycles cycles = 0;  ///< with work under way
    std::uint64_t issued_macs = 0;
    std::uint64_t mfu_cycles = 0;      ///< vectors times cycles, both MFUs
    std::uint64_t softmax_cycles = 0;  ///< the softmax unit worked
    std::uint64_t scan_cycles = 0;     ///< the tile-sparse scheduler worked
    std::uint64_t chains = 0;
    std::uint64_t instructions = 0;
    std::uint64_t spill_bytes = 0;         ///< scores to and from L2
    std::uint64_t refetch_bytes = 0;       ///< tiles that had been in the MRF
    std::array<Cycles, kNumStalls> mvu{};  ///< cycles of the MVU, by Stall
    Cycles context_cycles = 0;             ///< of mvu[kNone], those of context products
  };

  /// `probe` is told of every chain, from dispatch to commit.
  CycleEngine(const EngineParameters& engine, AxiPort& port, const DeviceProbe& probe = {});

  /// Instructions come from `source` until it has none left and all its chains are committed; then
  /// from the FIFO again. REQUIRES: nothing of the FIFO is under way.
  void run(InstructionSource& source, Cycles soc_cycle);
  /// Places in the instruction FIFO; a push into a full one has to wait.
  [[nodiscard]] std::uint32_t free_places() const;
  /// REQUIRES: free_places() > 0.
  void push(std::uint64_t instruction, Cycles soc_cycle);

  Cycles next_active_cycle(Cycles from) const override;
  void step(Cycles soc_cycle) override;

  /// Everything is committed and stored, and the FIFO is empty.
  [[nodiscard]] bool is_idle() const { return instructions_.is_empty() && is_done(); }
  /// Sources that have been run to their end.
  [[nodiscard]] std::uint64_t ended_sources() const { return ended_sources_; }
  /// This chain and all before it are committed.
  [[nodiscard]] std::uint64_t committed_chains() const { return retired_; }
  /// Cycle in which the last chain was committed.
  [[nodiscard]] Cycles last_commit() const { return last_commit_ * engine_.clock_divider; }
  /// Tag of the last interrupt instruction, and how many there were.
  [[nodiscard]] std::uint32_t interrupt_tag() const { return interrupt_tag_; }
  [[nodiscard]] std::uint64_t interrupts() const { return interrupts_; }
  [[nodiscard]] bool has_failed() const { return has_failed_; }
  [[nodiscard]] const ChainDecoder::Error& error() const { return decoder_.error(); }
  /// Gives up everything but what AXI still owes; afterwards the engine takes work again.
  void abort(Cycles soc_cycle);
  /// abort(), and what chains left behind is forgotten.
  void reset(Cycles soc_cycle);

  [[nodiscard]] const Counters& counters() const { return counters_; }
  [[nodiscard]] const AxiMover& mover() const { return mover_; }
  AxiClient& axi_client() { return client_; }
  ChainDecoder& decoder() { return decoder_; }
  [[nodiscard]] const EngineParameters& parameters() const { return engine_; }

 private:
  /// Passes on what AXI brings and notes that there is something to do.
  class Client final : public AxiClient {
   public:
    Client(AxiMover& mover, bool& is_woken) : mover_(mover), is_woken_(is_woken) {}
    bool can_take_beat() const override { return mover_.can_take_beat(); }
    void read_beat(std::uint32_t tag, bool is_last, Cycles cycle) override;
    void write_response(std::uint32_t tag, Cycles cycle) override;

   private:
    AxiMover& mover_;
    bool& is_woken_;
  };

  struct UnitState {
    explicit UnitState(const EngineParameters& engine)
        : chains(engine.operation_fifo_depth), out(engine.vector_fifo_depth) {}
    Ring<std::uint64_t> chains;  ///< to work on, in order
    VectorFifo out;
    std::uint32_t done = 0;    ///< vectors or steps of the first chain
    bool has_started = false;  ///< what the first chain waits for is there
    Cycles free = 0;           ///< first cycle for the next vector or step
    Cycles latency = 0;        ///< to the next unit
    std::uint32_t vector_cycles = 1;
  };
  /// A chain that becomes visible as committed at `cycle`.
  struct Commit {
    std::uint64_t chain = 0;
    Cycles cycle = 0;
  };
  enum class FrontEnd : std::uint8_t { kEmpty, kChain, kFence, kInterrupt };

  UnitState& state(Unit unit) { return units_[index_of(unit)]; }
  [[nodiscard]] const UnitState& state(Unit unit) const { return units_[index_of(unit)]; }
  Chain& chain(std::uint64_t sequence) { return window_[sequence % window_.size()]; }
  [[nodiscard]] const Chain& chain(std::uint64_t sequence) const {
    return window_[sequence % window_.size()];
  }

  // Front end: cycle_engine_front_end.cpp.
  void decode(Cycles cycle);
  bool next_instruction(std::uint64_t& word);
  [[nodiscard]] bool has_instruction() const;
  [[nodiscard]] bool is_done() const;
  void dispatch(Cycles cycle);
  [[nodiscard]] bool can_dispatch() const;
  [[nodiscard]] bool is_drained() const;

  // Units: cycle_engine_units.cpp.
  void step_vector_unit(Unit unit, Cycles cycle);
  void step_mvu(Cycles cycle);
  void step_softmax(Cycles cycle);
  void step_load(Cycles cycle);
  void finish_loads(Cycles cycle);
  void write_back(UnitState& unit, const Chain& chain, Cycles cycle);
  static void end_chain(UnitState& unit);
  bool start(UnitState& unit, Unit name);
  [[nodiscard]] bool is_met(const Waits& waits) const;
  [[nodiscard]] Stall stall_of(const Waits& waits) const;
  [[nodiscard]] Unit unit_before(const Chain& chain, Unit unit) const;
  [[nodiscard]] Cycles ready_at(Unit unit, Cycles from) const;
  [[nodiscard]] bool has_room(Unit unit, const Chain& chain) const;
  [[nodiscard]] Stall mvu_stall(Cycles cycle) const;

  // Commit.
  void commit_at(std::size_t queue, std::uint64_t sequence, Cycles cycle);
  void apply_commits(Cycles cycle);
  [[nodiscard]] bool is_committed(std::uint64_t sequence) const;
  void account(Cycles cycle);
  [[nodiscard]] Cycles find_next(Cycles from) const;

  const EngineParameters engine_;
  const DeviceProbe probe_;
  ChainDecoder decoder_;
  AxiMover mover_;
  bool is_woken_ = false;  ///< by AXI, since the last step
  Client client_{mover_, is_woken_};

  // Front end.
  Ring<std::uint64_t> instructions_;
  InstructionSource* source_ = nullptr;
  bool is_running_source_ = false;  ///< its chains are not all committed
  std::uint64_t ended_sources_ = 0;
  FrontEnd front_end_ = FrontEnd::kEmpty;
  bool is_scanning_ = false;   ///< the front end is busy with tests of tiles
  Cycles front_end_free_ = 0;  ///< what it holds can be dispatched
  Chain decoded_;
  std::uint32_t interrupt_tag_ = 0;
  std::uint64_t interrupts_ = 0;
  bool has_failed_ = false;

  // Chains between dispatch and commit; state by sequence number modulo the window.
  std::vector<Chain> window_;
  std::vector<std::uint8_t> has_read_;
  std::vector<std::uint8_t> has_committed_;
  std::uint64_t dispatched_ = 0;       ///< the youngest
  std::uint64_t retired_ = 0;          ///< this one and all before are committed
  std::vector<Ring<Commit>> commits_;  ///< by path, then those of stores; each in order of time
  Cycles last_commit_ = 0;

  std::vector<UnitState> units_;       ///< by Unit
  Ring<std::uint64_t> loading_;        ///< chains at the DMA, in order
  Cycles port_free_ = 0;               ///< write port of the MRF
  std::uint64_t tiles_in_buffer_ = 0;  ///< transposed tiles that are loading or being written

  Cycles next_ = kNever;  ///< next_active_cycle() unless woken
  Counters counters_;
  Stall mvu_stall_ = Stall::kIdle;
  bool mvu_is_context_ = false;
  Cycles accounted_ = 0;  ///< up to, not including, this cycle
};

}  // namespace tessera::attention_engine
