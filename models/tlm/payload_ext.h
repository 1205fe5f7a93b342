// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <tlm>

#include "models/base/units.h"

namespace tessera {

/// Who made an access. Ignorable.
struct InitiatorExtension : ::tlm::tlm_extension<InitiatorExtension> {
  std::uint32_t hart = kNoHart;
  std::uint32_t pc = 0;

  ::tlm::tlm_extension_base* clone() const override { return new InitiatorExtension(*this); }
  void copy_from(const ::tlm::tlm_extension_base& other) override {
    *this = static_cast<const InitiatorExtension&>(other);
  }
};

}  // namespace tessera
