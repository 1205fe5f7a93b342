// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/c_api/c_api.h"

#include <algorithm>
#include <exception>
#include <string>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "models/attention_engine/analytical/twin.h"
#include "models/attention_engine/batch_schedule.h"
#include "models/attention_engine/datapath.h"
#include "models/attention_engine/dynamic_sparsity.h"
#include "models/attention_engine/map_format.h"
#include "models/attention_engine/pattern.h"
#include "models/attention_engine/planner.h"
#include "models/attention_engine/tile_map_builder.h"
#include "models/attention_engine/token_bitmap.h"
#include "models/base/error.h"

struct AttentionMap {
  tessera::attention_engine::TileMap map;
};

// Functions with C linkage are the same ones in every namespace.
namespace tessera::attention_engine {

namespace {

std::string& last_error() {
  thread_local std::string text;
  return text;
}

/// Runs `make`, which returns a TileMap or throws; null and the error's text when it throws.
template <typename Make>
AttentionMap* guarded(Make&& make) {
  try {
    return new AttentionMap{make()};
  } catch (const std::exception& error) {
    last_error() = error.what();
    return nullptr;
  }
}

/// Runs `work`; 0, or 1 and the error's text when it throws.
template <typename Work>
std::int32_t guarded_work(Work&& work) {
  try {
    work();
    return 0;
  } catch (const std::exception& error) {
    last_error() = error.what();
    return 1;
  }
}

MapShape shape_of(const AttentionShape& shape) {
  return {shape.queries, shape.keys, shape.tile};
}

MapFormat format_of(std::int32_t is_bitmap) {
  return is_bitmap != 0 ? MapFormat::kBitmap : MapFormat::kBlockSparseRow;
}

Policy policy_of(const char* name) {
  const auto policy = policy_from_name(name);
  if (!policy) {
    throw ConfigError("policy", std::string("no policy '") + name + "'",
                      "allowed: resident, overlapped, row, online, spill");
  }
  return *policy;
}

TileMap decode(const MapShape& shape, MapFormat format, const std::uint8_t* index,
               std::size_t index_size, const std::uint8_t* masks, std::size_t masks_size) {
  check_shape(shape);
  const auto limit = static_cast<std::uint32_t>(
      std::min<std::size_t>(masks_size / mask_bytes(shape.tile), TileEntry::kNoMask));
  auto result = decode_map(shape, format, index, index_size, limit);
  if (const MapError* error = std::get_if<MapError>(&result)) {
    throw ConfigError(fmt::format("tile ({}, {})", error->row, error->column),
                      fmt::format("error {:#04x}: {}: {}", static_cast<int>(error->code),
                                  error->message, error->index),
                      fmt::format("limit {}", error->limit));
  }
  auto& decoded = std::get<DecodedMap>(result);
  attach_masks(decoded, masks);
  return std::move(decoded.map);
}

EngineParameters engine_of(const AttentionJobRequest& request) {
  EngineParameters engine = engine_preset(request.preset);
  const auto replace = [&](MemoryId id, std::int64_t entries) {
    if (entries >= 0) {
      engine.entries[static_cast<std::size_t>(id)] = static_cast<std::uint32_t>(entries);
    }
  };
  replace(MemoryId::kScoreVrf, request.score_entries);
  replace(MemoryId::kMrf, request.mrf_tiles);
  return engine;
}

void estimate_job(const TileMap& map, const AttentionJobRequest& request,
                  AttentionEstimate& result) {
  const EngineParameters engine = engine_of(request);
  PlanRequest wanted;
  wanted.head_dim = request.head_dim;
  wanted.heads = request.heads;
  wanted.is_packed = request.is_packed != 0;
  wanted.may_use_online = request.may_use_online != 0;
  wanted.capacity = request.is_unlimited != 0 ? CapacityMode::kUnlimited : CapacityMode::kStrict;
  if (request.policy != nullptr) {
    wanted.policy = policy_of(request.policy);
  }
  const auto planned = plan_attention(engine, map, wanted);
  if (const PlanError* error = std::get_if<PlanError>(&planned)) {
    throw ConfigError(
        "plan", fmt::format("error {:#04x}: {}", static_cast<int>(error->code), error->message));
  }
  const Plan& plan = std::get<Plan>(planned);
  const analytical::Estimate estimate =
      analytical::estimate(engine, map, {request.head_dim, request.heads}, plan);
  result.policy = to_string(plan.policy).data();  // a literal: ends with 0
  std::copy(plan.entries.begin(), plan.entries.end(), result.entries);
  result.keeps_kv = plan.keeps_kv ? 1 : 0;
  result.cycles = estimate.cycles;
  result.score_cycles = estimate.score_cycles;
  result.softmax_cycles = estimate.softmax_cycles;
  result.context_cycles = estimate.context_cycles;
  result.scan_cycles = estimate.scan_cycles;
  result.kv_bytes = estimate.kv_bytes;
  result.spill_bytes = estimate.spill_bytes;
  result.operand_bytes = estimate.operand_bytes;
  result.issued_macs = estimate.issued_macs;
  result.useful_macs = estimate.useful_macs;
}

}  // namespace

extern "C" {

const char* attention_engine_error() {
  return last_error().c_str();
}

AttentionMap* attention_map_of_pattern(const char* kind, const AttentionPattern* pattern,
                                       const AttentionShape* shape, std::uint32_t head) {
  return guarded([&] {
    const auto known = pattern_kind_from_name(kind);
    if (!known) {
      std::string names;
      for (const PatternKind other : pattern_kinds()) {
        names += (names.empty() ? "" : ", ") + std::string(to_string(other));
      }
      throw ConfigError("pattern", std::string("no pattern '") + kind + "'", "allowed: " + names);
    }
    return pattern_map({*known, pattern->window, pattern->dilation, pattern->global_tokens,
                        pattern->random_tiles, pattern->seed, pattern->block, pattern->summary},
                       shape_of(*shape), head);
  });
}

AttentionMap* attention_map_of_bitmap(const std::uint8_t* bytes, std::size_t size,
                                      std::uint32_t tile) {
  return guarded([&] {
    const TokenBitmap bitmap = decode_token_bitmap({bytes, bytes + size}, "token bitmap");
    return build_tile_map({bitmap.queries, bitmap.keys, tile}, bitmap.token_rows());
  });
}

AttentionMap* attention_map_decode(const AttentionShape* shape, std::int32_t is_bitmap,
                                   const std::uint8_t* index, std::size_t index_size,
                                   const std::uint8_t* masks, std::size_t masks_size) {
  return guarded([&] {
    return decode(shape_of(*shape), format_of(is_bitmap), index, index_size, masks, masks_size);
  });
}

AttentionMap* attention_map_of_top(const AttentionShape* shape, const std::int8_t* q,
                                   const std::int8_t* k, std::uint32_t head_dim,
                                   std::uint32_t count, std::uint32_t bits, std::int32_t tiles) {
  return guarded([&] {
    const MapShape map_shape = shape_of(*shape);
    check_shape(map_shape);
    if (head_dim == 0 || bits < 2 || bits > 8) {
      throw ConfigError("top", fmt::format("head dimension {}, {} bits", head_dim, bits),
                        "allowed: at least 1, and 2 to 8 bits");
    }
    const HeadOperands operands{{q, head_dim}, {k, head_dim}, {}, head_dim};
    const TokenBitmap selection = tiles != 0 ? select_top_tiles(map_shape, operands, count, bits)
                                             : select_top_keys(map_shape, operands, {count, bits});
    return build_tile_map(map_shape, selection.token_rows());
  });
}

void attention_map_free(AttentionMap* map) {
  delete map;
}

void attention_map_summary(const AttentionMap* map, AttentionSummary* summary) {
  const MapSummary of_map = summarise(map->map);
  *summary = {map->map.shape.rows(),  map->map.shape.columns(),
              of_map.tiles,           of_map.full_tiles,
              of_map.partial_tiles,   of_map.pairs,
              of_map.column_runs,     static_cast<std::uint32_t>(map->map.masks.size()),
              of_map.masked_rows,     of_map.longest_row,
              of_map.longest_row_pair};
}

void attention_map_read(const AttentionMap* map, std::uint32_t* row_begin, std::uint16_t* columns,
                        std::uint16_t* masks, std::uint32_t* pairs) {
  std::copy(map->map.row_begin.begin(), map->map.row_begin.end(), row_begin);
  for (std::size_t i = 0; i < map->map.tiles.size(); ++i) {
    columns[i] = map->map.tiles[i].column;
    masks[i] = map->map.tiles[i].mask;
    pairs[i] = map->map.tiles[i].pairs;
  }
}

void attention_map_tokens(const AttentionMap* map, std::uint8_t* allowed) {
  const MapShape& shape = map->map.shape;
  std::fill_n(allowed, std::size_t{shape.queries} * shape.keys, std::uint8_t{0});
  for (std::uint32_t row = 0; row < shape.rows(); ++row) {
    for (const TileEntry& tile : map->map.row(row)) {
      for (std::uint32_t q = 0; q < shape.queries_in(row); ++q) {
        for (std::uint32_t k = 0; k < shape.keys_in(tile.column); ++k) {
          const std::size_t query = std::size_t{row} * shape.tile + q;
          const std::size_t key = std::size_t{tile.column} * shape.tile + k;
          allowed[query * shape.keys + key] = map->map.allows(tile, q, k) ? 1 : 0;
        }
      }
    }
  }
}

void attention_map_encode(const AttentionMap* map, std::int32_t is_bitmap, std::uint8_t* index,
                          std::size_t* index_size, std::uint8_t* masks, std::size_t* masks_size) {
  const MapImage image = encode_map(map->map, format_of(is_bitmap));
  *index_size = image.index.size();
  *masks_size = image.masks.size();
  if (index != nullptr) {
    std::copy(image.index.begin(), image.index.end(), index);
  }
  if (masks != nullptr) {
    std::copy(image.masks.begin(), image.masks.end(), masks);
  }
}

std::int32_t attention_estimate(const AttentionMap* map, const AttentionJobRequest* request,
                                AttentionEstimate* estimate) {
  return guarded_work([&] { estimate_job(map->map, *request, *estimate); });
}

std::int32_t attention_attend(const AttentionMap* map, const std::int8_t* q, const std::int8_t* k,
                              const std::int8_t* v, std::uint32_t head_dim,
                              const AttentionConstants* constants, const char* policy,
                              std::int32_t is_packed, std::int8_t* out) {
  return guarded_work([&] {
    AttentionNumbers numbers;
    numbers.qk = {constants->qk_mult, constants->qk_shift, constants->qk_add};
    numbers.av = {constants->av_mult, constants->av_shift, constants->av_add};
    numbers.masked_rows = static_cast<MaskedRows>(constants->masked_rows);
    Plan plan;
    plan.policy = policy_of(policy);
    plan.is_packed = is_packed != 0;
    const HeadOperands operands{{q, head_dim}, {k, head_dim}, {v, head_dim}, head_dim};
    const AttentionResult result = attend(map->map, operands, numbers, plan);
    std::copy(result.out.begin(), result.out.end(), out);
  });
}

std::int32_t attention_random_lengths(std::uint32_t count, double mean, std::uint32_t max,
                                      std::uint32_t seed, std::uint32_t* lengths) {
  return guarded_work([&] {
    if (mean < 1 || mean > max) {
      throw ConfigError("lengths", fmt::format("mean {} of lengths up to {}", mean, max),
                        "allowed: 1 to the longest");
    }
    const std::vector<std::uint32_t> drawn = random_lengths(count, mean, max, seed);
    std::copy(drawn.begin(), drawn.end(), lengths);
  });
}

}  // extern "C"

}  // namespace tessera::attention_engine
