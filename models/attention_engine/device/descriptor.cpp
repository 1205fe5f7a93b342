// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/device/descriptor.h"

#include <vector>

#include <fmt/format.h>

#include "models/attention_engine/map_format.h"
#include "models/attention_engine/pattern.h"
#include "models/attention_engine/tile_map_builder.h"

namespace tessera::attention_engine {

namespace {

constexpr std::uint32_t kPatternFromMap = 1;
constexpr std::uint32_t kAlignment = 64;
constexpr std::uint32_t kStrideUnit = 16;
/// Masks that an index of 16 bits can name.
constexpr std::uint32_t kMaxMasks = 0xFFFF;

class Reader {
 public:
  Reader(const EngineParameters& engine, const PlannerMode& mode, ByteMemory& memory,
         std::uint32_t address)
      : engine_(engine), mode_(mode), memory_(memory), address_(address) {}

  std::variant<DeviceJob, DescriptorError> read() {
    if (!memory_.read(address_, bytes_.data(), bytes_.size())) {
      fail(ErrorCode::kAxiDecodeError, address_, 0, "the descriptor is not in memory");
      return error_;
    }
    error_.tag = half(ATTENTION_ENGINE_DESC_TAG);
    if (!read_shape() || !read_addresses() || !read_map() || !plan()) {
      return error_;
    }
    const std::uint32_t flags = byte(ATTENTION_ENGINE_DESC_FLAGS);
    job_.tag = error_.tag;
    job_.wants_interrupt = (flags & ATTENTION_ENGINE_FLAG_IRQ) != 0;
    job_.numbers.qk = requant(ATTENTION_ENGINE_DESC_QK_REQUANT);
    job_.numbers.av = requant(ATTENTION_ENGINE_DESC_AV_REQUANT);
    job_.numbers.masked_rows = (flags & ATTENTION_ENGINE_FLAG_UNIFORM_MASKED_ROWS) != 0
                                   ? MaskedRows::kUniform
                                   : MaskedRows::kZero;
    return std::move(job_);
  }

 private:
  [[nodiscard]] std::uint32_t byte(std::size_t offset) const { return bytes_[offset]; }
  [[nodiscard]] std::uint32_t half(std::size_t offset) const {
    return byte(offset) | byte(offset + 1) << 8;
  }
  [[nodiscard]] std::uint32_t word(std::size_t offset) const {
    return half(offset) | half(offset + 2) << 16;
  }
  [[nodiscard]] transformer_math::Requant requant(std::size_t offset) const {
    return {static_cast<std::uint16_t>(half(offset)), static_cast<std::uint8_t>(byte(offset + 2)),
            static_cast<std::int8_t>(byte(offset + 3))};
  }

  bool fail(ErrorCode code, std::uint32_t index, std::uint32_t limit, std::string message) {
    error_.code = code;
    error_.index = index;
    error_.limit = limit;
    error_.message = std::move(message);
    return false;
  }

  bool read_shape() {
    const std::uint32_t type = byte(ATTENTION_ENGINE_DESC_TYPE);
    if (type != ATTENTION_ENGINE_TYPE_ATTENTION) {
      return fail(ErrorCode::kBadDescriptor, type, ATTENTION_ENGINE_TYPE_ATTENTION + 1,
                  fmt::format("type {}; allowed: 1 (attention)", type));
    }
    if ((byte(ATTENTION_ENGINE_DESC_FLAGS) & ATTENTION_ENGINE_FLAG_BLOCK_FLOAT) != 0) {
      return fail(ErrorCode::kFormatMismatch, 0, 0, "block floats; this engine computes int8");
    }
    const std::uint32_t tile = half(ATTENTION_ENGINE_DESC_TILE);
    shape_ = {half(ATTENTION_ENGINE_DESC_QUERIES), half(ATTENTION_ENGINE_DESC_KEYS),
              tile == 0 ? engine_.native_dim : tile};
    job_.job.head_dim = half(ATTENTION_ENGINE_DESC_HEAD_DIM);
    job_.job.heads = half(ATTENTION_ENGINE_DESC_HEADS);
    if (shape_.queries == 0 || shape_.keys == 0 || job_.job.head_dim == 0 || job_.job.heads == 0) {
      return fail(ErrorCode::kBadDescriptor, 0, 0, "queries, keys, head_dim or heads is 0");
    }
    if (shape_.tile != engine_.native_dim) {
      return fail(ErrorCode::kBadDescriptor, shape_.tile, engine_.native_dim,
                  fmt::format("tiles of {}; allowed: {}", shape_.tile, engine_.native_dim));
    }
    return true;
  }

