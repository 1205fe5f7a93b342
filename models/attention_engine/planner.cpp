// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/planner.h"

#include <algorithm>
#include <limits>
#include <vector>

#include <fmt/format.h>

#include "models/attention_engine/score_layout.h"

namespace tessera::attention_engine {

namespace {

constexpr std::array<std::string_view, kNumPolicies> kPolicyNames{"resident", "overlapped", "row",
                                                                  "online", "spill"};

constexpr std::uint64_t kMaxEntries = std::numeric_limits<std::uint32_t>::max();

/// Entries of every memory that one way of doing the job needs.
using Demand = std::array<std::uint64_t, kNumMemories>;

std::uint64_t& at(Demand& demand, MemoryId id) {
  return demand[static_cast<std::size_t>(id)];
}

class Planner {
 public:
  Planner(const EngineParameters& engine, const TileMap& map, const PlanRequest& request)
      : engine_(engine),
        map_(map),
        request_(request),
        summary_(summarise(map)),
        vectors_((request.head_dim + engine.native_dim - 1) / engine.native_dim) {}

  std::variant<Plan, PlanError> plan() {
    if (const std::string problem = bad_descriptor(); !problem.empty()) {
      return PlanError{ErrorCode::kBadDescriptor, MemoryId::kReserved, 0, 0, problem};
    }
    for (std::uint32_t i = 0; i < kNumPolicies; ++i) {
      const auto policy = static_cast<Policy>(i);
      const bool is_wanted = request_.policy ? *request_.policy == policy
                                             : policy != Policy::kOnline || request_.may_use_online;
      if (is_wanted && try_policy(policy)) {
        return plan_;
      }
    }
    return error_;
  }

 private:
  [[nodiscard]] std::string bad_descriptor() const {
    if (request_.head_dim == 0 || request_.heads == 0) {
      return fmt::format("head dimension {} and {} heads; both are at least 1", request_.head_dim,
                         request_.heads);
    }
    if (map_.shape.tile > engine_.native_dim) {
      return fmt::format("tiles of {} on an engine of native dimension {}", map_.shape.tile,
                         engine_.native_dim);
    }
    return "";
  }

  [[nodiscard]] std::uint64_t capacity(MemoryId id) const {
    return request_.capacity == CapacityMode::kUnlimited ? kMaxEntries : engine_.entries_of(id);
  }

  /// ScoreVrf may be a part of MvmInitialVrf: an engine without one keeps scores there.
  [[nodiscard]] MemoryId score_memory() const {
    return engine_.entries_of(MemoryId::kScoreVrf) == 0 ? MemoryId::kMvmInitialVrf
                                                        : MemoryId::kScoreVrf;
  }

  bool try_policy(Policy policy) {
    plan_ = Plan{};
    plan_.policy = policy;
    plan_.is_packed = request_.is_packed;
    // What is kept whole, if that fits: each falls back on its own, before the policy does.
    plan_.keeps_kv = all_kv_tiles() <= capacity(MemoryId::kMrf);
    plan_.prefetches_kv = plan_.keeps_kv || 4 * vectors_ <= capacity(MemoryId::kMrf);
    plan_.keeps_masks = map_.masks.size() <= capacity(MemoryId::kMaskRam);
    plan_.keeps_list = summary_.tiles <= capacity(MemoryId::kTileList);
    plan_.overlaps_tiles = false;
    if (policy == Policy::kResident) {
      return fit_resident();
    }
    if (policy == Policy::kOnline || policy == Policy::kSpill) {
      plan_.overlaps_tiles = true;
      if (fits()) {
        return true;
      }
      plan_.overlaps_tiles = false;
      return fits();
    }
    return fits();
  }

  /// As many heads at once as fit, so that the stages stay busy across heads.
  bool fit_resident() {
    if (!fits()) {
      return false;
    }
    while (plan_.resident_heads < request_.heads) {
      const Plan fewer = plan_;
      ++plan_.resident_heads;
      if (!fits()) {
        plan_ = fewer;
        break;
      }
    }
    return true;
  }

  /// Enters the demand of plan_ into it. False, and error_, when a memory is too small.
  bool fits() {
    const Demand demand = demand_of_plan();
    for (std::uint32_t i = 0; i < kNumMemories; ++i) {
      const auto id = static_cast<MemoryId>(i);
      if (demand[i] > capacity(id)) {
        error_ = overflow(id, demand[i]);
        return false;
      }
      plan_.entries[i] = static_cast<std::uint32_t>(demand[i]);
    }
    return true;
  }

