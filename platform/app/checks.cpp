// SPDX-License-Identifier: Apache-2.0
#include "platform/app/checks.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "platform/launch_rules.h"
#include "platform/observe/checker/offload_checker.h"
#include "platform/soc_parameters.h"

namespace tessera::app {

namespace {

/// The runtime looks, without order, at words in which every hart says that it has started: whether
/// one came back to the boot address, and whether its stack has overflown.
const std::vector<std::string> kByDesign{
    "unordered_access: _start* | *", "unordered_access: * | _start*",
    "unordered_access: runtime_exit* | *", "unordered_access: * | runtime_exit*"};

/// All words of the program: what is no code makes no loop that anybody runs.
PollLoops find_poll_loops(const ElfImage& program) {
  PollLoops loops;
  for (const ElfSegment& segment : program.segments) {
    std::vector<std::uint32_t> words(segment.bytes.size() / 4);
    std::memcpy(words.data(), segment.bytes.data(), 4 * words.size());
    loops.add_code(segment.address, words);
  }
  return loops;
}

AddressRange addresses_of(const MapRange& range) {
  return {static_cast<std::uint32_t>(range.base), static_cast<std::uint32_t>(range.end())};
}

/// Memory that has no contents before somebody writes it.
void add_memories(CheckerSetup& setup, const SocConfig& config, const AddressMap& map,
                  const SymbolTable& symbols) {
  for (const MapRange& range : map.ranges()) {
    if (!range.is_memory()) {
      continue;
    }
    const AddressRange addresses = addresses_of(range);
    setup.memories.push_back(addresses);
    if (range.target == AddressTarget::kL1) {
      // Not the stacks: compiled code may load there what it then does not use.
      const std::uint32_t stacks = l1_config(config).layout.sequential_end();
      setup.without_contents.push_back({std::max(addresses.base, stacks), addresses.end});
      setup.stacks.push_back({addresses.base, std::max(addresses.base, stacks)});
    } else {
      if (range.target != AddressTarget::kItaL1) {
        setup.results.push_back(addresses);
      }
      // Programs look whether there is a workload, and move whole tiles of ITAs' results.
      setup.without_contents_for_devices.push_back(addresses);
    }
  }
  const auto heap = symbols.find("__heap_start");
  const auto heap_end = symbols.find("__heap_end");
  if (heap && heap_end) {
    setup.without_contents.push_back({*heap, *heap_end});
  }
}

CheckerSetup offload_setup(const Soc& soc, const SocConfig& config, const AddressMap& map,
                           const ElfImage& program, const GuestPlaces& places) {
  CheckerSetup setup;
  setup.num_harts = soc.num_harts();
  add_memories(setup, config, map, program.symbols);
  setup.end_register = end_register(config);
  setup.end_hart = config.control.eoc_hart;
  setup.launch_rules = launch_rules(soc.observers(), config, map);
  setup.wake_registers = wake_registers(soc.observers(), config, map);
  // firmware/runtime/arena.h
  for (const char* arena : {"l1_arena", "l2_arena"}) {
    if (const auto state = program.symbols.find(arena)) {
      setup.arenas.push_back(*state);
    }
  }
  setup.asks_for_fences = !setup.arenas.empty();  // a program of firmware/runtime
  setup.poll_loops = find_poll_loops(program);
  setup.names.describe_code = [&places](std::uint32_t pc) {
    return places.names().describe_inlined(pc);
  };
  setup.names.describe_data = [&places](std::uint32_t address) { return places.address(address); };
  setup.names.callers = [&soc, &places](std::uint32_t hart, std::uint32_t pc) {
    // With cycle timing an access arrives when its hart has gone on.
    return soc.hart(hart).pc == pc ? places.callers(hart, pc) : std::vector<std::uint32_t>();
  };
  setup.names.describe_calls = [&places](const std::vector<std::uint32_t>& calls) {
    return places.call_text(calls);
  };
  return setup;
}

}  // namespace

Checks::Checks(const CheckOptions& options, Soc& soc, const SocConfig& config,
               const AddressMap& map, const ElfImage& program,
               const std::vector<MemoryImage>& images, const std::vector<MemoryDump>& dumps,
               const GuestPlaces& places) {
  if (!options.offload) {
    return;
  }
  CheckerSetup setup = offload_setup(soc, config, map, program, places);
  for (const MemoryImage& image : images) {
    setup.inputs.push_back({image.address, image.bytes});
  }
  for (const MemoryDump& dump : dumps) {
    setup.dumps.push_back({dump.address, static_cast<std::uint32_t>(dump.address + dump.bytes)});
  }
  offload_ = std::make_unique<OffloadChecker>(std::move(setup), soc.observers());
  std::vector<std::string> suppressions = kByDesign;
  if (!options.suppressions.empty()) {
    const auto more = read_suppressions(options.suppressions);
    suppressions.insert(suppressions.end(), more.begin(), more.end());
  }
  offload_->findings().suppress(std::move(suppressions));
  soc.attach(offload_->probes());
}

Checks::~Checks() = default;

std::size_t Checks::num_findings() const {
  return is_on() ? offload_->findings().shown().size() : 0;
}

std::string Checks::report() const {
  std::string text;
  const auto shown = offload_->findings().shown();
  for (const Findings::Shown& one : shown) {
    text += one.finding.text;
    text += one.count > 1 ? fmt::format("\n  met {} times\n", one.count) : "\n";
  }
  return text + fmt::format("offload check: {} {}\n", shown.size(),
                            shown.size() == 1 ? "finding" : "findings");
}

}  // namespace tessera::app
