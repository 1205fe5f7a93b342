// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/device/attention_work.h"

#include <variant>

#include "models/attention_engine/device/map_reader.h"
#include "models/attention_engine/device/matrix_rows.h"

namespace tessera::attention_engine {

std::unique_ptr<JobProgram> AttentionWork::program(const EngineParameters& engine,
                                                   std::vector<std::uint32_t>& tile_list) {
  job.map = &map;
  return std::make_unique<AttentionProgram>(engine, job, tile_list);
}

std::vector<bool> AttentionWork::used_columns() const {
  std::vector<bool> columns(map.shape.columns());
  for (const TileEntry& tile : map.tiles) {
    columns[tile.column] = true;
  }
  return columns;
}

/// K and V stay in the MRF when that holds all tiles of the only head.
void AttentionWork::hold(const HostMatrix& k, const HostMatrix& v) {
  if (job.heads == 1 && job.plan.keeps_kv) {
    held = std::make_shared<HeldMatrices>(HeldMatrices{job.k, job.v, job.row_stride, map.shape.keys,
                                                       job.head_dim, used_columns(), k.bytes,
                                                       v.bytes});
  }
}

std::optional<EngineError> AttentionWork::compute(ByteMemory& memory, WorkReport& report) {
  const MapShape& shape = map.shape;
  const auto rows = [&](std::uint32_t address, std::uint32_t head, std::uint32_t count) {
    return MatrixRows{address + head * job.head_stride, count, job.head_dim, job.row_stride};
  };
  std::vector<AttentionResult> results;
  for (std::uint32_t head = 0; head < job.heads; ++head) {
    HostMatrix q;
    HostMatrix k{held ? held->k : std::vector<std::int8_t>{}, job.head_dim};
    HostMatrix v{held ? held->v : std::vector<std::int8_t>{}, job.head_dim};
    auto error = read_rows(memory, rows(job.q, head, shape.queries), q);
    if (!error && !held) {
      error = read_rows(memory, rows(job.k, head, shape.keys), k);
    }
    if (!error && !held) {
      error = read_rows(memory, rows(job.v, head, shape.keys), v);
    }
    if (error) {
      return error;
    }
    results.push_back(attend(map, {q.view(), k.view(), v.view(), job.head_dim}, numbers, job.plan));
    report.masked_rows += results.back().masked_rows;
    if (!held) {
      hold(k, v);
    }
  }
  report.uncanonical_tiles = uncanonical_tiles;
  for (const AttentionResult& result : results) {
    if (!result.scratch.empty() &&
        !memory.write(job.scratch, result.scratch.data(), result.scratch.size())) {
      return axi_error(memory, job.scratch, "the scratch for spilled scores");
    }
  }
  for (std::uint32_t head = 0; head < job.heads; ++head) {
    if (auto error =
            write_rows(memory, rows(job.output, head, shape.queries), results[head].out.data())) {
      return error;
    }
  }
  return std::nullopt;
}

std::unique_ptr<Work> AttentionReader::read() {
  if (!read_shape() || !read_addresses() || !read_numbers() || !read_map() || !plan() ||
      !use_held()) {
    return nullptr;
  }
  return std::move(work_);
}

bool AttentionReader::read_shape() {
  const std::uint32_t tile = fields_.half(ATTENTION_ENGINE_DESC_TILE);
  shape_ = {fields_.half(ATTENTION_ENGINE_DESC_QUERIES), fields_.half(ATTENTION_ENGINE_DESC_KEYS),
            tile == 0 ? engine_.native_dim : tile};
  AttentionJob& job = work_->job;
  job.head_dim = fields_.half(ATTENTION_ENGINE_DESC_HEAD_DIM);
  job.heads = fields_.half(ATTENTION_ENGINE_DESC_HEADS);
  if (shape_.queries == 0 || shape_.keys == 0 || job.head_dim == 0 || job.heads == 0) {
    return fail(ErrorCode::kBadDescriptor, 0, 0, "queries, keys, head_dim or heads is 0");
  }
  if (shape_.tile != engine_.native_dim) {
    return fail(ErrorCode::kBadDescriptor, shape_.tile, engine_.native_dim,
                fmt::format("tiles of {}; allowed: {}", shape_.tile, engine_.native_dim));
  }
  return true;
}

bool AttentionReader::read_addresses() {
  AttentionJob& job = work_->job;
  job.q = fields_.word(ATTENTION_ENGINE_DESC_Q);
  job.k = fields_.word(ATTENTION_ENGINE_DESC_K);
  job.v = fields_.word(ATTENTION_ENGINE_DESC_V);
  job.output = fields_.word(ATTENTION_ENGINE_DESC_OUTPUT);
  job.scratch = fields_.word(ATTENTION_ENGINE_DESC_SCRATCH);
  job.row_stride = fields_.half(ATTENTION_ENGINE_DESC_ROW_STRIDE) * kStrideUnit;
  job.head_stride = fields_.half(ATTENTION_ENGINE_DESC_HEAD_STRIDE) * kStrideUnit;
  return are_aligned({job.q, job.k, job.v, job.output, job.scratch, job.head_stride}) &&
         are_rows(job.head_dim, job.row_stride, shape_.tile);
}

bool AttentionReader::read_numbers() {
  AttentionNumbers& numbers = work_->numbers;
  numbers.qk = fields_.requant(ATTENTION_ENGINE_DESC_QK_REQUANT);
  numbers.av = fields_.requant(ATTENTION_ENGINE_DESC_AV_REQUANT);
  const bool is_uniform = fields_.has_flag(ATTENTION_ENGINE_FLAG_UNIFORM_MASKED_ROWS);
  const bool is_nan = fields_.has_flag(ATTENTION_ENGINE_FLAG_NAN_MASKED_ROWS);
  if (is_uniform && is_nan) {
    return fail(ErrorCode::kBadDescriptor, fields_.byte(ATTENTION_ENGINE_DESC_FLAGS), 0,
                "masked rows cannot be uniform and nan");
  }
  numbers.masked_rows = is_uniform ? MaskedRows::kUniform
                        : is_nan   ? MaskedRows::kNan
                                   : MaskedRows::kZero;
  return true;
}

bool AttentionReader::read_map() {
  MapReader reader({engine_, memory_, mode_}, fields_, fetches());
  auto map = reader.read(shape_);
  if (!map) {
    error_ = reader.error();
    return false;
  }
  work_->map = std::move(*map);
  work_->uncanonical_tiles = reader.uncanonical_tiles();
  return true;
}

/// With the flag, K and V must be those of the attention before, and every tile must be there.
bool AttentionReader::use_held() {
  if (!fields_.has_flag(ATTENTION_ENGINE_FLAG_KV_STATIONARY)) {
    return true;
  }
  AttentionJob& job = work_->job;
  const bool is_same = held_ && job.heads == 1 && job.plan.keeps_kv && held_->k_address == job.k &&
                       held_->v_address == job.v && held_->row_stride == job.row_stride &&
                       held_->keys == shape_.keys && held_->head_dim == job.head_dim;
  const std::vector<bool> used = work_->used_columns();
  for (std::uint32_t column = 0; column < used.size(); ++column) {
    if (used[column] && (!is_same || !held_->columns[column])) {
      error_.column = column;
      return fail(ErrorCode::kReadUninitialised, job.k, 0, "K and V are not in the MRF");
    }
  }
  work_->held = held_;
  job.has_kv = true;
  return true;
}

bool AttentionReader::plan() {
  AttentionJob& job = work_->job;
  PlanRequest request;
  request.head_dim = job.head_dim;
  request.heads = job.heads;
  request.is_packed = fields_.has_flag(ATTENTION_ENGINE_FLAG_PACKED);
  request.may_use_online = mode_.may_use_online || fields_.has_flag(ATTENTION_ENGINE_FLAG_ONLINE);
  request.capacity = mode_.capacity;
  const std::uint32_t policy = fields_.byte(ATTENTION_ENGINE_DESC_POLICY);
  if (policy > kNumPolicies) {
    return fail(ErrorCode::kBadDescriptor, policy, kNumPolicies + 1, "no such policy");
  }
  if (policy > 0) {
    request.policy = static_cast<Policy>(policy - 1);
  }
  auto plan = plan_attention(engine_, work_->map, request);
  if (const auto* error = std::get_if<PlanError>(&plan)) {
    return fail(error->code, error->needed, error->available, error->message);
  }
  job.plan = std::get<Plan>(plan);
  if (job.plan.policy == Policy::kSpill && job.scratch == 0) {
    return fail(ErrorCode::kVrfOverflow, 0, engine_.entries_of(MemoryId::kScoreVrf),
                "the scores do not fit and there is no room to spill them");
  }
  return true;
}

}  // namespace tessera::attention_engine
