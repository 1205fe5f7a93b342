// SPDX-License-Identifier: Apache-2.0
#include "platform/run_control.h"

#include <utility>

#include <systemc>

#include "models/base/error.h"

namespace tessera {

void RunControl::add_timing_switch(const TimingSwitch& change) {
  const auto request = [this, mode = change.mode] { cluster_.request_timing(mode); };
  switch (change.when) {
    case TimingSwitch::When::kCycle:
      sc_core::sc_spawn(
          [this, request, cycle = change.value] {
            sc_core::wait(clock_.time(cycle));
            request();
          },
          sc_core::sc_gen_unique_name("timing_switch"));
      break;
    case TimingSwitch::When::kRegionBegin:
    case TimingSwitch::When::kRegionEnd:
      region_switches_.push_back(change);
      break;
    case TimingSwitch::When::kPc:
      cluster_.watch_pc(static_cast<std::uint32_t>(change.value), request);
      break;
  }
}

void RunControl::region(std::uint32_t hart, std::uint32_t id, bool begins) {
  if (services_.region_of_interest) {
    cluster_.sync();
    services_.region_of_interest(hart, id, begins);
    cluster_.observer_came();  // a trace of the region begins with the next instruction
  }
  const auto when = begins ? TimingSwitch::When::kRegionBegin : TimingSwitch::When::kRegionEnd;
  for (const TimingSwitch& change : region_switches_) {
    if (change.when == when && change.value == id) {
      cluster_.request_timing(change.mode);
    }
  }
}

void RunControl::request_stop(RunEnd reason) {
  if (!requested_end_) {
    requested_end_ = reason;
    cluster_.request_stop();
  }
}

void RunControl::end_of_computation(std::uint32_t hart, std::uint32_t value) {
  if (end_hart_ != kNoHart && hart != end_hart_) {
    // On the RTL this write would have ended the simulation: what the hart would do next counts for
    // nothing (MemPool's programs jump to the boot ROM, and a wake-up would start them again).
    other_end_value_ = other_end_value_.value_or(value);
    if (hart < cluster_.num_harts()) {
      cluster_.end_hart(hart);
    }
    return;
  }
  end_value_ = value;
  request_stop(RunEnd::kEndOfComputation);
}

RunResult RunControl::run(const RunLimits& limits) {
  static_assert(RunLimits::kNone == ClusterLimits::kNoLimit);
  cluster_.start({limits.max_cycles, limits.max_instructions});
  if (requested_end_) {  // before the run, by a debugger
    cluster_.request_stop();
  }
  sc_core::sc_start();
  const std::optional<RunEnd> requested_end = std::exchange(requested_end_, std::nullopt);

  RunResult result;
  switch (cluster_.stop_reason()) {
    case ClusterStop::kRequested:
      TESSERA_CHECK(requested_end.has_value(), "the cluster stopped unasked");
      result.end = *requested_end;
      break;
    case ClusterStop::kMaxCycles:
      result.end = RunEnd::kMaxCycles;
      break;
    case ClusterStop::kMaxInstructions:
      result.end = RunEnd::kMaxInstructions;
      break;
    case ClusterStop::kUnsupported:
      result.end = RunEnd::kUnsupported;
      result.message = cluster_.stop_message();
      result.hart = cluster_.stop_hart();
      break;
    case ClusterStop::kNone:  // the kernel ran out of events: nothing can wake a hart
    case ClusterStop::kHang:
      // A hart whose end of computation does not count has finished, and nobody else can go on.
      result.end = other_end_value_ ? RunEnd::kEndOfComputation : RunEnd::kHang;
      end_value_ = other_end_value_.value_or(0);
      break;
  }
  result.guest_value = end_value_;
  result.cycles =
      cluster_.stop_reason() == ClusterStop::kNone ? clock_.now() : cluster_.stop_cycle();
  result.instructions = cluster_.total_instructions();
  return result;
}

}  // namespace tessera
