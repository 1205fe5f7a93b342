// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "models/base/address_range.h"
#include "models/base/probe.h"
#include "platform/observe/checker/late_wake_ups.h"
#include "platform/observe/checker/launch_registers.h"
#include "platform/observe/checker/poll_loops.h"

namespace tessera {

/// How reports name places of the program.
struct ProgramNames {
  /// "function (file:line)"; empty: unknown.
  std::function<std::string(std::uint32_t pc)> describe_code;
  /// What lies at an address: "table+0x8"; empty: unknown.
  std::function<std::string(std::uint32_t address)> describe_data;
  /// The calls that led `hart` to `pc`, innermost first; empty: it has gone on, or nobody knows.
  std::function<std::vector<std::uint32_t>(std::uint32_t hart, std::uint32_t pc)> callers;
  /// "main (main.c:71)", several with " < " between.
  std::function<std::string(const std::vector<std::uint32_t>& calls)> describe_calls;
};

/// What the offload checker knows of machine and program before the run.
struct CheckerSetup {
  /// What is loaded for the program to work on.
  struct Input {
    std::uint32_t address;
    std::vector<std::uint8_t> bytes;
  };

  std::uint32_t num_harts;
  std::vector<AddressRange> memories;  ///< L1 and L2: what is checked
  /// Where a read of what nobody has written is reported.
  std::vector<AddressRange> without_contents;
  /// The same for reads of devices only.
  std::vector<AddressRange> without_contents_for_devices;
  /// Stacks of harts, of which devices know nothing; the DMA may copy from and to them.
  std::vector<AddressRange> stacks;
  /// What the program leaves to others: all of it is to be done when the run ends.
  std::vector<AddressRange> results;
  std::vector<Input> inputs;
  std::vector<AddressRange> dumps;  ///< what is written to files after the run
  /// A store here with bit 0 set ends the run, if it comes from `end_hart` or that is kNobody.
  std::optional<std::uint32_t> end_register;
  AgentId end_hart = kNobody;
  std::vector<LaunchRules> launch_rules;
  std::vector<WakeRegister> wake_registers;
  std::vector<std::uint32_t> arenas;  ///< where their state is: Arenas
  /// Whether a hart must fence its stores before it tells another of them, as firmware/README.md
  /// asks, and not only before it launches a device.
  bool asks_for_fences = false;
  PollLoops poll_loops;
  ProgramNames names;
};

}  // namespace tessera
