// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/profile_report.h"

#include <algorithm>

#include <fmt/format.h>

namespace tessera {

namespace {

constexpr std::size_t kMaxLines = 100;  ///< in the table of lines

/// "   123  45" : cycles, then every event.
std::string columns(const ProfileCounts& counts, std::uint64_t total_cycles) {
  const std::uint64_t cycles = counts.cycles();
  const auto ratio = [](std::uint64_t a, std::uint64_t b) {
    return b == 0 ? 0.0 : static_cast<double>(a) / static_cast<double>(b);
  };
  std::string text =
      fmt::format("{:>14} {:>6.2f} {:>6.3f}", cycles, 100 * ratio(cycles, total_cycles),
                  ratio(counts.instructions(), cycles));
  for (const std::uint64_t event : counts.events) {
    text += fmt::format(" {:>12}", event);
  }
  return text;
}

std::string heading() {
  std::string text = fmt::format("{:>14} {:>6} {:>6}", "cycles", "%", "ipc");
  for (std::size_t event = 0; event < ProfileCounts::kNumEvents; ++event) {
    text += fmt::format(" {:>12}", ProfileCounts::name(event));
  }
  return text;
}

/// "12 34": cycles, then every event.
std::string numbers(const ProfileCounts& counts, const char* separator) {
  std::string text = std::to_string(counts.cycles());
  for (const std::uint64_t event : counts.events) {
    text += separator + std::to_string(event);
  }
  return text;
}

/// Most cycles first, then by name.
template <typename Key>
std::vector<std::pair<Key, ProfileCounts>> sorted(const std::map<Key, ProfileCounts>& counts) {
  std::vector<std::pair<Key, ProfileCounts>> rows(counts.begin(), counts.end());
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return a.second.cycles() > b.second.cycles();
  });
  return rows;
}

}  // namespace

ProfileReport::ProfileReport(const Profiler& profiler, const CodeNames& names,
                             std::function<std::string(std::uint32_t)> hart_name)
    : profiler_(profiler), names_(names), hart_name_(std::move(hart_name)) {
  for (std::uint32_t hart = 0; hart < profiler_.num_harts(); ++hart) {
    for (const auto& [function, counted] : functions_of(hart)) {
      functions_[function].calls += counted.calls;
      functions_[function].counts += counted.counts;
      total_ += counted.counts;
    }
  }
}

ProfileReport::Line ProfileReport::line_of(std::uint32_t pc) const {
  const SourceLine* line = names_.lines().find(pc);
  return line == nullptr ? Line{"???", 0} : Line{line->file, line->line};
}

ProfileReport::Line ProfileReport::home_of(std::uint32_t begin) const {
  const std::vector<InlinedFrame> frames = names_.lines().frames(begin);
  return frames.empty() ? line_of(begin)
                        : Line{frames.back().source.file, frames.back().source.line};
}

std::map<std::uint32_t, ProfileReport::Function> ProfileReport::functions_of(
    std::uint32_t hart) const {
  std::map<std::uint32_t, Function> functions;
  for (const CallTree::Node& node : profiler_.tree(hart).nodes()) {
    Function& function = functions[profiler_.number_of(node.function)];
    function.calls += node.calls;
    function.counts += node.self;
  }
  return functions;
}

std::string ProfileReport::function_table() const {
  std::map<std::uint32_t, ProfileCounts> counts;
  for (const auto& [function, counted] : functions_) {
    counts.emplace(function, counted.counts);
  }
  std::string text = fmt::format("{} {:>10}  {}\n", heading(), "calls", "function");
  for (const auto& [function, counted] : sorted(counts)) {
    const auto [file, line] = home_of(profiler_.function_begin(function));
    text += fmt::format("{} {:>10}  {}{}\n", columns(counted, total_.cycles()),
                        functions_.at(function).calls, profiler_.function_name(function),
                        line == 0 ? "" : fmt::format(" ({}:{})", file, line));
  }
  return text;
}

