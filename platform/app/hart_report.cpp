// SPDX-License-Identifier: Apache-2.0
#include "platform/app/hart_report.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "models/base/text.h"

namespace tessera::app {

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

std::string where_harts_are(const Soc& soc, const SymbolTable& symbols, std::size_t max_lines) {
  std::map<std::pair<std::uint32_t, HartActivity>, std::vector<std::uint32_t>> places;
  for (std::uint32_t i = 0; i < soc.num_harts(); ++i) {
    places[{soc.hart(i).pc, soc.hart(i).activity}].push_back(i);
  }
  std::vector<std::string> lines;
  for (const auto& [place, harts] : places) {
    if (lines.size() == max_lines) {
      lines.push_back(fmt::format("  and harts at {} other places", places.size() - max_lines));
      break;
    }
    const std::string symbol = symbols.describe(place.first);
    lines.push_back(fmt::format("  {} hart{} {} at 0x{:08x}{}: {}", harts.size(),
                                harts.size() == 1 ? "" : "s", to_string(place.second), place.first,
                                symbol.empty() ? "" : " <" + symbol + ">", format_harts(harts)));
  }
  return join(lines, "\n");
}

std::string count_activities(const Soc& soc) {
  std::map<HartActivity, unsigned> counts;
  for (std::uint32_t i = 0; i < soc.num_harts(); ++i) {
    ++counts[soc.hart(i).activity];
  }
  std::vector<std::string> texts;
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
