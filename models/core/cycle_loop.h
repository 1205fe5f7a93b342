// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "models/base/steppable.h"

namespace tessera {

/// The loop of cycle timing: within a cycle the parts step in the order of the list.
///
///   1. L1 network, response side: banks -> harts
///   2. SoC path, response side: L2, registers -> harts, caches, DMA
///   3. DMA back-ends, attention engine
///   4. instruction caches of the tiles
///   5. harts: fetch, issue, write back
///   6. L1 network, request side: harts, DMA -> banks
///   7. SoC path, request side: harts, caches -> tile ports
///   8. accelerators with ports on L1 banks of their own, which see what the others left free
///
/// A register between two parts is what one wrote in the cycle before; whatever is handed from an
/// earlier to a later part within the cycle is combinational in the RTL.
class CycleLoop {
 public:
  /// The parts, in the order above; they outlive the loop.
  explicit CycleLoop(std::vector<Steppable*> parts) : parts_(std::move(parts)) {}

  /// The next cycle that has not been stepped.
  Cycles now() const { return now_; }
  /// Continues at `cycle`: what the parts hold must not be due earlier.
  void restart_at(Cycles cycle) { now_ = cycle; }
  /// Steps from now() up to, not including, `horizon` (or what limit() says meanwhile).
  void run_to(Cycles horizon);
  /// Ends the run at `cycle` or after the cycle under way, whichever is later.
  void limit(Cycles cycle) { horizon_ = cycle < horizon_ ? cycle : horizon_; }
  /// First cycle in which something happens, kNever when nothing will.
  Cycles next_active_cycle() const;

 private:
  std::vector<Steppable*> parts_;
  Cycles now_ = 0;
  Cycles horizon_ = 0;
};

}  // namespace tessera