std::string ProfileReport::line_table() const {
  std::map<Line, ProfileCounts> lines;
  for (const auto& [pc, place] : profiler_.places()) {
    lines[line_of(pc)] += place->counts;
  }
  std::string text = fmt::format("{}  {}\n", heading(), "line");
  const auto rows = sorted(lines);
  for (std::size_t i = 0; i < std::min(rows.size(), kMaxLines); ++i) {
    const auto& [line, counts] = rows[i];
    text += fmt::format("{}  {}:{}\n", columns(counts, total_.cycles()), line.first, line.second);
  }
  if (rows.size() > kMaxLines) {
    text += fmt::format("and {} more lines\n", rows.size() - kMaxLines);
  }
  return text;
}

std::string ProfileReport::hart_table() const {
  std::string text = fmt::format("{}  {}\n", heading(), "hart");
  for (std::uint32_t hart = 0; hart < profiler_.num_harts(); ++hart) {
    ProfileCounts counts;
    for (const auto& [function, counted] : functions_of(hart)) {
      counts += counted.counts;
    }
    text += fmt::format("{}  {}\n", columns(counts, counts.cycles()), hart_name_(hart));
  }
  return text;
}

std::string ProfileReport::text() const {
  return "Functions, all harts together. Events are cycles: an instruction takes one.\n" +
         function_table() + "\nLines\n" + line_table() + "\nHarts\n" + hart_table();
}

std::string ProfileReport::csv() const {
  std::string text = "hart,function,calls,cycles";
  for (std::size_t event = 0; event < ProfileCounts::kNumEvents; ++event) {
    text += fmt::format(",{}", ProfileCounts::name(event));
  }
  text += "\n";
  for (std::uint32_t hart = 0; hart < profiler_.num_harts(); ++hart) {
    for (const auto& [function, counted] : functions_of(hart)) {
      text += fmt::format("{},{},{},{}\n", hart, profiler_.function_name(function), counted.calls,
                          numbers(counted.counts, ","));
    }
  }
  return text;
}

std::string ProfileReport::folded(std::size_t event) const {
  std::string text;
  for (std::uint32_t hart = 0; hart < profiler_.num_harts(); ++hart) {
    const std::vector<CallTree::Node>& nodes = profiler_.tree(hart).nodes();
    // Several call sites of one function give one stack.
    std::map<std::string, std::uint64_t> stacks;
    std::vector<std::string> paths;
    for (const CallTree::Node& node : nodes) {
      const std::string above =
          node.parent == CallTree::kNone ? hart_name_(hart) : paths[node.parent];
      paths.push_back(above + ";" + profiler_.function_name(profiler_.number_of(node.function)));
      stacks[paths.back()] += event == kAll ? node.self.cycles() : node.self.events[event];
    }
    for (const auto& [stack, count] : stacks) {
      if (count > 0) {
        text += fmt::format("{} {}\n", stack, count);
      }
    }
  }
  return text;
}

std::map<std::uint32_t, ProfileReport::Edges> ProfileReport::edges() const {
  std::map<std::uint32_t, Edges> edges;
  for (std::uint32_t hart = 0; hart < profiler_.num_harts(); ++hart) {
    const std::vector<CallTree::Node>& nodes = profiler_.tree(hart).nodes();
    const std::vector<ProfileCounts> inclusive = profiler_.tree(hart).inclusive();
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const CallTree::Node& node = nodes[i];
      if (node.parent != CallTree::kNone) {
        const std::uint32_t caller = profiler_.number_of(nodes[node.parent].function);
        Edge& edge = edges[caller][{line_of(node.call_site), profiler_.number_of(node.function)}];
        edge.calls += node.calls;
        edge.inclusive += inclusive[i];
      }
    }
  }
  return edges;
}

