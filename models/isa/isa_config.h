// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tessera::isa {

/// Which instructions a hart knows. RV32IMA and Zicsr are always there.
struct IsaConfig {
  bool xpulpimg = true;
  bool fence_i = false;            ///< false: illegal instruction, as in MemPool's RTL
  std::uint32_t trap_address = 0;  ///< every trap jumps here (MTVEC is the boot address)
};

}  // namespace tessera::isa
