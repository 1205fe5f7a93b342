// SPDX-License-Identifier: Apache-2.0
#include "platform/app/hart_report.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "models/base/text.h"

namespace tessera::app {

namespace {

/// Harts that do the same at the same place.
struct Group {
  HartActivity activity;
  std::uint32_t pc;                    ///< of the first
  std::vector<std::uint32_t> callers;  ///< of the first
  std::vector<std::uint32_t> harts;
};

std::vector<Group> group_harts(const Soc& soc, const GuestPlaces& places) {
  // Who waits does so at one instruction; who runs is somewhere in a function.
  std::map<std::tuple<HartActivity, std::uint32_t, std::vector<std::uint32_t>>, Group> groups;
  for (std::uint32_t hart = 0; hart < soc.num_harts(); ++hart) {
    const HartActivity activity = soc.hart(hart).activity;
    const std::uint32_t pc = places.pc(hart);
    const std::vector<std::uint32_t> callers = places.callers(hart, pc);
    const CodeRange* function = places.names().symbols().function_at(pc);
    const bool is_in_function = activity == HartActivity::kRunning && function != nullptr;
    const auto [group, is_new] =
        groups.try_emplace({activity, is_in_function ? function->begin : pc, callers},
                           Group{activity, pc, callers, {}});
    group->second.harts.push_back(hart);
  }
  std::vector<Group> result;
  result.reserve(groups.size());
  for (auto& [key, group] : groups) {
    result.push_back(std::move(group));
  }
  return result;
}

/// ", since cycle 120", ", since cycles 120 to 250"; empty for harts that do not sleep.
std::string asleep_since(const Group& group, const Soc& soc) {
  if (group.activity != HartActivity::kAsleep) {
    return "";
  }
  const auto less = [&](std::uint32_t a, std::uint32_t b) {
    return soc.hart(a).asleep_since < soc.hart(b).asleep_since;
  };
  const auto [first, last] = std::minmax_element(group.harts.begin(), group.harts.end(), less);
  const Cycles from = soc.hart(*first).asleep_since;
  const Cycles to = soc.hart(*last).asleep_since;
  return from == to ? fmt::format(", since cycle {}", from)
                    : fmt::format(", since cycles {} to {}", from, to);
}

void describe(const Group& group, const Soc& soc, const GuestPlaces& places,
              std::vector<std::string>& lines) {
  constexpr const char* kIndent = "        ";
  lines.push_back(fmt::format("  {} hart{} {} in {}{}: {}", group.harts.size(),
                              group.harts.size() == 1 ? "" : "s", to_string(group.activity),
                              places.function(group.pc), asleep_since(group, soc),
                              format_harts(group.harts)));
  const std::string inlined = places.inlined(group.pc);
  if (!inlined.empty()) {
    lines.push_back(kIndent + inlined);
  }
  const std::string callers = places.call_text(group.callers);
  if (!callers.empty()) {
    lines.push_back(fmt::format("{}called by {}", kIndent, callers));
  }
}

}  // namespace

std::string format_harts(const std::vector<std::uint32_t>& harts) {
  std::vector<std::string> ranges;
  for (std::size_t first = 0; first < harts.size();) {
    std::size_t last = first;
    while (last + 1 < harts.size() && harts[last + 1] == harts[last] + 1) {
      ++last;
    }
    ranges.push_back(first == last ? fmt::format("{}", harts[first])
                                   : fmt::format("{}-{}", harts[first], harts[last]));
    first = last + 1;
  }
  return join(ranges, ",");
}

std::string where_harts_are(const Soc& soc, const GuestPlaces& places, std::size_t max_groups) {
  std::vector<Group> groups = group_harts(soc, places);
  std::stable_sort(groups.begin(), groups.end(),
                   [](const Group& a, const Group& b) { return a.harts.size() > b.harts.size(); });
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < std::min(groups.size(), max_groups); ++i) {
    describe(groups[i], soc, places, lines);
  }
  if (groups.size() > max_groups) {
    lines.push_back(fmt::format("  and harts at {} other places", groups.size() - max_groups));
  }
  return join(lines, "\n");
}

std::string backtraces(const Soc& soc, const GuestPlaces& places,
                       const std::vector<std::uint32_t>& harts) {
  using Addresses = std::vector<std::uint32_t>;
  std::map<std::pair<HartActivity, Addresses>, std::vector<std::uint32_t>> groups;
  for (const std::uint32_t hart : harts) {
    const std::uint32_t pc = places.pc(hart);
    Addresses addresses = places.callers(hart, pc);
    addresses.insert(addresses.begin(), pc);
    groups[{soc.hart(hart).activity, addresses}].push_back(hart);
  }
  std::vector<std::string> lines;
  for (const auto& [calls, group] : groups) {
    const auto& [activity, addresses] = calls;
    lines.push_back(fmt::format("hart{} {}, {}:", group.size() == 1 ? "" : "s", format_harts(group),
                                to_string(activity)));
    std::size_t number = 0;
    for (const std::uint32_t address : addresses) {
      for (const std::string& frame : places.frames(address)) {
        lines.push_back(fmt::format("  #{:<2} {}", number++, frame));
      }
    }
  }
  return join(lines, "\n");
}

std::string what_devices_do(const Soc& soc) {
  std::vector<std::string> lines;
  for (const DeviceActivity& device : soc.activities()) {
    lines.push_back(fmt::format("  {}: {}", device.name, device.text));
  }
  return join(lines, "\n");
}

std::string count_activities(const Soc& soc) {
  std::map<HartActivity, unsigned> counts;
  for (std::uint32_t i = 0; i < soc.num_harts(); ++i) {
    ++counts[soc.hart(i).activity];
  }
  std::vector<std::string> texts;
  texts.reserve(counts.size());
  for (const auto& [activity, count] : counts) {
    texts.push_back(fmt::format("{} {}", count, to_string(activity)));
  }
  return join(texts);
}

std::string ipc_per_hart(const Soc& soc, Cycles cycles) {
  std::vector<double> ipc;
  ipc.reserve(soc.num_harts());
  for (std::uint32_t i = 0; i < soc.num_harts(); ++i) {
    ipc.push_back(static_cast<double>(soc.hart(i).instructions) /
                  static_cast<double>(std::max<Cycles>(cycles, 1)));
  }
  std::sort(ipc.begin(), ipc.end());
  return fmt::format("min {:.3f}, median {:.3f}, max {:.3f}", ipc.front(), ipc[ipc.size() / 2],
                     ipc.back());
}

}  // namespace tessera::app
