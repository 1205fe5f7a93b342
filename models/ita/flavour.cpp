// SPDX-License-Identifier: Apache-2.0
#include "models/ita/flavour.h"

namespace tessera::ita {

namespace {

constexpr std::array<FlavourParameters, kNumFlavours> kParameters{{
    //  name          acc  product  add    Q  K  V QK AV OW F1 F2 linear
    {"rtl", 26, 35, false, {0, 1, 2, 3, 4, 5, 6, 7, 0}, {0, 256, 65280, 0x7FFFF, 0xFF}},
    {"rtl_2024_08", 26, 35, false, {0, 1, 2, 3, 4, 5, 6, 7, 0}, {5, 256, 65280, 0x7FFFF, 0xFF}},
    {"mempool", 32, 32, true, {0, 1, 3, 2, 4, 5, 6, 7, 0}, {5, 1024, 130048, 0xFFFFFFFF, 0xFF}},
}};

constexpr std::array<std::string_view, kNumPhases> kPhaseNames{"Q",  "K",  "V",  "QK",    "AV",
                                                               "OW", "F1", "F2", "linear"};

}  // namespace

const FlavourParameters& parameters_of(Flavour flavour) {
  return kParameters[static_cast<std::size_t>(flavour)];
}

std::optional<Flavour> flavour_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kNumFlavours; ++i) {
    if (kParameters[i].name == name) {
      return static_cast<Flavour>(i);
    }
  }
  return std::nullopt;
}

std::string_view to_string(Flavour flavour) {
  return parameters_of(flavour).name;
}

std::string_view to_string(Phase phase) {
  return kPhaseNames[static_cast<std::size_t>(phase)];
}

}  // namespace tessera::ita
