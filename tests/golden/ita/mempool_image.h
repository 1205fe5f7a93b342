// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "models/ita/operand_block.h"
#include "tests/golden/ita/case.h"
#include "tests/support/flat_memory.h"

namespace tessera::test {

/// The heads of a mempool file placed in a memory as software places them.
struct MempoolImage {
  explicit MempoolImage(const MempoolCase& data);

  FlatMemory memory;
  std::vector<ita::OperandBlockAddresses> addresses;  ///< per head
};

}  // namespace tessera::test
