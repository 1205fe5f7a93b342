// SPDX-License-Identifier: Apache-2.0
#include "models/ita/datapath.h"

#include <algorithm>

namespace tessera::ita {

std::int8_t activate(std::int8_t value, const Activation& activation,
                     const FlavourParameters& flavour) {
  switch (activation.kind) {
    case ActivationKind::kGelu:
      return requantise(transformer_math::gelu(value, activation.gelu_b, activation.gelu_c),
                        activation.requant, flavour);
    case ActivationKind::kRelu:
      return requantise(std::max<std::int8_t>(value, 0), activation.requant, flavour);
    case ActivationKind::kIdentity:
      break;
  }
  return value;
}

}  // namespace tessera::ita
