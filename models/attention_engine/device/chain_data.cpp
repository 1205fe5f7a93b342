// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/device/chain_data.h"

#include <algorithm>
#include <limits>

#include "models/attention_engine/datapath.h"
#include "models/attention_engine/device/element_functions.h"
#include "models/attention_engine/device/matrix_rows.h"

namespace tessera::attention_engine {

namespace {

std::uint32_t divide_up(std::uint32_t a, std::uint32_t b) {
  return (a + b - 1) / b;
}

}  // namespace

ChainData::ChainData(const EngineParameters& engine, ByteMemory& memory)
    : engine_(engine), n_(engine.native_dim), memory_(memory) {}

void ChainData::reset() {
  files_ = {};
  matrices_.clear();
  masks_.clear();
  sums_.clear();
  in_queue_.clear();
}

std::vector<std::int32_t>& ChainData::file(MemoryId memory) {
  std::vector<std::int32_t>& elements = files_[static_cast<std::size_t>(memory)];
  elements.resize(std::size_t{engine_.entries_of(memory)} * n_);
  return elements;
}

std::int8_t* ChainData::tile(std::uint64_t index) {
  const std::size_t bytes = std::size_t{n_} * n_;
  matrices_.resize(engine_.entries_of(MemoryId::kMrf) * bytes);
  return matrices_.data() + index * bytes;
}

std::uint32_t ChainData::valid_elements() const {
  const std::uint32_t length = value(ScalarRegister::kVectorLength);
  return length == 0 ? n_ : std::min(length, n_);
}

std::optional<EngineError> ChainData::perform(const WrittenChain& chain) {
  chain_ = &chain;
  const Instruction& source = chain.instructions.front();
  if (source.memory == MemoryId::kL2) {
    return load(chain);
  }
  if (source.opcode == Opcode::kMatrixRead) {
    copy_tiles(source, chain.instructions.back());
    return std::nullopt;
  }
  Vectors vectors = read(source);
  for (auto step = chain.instructions.begin() + 1; step != chain.instructions.end(); ++step) {
    if (step->opcode != Opcode::kVectorWrite) {
      apply(*step, vectors);
    } else if (std::optional<EngineError> error = write(*step, vectors)) {
      return error;
    }
  }
  return std::nullopt;
}

std::optional<EngineError> ChainData::load(const WrittenChain& chain) {
  const Instruction& source = chain.instructions.front();
  const std::uint32_t stride = value(ScalarRegister::kStrideRow);
  HostMatrix matrix;
  const std::uint32_t row_bytes = value(ScalarRegister::kRowBytes);
  if (std::optional<EngineError> error =
          read_rows(memory_,
                    {source.index, value(ScalarRegister::kIterations), row_bytes,
                     stride == 0 ? row_bytes : stride},
                    matrix)) {
    error->instruction = encode(source);
    return error;
  }
  const Rows rows{row_bytes, std::move(matrix.bytes)};
  for (auto sink = chain.instructions.begin() + 1; sink != chain.instructions.end(); ++sink) {
    switch (sink->memory) {
      case MemoryId::kMrf:
        put_tiles(*sink, rows, (source.flags & kFlagTranspose) != 0);
        break;
      case MemoryId::kMaskRam:
        put_masks(*sink, rows);
        break;
      default:
        put_rows(*sink, rows);
        break;
    }
  }
  return std::nullopt;
}

void ChainData::put_rows(const Instruction& sink, const Rows& rows) {
  const std::uint32_t width = sink.memory == MemoryId::kAccVrf ? sizeof(std::int32_t) : 1;
  const std::size_t parts = divide_up(rows.row_bytes, n_ * width);
  Vectors vectors(rows.count() * parts * n_);
  for (std::size_t row = 0; row < rows.count(); ++row) {
    const std::int8_t* bytes = rows.bytes.data() + row * rows.row_bytes;
    for (std::size_t i = 0; i < rows.row_bytes; i += width) {
      std::uint32_t element = 0;  // little-endian
      for (std::size_t byte = 0; byte < std::min<std::size_t>(width, rows.row_bytes - i); ++byte) {
        element |= std::uint32_t{static_cast<std::uint8_t>(bytes[i + byte])} << (8 * byte);
      }
      vectors[row * parts * n_ + i / width] =
          width == 1 ? bytes[i] : static_cast<std::int32_t>(element);
    }
  }
  if (sink.memory == MemoryId::kInQ) {
    in_queue_.insert(in_queue_.end(), vectors.begin(), vectors.end());
  } else {
    put(sink.memory, sink.index, sink.count, vectors);
  }
}

void ChainData::put_tiles(const Instruction& sink, const Rows& rows, bool is_transposed) {
  const auto count = static_cast<std::uint32_t>(rows.count());
  const std::uint32_t outputs = is_transposed ? rows.row_bytes : count;
  const std::uint32_t inputs = is_transposed ? count : rows.row_bytes;
  const std::uint32_t columns = divide_up(inputs, n_);
  const std::uint32_t tiles = std::min<std::uint32_t>(sink.count, divide_up(outputs, n_) * columns);
  for (std::uint32_t i = 0; i < tiles; ++i) {
    std::int8_t* elements = tile(sink.index + i);
    for (std::uint32_t y = 0; y < n_; ++y) {
      for (std::uint32_t x = 0; x < n_; ++x) {
        const std::uint32_t output = i / columns * n_ + y;
        const std::uint32_t input = i % columns * n_ + x;
        const std::size_t place = is_transposed ? std::size_t{input} * rows.row_bytes + output
                                                : std::size_t{output} * rows.row_bytes + input;
        const bool is_there = output < outputs && input < inputs;
        elements[y * n_ + x] = is_there ? rows.bytes[place] : std::int8_t{0};
      }
    }
  }
}

void ChainData::put_masks(const Instruction& sink, const Rows& rows) {
  const std::size_t mask_bytes = std::size_t{n_} * mask_row_bytes();
  masks_.resize(engine_.entries_of(MemoryId::kMaskRam) * mask_bytes);
  const std::size_t bytes = std::min(sink.count * mask_bytes, rows.bytes.size());
  std::copy_n(rows.bytes.begin(), bytes,
              masks_.begin() + static_cast<std::ptrdiff_t>(sink.index * mask_bytes));
}

void ChainData::copy_tiles(const Instruction& source, const Instruction& sink) {
  const std::size_t bytes = std::size_t{std::min(source.count, sink.count)} * n_ * n_;
  const std::vector<std::int8_t> tiles(tile(source.index), tile(source.index) + bytes);
  std::copy(tiles.begin(), tiles.end(), tile(sink.index));  // they may overlap
}

ChainData::Vectors ChainData::read(const Instruction& source) {
  const std::size_t elements = std::size_t{source.count} * n_;
  Vectors vectors(elements);
  if (source.memory == MemoryId::kInQ) {
    const std::size_t waiting = std::min(elements, in_queue_.size());
    const auto end = in_queue_.begin() + static_cast<std::ptrdiff_t>(waiting);
    std::copy(in_queue_.begin(), end, vectors.begin());
    in_queue_.erase(in_queue_.begin(), end);
  } else {
    const std::vector<std::int32_t>& all = file(source.memory);
    std::copy_n(all.begin() + std::ptrdiff_t{source.index} * n_, elements, vectors.begin());
  }
  return vectors;
}

std::optional<EngineError> ChainData::write(const Instruction& sink, const Vectors& vectors) {
  if (sink.memory == MemoryId::kL2) {
    return store(sink, vectors);
  }
  if (sink.memory != MemoryId::kOutQ) {  // nobody takes what leaves there
    put(sink.memory, sink.index, sink.count, vectors);
  }
  return std::nullopt;
}

void ChainData::put(MemoryId memory, std::uint32_t index, std::uint32_t count,
                    const Vectors& vectors) {
  const std::size_t elements = std::min(std::size_t{count} * n_, vectors.size());
  const auto place = file(memory).begin() + std::ptrdiff_t{index} * n_;
  const bool is_wide = memory == MemoryId::kAccVrf;
  std::transform(vectors.begin(), vectors.begin() + static_cast<std::ptrdiff_t>(elements), place,
                 [&](std::int32_t value) { return is_wide ? value : saturate_int8(value); });
}

std::optional<EngineError> ChainData::store(const Instruction& sink, const Vectors& vectors) {
  const std::size_t count = vectors.size() / n_;
  const std::uint32_t stride = value(ScalarRegister::kStrideRow);
  MatrixRows rows{sink.index, value(ScalarRegister::kIterations), value(ScalarRegister::kRowBytes),
                  stride};
  rows.stride = stride == 0 ? rows.row_bytes : stride;
  rows.rows = static_cast<std::uint32_t>(std::min<std::size_t>(rows.rows, count));
  const std::size_t row_elements = rows.rows == 0 ? 0 : count / rows.rows * n_;
  const std::size_t used = std::min<std::size_t>(rows.row_bytes, row_elements);
  std::vector<std::int8_t> bytes;
  for (std::size_t row = 0; row < rows.rows; ++row) {
    for (std::size_t i = 0; i < used; ++i) {
      bytes.push_back(saturate_int8(vectors[row * row_elements + i]));
    }
  }
  rows.row_bytes = static_cast<std::uint32_t>(used);
  std::optional<EngineError> error = write_rows(memory_, rows, bytes.data());
  if (error) {
    error->instruction = encode(sink);
  }
  return error;
}

void ChainData::apply(const Instruction& instruction, Vectors& vectors) {
  const auto each = [&](auto function) {
    std::transform(vectors.begin(), vectors.end(), vectors.begin(), function);
  };
  const std::uint32_t fraction_bits = value(ScalarRegister::kFractionBits);
  const auto read_as = [&](double (*function)(double)) {
    each([&](std::int32_t x) { return fixed_point(function, x, fraction_bits); });
  };
  switch (instruction.opcode) {
    case Opcode::kMatrixMultiply:
      vectors = multiply(instruction, vectors);
      break;
    case Opcode::kRequantise: {
      const transformer_math::Requant requant{
          static_cast<std::uint16_t>(value(ScalarRegister::kRequantMult)),
          static_cast<std::uint8_t>(value(ScalarRegister::kRequantShift)),
          static_cast<std::int32_t>(value(ScalarRegister::kRequantAdd))};
      each([&](std::int32_t x) {
        return transformer_math::requantise(x, requant, transformer_math::kExactProduct);
      });
      break;
    }
    case Opcode::kRelu:
      each([](std::int32_t x) { return std::max(x, 0); });
      break;
    case Opcode::kSigmoid:
      read_as(logistic);
      break;
    case Opcode::kTanh:
      read_as(hyperbolic_tangent);
      break;
    case Opcode::kExp:
      read_as(exponential);
      break;
    case Opcode::kGelu:
      each([&](std::int32_t x) {
        return static_cast<std::int32_t>(transformer_math::gelu(
            saturate_int8(x), static_cast<std::int16_t>(value(ScalarRegister::kGeluB)),
            static_cast<std::int16_t>(value(ScalarRegister::kGeluC))));
      });
      break;
    case Opcode::kInverseRoot:
      each(inverse_root);
      break;
    case Opcode::kReduceSum:
      vectors = sum_rows(vectors);
      break;
    case Opcode::kMask:
      mask(instruction, vectors);
      break;
    case Opcode::kSoftmaxAccumulate:
      find_sums(instruction, vectors);
      break;
    case Opcode::kSoftmaxFinish:
      normalise(instruction, vectors);
      break;
    default:
      combine(instruction, vectors);
      break;
  }
}

ChainData::Vectors ChainData::multiply(const Instruction& instruction, const Vectors& vectors) {
  const std::size_t rows = value(ScalarRegister::kRows);
  const std::size_t columns = value(ScalarRegister::kColumns);
  const std::size_t iterations = value(ScalarRegister::kIterations);
  const std::size_t count = vectors.size() / n_;
  const std::size_t valid = valid_elements();
  const bool is_unsigned = (instruction.flags & kFlagContext) != 0;
  Vectors products(iterations * rows * n_);
  if ((instruction.flags & kFlagAccumulate) != 0) {
    std::copy_n(file(MemoryId::kAccVrf).begin(), products.size(), products.begin());
  }
  std::vector<std::int16_t> left(iterations * valid);
  std::vector<std::int16_t> right(std::size_t{n_} * valid);
  std::vector<std::int32_t> sums;
  for (std::size_t column = 0; column < columns; ++column) {
    for (std::size_t i = 0; i < iterations; ++i) {
      const std::int32_t* vector = vectors.data() + (i * columns + column) % count * n_;
      std::transform(vector, vector + valid, left.begin() + static_cast<std::ptrdiff_t>(i * valid),
                     [&](std::int32_t x) {
                       const std::int8_t byte = saturate_int8(x);
                       return is_unsigned ? static_cast<std::uint8_t>(byte) : std::int16_t{byte};
                     });
    }
    for (std::size_t row = 0; row < rows; ++row) {
      const std::int8_t* matrix = tile(instruction.index + row * columns + column);
      for (std::size_t output = 0; output < n_; ++output) {
        std::copy_n(matrix + output * n_, valid,
                    right.begin() + static_cast<std::ptrdiff_t>(output * valid));
      }
      sums.assign(iterations * n_, 0);
      transformer_math::multiply_accumulate(left.data(), right.data(), sums.data(),
                                            {iterations, n_, valid});
      for (std::size_t i = 0; i < sums.size(); ++i) {
        std::int32_t& sum = products[(i / n_ * rows + row) * n_ + i % n_];
        sum = saturate_int32(std::int64_t{sum} + sums[i]);
      }
    }
  }
  return products;
}

/// The operations with a second operand.
void ChainData::combine(const Instruction& instruction, Vectors& vectors) {
  const std::vector<std::int32_t>& all = file(instruction.memory);
  const std::int32_t* operand = all.data() + std::size_t{instruction.index} * n_;
  const std::size_t period = std::size_t{instruction.count} * n_;
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    vectors[i] = combined(instruction.opcode, vectors[i], operand[i % period]);
  }
}

