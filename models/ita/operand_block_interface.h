// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <systemc>

#include "models/base/address_range.h"
#include "models/base/byte_memory.h"
#include "models/base/guest_error.h"
#include "models/base/observers.h"
#include "models/base/stat.h"
#include "models/ita/operand_block.h"
#include "models/ita/operand_block_engine.h"
#include "models/ita/operand_block_regs.h"
#include "models/tlm/register_device.h"

namespace tessera::ita {

/// All ITAs of a machine behind MemPool's operand-block interface: a START computes a whole head.
/// Instance i has its registers from i * ITA_BLOCK_STRIDE on; between the instances nothing is
/// decoded, so the block may be mapped as one window or one per instance. README.
/// Timing: functional: BUSY for operand_block_cycles() after START; all of a head's effects happen
///         at its end. Cycle: the engines move operands and results; what lies elsewhere than in L1
///         and L2 goes the functional way. Source: assumption, see OperandBlockTiming.
/// Errors: a START that breaks a rule is reported (device_misuse with hart and pc) and refused:
///         DONE is set at once, nothing is read or written. A START while BUSY is reported and
///         ignored. An operand or output that is not memory is reported at the end of the run;
///         nothing is written, DONE is set.
class OperandBlockInterface : public RegisterDevice, public OperandBlockClient {
 public:
  /// How one instance is seen: its line to the observers, and `memory` by a way of its own.
  struct ObservedInstance {
    DeviceProbe probe;
    ByteMemory& memory;
  };
  /// `memory` sees what the operands and outputs may lie in: L1 and L2. `observed`: one per
  /// instance, or none.
  OperandBlockInterface(const sc_core::sc_module_name& name,
                        const OperandBlockParameters& parameters, const ClockDomain& clock,
                        ByteMemory& memory, GuestErrorSink& guest_errors, StatGroup& parent_stats,
                        const std::vector<ObservedInstance>& observed = {});

  bool is_idle() const;
  std::string activity() const override;
  /// Cycle timing with one engine per instance for what lies in `memories`, or functional timing
  /// (no engines). REQUIRES: is_idle().
  void use_engines(const std::vector<OperandBlockEngine*>& engines,
                   const std::vector<AddressRange>& memories);
  /// The group of the statistics of instance `index`, for its engine's.
  StatGroup& stats(std::uint32_t index) { return *stats_[index]; }

  // OperandBlockClient
  void phase_began(std::uint32_t index, const char* what, Cycles cycle) override;
  void operands_arrived(std::uint32_t index) override;
  void write_result(std::uint32_t index, std::uint32_t offset, std::uint32_t bytes) override;
  void run_ended(std::uint32_t index, Cycles cycle) override;

 private:
  /// One ITA. The address and size registers live in the register bank.
  struct Instance {
    Register* start_addr = nullptr;
    Register* out_addr = nullptr;
    Register* rqs_addr = nullptr;
    Register* s = nullptr;
    Register* e = nullptr;
    Register* p = nullptr;

    std::uint32_t flags = 0;  ///< SKIPSOFTMAX and ITER as written
    bool is_busy = false;
    bool is_done = false;
    bool is_moving = false;  ///< inside run_head(), which may wait for a foreign target; or an
                             ///< engine runs it
    ByteMemory* memory = nullptr;
    DeviceProbe probe;
    bool is_in_phase = false;  ///< that observers were told of
    std::uint64_t phases = 0;  ///< that ended
    // The run under way.
    HeadShape shape{};
    OperandBlockAddresses addresses{};
    std::uint32_t hart = kNoHart;
    std::uint32_t pc = 0;
    Cycles start = 0;
    Cycles end = 0;
    std::vector<std::int8_t> result;  ///< of a run in an engine; empty: there is none
    // Statistics.
    std::uint64_t heads = 0;
    std::uint64_t busy_cycles = 0;
    std::uint64_t macs = 0;
    std::uint64_t bytes_read = 0;
    std::uint64_t bytes_written = 0;
    std::uint64_t misuses = 0;
  };

  void advance_to(Cycles cycle) override;
  void add_registers(std::uint32_t index);
  void add_stats(std::uint32_t index, StatGroup& parent_stats);

  std::uint32_t state_of(const Instance& instance) const;
  void write_state(Instance& instance, std::uint32_t value, const RegisterAccess& access);
  /// What is wrong with the registers; empty: nothing.
  std::string refusal(const Instance& instance) const;
  void start(Instance& instance, const RegisterAccess& access);
  /// The running instance that ends first and is not ending already; null: none.
  Instance* first_to_end();
  /// Hands the run to its engine; false when not everything lies in the engines' memories.
  bool start_engine(Instance& instance);
  void end_run(Instance& instance);
  Activity run_of(const Instance& instance) const {
    return instance.probe.activity("head", instance.heads);
  }
  void tell_started(const Instance& instance, const RegisterAccess& access) const;
  static void tell_phase_ended(Instance& instance, Cycles cycle);
  void run_head(Instance& instance);
  /// Returns the result; empty, and reported, when the operands are not in memory.
  std::vector<std::int8_t> compute(Instance& instance);
  /// Returns whether nothing was to be reported.
  bool check_tables(Instance& instance, const RequantTables& tables);
  void check_constants(Instance& instance, const HeadOperands& head);
  void schedule_end();
  void report(Instance& instance, const RegisterAccess& access, const std::string& message,
              std::uint32_t address = 0);

  const OperandBlockParameters parameters_;
  GuestErrorSink& guest_errors_;
  std::vector<Instance> instances_;
  std::vector<StatGroup*> stats_;
  std::vector<OperandBlockEngine*> engines_;  ///< empty: functional timing
  std::vector<AddressRange> memories_;
};

}  // namespace tessera::ita
