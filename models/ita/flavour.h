// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "models/transformer_math/int8_arithmetic.h"

namespace tessera::ita {

/// Generations of ITA's arithmetic. Names in files and configurations: to_string().
enum class Flavour : std::uint8_t {
  kRtl,        ///< "rtl": pulp-platform/ITA since 2024-11-29
  kRtl202408,  ///< "rtl_2024_08": the same before that date
  kMempool,    ///< "mempool": the ITA behind MemPool's operand-block interface
};
inline constexpr std::size_t kNumFlavours = 3;

/// One matrix product of a layer. kLinear stands alone; the others belong to a head (kQ .. kOW) or
/// to a feed-forward pair (kF1, kF2).
enum class Phase : std::uint8_t { kQ, kK, kV, kQK, kAV, kOW, kF1, kF2, kLinear };
inline constexpr std::size_t kNumPhases = 9;
/// Requantisation constants that the hardware holds.
inline constexpr std::size_t kNumConstants = 8;

/// Everything in which the flavours differ. Source: spec of each field as named; the values of
/// kRtl are in pulp-platform/ITA src/ita_package.sv and src/ita_softmax.sv, those of kRtl202408 in
/// the same files at 40564cf, those of kMempool in pulp-platform/banshee src/peripherals.rs.
struct FlavourParameters {
  std::string_view name;
  unsigned accumulator_bits;  ///< two's complement, wraps
  unsigned product_bits;      ///< width of accumulator * mult, wraps
  bool is_output_add_int8;    ///< OW's add passes through an int8
  /// Index of each phase's requantisation constants.
  std::array<std::uint8_t, kNumPhases> constant_index;
  transformer_math::SoftmaxConstants softmax;
};

/// REQUIRES: `flavour` is one of the enumerators.
const FlavourParameters& parameters_of(Flavour flavour);
/// The flavour called `name`, if there is one.
std::optional<Flavour> flavour_from_name(std::string_view name);
/// "rtl", "rtl_2024_08" or "mempool".
std::string_view to_string(Flavour flavour);
/// "Q", "K", "V", "QK", "AV", "OW", "F1", "F2" or "linear".
std::string_view to_string(Phase phase);

}  // namespace tessera::ita