  bool read_addresses() {
    AttentionJob& job = job_.job;
    job.q = word(ATTENTION_ENGINE_DESC_Q);
    job.k = word(ATTENTION_ENGINE_DESC_K);
    job.v = word(ATTENTION_ENGINE_DESC_V);
    job.output = word(ATTENTION_ENGINE_DESC_OUTPUT);
    job.scratch = word(ATTENTION_ENGINE_DESC_SCRATCH);
    job.row_stride = half(ATTENTION_ENGINE_DESC_ROW_STRIDE) * kStrideUnit;
    job.head_stride = half(ATTENTION_ENGINE_DESC_HEAD_STRIDE) * kStrideUnit;
    for (const std::uint32_t address : {job.q, job.k, job.v, job.output, job.scratch,
                                        job.head_stride, job.row_stride * shape_.tile}) {
      if (address % kAlignment != 0) {
        return fail(ErrorCode::kMisaligned, address, kAlignment,
                    fmt::format("{:#x} is no multiple of {}", address, kAlignment));
      }
    }
    if (job.row_stride < job.head_dim) {
      return fail(ErrorCode::kBadDescriptor, job.row_stride, job.head_dim,
                  fmt::format("rows of {} bytes, {} apart", job.head_dim, job.row_stride));
    }
    return true;
  }

  bool read_map() {
    const std::uint32_t id = byte(ATTENTION_ENGINE_DESC_PATTERN);
    if (id == kPatternFromMap) {
      return read_map_from_memory();
    }
    Pattern pattern;
    pattern.kind = static_cast<PatternKind>(id);
    bool is_known = false;
    for (const PatternKind kind : pattern_kinds()) {
      is_known = is_known || kind == pattern.kind;
    }
    pattern.window = half(ATTENTION_ENGINE_DESC_PARAM0);
    pattern.global_tokens = half(ATTENTION_ENGINE_DESC_PARAM0 + 2);
    pattern.block = half(ATTENTION_ENGINE_DESC_PARAM1);
    pattern.dilation = pattern.block;
    pattern.random_tiles = half(ATTENTION_ENGINE_DESC_PARAM1 + 2);
    pattern.seed = word(ATTENTION_ENGINE_DESC_MASK);
    const std::string problem =
        is_known ? problem_of(pattern, shape_) : fmt::format("no pattern {}", id);
    if (!problem.empty()) {
      return fail(ErrorCode::kBadDescriptor, id, 0, problem);
    }
    job_.map = pattern_map(pattern, shape_);
    return true;
  }

  bool read_map_from_memory() {
    const std::uint32_t address = word(ATTENTION_ENGINE_DESC_MAP);
    std::vector<std::uint8_t> bytes(kMapHeaderBytes);
    const auto grow = [&](std::size_t size) {
      bytes.resize(size);
      return memory_.read(address, bytes.data(), size) ||
             fail(ErrorCode::kAxiDecodeError, address, 0, "the tile map is not in memory");
    };
    if (!grow(kMapHeaderBytes)) {
      return false;
    }
    constexpr MapFormat kFormat = MapFormat::kBlockSparseRow;
    const MapHeader header = decode_header(bytes.data());
    if (header.rows != shape_.rows() || header.columns != shape_.columns() ||
        header.tiles > shape_.rows() * shape_.columns()) {
      return fail(ErrorCode::kBadMap, header.rows, shape_.rows(), "the map has another shape");
    }
    const std::size_t index = index_bytes(header, kFormat);
    if (!grow(index) || !grow(index + 2 * partial_tiles(header, kFormat, bytes.data()))) {
      return false;
    }
    auto decoded = decode_map(shape_, kFormat, bytes.data(), bytes.size(), kMaxMasks);
    if (const auto* error = std::get_if<MapError>(&decoded)) {
      error_.row = error->row;
      error_.column = error->column;
      return fail(error->code, error->index, error->limit, error->message);
    }
    auto& map = std::get<DecodedMap>(decoded);
    std::vector<std::uint8_t> masks(map.mask_count * mask_bytes(shape_.tile));
    const std::uint32_t mask_address = word(ATTENTION_ENGINE_DESC_MASK);
    if (!masks.empty() && !memory_.read(mask_address, masks.data(), masks.size())) {
      return fail(ErrorCode::kAxiDecodeError, mask_address, 0, "the masks are not in memory");
    }
    attach_masks(map, masks.data());
    job_.map = std::move(map.map);
    return true;
  }

