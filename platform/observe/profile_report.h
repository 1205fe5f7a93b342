// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "platform/observe/code_names.h"
#include "platform/observe/profiler.h"

namespace tessera {

/// A finished profile in the formats that people and tools read.
class ProfileReport {
 public:
  /// `hart_name` gives the hierarchical name of a hart. All outlive this.
  ProfileReport(const Profiler& profiler, const CodeNames& names,
                std::function<std::string(std::uint32_t hart)> hart_name);

  /// Tables of functions, lines and harts, the most cycles first; for reading and for diff.
  std::string text() const;
  /// "hart,function,calls,cycles,instructions,...": one line per hart and function.
  std::string csv() const;
  /// "hart;main;matmul 1234" per stack: the cycles (kAll) or one event's; for flame graphs.
  static constexpr std::size_t kAll = ProfileCounts::kNumEvents;
  std::string folded(std::size_t event) const;
  /// callgrind's format, with lines, inlined code under its own file, and calls.
  std::string callgrind(const std::string& program) const;
  /// lcov's tracefile: how often each line was executed, by all harts; lines of code that were not
  /// are 0. The count of a line is that of its most executed instruction.
  std::string coverage() const;
  /// True when something was counted as `event`.
  bool has(std::size_t event) const { return total_.events[event] > 0; }

 private:
  struct Function {
    std::uint64_t calls = 0;
    ProfileCounts counts;
  };
  using Line = std::pair<std::string, unsigned>;  ///< file, line; "???" and 0: unknown

  /// A call edge: from function, at line, to function.
  struct Edge {
    std::uint64_t calls = 0;
    ProfileCounts inclusive;
  };
  using Edges = std::map<std::pair<Line, std::uint32_t>, Edge>;

  Line line_of(std::uint32_t pc) const;
  /// Of a function's beginning, not of what the compiler inlined there.
  Line home_of(std::uint32_t begin) const;
  std::map<std::uint32_t, Function> functions_of(std::uint32_t hart) const;
  /// By calling function.
  std::map<std::uint32_t, Edges> edges() const;
  std::string function_table() const;
  std::string line_table() const;
  std::string hart_table() const;

  const Profiler& profiler_;
  const CodeNames& names_;
  const std::function<std::string(std::uint32_t)> hart_name_;
  std::map<std::uint32_t, Function> functions_;  ///< of all harts
  ProfileCounts total_;
};

}  // namespace tessera
