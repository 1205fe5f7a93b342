// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tessera {

/// A port of an accelerator on L1 banks: an access takes all banks of its words in one cycle, or
/// none. Addresses are those that harts use. The answer comes in the next cycle and is always
/// taken then.
class BankPort {
 public:
  virtual ~BankPort() = default;
  /// In the next cycle there will be an access to [address, address + bytes), whole words of L1.
  /// Called once for every cycle that ask() is called in, in the cycle before.
  virtual void announce(std::uint32_t address, std::uint32_t bytes) = 0;
  /// Whether the banks take what was announced for this cycle; asked when everybody else has made
  /// his accesses. After a refusal, announce it again.
  virtual bool ask() = 0;
};

}  // namespace tessera