void ChainData::mask(const Instruction& instruction, Vectors& vectors) const {
  const std::size_t row_bytes = mask_row_bytes();
  const std::size_t rows = std::size_t{instruction.count} * n_;
  for (std::size_t i = 0; i < vectors.size() && rows > 0; ++i) {
    const std::size_t row = std::size_t{instruction.index} * n_ + i / n_ % rows;
    const std::size_t byte = row * row_bytes + i % n_ / 8;
    if (byte >= masks_.size() || (masks_[byte] >> (i % n_ % 8) & 1) == 0) {
      vectors[i] = std::numeric_limits<std::int8_t>::min();
    }
  }
}

void ChainData::find_sums(const Instruction& instruction, const Vectors& vectors) {
  const std::size_t columns = value(ScalarRegister::kColumns);
  const std::size_t valid = valid_elements();
  sums_.resize(engine_.entries_of(MemoryId::kSmxRf));
  std::vector<std::int8_t> logits(valid);
  const std::size_t count = value(ScalarRegister::kIterations) * columns;
  for (std::size_t i = 0; i < std::min(vectors.size() / n_, count); ++i) {
    transformer_math::SoftmaxRow& row = sums_[instruction.index + i / columns];
    if (i % columns == 0 && (instruction.flags & kFlagAccumulate) == 0) {
      row = {};
    }
    std::transform(vectors.data() + i * n_, vectors.data() + i * n_ + valid, logits.begin(),
                   saturate_int8);
    transformer_math::softmax_accumulate(row, logits.data(), valid, kEngineSoftmax);
  }
}

