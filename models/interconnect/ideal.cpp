// SPDX-License-Identifier: Apache-2.0
#include "models/interconnect/topologies.h"

namespace tessera {

/// Every hart reaches every bank in one cycle; only banks and the harts' response ports are
/// shared. No hardware: the bound that the MemPool paper (DATE 2021) compares with.
Wiring wire_ideal(const L1NetworkParameters& /*parameters*/) {
  return Wiring::flat();
}

}  // namespace tessera
