// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// Length-aware scheduling of a batch: sequences of different lengths flow through coarse pipeline
/// stages, layer by layer, without padding. Source: Zhang et al., DAC 2022, section 3.2 and Fig. 5;
/// the allocation of stages is a reconstruction.
namespace tessera::attention_engine {

/// An operator of an encoder layer. Its work for a sequence of s tokens is
/// linear * s + quadratic * s * s; operators form a chain in the order of the list.
struct Operator {
  std::string name;
  double linear = 0;
  double quadratic = 0;
};

/// A coarse pipeline stage: neighbouring operators on `width` units of hardware.
struct Stage {
  double linear = 0;
  double quadratic = 0;
  std::uint32_t width = 1;
  std::uint32_t operators = 0;

  /// Cycles, if a unit does one piece of work a cycle.
  [[nodiscard]] double time(double tokens) const {
    return (linear * tokens + quadratic * tokens * tokens) / width;
  }
};

/// Cuts the operators into at most `stages` stages of nearly equal work at `average_tokens`, then
/// gives the remaining ones of `units` to the slowest stage, one by one.
/// REQUIRES: stages >= 1, units >= stages, at least one operator.
std::vector<Stage> allocate_stages(const std::vector<Operator>& operators, double average_tokens,
                                   std::uint32_t stages, std::uint32_t units);

/// Time until the last sequence has left the last layer: a stage takes one sequence at a time, in
/// the order of `lengths`, layer after layer; a sequence enters a layer when it has left the one
/// before.
double makespan(const std::vector<Stage>& stages, std::uint32_t layers,
                const std::vector<std::uint32_t>& lengths);

struct BatchSchedule {
  std::vector<std::uint32_t> lengths;  ///< longest first, as they are run
  double length_aware = 0;             ///< makespan
  double padded = 0;                   ///< makespan with all sequences as long as the longest
  double bound = 0;                    ///< work of the slowest stage: no schedule is faster
};

/// Runs a batch without and with padding. REQUIRES: lengths is not empty.
BatchSchedule schedule_batch(const std::vector<Stage>& stages, std::uint32_t layers,
                             std::vector<std::uint32_t> lengths);

/// Lengths of `count` sequences: log-normal with `mean` before clipping to 1..`max`. The same seed
/// gives the same lengths. REQUIRES: 1 <= mean <= max.
std::vector<std::uint32_t> random_lengths(std::uint32_t count, double mean, std::uint32_t max,
                                          std::uint32_t seed, double sigma = 0.55);

/// Reads one length per line; empty lines and what follows '#' are skipped. Throws ConfigError with
/// `name` and line for anything but a number from 1 to 65535, and for a file without lengths.
std::vector<std::uint32_t> parse_lengths(const std::string& text, const std::string& name);

}  // namespace tessera::attention_engine
