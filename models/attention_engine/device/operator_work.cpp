// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/device/operator_work.h"

#include <utility>

#include "models/attention_engine/cycle/gemm_program.h"
#include "models/attention_engine/cycle/operator_program.h"
#include "models/attention_engine/cycle/selection_program.h"
#include "models/attention_engine/device/map_reader.h"
#include "models/attention_engine/device/matrix_rows.h"
#include "models/attention_engine/dynamic_sparsity.h"
#include "models/attention_engine/operators.h"

namespace tessera::attention_engine {

namespace {

using Kind = OperatorJob::Kind;
using transformer_math::Requant;

/// Values of 32 bits that follow each other.
std::optional<EngineError> read_sums(ByteMemory& memory, std::uint32_t address,
                                     std::vector<std::int32_t>& sums) {
  if (!memory.read(address, sums.data(), sums.size() * sizeof(std::int32_t))) {
    return axi_error(memory, address, "a bias");
  }
  return std::nullopt;
}

/// COPY, GELU, SOFTMAX, LAYERNORM: rows in, as many rows of as many bytes out.
class RowsWork final : public Work {
 public:
  OperatorJob job;
  Requant requant;
  std::int16_t gelu_b = 0;
  std::int16_t gelu_c = 0;

  std::unique_ptr<JobProgram> program(const EngineParameters& engine,
                                      std::vector<std::uint32_t>& /*tile_list*/) override {
    return std::make_unique<OperatorProgram>(engine, job);
  }
  std::optional<EngineError> compute(ByteMemory& memory, WorkReport& /*report*/) override {
    HostMatrix in;
    if (auto error =
            read_rows(memory, {job.in.address, job.rows, job.in.row_bytes, job.in.stride}, in)) {
      return error;
    }
    const MatrixRows out{job.out.address, job.rows, job.out.row_bytes, job.out.stride};
    const std::size_t columns = job.in.row_bytes;
    switch (job.kind) {
      case Kind::kGelu:
        return write_rows(
            memory, out, gelu_rows(in.view(), job.rows, columns, {gelu_b, gelu_c, requant}).data());
      case Kind::kSoftmax:
        return write_rows(memory, out, softmax_rows(in.view(), job.rows, columns).data());
      case Kind::kLayerNorm:
        return normalise(memory, in, out);
      default:
        return write_rows(memory, out, in.bytes.data());
    }
  }

 private:
  std::optional<EngineError> normalise(ByteMemory& memory, const HostMatrix& in,
                                       const MatrixRows& out) const {
    HostMatrix weight;
    std::vector<std::int32_t> bias(job.in.row_bytes);
    if (auto error = read_rows(memory, {job.weight, 1, job.in.row_bytes, 0}, weight)) {
      return error;
    }
    if (auto error = read_sums(memory, job.bias, bias)) {
      return error;
    }
    return write_rows(memory, out,
                      layer_norm_rows(in.view(), job.rows, job.in.row_bytes,
                                      {weight.bytes.data(), bias.data(), requant})
                          .data());
  }
};

class GemmWork final : public Work {
 public:
  TileMap map;
  GemmJob job;  ///< its map is the one above
  Requant requant;
  std::uint32_t uncanonical_tiles = 0;

  std::unique_ptr<JobProgram> program(const EngineParameters& engine,
                                      std::vector<std::uint32_t>& tile_list) override {
    return std::make_unique<GemmProgram>(engine, job, tile_list);
  }
  std::optional<EngineError> compute(ByteMemory& memory, WorkReport& report) override {
    const std::uint32_t outputs = map.shape.queries;
    HostMatrix a;
    HostMatrix w;
    std::vector<std::int32_t> bias(job.bias == 0 ? 0 : outputs);
    if (auto error =
            read_rows(memory, {job.a.address, job.rows, job.a.row_bytes, job.a.stride}, a)) {
      return error;
    }
    if (auto error =
            read_rows(memory, {job.w.address, outputs, job.w.row_bytes, job.w.stride}, w)) {
      return error;
    }
    if (job.bias != 0) {
      if (auto error = read_sums(memory, job.bias, bias)) {
        return error;
      }
    }
    report.uncanonical_tiles = uncanonical_tiles;
    return write_rows(memory, {job.out.address, job.rows, outputs, job.out.stride},
                      multiply_sparse(map, job.rows, a.view(), w.view(),
                                      bias.empty() ? nullptr : bias.data(), requant)
                          .data());
  }
};

class SelectionWork final : public Work {
 public:
  SelectionJob job;
  TopK top;

