// SPDX-License-Identifier: Apache-2.0
// What GDB's `monitor` commands do.
#include <algorithm>

#include <fmt/format.h>

#include "models/base/text.h"
#include "platform/app/gdb.h"
#include "platform/app/hart_report.h"
#include "platform/debug/hart_list.h"

namespace tessera::app {

namespace {

constexpr const char* kClusterPath = "soc.cluster.";

}  // namespace

void Gdb::add_monitor_commands() {
  debug::Monitor& monitor = server_.monitor();
  monitor.add({"harts", "[list]", "the harts that are threads, or which shall be: 0-3,17 or all",
               [this](const Words& words) { return select_harts(words); }});
  monitor.add({"where", "", "where all harts are and what devices do",
               [this](const Words& words) { return where(words); }});
  monitor.add({"bt", "<list>", "who called whom in the harts 0-3,17 or all, same calls together",
               [this](const Words& words) { return backtrace(words); }});
  monitor.add({"stats", "[path]", "statistics below a path, as soc.dma; alone: which paths exist",
               [this](const Words& words) { return print_stats(words); }});
  monitor.add({"map", "", "the memory map", [this](const Words& words) {
                 return words.empty() ? Text(around_.map.text()) : std::nullopt;
               }});
  monitor.add({"dump", "<model>", "registers and statistics of a hart or device, by its path",
               [this](const Words& words) { return dump(words); }});
  monitor.add({"trace", "on|off", "the traces that the run was started with show something or not",
               [this](const Words& words) { return switch_traces(words); }});
  monitor.add({"run-until", "<cycle>", "the machine stops there when it is continued",
               [this](const Words& words) { return run_until(words); }});
}

Gdb::Text Gdb::select_harts(const Words& words) {
  if (words.size() > 1) {
    return std::nullopt;
  }
  if (words.size() == 1) {
    const auto harts = debug::parse_harts(words[0], around_.soc.num_harts());
    if (!harts) {
      return "monitor harts: " + expected_harts(words[0]);
    }
    server_.debugger().set_harts(*harts);
  }
  return fmt::format("harts {} of 0-{} are threads; a thread's id is that of its hart + 1",
                     format_harts(server_.debugger().harts()), around_.soc.num_harts() - 1);
}

Gdb::Text Gdb::where(const Words& words) const {
  if (!words.empty()) {
    return std::nullopt;
  }
  const std::string devices = what_devices_do(around_.soc);
  const std::string& access = server_.debugger().latest_access();
  return fmt::format("cycle {}: {}\n{}{}{}{}{}", around_.soc.now(), count_activities(around_.soc),
                     where_harts_are(around_.soc, around_.places), devices.empty() ? "" : "\n",
                     devices, access.empty() ? "" : "\nlatest watched access: ", access);
}

Gdb::Text Gdb::backtrace(const Words& words) const {
  if (words.size() != 1) {
    return std::nullopt;
  }
  const auto harts = debug::parse_harts(words[0], around_.soc.num_harts());
  return harts ? backtraces(around_.soc, around_.places, *harts)
               : "monitor bt: " + expected_harts(words[0]);
}

std::string Gdb::stats_below(const std::string& path) const {
  std::string text;
  around_.soc.stats().visit([&](const std::string& name, const Stat& stat) {
    if (name.compare(0, path.size() + 1, path + ".") == 0) {
      text += fmt::format("{:<56} {:>14} {}\n", name, stat.value(), stat.unit);
    }
  });
  return text;
}

Gdb::Text Gdb::print_stats(const Words& words) const {
  if (words.size() == 1) {
    const std::string text = stats_below(words[0]);
    return text.empty() ? fmt::format("no statistics below '{}'", words[0]) : text;
  }
  if (!words.empty()) {
    return std::nullopt;
  }
  std::string text = "statistics below soc:\n";
  for (const auto& group : around_.soc.stats().groups()) {
    text += fmt::format("  soc.{}\n", group->name());
  }
  return text;
}

std::string Gdb::hart_registers(std::uint32_t hart) const {
  const HartControl& control = around_.soc.hart_control();
  std::string text =
      fmt::format("{}, {} instructions, pc 0x{:08x} {}\n", control.hart_activity(hart),
                  control.instructions(hart), control.pc(hart), describe_pc(control.pc(hart)));
  constexpr std::uint32_t kNumRegisters = 32;
  constexpr std::uint32_t kPerLine = 8;
  for (std::uint32_t i = 0; i < kNumRegisters; ++i) {
    const auto value = control.register_value(hart, i);
    text += fmt::format("x{:<2} {}{}", i, value ? fmt::format("{:08x}", *value) : "on way  ",
                        i % kPerLine == kPerLine - 1 ? "\n" : "  ");
  }
  return text;
}

std::string Gdb::device_registers(const std::string& path) const {
  std::string text;
  for (const RegisterValue& one : around_.soc.register_values(path)) {
    text += fmt::format("+0x{:03x}  {:<24} {}\n", one.offset, one.name,
                        one.value ? fmt::format("0x{:08x}", *one.value) : "write-only");
  }
  return text;
}

Gdb::Text Gdb::dump(const Words& words) const {
  if (words.size() != 1) {
    return std::nullopt;
  }
  const std::string& path = words[0];
  const HartControl& control = around_.soc.hart_control();
  for (std::uint32_t hart = 0; hart < control.num_harts(); ++hart) {
    if (path == kClusterPath + control.hart_name(hart)) {
      return hart_registers(hart) + stats_below(path);
    }
  }
  const std::string text = device_registers(path) + stats_below(path);
  return text.empty() ? fmt::format("no model '{}'; 'tessera list models' lists them", path) : text;
}

Gdb::Text Gdb::switch_traces(const Words& words) const {
  if (words.size() != 1 || (words[0] != "on" && words[0] != "off")) {
    return std::nullopt;
  }
  if (around_.traces.count() == 0) {
    return "no traces: start the run with --commit-log, --timeline, --bus-trace or --wave";
  }
  around_.traces.switch_on(words[0] == "on", around_.soc.now());
  around_.soc.observer_came();
  return fmt::format("traces are {} from cycle {}", words[0], around_.soc.now());
}

Gdb::Text Gdb::run_until(const Words& words) {
  if (words.size() != 1) {
    return std::nullopt;
  }
  const auto parsed = parse_unsigned(words[0]);
  const auto* cycle = std::get_if<std::uint64_t>(&parsed);
  if (cycle == nullptr) {
    return "monitor run-until: " + std::get<std::string>(parsed);
  }
  const Cycles now = around_.soc.now();
  if (*cycle <= now) {
    return fmt::format("cycle {} has passed, this is cycle {}", *cycle, now);
  }
  stop_cycle_ = *cycle;
  around_.soc.poll_at(*cycle);
  return fmt::format("'continue' stops at cycle {}{}", *cycle,
                     around_.soc.wanted_timing() == TimingMode::kCycle
                         ? ""
                         : ", or up to a quantum later (functional timing)");
}

}  // namespace tessera::app
