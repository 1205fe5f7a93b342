// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "models/axi/axi_channel.h"
#include "models/base/memory_port.h"
#include "models/base/steppable.h"

namespace tessera {

/// Accesses that an external model answers later: as behind an AXI port of its own, they leave the
/// way to others. Those of one AXI id and direction are performed and answered in order.
class ParkedAccesses {
 public:
  /// `request` must wait here, because of another one.
  bool must_follow(const AxiRequest& request, bool is_write) const;
  /// REQUIRES: request.hart != nullptr.
  void add(const AxiRequest& request, bool is_write) {
    accesses_.push_back({request, is_write, kNever});
  }
  /// Asks the target again, and answers what it has done, in the cycle after as the external port
  /// does.
  void step(AxiChannels& port, SocTarget& target, Cycles now);

 private:
  struct Access {
    AxiRequest request;
    bool is_write;
    Cycles done;  ///< kNever: not yet
  };
  bool answer(const Access& access, AxiChannels& port, Cycles now) const;

  std::vector<Access> accesses_;  ///< in the order in which they came
};

}  // namespace tessera