void ChainData::normalise(const Instruction& instruction, Vectors& vectors) {
  const std::size_t columns = value(ScalarRegister::kColumns);
  const std::size_t valid = valid_elements();
  sums_.resize(engine_.entries_of(MemoryId::kSmxRf));
  vectors.resize(std::min(vectors.size(), value(ScalarRegister::kIterations) * columns * n_));
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    transformer_math::SoftmaxRow& row = sums_[instruction.index + i / n_ / columns];
    if (i % (n_ * columns) == 0) {
      transformer_math::softmax_finish(row, kEngineSoftmax);
    }
    const std::uint8_t probability =
        i % n_ < valid ? softmax_probability(row, saturate_int8(vectors[i]), kEngineSoftmax) : 0;
    vectors[i] = static_cast<std::int8_t>(probability);  // a byte; CONTEXT reads it unsigned
  }
}

/// Every COLUMNS vectors become one, all of whose elements are their sum.
ChainData::Vectors ChainData::sum_rows(const Vectors& vectors) const {
  const std::size_t row_elements = std::size_t{value(ScalarRegister::kColumns)} * n_;
  Vectors sums;
  for (std::size_t begin = 0; begin < vectors.size(); begin += row_elements) {
    const std::size_t end = std::min(begin + row_elements, vectors.size());
    std::int64_t sum = 0;
    for (std::size_t i = begin; i < end; ++i) {
      sum += vectors[i];
    }
    sums.insert(sums.end(), n_, saturate_int32(sum));
  }
  return sums;
}

}  // namespace tessera::attention_engine
