// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/base/bank_port.h"
#include "models/base/byte_memory.h"
#include "models/base/stat.h"
#include "models/base/steppable.h"
#include "models/ita/core_pipeline.h"
#include "models/ita/hardware.h"
#include "models/ita/streamer.h"
#include "models/ita/tile_engine.h"

namespace tessera::ita {

/// Where the jobs come from: the registers.
class JobQueue {
 public:
  struct Job {
    TileJob job{JobContext{}};
    bool is_refused = false;   ///< takes its time, but neither reads nor writes
    std::uint64_t number = 0;  ///< what observers call it
  };
  virtual ~JobQueue() = default;
  /// A triggered job waits.
  virtual bool has_job() const = 0;
  virtual Job begin_job() = 0;
  /// The job's last cycle; its event follows JobEngine::kEventCycles later.
  virtual void end_job(Cycles cycle) = 0;
};

/// The HWPE wrapper in cycle timing: four streams share the ports on the ITA's banks, buffers stand
/// between them and the core, a controller runs one job after the other. Operands are read, rows
/// computed and results written in the cycle in which the hardware does it.
/// Timing: cycle-true; the next job of the queue starts 3 cycles after the end of the one before.
///         Part 8 of CycleLoop.
/// Source: ita_hwpe_ctrl.sv, ita_hwpe_streamer.sv, ita_hwpe_top.sv and the modules below it,
///         hwpe_ctrl_slave.sv, hci_core_mux_ooo.sv; checked against the RTL by the test ita_cycles.
class JobEngine : public Steppable {
 public:
  /// From the job's last cycle to its event. Source: event_interrupt_proc, hwpe_ctrl_slave.sv.
  static constexpr Cycles kEventCycles = 1;
  struct Counters {
    std::uint64_t rows = 0;
    std::uint64_t input_stall_cycles = 0;
    std::uint64_t weight_stall_cycles = 0;
    std::uint64_t output_stall_cycles = 0;
    std::uint64_t softmax_stall_cycles = 0;
    std::uint64_t overhead_cycles = 0;
    std::uint64_t port_requests = 0;
    std::uint64_t port_refusals = 0;
  };

  /// `ports`: one per port of the hardware. `memory` holds what the jobs point to.
  JobEngine(const Hardware& hardware, JobQueue& queue, TileEngine& tiles, ByteMemory& memory,
            const std::vector<BankPort*>& ports);
  void add_stats(StatGroup& stats);

  /// No job waits or is under way, and nothing moves.
  bool is_at_rest() const { return is_settled_ && !queue_.has_job(); }
  /// Goes on from the state of the tile engine. REQUIRES: is_at_rest().
  void take_over();
  /// Drops the job under way and all weights.
  void abort();
  const Counters& counters() const { return counters_; }

  Cycles next_active_cycle(Cycles from) const override;
  void step(Cycles cycle) override;

 private:
  enum Stream : std::size_t { kInput, kWeights, kBias, kOutput, kNumStreams };
  /// States of hwpe_ctrl_slave.sv.
  enum class Run : std::uint8_t { kIdle, kStarting, kStart, kRunning };
  /// States of ita_hwpe_ctrl.sv.
  enum class Control : std::uint8_t { kIdle, kNextLoad, kDone };
  /// Words in each buffer between a stream and the core. Source: ita_hwpe_{input,output}_buffer.sv.
  static constexpr std::uint32_t kBufferWords = 8;

  /// The arbiter in front of a port. It keeps its choice until that is granted, else goes round.
  /// Source: hci_core_mux_ooo.sv, whose fixed priorities ITA's wrapper does not enable.
  struct Port {
    BankPort* banks = nullptr;
    std::uint32_t streams = 0;  ///< bits of those that it serves
    std::uint32_t favoured = 0;
    std::uint32_t winner = 0;
    bool was_granted = false;
    bool had_request = false;  ///< in the last cycle, as was_granted
    bool is_asking = false;    ///< in the coming cycle
  };
  /// Between a stream and the core, in words of the port and pieces of the core.
  struct Buffer {
    std::uint32_t words = 0;
    std::uint32_t pieces = 0;  ///< of the word at the core's end
    bool has_place() const { return words < kBufferWords; }
  };
  /// What the wrapper holds of a job, and between jobs.
  struct State {
    Run run = Run::kIdle;
    bool sees_job = false;  ///< in the queue; a cycle late, as the counters of contexts show it
    Control control = Control::kIdle;
    bool starts_weights = false;  ///< the weights' streamer starts in this cycle
    bool loads_ahead = false;     ///< the weights' streamer is at the next job's
    Buffer input;
    Buffer weights;
    Buffer output;
    std::uint32_t bias_words = 0;
    std::uint32_t bias_rows = 0;  ///< taken by the core
    bool has_bias = false;        ///< the buffer is complete
    bool shows_bias = false;      ///< for a cycle or longer
    bool holds_input = false;     ///< in the fence between input and bias
    bool holds_bias = false;
    Cycles refused_end = 0;  ///< of a refused job
  };

  /// Which streamers start in this cycle, and whether the job is done.
  struct Decision {
    std::array<bool, kNumStreams> starts{};
    bool is_done = false;
  };
  Decision control();
  bool is_job_done() const;
  void begin_job(Cycles cycle);
  void step_streams(const Decision& decision, const std::array<bool, kNumStreams>& granted,
                    Cycles cycle);
  void step_core(Cycles cycle);
  bool pass_fence();
  void step_bias_buffer(bool is_word_new);
  void step_run(bool is_done, Cycles cycle);
  void end_job(Cycles cycle);
  void count_cycle(bool is_row_taken);

  std::array<bool, kNumStreams> ask_ports();
  void announce();
  std::uint32_t choose(const Port& port, std::uint32_t wanting) const;
  bool is_stream_ready(std::size_t stream) const;
  bool wants_access(std::size_t stream) const {
    return streamers_[stream].wants_access(is_stream_ready(stream));
  }
  std::uint32_t address_of(std::size_t stream) const;
  void move(std::size_t stream);
  void move_weights(std::uint32_t address);
  void move_bias(std::uint32_t address);
  void move_results(std::uint32_t address);
  bool is_settled() const;

  const Hardware hardware_;
  const std::uint32_t rows_per_access_;
  const std::uint32_t accesses_per_tile_;
  const std::uint32_t bias_accesses_;
  JobQueue& queue_;
  TileEngine& tiles_;
  ByteMemory& memory_;
  std::vector<Port> ports_;
  std::array<Streamer, kNumStreams> streamers_{
      Streamer(Streamer::Kind::kSource), Streamer(Streamer::Kind::kSource),
      Streamer(Streamer::Kind::kSource), Streamer(Streamer::Kind::kSink)};
  CorePipeline core_;
  State state_;
  bool is_settled_ = true;  ///< nothing moves without a job
  JobQueue::Job job_;
  TileOperands operands_;
  std::array<std::uint8_t, kBiasBytes> bias_bytes_{};
  TileBytes output_{};
  Counters counters_;
};

}  // namespace tessera::ita
