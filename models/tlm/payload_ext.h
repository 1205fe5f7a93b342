// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <tlm>

#include "models/base/hart_access.h"
#include "models/base/units.h"

namespace tessera {

/// Who made an access and, for atomics, which operation (the payload's data then carries the
/// operand in and the old value out). Ignorable: a foreign target sees a plain read or write.
struct InitiatorExtension : ::tlm::tlm_extension<InitiatorExtension> {
  std::uint32_t hart = kNoHart;
  std::uint32_t pc = 0;
  AccessKind kind = AccessKind::kLoad;

  ::tlm::tlm_extension_base* clone() const override { return new InitiatorExtension(*this); }
  void copy_from(const ::tlm::tlm_extension_base& other) override {
    *this = static_cast<const InitiatorExtension&>(other);
  }
};

}  // namespace tessera
