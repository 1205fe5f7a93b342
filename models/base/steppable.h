// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/base/units.h"

namespace tessera {

/// "Not before something else happens."
constexpr Cycles kNever = ~Cycles{0};

/// A part of the machine that advances by cycles in the loop of cycle timing. The loop calls the
/// parts of one cycle in a fixed order (models/core/cycle_loop.h), so a part may hand something to
/// a later one within the cycle, as combinational logic does, and to an earlier one for the next.
class Steppable {
 public:
  virtual ~Steppable() = default;
  /// First cycle >= `from` in which step() would change anything, as far as is known now; kNever
  /// when only another part can give it something to do.
  virtual Cycles next_active_cycle(Cycles from) const = 0;
  /// Does everything of `cycle`. Cycles ascend; those before next_active_cycle() may be left out.
  virtual void step(Cycles cycle) = 0;
};

}  // namespace tessera
