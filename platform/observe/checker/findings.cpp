// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/checker/findings.h"

#include <algorithm>
#include <fstream>
#include <numeric>

#include <fmt/format.h>

#include "models/base/error.h"
#include "models/base/text.h"
#include "platform/observe/trace.h"

namespace tessera {

const char* to_string(FindingKind kind) {
  switch (kind) {
    case FindingKind::kResultTooEarly:
      return "result_too_early";
    case FindingKind::kOperandOverwritten:
      return "operand_overwritten";
    case FindingKind::kUnorderedWrites:
      return "unordered_writes";
    case FindingKind::kUnorderedAccess:
      return "unordered_access";
    case FindingKind::kUnusedResult:
      return "unused_result";
    case FindingKind::kUnreadInput:
      return "unread_input";
    case FindingKind::kUninitialised:
      return "uninitialised";
    case FindingKind::kOutOfBounds:
      return "out_of_bounds";
    case FindingKind::kStaleRegisters:
      return "stale_registers";
    case FindingKind::kLostWakeUp:
      return "lost_wake_up";
    case FindingKind::kEndTooEarly:
      break;
  }
  return "end_too_early";
}

Findings::Key Findings::key(FindingKind kind, std::uint64_t earlier, std::uint64_t later) {
  // The same two places, whichever came first this time.
  return {kind, std::min(earlier, later), std::max(earlier, later)};
}

bool Findings::wants(FindingKind kind, std::uint64_t earlier, std::uint64_t later,
                     std::uint32_t address) {
  const auto [it, is_new] = pairs_.try_emplace(key(kind, earlier, later));
  Pair& pair = it->second;
  if (is_new) {
    pair.order = pairs_.size();
  }
  const auto example = std::find_if(
      pair.examples.begin(), pair.examples.end(),
      [address](const Example& one) { return one.finding.address / 4 == address / 4; });
  if (example != pair.examples.end()) {
    ++example->count;
    return false;
  }
  if (pair.examples.size() == kMaxExamples) {
    ++pair.others;
    return false;
  }
  return true;
}

void Findings::add(Finding finding) {
  Pair& pair = pairs_[key(finding.kind, finding.earlier.id, finding.later.id)];
  pair.examples.push_back({std::move(finding), 1});
}

std::uint64_t Findings::Pair::count() const {
  return std::accumulate(
      examples.begin(), examples.end(), others,
      [](std::uint64_t sum, const Example& example) { return sum + example.count; });
}

template <typename Condition>
void Findings::forget_if(const Condition& condition) {
  for (auto& [unused, pair] : pairs_) {
    auto& examples = pair.examples;
    examples.erase(
        std::remove_if(examples.begin(), examples.end(),
                       [&](const Example& example) { return condition(example.finding); }),
        examples.end());
  }
}

void Findings::forget(std::uint32_t address) {
  forget_if([address](const Finding& one) { return one.address / 4 == address / 4; });
}

void Findings::forget(FindingKind kind, std::uint32_t begin, std::uint32_t end, Cycles since) {
  forget_if([=](const Finding& one) {
    return one.kind == kind && one.address >= begin && one.address < end && one.cycle >= since;
  });
}

void Findings::forget_place(std::uint64_t place) {
  forget_if([place](const Finding& one) {
    const bool is_of_harts =
        one.kind == FindingKind::kUnorderedAccess || one.kind == FindingKind::kUnorderedWrites;
    return is_of_harts && (one.earlier.id == place || one.later.id == place);
  });
}

/// Function and line of a place; the place itself where these are not known.
std::string Findings::line_of(const Party& party) {
  const std::size_t line = party.place.find(" (");
  if (line == std::string::npos) {
    return fmt::format("{} {}", party.place, party.id);
  }
  const std::size_t offset = std::min(party.place.rfind("+0x", line), line);
  return party.place.substr(0, offset) + party.place.substr(line);
}

std::vector<Findings::Shown> Findings::shown() const {
  std::vector<const Pair*> pairs;
  for (const auto& [unused, pair] : pairs_) {
    if (!pair.examples.empty() && !is_suppressed(pair.examples.front().finding)) {
      pairs.push_back(&pair);
    }
  }
  std::sort(pairs.begin(), pairs.end(),
            [](const Pair* left, const Pair* right) { return left->order < right->order; });
  std::vector<Shown> shown;
  std::map<std::tuple<FindingKind, std::string, std::string>, std::size_t> shown_of_lines;
  for (const Pair* pair : pairs) {
    const Finding& finding = pair->examples.front().finding;
    const auto [first, last] = std::minmax({line_of(finding.earlier), line_of(finding.later)});
    const auto [it, is_new] = shown_of_lines.try_emplace({finding.kind, first, last}, shown.size());
    if (is_new) {
      shown.push_back({finding, pair->count()});
    } else {
      shown[it->second].count += pair->count();
    }
  }
  return shown;
}

std::string Findings::summary(const Finding& finding) {
  const auto describe = [](const Party& party) {
    return party.place.empty() ? party.who : party.place;
  };
  return finding.earlier.who.empty()
             ? fmt::format("{}: {}", to_string(finding.kind), describe(finding.later))
             : fmt::format("{}: {} | {}", to_string(finding.kind), describe(finding.earlier),
                           describe(finding.later));
}

bool Findings::is_suppressed(const Finding& finding) const {
  const std::string text = summary(finding);
  return std::any_of(suppressions_.begin(), suppressions_.end(),
                     [&](const std::string& pattern) { return matches(text, pattern); });
}

namespace {

std::vector<std::string> kinds() {
  std::vector<std::string> names;
  for (int kind = 0; kind <= static_cast<int>(FindingKind::kEndTooEarly); ++kind) {
    names.emplace_back(to_string(static_cast<FindingKind>(kind)));
  }
  return names;
}

/// Whether what stands before the first "*" of a pattern, or all of it, can begin a summary.
bool may_begin_like_a_finding(const std::string& pattern) {
  const std::string begin = pattern.substr(0, pattern.find('*'));
  const bool is_whole = begin.size() == pattern.size();
  const std::vector<std::string> names = kinds();
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    const std::string prefix = name + ": ";
    const std::size_t common = is_whole ? prefix.size() : std::min(prefix.size(), begin.size());
    return prefix.compare(0, common, begin, 0, common) == 0;
  });
}

}  // namespace

std::vector<std::string> read_suppressions(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> patterns;
  std::size_t number = 1;
  for (std::string line; std::getline(file, line); ++number) {
    line.resize(std::min(line.find('#'), line.size()));
    line.resize(line.find_last_not_of(" \t\r") + 1);
    if (line.empty()) {
      continue;
    }
    if (!may_begin_like_a_finding(line)) {
      throw ConfigError(fmt::format("{}:{}", path, number),
                        fmt::format("no finding begins like '{}'", line),
                        "expected KIND: PATTERN, KIND one of " + join(kinds()));
    }
    patterns.push_back(line);
  }
  if (!file.eof()) {  // there was none, or it is a folder
    throw ConfigError(path, "cannot be read");
  }
  return patterns;
}

}  // namespace tessera
