// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/base/guest_error.h"
#include "models/base/steppable.h"
#include "models/base/units.h"
#include "platform/address_map.h"
#include "platform/app/gdb_options.h"
#include "platform/app/guest_places.h"
#include "platform/app/signals.h"
#include "platform/app/traces.h"
#include "platform/debug/server.h"
#include "platform/soc.h"

namespace tessera::app {

/// The GDB server of a run: brings machine, program and server together.
class Gdb {
 public:
  struct Surroundings {
    Soc& soc;
    const AddressMap& map;
    const GuestPlaces& places;
    const Signals& signals;
    Traces& traces;
    const std::vector<std::string>& command;  ///< to begin the run anew
  };
  /// Listens. Throws UsageError or ConfigError.
  Gdb(const GdbOptions& options, const Surroundings& surroundings);

  const debug::Transport& transport() const { return server_.transport(); }
  /// Before the run: waits for a client, if that is asked for.
  void begin();
  /// Called between two steps of the simulation.
  void poll();
  /// A guest error that ends the run: shows the hart to blame, at its pc when it is still there.
  void show_guest_error(const GuestError& error, const std::string& text);
  /// The run is over, but not by the guest's will: lets the client look around.
  void show_end(const RunResult& result, const std::string& reason);
  /// Tells the client the exit code.
  void finish(int exit_code) { server_.finish(static_cast<std::uint8_t>(exit_code)); }
  /// Wall time that the machine has stood still, in seconds.
  double halted_seconds() const { return server_.halted_seconds(); }

 private:
  debug::Debugger::Machine debugged_machine();
  [[noreturn]] void restart(const debug::Server::Handover& handover) const;
  std::string describe_pc(std::uint32_t pc) const;
  /// What is wrong with a list of harts.
  std::string expected_harts(const std::string& text) const;
  /// Lets `event` be of `hart`, if GDB expects to hear of that one.
  void blame(std::uint32_t hart, debug::StopEvent& event) const;

  // gdb_monitor.cpp
  using Words = debug::Monitor::Words;
  using Text = std::optional<std::string>;
  void add_monitor_commands();
  Text select_harts(const Words& words);
  Text where(const Words& words) const;
  Text print_stats(const Words& words) const;
  Text dump(const Words& words) const;
  Text backtrace(const Words& words) const;
  Text run_until(const Words& words);
  Text switch_traces(const Words& words) const;
  std::string stats_below(const std::string& path) const;
  std::string hart_registers(std::uint32_t hart) const;
  std::string device_registers(const std::string& path) const;

  const GdbOptions options_;
  const Surroundings around_;
  debug::Server server_;
  std::optional<Cycles> stop_cycle_;
  std::optional<debug::StopEvent> stop_at_end_;
};

}  // namespace tessera::app