  bool plan() {
    PlanRequest request;
    request.head_dim = job_.job.head_dim;
    request.heads = job_.job.heads;
    request.is_packed = (byte(ATTENTION_ENGINE_DESC_FLAGS) & ATTENTION_ENGINE_FLAG_PACKED) != 0;
    request.may_use_online = mode_.may_use_online;
    request.capacity = mode_.capacity;
    const std::uint32_t policy = byte(ATTENTION_ENGINE_DESC_POLICY);
    if (policy > kNumPolicies) {
      return fail(ErrorCode::kBadDescriptor, policy, kNumPolicies + 1, "no such policy");
    }
    if (policy > 0) {
      request.policy = static_cast<Policy>(policy - 1);
    }
    auto plan = plan_attention(engine_, job_.map, request);
    if (const auto* error = std::get_if<PlanError>(&plan)) {
      return fail(error->code, error->needed, error->available, error->message);
    }
    job_.job.plan = std::get<Plan>(plan);
    if (job_.job.plan.policy == Policy::kSpill && job_.job.scratch == 0) {
      return fail(ErrorCode::kVrfOverflow, 0, engine_.entries_of(MemoryId::kScoreVrf),
                  "the scores do not fit and there is no room to spill them");
    }
    return true;
  }

  const EngineParameters& engine_;
  const PlannerMode& mode_;
  ByteMemory& memory_;
  const std::uint32_t address_;
  std::array<std::uint8_t, ATTENTION_ENGINE_DESC_BYTES> bytes_{};
  MapShape shape_;
  DeviceJob job_;
  DescriptorError error_;
};

/// [rows][row_bytes] of one head; false when not all of it is in memory.
bool read_rows(ByteMemory& memory, std::uint32_t address, std::uint32_t rows,
               std::uint32_t row_bytes, std::uint32_t stride, std::vector<std::int8_t>& out) {
  out.resize(std::size_t{rows} * row_bytes);
  for (std::uint32_t row = 0; row < rows; ++row) {
    if (!memory.read(address + row * stride, out.data() + std::size_t{row} * row_bytes,
                     row_bytes)) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::variant<DeviceJob, DescriptorError> read_descriptor(const EngineParameters& engine,
                                                         const PlannerMode& mode,
                                                         ByteMemory& memory,
                                                         std::uint32_t address) {
  return Reader(engine, mode, memory, address).read();
}

ErrorCode compute(const DeviceJob& device_job, ByteMemory& memory, std::uint64_t& masked_rows) {
  const AttentionJob& job = device_job.job;
  const MapShape& shape = device_job.map.shape;
  std::vector<std::int8_t> q;
  std::vector<std::int8_t> k;
  std::vector<std::int8_t> v;
  for (std::uint32_t head = 0; head < job.heads; ++head) {
    const std::uint32_t offset = head * job.head_stride;
    if (!read_rows(memory, job.q + offset, shape.queries, job.head_dim, job.row_stride, q) ||
        !read_rows(memory, job.k + offset, shape.keys, job.head_dim, job.row_stride, k) ||
        !read_rows(memory, job.v + offset, shape.keys, job.head_dim, job.row_stride, v)) {
      return ErrorCode::kAxiDecodeError;
    }
    const HeadOperands operands{
        {q.data(), job.head_dim}, {k.data(), job.head_dim}, {v.data(), job.head_dim}, job.head_dim};
    const AttentionResult result = attend(device_job.map, operands, device_job.numbers, job.plan);
    masked_rows += result.masked_rows;
    for (std::uint32_t row = 0; row < shape.queries; ++row) {
      if (!memory.write(job.output + offset + row * job.row_stride,
                        result.out.data() + std::size_t{row} * job.head_dim, job.head_dim)) {
        return ErrorCode::kAxiDecodeError;
      }
    }
  }
  return ErrorCode::kNone;
}

}  // namespace tessera::attention_engine
