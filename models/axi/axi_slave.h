// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/axi/axi_channel.h"

namespace tessera {

/// Where the masters' requests to the system go: L2, or the crossbar to everything else. No
/// register between a master's side of it and the master's cut. In a cycle the system first takes
/// responses, then shows requests, then calls step(), then asks what was accepted.
class AxiSlave {
 public:
  virtual ~AxiSlave() = default;

  /// The R beat, or B, offered to `master` in this cycle; null: none. Ask once per cycle.
  virtual const AxiResponse* read_response(std::uint32_t master, Cycles now) = 0;
  virtual const AxiResponse* write_response(std::uint32_t master, Cycles now) = 0;
  /// In this cycle the master took, or did not take, what it was offered.
  virtual void end_read_response(std::uint32_t master, bool is_accepted, Cycles now) = 0;
  virtual void end_write_response(std::uint32_t master, bool is_accepted, Cycles now) = 0;

  /// What a master shows in a cycle; null: nothing. `data`: a W beat, true when it is the last.
  struct Shown {
    const AxiRequest* read = nullptr;
    const AxiRequest* write = nullptr;
    const bool* data = nullptr;
  };
  struct Accepted {
    bool read = false;
    bool write = false;
    bool data = false;
  };
  virtual void show(std::uint32_t master, const Shown& shown, Cycles now) = 0;
  /// Arbitrates what was shown, and moves what is inside.
  virtual void step(Cycles now) = 0;
  virtual Accepted accepted(std::uint32_t master) const = 0;
};

}  // namespace tessera
