// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "models/base/probe.h"

namespace tessera {

/// What the offload checker finds.
enum class FindingKind : std::uint8_t {
  kResultTooEarly,      ///< a hart reads what a device writes, end of the device not seen
  kOperandOverwritten,  ///< written while somebody may read it
  kUnorderedWrites,     ///< two masters write the same bytes, in any order
  kUnorderedAccess,     ///< a hart reads what another writes, in any order
  kUnusedResult,        ///< of a device: nobody has read any of it
  kUnreadInput,         ///< loaded for the program, and ignored by it
  kUninitialised,       ///< nobody has written what is read
  kOutOfBounds,         ///< of what the program has allocated
  kStaleRegisters,      ///< a device is launched with what a former launch was about
  kLostWakeUp,          ///< pulses that nobody took, or that may come before a store
  kEndTooEarly,         ///< the run ends, and who ends it does not know that others are done
};
/// Lower-case name: "result_too_early", ...
const char* to_string(FindingKind kind);

/// One side of a finding, in words.
struct Party {
  std::string who;       ///< "soc.cluster...core[1]", "soc.dma transfer 3"
  std::string place;     ///< where in the program, empty: unknown
  std::uint64_t id = 0;  ///< of the place: which findings are the same
};

struct Finding {
  FindingKind kind;
  std::uint32_t address = 0;
  Cycles cycle = 0;
  Party earlier;  ///< of the two accesses in simulated order; empty: there is only one
  Party later;
  std::string text;  ///< for readers, some lines
};

/// Collects findings, one per pair of places in the program.
class Findings {
 public:
  /// A new one is wanted only if this holds: ask before making texts.
  bool wants(FindingKind kind, std::uint64_t earlier, std::uint64_t later, std::uint32_t address);
  /// REQUIRES: wants() has just said so.
  void add(Finding finding);
  /// The word at `address` is used for waiting: its findings were none.
  void forget(std::uint32_t address);
  /// Drops those of `kind` at [begin, end), met in cycle `since` or later.
  void forget(FindingKind kind, std::uint32_t begin, std::uint32_t end, Cycles since);
  /// The instruction at `place` is used for waiting: its races with other harts' were no findings.
  void forget_place(std::uint64_t place);
  /// Findings whose summary has the form of one of these are not shown; "*": any text.
  void suppress(std::vector<std::string> patterns) { suppressions_ = std::move(patterns); }

  struct Shown {
    Finding finding;
    std::uint64_t count;  ///< how often this pair of lines was met, what is forgotten aside
  };
  /// One of each pair of lines, in the order of the first.
  std::vector<Shown> shown() const;
  /// "result_too_early: PLACE | PLACE", what suppressions are compared with.
  static std::string summary(const Finding& finding);

 private:
  /// Examples of one pair: some may turn out to be none.
  static constexpr std::size_t kMaxExamples = 16;
  using Key = std::tuple<FindingKind, std::uint64_t, std::uint64_t>;
  struct Example {
    Finding finding;
    std::uint64_t count;  ///< of its word
  };
  struct Pair {
    std::vector<Example> examples;
    std::uint64_t others = 0;  ///< of words without example
    std::size_t order = 0;

    std::uint64_t count() const;
  };
  static std::string line_of(const Party& party);
  static Key key(FindingKind kind, std::uint64_t earlier, std::uint64_t later);
  template <typename Condition>
  void forget_if(const Condition& condition);
  bool is_suppressed(const Finding& finding) const;

  std::map<Key, Pair> pairs_;
  std::vector<std::string> suppressions_;
};

/// Patterns of a suppressions file: one per line, "#" begins a comment. Throws ConfigError.
std::vector<std::string> read_suppressions(const std::string& path);

}  // namespace tessera
