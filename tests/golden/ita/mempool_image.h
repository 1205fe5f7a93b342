// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/ita/operand_block.h"
#include "models/tlm/clock_domain.h"
#include "tests/golden/ita/case.h"
#include "tests/support/bus_initiator.h"
#include "tests/support/flat_memory.h"

namespace tessera::test {

/// The heads of a mempool case placed in a memory as software places them: for every call of up to
/// four heads, Q and K are in the block of the first.
struct MempoolImage {
  static constexpr std::uint32_t kBase = 0x8000'0000;
  static constexpr std::size_t kHeadsPerCall = 4;

  explicit MempoolImage(const MempoolCase& data);
  /// Output of a head, [S][E] row-major.
  std::vector<std::int8_t> output(std::size_t head);

  ita::HeadShape shape;
  FlatMemory memory;
  std::vector<ita::OperandBlockAddresses> addresses;  ///< per head
};

/// Software's side of the operand-block interface, in local time ahead of the kernel.
class OperandBlockDriver {
 public:
  OperandBlockDriver(BusInitiator& bus, const ClockDomain& clock) : bus_(bus), clock_(clock) {}

  /// Programs and starts one instance as Deeploy's kernel does. Returns the cycle of the START.
  Cycles start(std::uint32_t instance, const ita::OperandBlockAddresses& addresses,
               const ita::HeadShape& shape);
  /// Polls until DONE. Returns the cycle that saw it.
  Cycles wait_for_done(std::uint32_t instance);
  std::uint32_t read(std::uint32_t instance, std::uint32_t offset);
  void write(std::uint32_t instance, std::uint32_t offset, std::uint32_t value);
  void wait(Cycles cycles) { cycle_ += cycles; }
  Cycles cycle() const { return cycle_; }

 private:
  BusInitiator& bus_;
  const ClockDomain& clock_;
  Cycles cycle_ = 0;  ///< of the next access; every access takes one
};

}  // namespace tessera::test
