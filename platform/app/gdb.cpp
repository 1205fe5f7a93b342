// SPDX-License-Identifier: Apache-2.0
#include "platform/app/gdb.h"

#include <unistd.h>

#include <fmt/format.h>

#include "models/base/error.h"
#include "models/base/host_error.h"
#include "platform/app/exit_code.h"
#include "platform/app/say.h"
#include "platform/debug/hart_list.h"

namespace tessera::app {

namespace {

constexpr const char* kHandoverOption = "--gdb-handover";

debug::Server::Handover read_handover(const std::string& text) {
  debug::Server::Handover handover;
  int is_without_acks = 0;
  // The text is this program's own.
  std::sscanf(text.c_str(), "%d,%d,%d", &handover.handles.listener, &handover.handles.connection,
              &is_without_acks);
  handover.is_without_acks = is_without_acks != 0;
  return handover;
}

std::unique_ptr<debug::Transport> open_transport(const GdbOptions& options) {
  if (!options.handover.empty()) {
    return std::make_unique<debug::Transport>(read_handover(options.handover).handles);
  }
  return std::make_unique<debug::Transport>(options.host, options.port);
}

debug::Session::Machine served_machine(Soc& soc, const AddressMap& map) {
  std::vector<debug::MemoryRegion> regions;
  for (const MapRange& range : map.ranges()) {
    regions.push_back({range.base, range.bytes, range.access.find('w') != std::string::npos});
  }
  return {soc.hart_control(), soc.memory(), regions};
}

}  // namespace

Gdb::Gdb(const GdbOptions& options, const Surroundings& surroundings)
    : options_(options),
      around_(surroundings),
      server_(open_transport(options), served_machine(around_.soc, around_.map),
              {[this] { return around_.signals.is_interrupted(); },
               [this] { around_.soc.request_stop(RunEnd::kInterrupted); },
               [this](const debug::Server::Handover& handover) { restart(handover); },
               [](const std::string& line) { say("{}\n", line); }},
              debugged_machine()) {
  if (!options_.harts.empty()) {
    const auto harts = debug::parse_harts(options_.harts, around_.soc.num_harts());
    if (!harts) {
      throw UsageError("--gdb-harts: " + expected_harts(options_.harts));
    }
    server_.debugger().set_harts(*harts);
  }
  add_monitor_commands();
  if (options_.handover.empty()) {
    say("gdb server on {}\n", transport().address());
  }
}

std::string Gdb::expected_harts(const std::string& text) const {
  return fmt::format("expected harts of 0..{} as in 0-3,17, got '{}'", around_.soc.num_harts() - 1,
                     text);
}

debug::Debugger::Machine Gdb::debugged_machine() {
  return {around_.soc.hart_control(),
          [this](const debug::StopEvent& event) {
            around_.soc.sync();
            server_.halt(event);
          },
          [this] {
            Probes probes;
            probes.memory = &server_.debugger();
            around_.soc.attach(probes);
          },
          [this] { return around_.soc.timing() == TimingMode::kFunctional; },
          [this](AgentId agent) { return around_.soc.observers().agent_name(agent); },
          [this](std::uint32_t pc) { return describe_pc(pc); }};
}

std::string Gdb::describe_pc(std::uint32_t pc) const {
  const std::string symbol = around_.places.names().symbols().describe(pc);
  const std::string line = around_.places.names().line_text(pc);
  return (symbol.empty() ? "" : "<" + symbol + ">") + (line.empty() ? "" : " " + line);
}

void Gdb::restart(const debug::Server::Handover& handover) const {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < around_.command.size(); ++i) {
    if (around_.command[i] == kHandoverOption) {
      ++i;  // and its value
    } else {
      words.push_back(around_.command[i]);
    }
  }
  words.emplace_back(kHandoverOption);
  words.push_back(fmt::format("{},{},{}", handover.handles.listener, handover.handles.connection,
                              handover.is_without_acks ? 1 : 0));
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) {
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);
  ::execv("/proc/self/exe", arguments.data());
  TESSERA_CHECK(false, "cannot start the program anew{}", host_reason());
}

void Gdb::begin() {
  if (!options_.handover.empty()) {
    server_.resume_client(read_handover(options_.handover));
  } else if (options_.waits) {
    server_.wait_for_client();
  }
}

void Gdb::poll() {
  server_.poll();
  if (stop_cycle_ && around_.soc.now() >= *stop_cycle_) {
    stop_cycle_.reset();
    around_.soc.poll_at(kNever);
    debug::StopEvent event;
    event.text = fmt::format("cycle {}", around_.soc.now());
    server_.debugger().stop(event);
  }
}

void Gdb::blame(std::uint32_t hart, debug::StopEvent& event) const {
  if (server_.debugger().is_resumed(hart)) {
    event.hart = hart;
  }
}

void Gdb::show_guest_error(const GuestError& error, const std::string& text) {
  debug::StopEvent event;
  event.text = fmt::format("stopped at a guest error: {}", text);
  event.signal = error.kind == GuestErrorKind::kIllegalInstruction
                     ? debug::StopEvent::kIllegalInstruction
                     : debug::StopEvent::kBadAccess;
  blame(error.hart, event);
  if (error.kind == GuestErrorKind::kStackOverflow) {
    stop_at_end_ = event;  // sp has been set, pc has not: nobody could follow the stack
  } else {
    server_.debugger().stop(event);
  }
}

void Gdb::show_end(const RunResult& result, const std::string& reason) {
  debug::StopEvent event;
  event.text = reason;
  switch (result.end) {
    case RunEnd::kEndOfComputation:
    case RunEnd::kInterrupted:
      return;
    case RunEnd::kGuestError:
      if (stop_at_end_) {
        server_.debugger().stop(*stop_at_end_);
      }
      return;
    case RunEnd::kUnsupported:
      event.signal = debug::StopEvent::kIllegalInstruction;
      blame(result.hart, event);
      break;
    case RunEnd::kMaxCycles:
    case RunEnd::kMaxInstructions:
    case RunEnd::kTimeout:
      event.signal = debug::StopEvent::kLimit;
      break;
    case RunEnd::kHang:
      event.signal = debug::StopEvent::kInterrupted;
      break;
  }
  server_.debugger().stop(event);
}

}  // namespace tessera::app
