// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "models/attention_engine/engine_parameters.h"
#include "models/attention_engine/error_code.h"
#include "models/attention_engine/tile_map.h"

/// What of an attention job is in the register files at a time, and whether it fits. T is the tile
/// of the map, Z its tiles, r_I those of tile row I; D = ceil(head_dim / N) native vectors a row.
/// A row of a tile takes one entry of ScoreVrf.
namespace tessera::attention_engine {

/// How scores are kept between QK, softmax and AV; the planner tries them in this order.
///
/// | policy     | ScoreVrf, unpacked      | packed                | also                        |
/// |------------|-------------------------|-----------------------|-----------------------------|
/// | resident   | rows * columns * T      | Z * T                 | SmxRf for all rows, Q twice |
/// | overlapped | 2 * columns * T         | max(r_I + r_(I+1)) * T| SmxRf 2 T, Q twice          |
/// | row        | columns * T             | max r_I * T           | SmxRf T                     |
/// | online     | 3 T, or 2 T             | the same              | AccVrf T * D, SmxRf T       |
/// | spill      | 2 T, or T               | the same              | scores cross AXI twice      |
enum class Policy : std::uint8_t {
  kResident,    ///< the scores of whole heads
  kOverlapped,  ///< two tile rows: QK of the next while softmax and AV of this one
  kRow,         ///< one tile row at a time
  kOnline,      ///< one tile at a time, accumulators rescaled whenever the maximum grows
  kSpill,       ///< as row, with the scores in L2
};
inline constexpr std::uint32_t kNumPolicies = 5;

/// "resident", "overlapped", "row", "online", "spill".
std::string_view to_string(Policy policy);
std::optional<Policy> policy_from_name(std::string_view name);

enum class CapacityMode : std::uint8_t {
  kStrict,     ///< register files have the sizes of the engine
  kUnlimited,  ///< sizes are ignored; demand is reported all the same
};

/// What a job asks for beyond its map.
struct PlanRequest {
  std::uint32_t head_dim = 64;   ///< d
  std::uint32_t heads = 1;       ///< all with the same map
  bool is_packed = true;         ///< holes of a tile row take no entries
  bool may_use_online = true;    ///< its results differ from the other policies'
  std::optional<Policy> policy;  ///< only this one
  CapacityMode capacity = CapacityMode::kStrict;
};

struct Plan {
  Policy policy = Policy::kResident;
  bool is_packed = false;
  /// Resident: heads whose scores are in ScoreVrf at once. Otherwise 1.
  std::uint32_t resident_heads = 1;
  /// All K and V tiles of a head are in the MRF; otherwise each is fetched where it is used.
  bool keeps_kv = true;
  bool keeps_masks = true;  ///< all masks are in MaskRam; otherwise they come with their tile
  bool keeps_list = true;   ///< the whole tile list; otherwise that of the tile rows under way
  /// A second buffer lets the tile after this one come in, or (online, spill) be computed.
  bool prefetches_kv = true;
  bool overlaps_tiles = true;
  /// Entries in use at the peak: the high-water marks that the job will reach.
  std::array<std::uint32_t, kNumMemories> entries{};

  [[nodiscard]] std::uint32_t entries_of(MemoryId id) const {
    return entries[static_cast<std::size_t>(id)];
  }
};

/// Why there is no plan: the memory that the last policy tried lacks.
struct PlanError {
  ErrorCode code = ErrorCode::kVrfOverflow;
  MemoryId memory = MemoryId::kScoreVrf;
  std::uint32_t needed = 0;     ///< entries
  std::uint32_t available = 0;  ///< entries
  std::string message;
};

/// The first policy that fits.
/// kVrfOverflow, kMrfOutOfBounds (not even one K and one V tile), kMaskOutOfBounds (no mask at
/// all): no policy fits. kBadDescriptor: head_dim, heads or queries 0, or a tile wider than N.
std::variant<Plan, PlanError> plan_attention(const EngineParameters& engine, const TileMap& map,
                                             const PlanRequest& request);

}  // namespace tessera::attention_engine
