// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/base/units.h"
#include "platform/observe/stat_writer.h"

namespace tessera {

/// How all statistics grew over time, as a long CSV for plots.
class IntervalWriter {
 public:
  /// `stats` outlives this. `interval`: cycles, at least 1.
  IntervalWriter(StatWriter& stats, Cycles interval);

  /// Call often; takes a sample when an interval is over. Intervals begin and end when this is
  /// called, so they are longer than asked for by up to the time between two calls.
  void look(Cycles now);
  /// Ends the last interval.
  void finish(Cycles now);
  /// "begin,end,path,increase": one line for each statistic that changed in [begin, end).
  const std::string& csv() const { return csv_; }

 private:
  void sample(Cycles now);

  StatWriter& stats_;
  const Cycles interval_;
  Cycles begin_ = 0;
  std::vector<std::uint64_t> before_;
  std::string csv_ = "begin,end,path,increase\n";
};

}  // namespace tessera