  [[nodiscard]] PlanError overflow(MemoryId id, std::uint64_t needed) const {
    ErrorCode code = ErrorCode::kVrfOverflow;
    if (id == MemoryId::kMrf) {
      code = ErrorCode::kMrfOutOfBounds;
    } else if (id == MemoryId::kMaskRam) {
      code = ErrorCode::kMaskOutOfBounds;
    }
    return {code, id, static_cast<std::uint32_t>(std::min(needed, kMaxEntries)),
            static_cast<std::uint32_t>(capacity(id)),
            fmt::format("policy {} needs {} entries of {}, which has {}", to_string(plan_.policy),
                        needed, to_string(id), capacity(id))};
  }

  [[nodiscard]] Demand demand_of_plan() const {
    Demand demand{};
    const std::uint64_t tile = map_.shape.tile;
    const bool has_two_rows =
        plan_.policy == Policy::kResident || plan_.policy == Policy::kOverlapped;
    at(demand, MemoryId::kMvmInitialVrf) = tile * vectors_ * (has_two_rows ? 2 : 1);
    at(demand, score_memory()) += plan_.resident_heads * ScoreLayout(map_, plan_).entries();
    at(demand, MemoryId::kMrf) =
        plan_.keeps_kv ? all_kv_tiles() : (plan_.prefetches_kv ? 4 : 2) * vectors_;
    at(demand, MemoryId::kSmxRf) = softmax_rows();
    // Sums that outlive a chain: V comes tile by tile, or they are rescaled.
    const bool is_split = plan_.policy == Policy::kOnline || !plan_.keeps_kv;
    at(demand, MemoryId::kAccVrf) = is_split ? tile * vectors_ : 0;
    // Without indirect reads each run of columns is a chain; partial sums pass through AddSubVrf.
    const bool has_broken_rows =
        summary_.column_runs > map_.shape.rows() - summary_.empty_tile_rows;
    at(demand, MemoryId::kAddSubVrf0) =
        !engine_.mechanisms.has_indirect && has_broken_rows ? tile * vectors_ : 0;
    at(demand, MemoryId::kMaskRam) =
        plan_.keeps_masks ? map_.masks.size() : std::min<std::uint64_t>(2, map_.masks.size());
    at(demand, MemoryId::kTileList) = list_entries(has_two_rows);
    at(demand, MemoryId::kOutQ) = vectors_;
    return demand;
  }

  [[nodiscard]] std::uint64_t all_kv_tiles() const {
    return 2 * std::uint64_t{map_.shape.columns()} * vectors_;
  }

  /// Rows whose maximum and sum are needed at a time.
  [[nodiscard]] std::uint64_t softmax_rows() const {
    const std::uint64_t tile = std::min(map_.shape.tile, map_.shape.queries);
    switch (plan_.policy) {
      case Policy::kResident:
        return std::uint64_t{plan_.resident_heads} * map_.shape.queries;
      case Policy::kOverlapped:
        return std::min<std::uint64_t>(2 * tile, map_.shape.queries);
      default:
        return tile;
    }
  }

  [[nodiscard]] std::uint64_t list_entries(bool has_two_rows) const {
    if (plan_.keeps_list) {
      return summary_.tiles;
    }
    return has_two_rows ? summary_.longest_row_pair : summary_.longest_row;
  }

  const EngineParameters& engine_;
  const TileMap& map_;
  const PlanRequest& request_;
  const MapSummary summary_;
  const std::uint64_t vectors_;  ///< D
  Plan plan_;
  PlanError error_;
};

}  // namespace

std::string_view to_string(Policy policy) {
  return kPolicyNames[static_cast<std::size_t>(policy)];
}

std::optional<Policy> policy_from_name(std::string_view name) {
  const auto* place = std::find(kPolicyNames.begin(), kPolicyNames.end(), name);
  return place == kPolicyNames.end()
             ? std::nullopt
             : std::optional(static_cast<Policy>(place - kPolicyNames.begin()));
}

std::variant<Plan, PlanError> plan_attention(const EngineParameters& engine, const TileMap& map,
                                             const PlanRequest& request) {
  return Planner(engine, map, request).plan();
}

}  // namespace tessera::attention_engine
