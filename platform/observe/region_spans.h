// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "models/base/units.h"

namespace tessera {

/// When a region of interest was open: all that lies between a begin and its end, by the local time
/// of the harts that mark them. What overlaps or touches is one span, so that it does not matter in
/// which order harts, which run ahead of each other by up to a quantum, tell of their marks.
/// An end belongs to the latest begin of its hart, else (one hart begins, another ends) to the
/// first that is open. If the hart that ends is behind the one that began, no time has passed.
class RegionSpans {
 public:
  struct Span {
    Cycles begin = 0;
    Cycles end = 0;  ///< exclusive
  };
  using Take = std::function<void(const Span& span)>;

  void begin(std::uint32_t hart, Cycles cycle);
  /// Returns whether there was a begin without its end.
  bool end(std::uint32_t hart, Cycles cycle);
  /// How many begins have no end.
  std::size_t depth() const { return open_.size(); }

  /// Hands over, and forgets, all spans that nothing can change when no mark comes with a time
  /// before `now`.
  void settle(Cycles now, const Take& take);
  /// The run ends, and with it what is open.
  void finish(Cycles now, const Take& take);

 private:
  struct Begin {
    std::uint32_t hart;
    Cycles cycle;
  };

  void add(Span span);

  std::vector<Begin> open_;        ///< in the order in which they came
  std::map<Cycles, Span> closed_;  ///< by begin; apart from each other
};

}  // namespace tessera
