// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/cycle/chain_decoder.h"

#include <algorithm>

namespace tessera::attention_engine {

namespace {

std::uint32_t divide_up(std::uint32_t a, std::uint32_t b) {
  return (a + b - 1) / b;
}

/// Unit of an MFU: 1 activation, 2 addition, 4 multiplication; 0: none.
std::uint8_t mfu_unit(Opcode opcode) {
  switch (opcode) {
    case Opcode::kRelu:
    case Opcode::kSigmoid:
    case Opcode::kTanh:
    case Opcode::kGelu:
    case Opcode::kExp:
    case Opcode::kInverseRoot:
      return 1;
    case Opcode::kAdd:
    case Opcode::kSubtract:
    case Opcode::kSubtractReversed:
    case Opcode::kMaximum:
    case Opcode::kReduceSum:
      return 2;
    case Opcode::kMultiply:
      return 4;
    default:
      return 0;
  }
}

/// Largest value of ROWS, COLUMNS and ITER.
constexpr std::uint32_t kMaxCount = 0xFFFF;

}  // namespace

ChainDecoder::ChainDecoder(const EngineParameters& engine)
    : engine_(engine), tile_list_(engine.entries_of(MemoryId::kTileList)) {
  reset();
}

void ChainDecoder::reset() {
  abandon();
  registers_ = {};
  registers_[static_cast<std::size_t>(ScalarRegister::kRows)] = 1;
  registers_[static_cast<std::size_t>(ScalarRegister::kColumns)] = 1;
  registers_[static_cast<std::size_t>(ScalarRegister::kIterations)] = 1;
  registers_[static_cast<std::size_t>(ScalarRegister::kRequantMult)] = 1;
  for (std::uint32_t memory = 0; memory < kNumMemories; ++memory) {
    is_written_[memory].assign(engine_.entries[memory], false);
    is_set_[memory] = is_written_[memory];
  }
}

void ChainDecoder::continue_from(const ChainDecoder& other) {
  const std::uint64_t sequence = sequence_;
  *this = other;
  sequence_ = sequence;
  scoreboard_ = {};
  chain_.sequence = sequence + 1;
  chain_.waits = {};
}

void ChainDecoder::abandon() {
  is_in_chain_ = false;
  instructions_.clear();
  unset_.reset();
  source_ = matrix_ = sink_ = {};
  is_matrix_chain_ = is_softmax_ = false;
  softmax_steps_ = 0;
  finds_sums_ = ends_rows_ = false;
  num_multicasts_ = 0;
  mfu_units_ = {};
  mfu_ = 0;
}

ChainDecoder::Outcome ChainDecoder::fail(ErrorCode code, std::uint32_t index, std::uint32_t limit) {
  error_ = {code, word_, index, limit, sequence_ + 1};
  abandon();
  return Outcome::kError;
}

std::uint32_t ChainDecoder::tile_cycles() const {
  const std::uint32_t length = value(ScalarRegister::kVectorLength);
  const std::uint32_t used =
      length == 0 ? engine_.native_dim : std::min(length, engine_.native_dim);
  return divide_up(used, engine_.lanes);
}

ChainDecoder::Outcome ChainDecoder::set_register(const Instruction& instruction) {
  if (instruction.count >= kNumScalarRegisters) {
    return fail(ErrorCode::kBadOpcode, instruction.count, kNumScalarRegisters);
  }
  const auto name = static_cast<ScalarRegister>(instruction.count);
  const bool is_shape = name == ScalarRegister::kRows || name == ScalarRegister::kColumns;
  const std::uint32_t value = instruction.index;
  if ((is_shape || name == ScalarRegister::kIterations) && (value == 0 || value > kMaxCount)) {
    return fail(ErrorCode::kBadChain, value, kMaxCount + 1);
  }
  registers_[instruction.count] = value;
  has_new_shape_ = has_new_shape_ || is_shape;
  return Outcome::kMore;
}

ChainDecoder::Outcome ChainDecoder::take(std::uint64_t word) {
  word_ = word;
  const Instruction instruction = decode(word);
  switch (instruction.opcode) {
    case Opcode::kNop:
      return Outcome::kMore;
    case Opcode::kSetRegister:
      return set_register(instruction);
    case Opcode::kWalk:
    case Opcode::kFence:
    case Opcode::kInterrupt:
      if (is_in_chain_) {
        return fail(ErrorCode::kBadChain);
      }
      argument_ = instruction.index;
      return instruction.opcode == Opcode::kWalk    ? Outcome::kWalk
             : instruction.opcode == Opcode::kFence ? Outcome::kFence
                                                    : Outcome::kInterrupt;
    case Opcode::kEndChain:
      return finish_chain();
    default:
      break;
  }
  if (!is_in_chain_) {
    is_in_chain_ = true;
    chain_ = {};
    chain_.sequence = sequence_ + 1;
  }
  instructions_.push_back(instruction);
  return take_in_chain(instruction);
}

ChainDecoder::Outcome ChainDecoder::take_in_chain(const Instruction& instruction) {
  const bool is_matrix =
      instruction.opcode == Opcode::kMatrixRead || instruction.opcode == Opcode::kMatrixWrite;
  Operand* operand = nullptr;
  switch (instruction.opcode) {
    case Opcode::kVectorRead:
    case Opcode::kMatrixRead:
      operand = &source_;
      is_matrix_chain_ = is_matrix;
      break;
    case Opcode::kVectorWrite:
      // Several writes are one multicast: the crossbar does them at once.
      if (sink_.is_given && num_multicasts_ < multicasts_.size()) {
        multicasts_[num_multicasts_++] = instruction;
      } else {
        operand = &sink_;
      }
      break;
    case Opcode::kMatrixWrite:
      operand = &sink_;
      break;
    case Opcode::kMatrixMultiply:
      operand = &matrix_;
      break;
    case Opcode::kMask:
      if (!ignores_sizes_ && std::uint64_t{instruction.index} + instruction.count >
                                 engine_.entries_of(MemoryId::kMaskRam)) {
        return fail(ErrorCode::kMaskOutOfBounds, instruction.index + instruction.count,
                    engine_.entries_of(MemoryId::kMaskRam));
      }
      if (keeps_chain()) {  // whose masks may just be coming in
        scoreboard_.read_operand(chain_, Unit::kWrite, MemoryId::kMaskRam, instruction.index,
                                 instruction.count);
      }
      break;
    case Opcode::kSoftmaxAccumulate:
    case Opcode::kSoftmaxFinish:
      is_softmax_ = true;
      ++softmax_steps_;
      softmax_row_ = instruction.index;
      finds_sums_ = finds_sums_ || instruction.opcode == Opcode::kSoftmaxAccumulate;
      ends_rows_ = ends_rows_ || (instruction.flags & kFlagLast) != 0;
      break;
    case Opcode::kRequantise:
      break;
    default:
      if (mfu_unit(instruction.opcode) == 0) {
        return fail(ErrorCode::kBadOpcode, static_cast<std::uint32_t>(instruction.opcode));
      }
      break;
  }
  if (source_.is_given == (operand == &source_) || (is_matrix != is_matrix_chain_)) {
    return fail(ErrorCode::kBadChain);  // no source first, a second one, or vectors and matrices
  }
  if (operand != nullptr) {
    if (operand->is_given) {
      return fail(ErrorCode::kBadChain);
    }
    *operand = {true, instruction};
  } else if (mfu_unit(instruction.opcode) != 0) {
    return add_operand(instruction);
  }
  return Outcome::kMore;
}

ChainDecoder::Outcome ChainDecoder::add_operand(const Instruction& instruction) {
  const std::uint8_t unit = mfu_unit(instruction.opcode);
  while (mfu_ < engine_.mfus && (mfu_units_[mfu_] & unit) != 0) {
    ++mfu_;
  }
  if (mfu_ >= engine_.mfus) {
    return fail(ErrorCode::kBadChain, mfu_, engine_.mfus);
  }
  mfu_units_[mfu_] = static_cast<std::uint8_t>(mfu_units_[mfu_] | unit);
  const Unit mfu = mfu_ == 0 ? Unit::kMfu0 : Unit::kMfu1;
  chain_.units |= bit_of(mfu);
  if (unit != 1 && instruction.opcode != Opcode::kReduceSum) {  // has a second operand
    if (instruction.count == 0) {
      return fail(ErrorCode::kBadChain);
    }
    if (!is_register_file(instruction) || !is_inside(instruction, ErrorCode::kVrfOutOfBounds) ||
        !is_written(instruction)) {
      return Outcome::kError;
    }
    scoreboard_.read_operand(chain_, mfu, instruction.memory, instruction.index, instruction.count);
  }
  return Outcome::kMore;
}

ChainDecoder::Outcome ChainDecoder::finish_chain() {
  if (!source_.is_given || !sink_.is_given) {
    return fail(ErrorCode::kBadChain);
  }
  if (!has_valid_operands()) {
    return Outcome::kError;
  }
  if (source_.instruction.memory == MemoryId::kL2) {
    finish_load();
  } else if (is_softmax_) {
    finish_softmax();
  } else {
    finish_vectors();
  }
  set_written(sink_.instruction);
  std::for_each(multicasts_.begin(), multicasts_.begin() + num_multicasts_,
                [this](const Instruction& other) { set_written(other); });
  chain_.waits_for_drain = engine_.mechanisms.drains_on_swr && has_new_shape_ && matrix_.is_given;
  has_new_shape_ = has_new_shape_ && !matrix_.is_given;
  if (keeps_chain()) {
    kept_->push_back({chain_.sequence, instructions_, registers_, unset_});
  }
  sequence_ = chain_.sequence;
  abandon();
  return Outcome::kChain;
}

void ChainDecoder::finish_load() {
  const Instruction& source = source_.instruction;
  const Instruction& sink = sink_.instruction;
  chain_.path = Path::kLoad;
  chain_.units = bit_of(Unit::kLoad);
  chain_.vectors = value(ScalarRegister::kIterations);
  chain_.l2 = {source.index, value(ScalarRegister::kRowBytes), chain_.vectors,
               value(ScalarRegister::kStrideRow), 1};
  chain_.is_transposed = (source.flags & kFlagTranspose) != 0;
  const bool is_marked = (source.flags & (kFlagRefetch | kFlagSpill)) != 0;
  chain_.traffic = !is_marked         ? Traffic::kOperand
                   : is_matrix_chain_ ? Traffic::kRefetch
                                      : Traffic::kSpill;
  scoreboard_.load(chain_, Unit::kLoad);
  if (sink.memory != MemoryId::kInQ) {
    scoreboard_.write(chain_, Unit::kLoad, sink.memory, sink.index, sink.count);
  }
}

void ChainDecoder::finish_softmax() {
  const Instruction& source = source_.instruction;
  const Instruction& sink = sink_.instruction;
  chain_.path = Path::kSoftmax;
  chain_.units = bit_of(Unit::kSoftmax);
  chain_.vectors = value(ScalarRegister::kIterations);
  // sm_acc and sm_fin together are all passes, one of them alone half of them. A row's elements go
  // through the lanes without a gap.
  const std::uint64_t elements = std::uint64_t{value(ScalarRegister::kColumns)} *
                                 engine_.native_dim * chain_.vectors * engine_.softmax_passes;
  const std::uint64_t lanes = std::uint64_t{engine_.softmax_lanes} * (softmax_steps_ > 1 ? 1 : 2);
  chain_.softmax_cycles = static_cast<std::uint32_t>((elements + lanes - 1) / lanes) +
                          (ends_rows_ ? engine_.softmax_row_cycles : 0);
  scoreboard_.read(chain_, Unit::kSoftmax, source.memory, source.index, source.count);
  scoreboard_.write(chain_, Unit::kSoftmax, sink.memory, sink.index, sink.count);
}

void ChainDecoder::finish_vectors() {
  const Instruction& source = source_.instruction;
  const Instruction& sink = sink_.instruction;
  const std::uint32_t iterations = value(ScalarRegister::kIterations);
  chain_.path = Path::kVector;
  chain_.units |= bit_of(Unit::kWrite);
  if (source.memory == MemoryId::kInQ) {
    chain_.vectors = source.count;  // straight to the write-back
  } else if (matrix_.is_given) {
    chain_.units |= bit_of(Unit::kMvu);
    set_mvu_work();
    add_matrix_waits();
    scoreboard_.read(chain_, Unit::kMvu, source.memory, source.index, source.count);
  } else {
    chain_.units |= bit_of(Unit::kRead);
    chain_.vectors = source.count;
    scoreboard_.read(chain_, Unit::kRead, source.memory, source.index, source.count);
  }
  if (engine_.is_rigid && source.memory != MemoryId::kInQ) {
    chain_.units |= static_cast<std::uint8_t>(bit_of(Unit::kRead) | bit_of(Unit::kMfu0));
    chain_.units |= engine_.mfus > 1 ? bit_of(Unit::kMfu1) : std::uint8_t{0};
  }
  if (sink.memory == MemoryId::kL2) {
    chain_.stores_to_l2 = true;
    chain_.l2 = {sink.index, value(ScalarRegister::kRowBytes), iterations,
                 value(ScalarRegister::kStrideRow),
                 std::max(chain_.vectors / std::max(iterations, 1u), 1u)};
    chain_.traffic = (sink.flags & kFlagSpill) != 0 ? Traffic::kSpill : Traffic::kOperand;
    scoreboard_.store(chain_);
  } else if (sink.memory != MemoryId::kOutQ) {
    scoreboard_.write(chain_, Unit::kWrite, sink.memory, sink.index, sink.count);
  }
  for (std::uint32_t i = 0; i < num_multicasts_; ++i) {
    const Instruction& other = multicasts_[i];
    if (other.memory != MemoryId::kOutQ) {
      scoreboard_.write(chain_, Unit::kWrite, other.memory, other.index, other.count);
    }
  }
}

void ChainDecoder::set_mvu_work() {
  const std::uint32_t rows = value(ScalarRegister::kRows);
  const std::uint32_t columns = value(ScalarRegister::kColumns);
  const std::uint32_t vectors = value(ScalarRegister::kIterations);
  const std::uint32_t cycles = tile_cycles();
  const std::uint32_t engines = engine_.engines;
  chain_.is_context = (matrix_.instruction.flags & kFlagContext) != 0;
  const Split split = chain_.is_context && engine_.mvu_split == Split::kVectors
                          ? engine_.mechanisms.context_split
                          : engine_.mvu_split;
  MvuWork& work = chain_.mvu;
  work = {};
  work.rows = rows;
  work.columns = columns;
  work.engines = engines;
  work.outputs = rows * vectors;
  if (split == Split::kColumns) {
    work.order = MvuWork::Order::kGrouped;
    work.columns = divide_up(columns, engines);
    // The next vectors come in while a group of rows uses the ones before: shorter groups idle.
    work.rows = std::max(rows, engine_.accumulator_rows) * divide_up(vectors, engine_.batch);
    work.group = engine_.accumulator_rows == 0 ? work.rows : engine_.accumulator_rows;
    work.steps = work.rows * work.columns;
    work.step_cycles = cycles;
    work.emits = std::min(vectors, engine_.batch);
    work.outputs = work.rows * work.emits;
  } else if (vectors == 1) {
    work.order = MvuWork::Order::kFlattened;
    work.steps = divide_up(rows * columns, engines);
    work.step_cycles = cycles;
  } else if (split == Split::kTiles) {
    work.steps = vectors;
    work.step_cycles = divide_up(rows * columns, engines) * cycles;
    work.emits = rows;
  } else {
    work.steps = divide_up(vectors, engines);
    work.step_cycles = rows * columns * cycles;
    work.emits = std::min(vectors, engines) * rows;
  }
  chain_.vectors = work.outputs;
  chain_.issued_macs = std::uint64_t{vectors} * rows * columns * cycles * engine_.native_dim *
                       engine_.lanes * engine_.cores;
}

void ChainDecoder::add_matrix_waits() {
  const Instruction& matrix = matrix_.instruction;
  if (keeps_chain() && (matrix.flags & kFlagAccumulate) != 0) {
    scoreboard_.read_operand(chain_, Unit::kMvu, MemoryId::kAccVrf, 0, chain_.vectors);
  }
  if ((matrix.flags & kFlagIndirect) == 0) {
    scoreboard_.read(chain_, Unit::kMvu, MemoryId::kMrf, matrix.index,
                     value(ScalarRegister::kRows) * value(ScalarRegister::kColumns));
    return;
  }
  const std::uint32_t base = value(ScalarRegister::kListBase);
  for (std::uint32_t i = 0; i < value(ScalarRegister::kListLength); ++i) {
    const std::uint32_t tile = tile_list_[(base + i) % tile_list_.size()];
    scoreboard_.read(chain_, Unit::kMvu, MemoryId::kMrf, tile, 1);
  }
}

}  // namespace tessera::attention_engine