  std::unique_ptr<JobProgram> program(const EngineParameters& engine,
                                      std::vector<std::uint32_t>& /*tile_list*/) override {
    return std::make_unique<SelectionProgram>(engine, job);
  }
  std::optional<EngineError> compute(ByteMemory& memory, WorkReport& /*report*/) override {
    HostMatrix q;
    HostMatrix k;
    if (auto error =
            read_rows(memory, {job.q.address, job.shape.queries, job.head_dim, job.q.stride}, q)) {
      return error;
    }
    if (auto error =
            read_rows(memory, {job.k.address, job.shape.keys, job.head_dim, job.k.stride}, k)) {
      return error;
    }
    const TokenBitmap bitmap =
        select_top_keys(job.shape, {q.view(), k.view(), {}, job.head_dim}, top);
    return write_rows(memory, {job.output, job.shape.queries, job.row_bytes, job.row_bytes},
                      bitmap.bits.data());
  }
};

Kind kind_of(std::uint32_t type) {
  switch (type) {
    case ATTENTION_ENGINE_TYPE_SOFTMAX:
      return Kind::kSoftmax;
    case ATTENTION_ENGINE_TYPE_LAYER_NORM:
      return Kind::kLayerNorm;
    case ATTENTION_ENGINE_TYPE_GELU:
      return Kind::kGelu;
    default:
      return Kind::kCopy;
  }
}

}  // namespace

std::unique_ptr<Work> OperatorReader::read() {
  const std::uint32_t heads = fields_.half(ATTENTION_ENGINE_DESC_HEADS);
  if (heads > 1) {
    fail(ErrorCode::kBadDescriptor, heads, 2, "more than one head");
    return nullptr;
  }
  const std::uint32_t type = fields_.byte(ATTENTION_ENGINE_DESC_TYPE);
  switch (type) {
    case ATTENTION_ENGINE_TYPE_GEMM:
      return read_gemm();
    case ATTENTION_ENGINE_TYPE_SELECTION:
      return read_selection();
    default:
      return read_rows_operator(type);
  }
}

bool OperatorReader::has_sizes(std::uint32_t columns) {
  return (fields_.half(ATTENTION_ENGINE_DESC_QUERIES) != 0 && columns != 0 &&
          fields_.half(ATTENTION_ENGINE_DESC_HEAD_DIM) != 0) ||
         fail(ErrorCode::kBadDescriptor, 0, 0, "a size is 0");
}

bool OperatorReader::fits(std::uint32_t block_rows) {
  return block_rows > 0 ||
         fail(ErrorCode::kVrfOverflow, fields_.half(ATTENTION_ENGINE_DESC_HEAD_DIM), 0,
              "no block of rows fits the register files");
}

std::unique_ptr<Work> OperatorReader::read_rows_operator(std::uint32_t type) {
  auto work = std::make_unique<RowsWork>();
  OperatorJob& job = work->job;
  const std::uint32_t columns = fields_.half(ATTENTION_ENGINE_DESC_HEAD_DIM);
  job.kind = kind_of(type);
  job.rows = fields_.half(ATTENTION_ENGINE_DESC_QUERIES);
  job.in = {fields_.word(ATTENTION_ENGINE_DESC_Q), columns,
            stride(ATTENTION_ENGINE_DESC_ROW_STRIDE)};
  job.out = {fields_.word(ATTENTION_ENGINE_DESC_OUTPUT), columns,
             stride(ATTENTION_ENGINE_DESC_HEAD_STRIDE)};
  const bool has_parameters = job.kind == Kind::kLayerNorm;
  job.weight = has_parameters ? fields_.word(ATTENTION_ENGINE_DESC_K) : 0;
  job.bias = has_parameters ? fields_.word(ATTENTION_ENGINE_DESC_V) : 0;
  work->requant = fields_.requant(ATTENTION_ENGINE_DESC_QK_REQUANT);
  work->gelu_b = static_cast<std::int16_t>(fields_.half(ATTENTION_ENGINE_DESC_PARAM0));
  work->gelu_c = static_cast<std::int16_t>(fields_.half(ATTENTION_ENGINE_DESC_PARAM0 + 2));
  if (!has_sizes(columns) ||
      !are_aligned({job.in.address, job.out.address, job.weight, job.bias}) ||
      !are_rows(columns, job.in.stride, engine_.native_dim) ||
      !are_rows(columns, job.out.stride, engine_.native_dim) ||
      !fits(OperatorProgram::block_rows(engine_, job))) {
    return nullptr;
  }
  return work;
}

std::unique_ptr<Work> OperatorReader::read_gemm() {
  auto work = std::make_unique<GemmWork>();
  GemmJob& job = work->job;
  const std::uint32_t depth = fields_.half(ATTENTION_ENGINE_DESC_HEAD_DIM);
  const std::uint32_t outputs = fields_.half(ATTENTION_ENGINE_DESC_KEYS);
  job.rows = fields_.half(ATTENTION_ENGINE_DESC_QUERIES);
  job.a = {fields_.word(ATTENTION_ENGINE_DESC_Q), depth, stride(ATTENTION_ENGINE_DESC_ROW_STRIDE)};
  job.w = {fields_.word(ATTENTION_ENGINE_DESC_K), depth, stride(ATTENTION_ENGINE_DESC_PARAM1)};
  job.out = {fields_.word(ATTENTION_ENGINE_DESC_OUTPUT), outputs,
             stride(ATTENTION_ENGINE_DESC_HEAD_STRIDE)};
  job.bias = fields_.word(ATTENTION_ENGINE_DESC_V);
  work->requant = fields_.requant(ATTENTION_ENGINE_DESC_QK_REQUANT);
  if (!has_sizes(outputs) ||
      !are_aligned({job.a.address, job.w.address, job.out.address, job.bias}) ||
      !are_rows(depth, job.a.stride, engine_.native_dim) ||
      !are_rows(depth, job.w.stride, engine_.native_dim) ||
      !are_rows(outputs, job.out.stride, engine_.native_dim)) {
    return nullptr;
  }
  const std::uint32_t pattern = fields_.byte(ATTENTION_ENGINE_DESC_PATTERN);
  if (pattern != 0 && !MapReader::is_data(pattern)) {
    fail(ErrorCode::kBadDescriptor, pattern, 0, "the map of weights is dense or in memory");
    return nullptr;
  }
  MapReader reader({engine_, memory_, mode_}, fields_, fetches());
  auto map = reader.read({outputs, depth, engine_.native_dim});
  if (!map) {
    error_ = reader.error();
    return nullptr;
  }
  work->map = std::move(*map);
  work->uncanonical_tiles = reader.uncanonical_tiles();
  job.weights = &work->map;
  return fits(GemmProgram::block_rows(engine_, job)) ? std::move(work) : nullptr;
}

std::unique_ptr<Work> OperatorReader::read_selection() {
  constexpr std::uint32_t kWordBits = 64;
  auto work = std::make_unique<SelectionWork>();
  SelectionJob& job = work->job;
  job.shape = {fields_.half(ATTENTION_ENGINE_DESC_QUERIES),
               fields_.half(ATTENTION_ENGINE_DESC_KEYS), engine_.native_dim};
  job.head_dim = fields_.half(ATTENTION_ENGINE_DESC_HEAD_DIM);
  const std::uint32_t row_stride = stride(ATTENTION_ENGINE_DESC_ROW_STRIDE);
  job.q = {fields_.word(ATTENTION_ENGINE_DESC_Q), job.head_dim, row_stride};
  job.k = {fields_.word(ATTENTION_ENGINE_DESC_K), job.head_dim, row_stride};
  job.output = fields_.word(ATTENTION_ENGINE_DESC_OUTPUT);
  job.row_bytes = divide_up(job.shape.keys, kWordBits) * 8;
  work->top = {fields_.half(ATTENTION_ENGINE_DESC_PARAM0),
               fields_.half(ATTENTION_ENGINE_DESC_PARAM0 + 2)};
  if (!has_sizes(job.shape.keys) || !are_aligned({job.q.address, job.k.address, job.output}) ||
      !are_rows(job.head_dim, row_stride, engine_.native_dim)) {
    return nullptr;
  }
  if (work->top.keys == 0 || work->top.bits < 2 || work->top.bits > 8) {
    fail(ErrorCode::kBadDescriptor, work->top.bits, 9, "keys of a selection 0, or bits not 2 .. 8");
    return nullptr;
  }
  return fits(SelectionProgram::fits(engine_, job) ? 1 : 0) ? std::move(work) : nullptr;
}

}  // namespace tessera::attention_engine