std::string ProfileReport::callgrind(const std::string& program) const {
  std::map<std::uint32_t, std::map<Line, ProfileCounts>> lines;  // by function
  for (const auto& [pc, place] : profiler_.places()) {
    lines[place->function][line_of(pc)] += place->counts;
  }
  const std::map<std::uint32_t, Edges> calls = edges();
  const auto costs = [](unsigned line, const ProfileCounts& counts) {
    return fmt::format("{} {}\n", line, numbers(counts, " "));
  };
  const auto home = [this](std::uint32_t function) {
    return home_of(profiler_.function_begin(function));
  };
  std::string text = fmt::format(
      "# callgrind format\nversion: 1\ncreator: tessera\ncmd: {}\n"
      "positions: line\nevents: cycles",
      program);
  for (std::size_t event = 0; event < ProfileCounts::kNumEvents; ++event) {
    text += fmt::format(" {}", ProfileCounts::name(event));
  }
  text += fmt::format("\nsummary: {}\n", numbers(total_, " "));
  for (const auto& [function, own] : lines) {
    text +=
        fmt::format("\nfl={}\nfn={}\n", home(function).first, profiler_.function_name(function));
    std::string file = home(function).first;
    const auto go_to = [&](const Line& line) {
      if (line.first != file) {
        file = line.first;
        text += fmt::format("fi={}\n", file);
      }
    };
    for (const auto& [line, counts] : own) {
      go_to(line);
      text += costs(line.second, counts);
    }
    const auto called = calls.find(function);
    for (const auto& [place, edge] : called == calls.end() ? Edges{} : called->second) {
      const auto& [line, callee] = place;
      go_to(line);
      text += fmt::format("cfi={}\ncfn={}\ncalls={} {}\n", home(callee).first,
                          profiler_.function_name(callee), std::max<std::uint64_t>(edge.calls, 1),
                          home(callee).second);
      text += costs(line.second, edge.inclusive);
    }
  }
  return text + fmt::format("\ntotals: {}\n", numbers(total_, " "));
}

std::string ProfileReport::coverage() const {
  struct File {
    std::map<unsigned, std::uint64_t> lines;
    std::map<std::string, std::pair<unsigned, std::uint64_t>> functions;  // first line, entries
  };
  std::map<std::string, File> files;
  const std::map<std::uint32_t, const Profiler::Place*> places = profiler_.places();
  const auto executed = [&](std::uint32_t pc) {
    const auto place = places.find(pc);
    return place == places.end() ? 0 : place->second->counts.instructions();
  };
  const std::vector<LineTable::Row> rows = names_.lines().rows();
  for (std::size_t i = 0; i + 1 < rows.size(); ++i) {
    if (rows[i].source == nullptr || rows[i].source->line == 0) {
      continue;
    }
    std::uint64_t& count = files[rows[i].source->file].lines[rows[i].source->line];
    for (std::uint32_t pc = rows[i].address; pc < rows[i + 1].address; pc += 4) {
      count = std::max(count, executed(pc));
    }
  }
  for (std::uint32_t function = 1; function < profiler_.num_functions(); ++function) {
    const std::uint32_t begin = profiler_.function_begin(function);
    const auto [file, line] = home_of(begin);
    if (line != 0) {
      files[file].functions[profiler_.function_name(function)] = {line, executed(begin)};
    }
  }
  std::string text;
  for (const auto& [name, file] : files) {
    text += fmt::format("TN:\nSF:{}\n", name);
    std::size_t functions_hit = 0;
    for (const auto& [function, entry] : file.functions) {
      text += fmt::format("FN:{},{}\nFNDA:{},{}\n", entry.first, function, entry.second, function);
      functions_hit += entry.second > 0 ? 1 : 0;
    }
    text += fmt::format("FNF:{}\nFNH:{}\n", file.functions.size(), functions_hit);
    std::size_t lines_hit = 0;
    for (const auto& [line, count] : file.lines) {
      text += fmt::format("DA:{},{}\n", line, count);
      lines_hit += count > 0 ? 1 : 0;
    }
    text += fmt::format("LF:{}\nLH:{}\nend_of_record\n", file.lines.size(), lines_hit);
  }
  return text;
}

}  // namespace tessera
