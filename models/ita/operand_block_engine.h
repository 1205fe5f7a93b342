// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "models/base/axi_port.h"
#include "models/base/bank_port.h"
#include "models/base/stat.h"
#include "models/base/steppable.h"
#include "models/ita/operand_block.h"

namespace tessera::ita {

/// The registers behind which an engine works: they hold the data.
class OperandBlockClient {
 public:
  virtual ~OperandBlockClient() = default;
  /// From `cycle` on it does `what` ("fetch", "compute", "write"): for observers.
  virtual void phase_began(std::uint32_t index, const char* what, Cycles cycle) = 0;
  /// All operands of instance `index` have arrived: reads them and computes.
  virtual void operands_arrived(std::uint32_t index) = 0;
  /// Bytes [offset, offset + bytes) of the result reach memory.
  virtual void write_result(std::uint32_t index, std::uint32_t offset, std::uint32_t bytes) = 0;
  /// The run is over; DONE is visible from `cycle` on.
  virtual void run_ended(std::uint32_t index, Cycles cycle) = 0;
};

/// What one run moves, and how long it computes.
struct OperandBlockRun {
  std::vector<MemoryPiece> operands;
  MemoryPiece result;
  Cycles compute_cycles = 0;
};

/// One ITA behind the operand-block interface in cycle timing: fetches its operands from L2 over
/// AXI, or from L1, computes, writes the result back. Others contend for both.
/// Timing: the RTL is not public; an assumption, see OperandBlockTiming: two bursts of up to 4 KiB
///         under way, one phase after the other (fetch beside compute if `fetch_overlapped`), at
///         most the given bytes per cycle. Part 8 of CycleLoop.
class OperandBlockEngine : public Steppable, public AxiClient {
 public:
  struct Environment {
    AxiPort& axi;
    BankPort& l1;
    std::uint32_t l1_bytes;    ///< addresses below are L1
    std::uint32_t beat_bytes;  ///< of the AXI bus
  };

  OperandBlockEngine(const OperandBlockTiming& timing, std::uint32_t index,
                     OperandBlockClient& client, const Environment& environment);
  void add_stats(StatGroup& stats);

  /// REQUIRES: is_idle().
  void start(const OperandBlockRun& run, Cycles cycle);
  bool is_idle() const { return phase_ == Phase::kIdle; }

  Cycles next_active_cycle(Cycles from) const override;
  void step(Cycles cycle) override;

  // AxiClient
  bool can_take_beat() const override { return now_ + 1 >= next_beat_; }
  void read_beat(std::uint32_t tag, bool is_last, Cycles cycle) override;
  void write_response(std::uint32_t tag, Cycles cycle) override;

 private:
  enum class Phase : std::uint8_t { kIdle, kFetch, kCompute, kWrite };
  static constexpr std::uint32_t kMaxBursts = 2;
  static constexpr std::uint32_t kMaxBurstBytes = 4096;
  static constexpr std::uint32_t kMaxBurstBeats = 256;

  void step_fetch(Cycles cycle);
  void step_write(Cycles cycle);
  /// Begins the next burst or announces the next access to L1, as far as there are any.
  void go_on(bool is_write, Cycles cycle);
  void issue(bool is_write);
  /// The access to L1 that was announced; true: made.
  bool take_l1_access(Cycles cycle);
  void send_beats(Cycles cycle);
  void moved(std::uint32_t bytes, Cycles cycle);
  void result_written(std::uint32_t bytes);
  std::uint32_t bytes_per_cycle() const;
  bool has_rest() const { return rest_.bytes > 0 || next_piece_ < pieces_.size(); }
  void load_rest();
  bool is_in_l1(std::uint32_t address) const { return address < environment_.l1_bytes; }

  const OperandBlockTiming timing_;
  const std::uint32_t index_;
  OperandBlockClient& client_;
  const Environment environment_;
  Phase phase_ = Phase::kIdle;
  OperandBlockRun run_;
  std::vector<MemoryPiece> pieces_;  ///< of the phase
  std::size_t next_piece_ = 0;
  MemoryPiece rest_;                 ///< of the piece that is being moved
  std::uint32_t l1_access_ = 0;      ///< bytes of the access announced for this cycle; 0: none
  std::uint32_t open_bursts_ = 0;    ///< without their last response
  std::uint32_t beats_to_send_ = 0;  ///< of the write burst under way
  std::uint32_t burst_bytes_ = 0;    ///< of the write burst under way
  std::uint32_t result_offset_ = 0;
  Cycles now_ = 0;
  Cycles next_beat_ = 0;  ///< first cycle in which bytes may move again
  Cycles start_ = 0;
  Cycles compute_end_ = 0;
  std::uint64_t fetch_cycles_ = 0;
  std::uint64_t compute_cycles_ = 0;
  std::uint64_t write_cycles_ = 0;
  std::uint64_t l1_requests_ = 0;
  std::uint64_t l1_refusals_ = 0;
};

}  // namespace tessera::ita
