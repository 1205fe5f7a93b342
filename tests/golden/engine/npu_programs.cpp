// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/cycle/chain_writer.h"
#include "tests/golden/engine/recurrent_programs.h"

/// Chains, their order and where vectors live: as the NPU's compiler makes them. Source:
/// compiler/npu_layers.py and compiler.py of intel/fpga-npu. A vector that the MVU reads fills the
/// VRFs of all its tiles; one that it does not stands in words of 40 elements.
namespace tessera::attention_engine::golden {

namespace {

class NpuWriter {
 public:
  NpuWriter(const EngineParameters& engine, Program& program) : engine_(engine), writer_(program) {
    writer_.set(ScalarRegister::kIterations, engine.batch);
  }

  /// Words of a vector of `size` elements for the MVU, and of one for the rest; whole batches.
  std::uint32_t wide(std::uint32_t size) const {
    return engine_.batch * engine_.engines * ceil(ceil(size, engine_.lanes), engine_.engines);
  }
  std::uint32_t narrow(std::uint32_t size) const {
    return engine_.batch * std::max(ceil(size, engine_.native_dim), engine_.accumulator_rows);
  }
  /// Entries of the MRF that a matrix takes.
  std::uint32_t tiles(std::uint32_t outputs, std::uint32_t inputs) const {
    return ceil(outputs, engine_.native_dim) * ceil(inputs, engine_.lanes);
  }

  void load(MemoryId memory, std::uint32_t index, std::uint32_t words) {
    writer_.read(MemoryId::kInQ, 0, words).write(memory, index, words).end();
  }
  ChainWriter& product(std::uint32_t vector, std::uint32_t inputs, std::uint32_t outputs,
                       std::uint32_t matrix) {
    writer_.set(ScalarRegister::kRows, ceil(outputs, engine_.native_dim));
    writer_.set(ScalarRegister::kColumns, ceil(inputs, engine_.lanes));
    return writer_.read(MemoryId::kMvmInitialVrf, vector, wide(inputs)).multiply(matrix);
  }
  ChainWriter& read(std::uint32_t index, std::uint32_t words) {
    return writer_.read(MemoryId::kMfuInitialVrf, index, words);
  }

 private:
  static std::uint32_t ceil(std::uint32_t a, std::uint32_t b) { return (a + b - 1) / b; }

  const EngineParameters& engine_;
  ChainWriter writer_;
};

/// Recurrent kernel under way: sizes and places. Names of vectors as in the compiler.
struct Recurrent {
  Recurrent(const EngineParameters& engine, std::uint32_t hidden_units, Program& program)
      : npu(engine, program),
        hidden(hidden_units),
        words(npu.narrow(hidden)),
        wide(npu.wide(hidden)),
        matrix_tiles(npu.tiles(hidden, hidden)) {}

  std::uint32_t x() const { return 0; }
  std::uint32_t h(std::uint32_t copy = 0) const { return (1 + copy) * wide; }
  std::uint32_t matrix(std::uint32_t index) const { return index * matrix_tiles; }
  /// Place `index` of a register file of second operands.
  std::uint32_t place(std::uint32_t index) const { return index * words; }
  void load_x() { npu.load(MemoryId::kMvmInitialVrf, x(), wide); }
  ChainWriter& product(std::uint32_t vector, std::uint32_t index) {
    return npu.product(vector, hidden, hidden, matrix(index));
  }

  NpuWriter npu;
  std::uint32_t hidden;
  std::uint32_t words;
  std::uint32_t wide;
  std::uint32_t matrix_tiles;
};

/// Second operands live in AddSubVrf_0 and MultiplyVrf of MFU 0, AddSubVrf_1 of MFU 1; places of
/// MultiplyVrf for MFU 1 follow those for MFU 0.
constexpr MemoryId kAdd0 = MemoryId::kAddSubVrf0;
constexpr MemoryId kAdd1 = MemoryId::kAddSubVrf1;
constexpr MemoryId kMul = MemoryId::kMultiplyVrf;
constexpr MemoryId kExternal = MemoryId::kMfuInitialVrf;

void input_products(Recurrent& r, std::uint32_t gates) {
  for (std::uint32_t gate = 0; gate < gates; ++gate) {
    r.product(r.x(), gate).write(kAdd0, r.place(gate), r.words).end();
  }
}

void rnn_step(Recurrent& r, std::uint32_t step, bool is_last) {
  input_products(r, 1);
  if (!is_last) {
    r.load_x();
  }
  r.product(r.h(step % 2), 1)
      .apply(Opcode::kAdd, kAdd0, r.place(0), r.words)
      .apply(Opcode::kTanh)
      .write(MemoryId::kMvmInitialVrf, r.h(1 - step % 2), r.words)
      .end();
}

void gru_step(Recurrent& r, std::uint32_t /*step*/, bool is_last) {
  const std::uint32_t w = r.words;
  const std::uint32_t reset_state = r.h(1);
  input_products(r, 3);  // update, reset, candidate
  if (!is_last) {
    r.load_x();
  }
  r.product(r.h(), 3)
      .apply(Opcode::kAdd, kAdd0, r.place(0), w)
      .apply(Opcode::kSigmoid)
      .write(kMul, r.place(0), w)
      .write(kAdd0, r.place(3), w)
      .end();
  r.npu
      .read(r.place(1), w)  // ones
      .apply(Opcode::kSubtract, kAdd0, r.place(3), w)
      .apply(Opcode::kMultiply, kMul, r.place(1), w)
      .write(kAdd1, r.place(0), w)
      .end();
  r.product(r.h(), 4)
      .apply(Opcode::kAdd, kAdd0, r.place(1), w)
      .apply(Opcode::kSigmoid)
      .apply(Opcode::kMultiply, kMul, r.place(1), w)
      .write(MemoryId::kMvmInitialVrf, reset_state, w)
      .end();
  r.product(reset_state, 5)
      .apply(Opcode::kAdd, kAdd0, r.place(2), w)
      .apply(Opcode::kTanh)
      .write(kExternal, r.place(0), w)
      .end();
  r.npu.read(r.place(0), w)
      .apply(Opcode::kMultiply, kMul, r.place(0), w)
      .apply(Opcode::kAdd, kAdd1, r.place(0), w)
      .write(MemoryId::kMvmInitialVrf, r.h(), w)
      .write(kMul, r.place(1), w)
      .end();
}

void lstm_step(Recurrent& r, std::uint32_t /*step*/, bool is_last) {
  const std::uint32_t w = r.words;
  enum : std::uint32_t { kForget, kCandidate, kInput, kOutput };
  input_products(r, 4);
  if (!is_last) {
    r.load_x();
  }
  const auto gate = [&](std::uint32_t index, std::uint32_t place) {
    r.product(r.h(), 4 + index)
        .apply(Opcode::kAdd, kAdd0, r.place(index), w)
        .apply(Opcode::kSigmoid)
        .write(kMul, r.place(place), w)
        .end();
  };
  gate(kForget, 0);
  gate(kInput, 1);
  gate(kOutput, 2);
  r.product(r.h(), 4 + kCandidate)
      .apply(Opcode::kAdd, kAdd0, r.place(kCandidate), w)
      .apply(Opcode::kTanh)
      .apply(Opcode::kMultiply, kMul, r.place(1), w)
      .write(kAdd1, r.place(0), w)
      .end();
  r.npu.read(r.place(0), w)
      .apply(Opcode::kMultiply, kMul, r.place(0), w)
      .apply(Opcode::kAdd, kAdd1, r.place(0), w)
      .write(kExternal, r.place(0), w)
      .end();
  r.npu.read(r.place(0), w)
      .apply(Opcode::kTanh)
      .apply(Opcode::kMultiply, kMul, r.place(2), w)
      .write(MemoryId::kMvmInitialVrf, r.h(), w)
      .end();
}

}  // namespace

Program npu_dense(const EngineParameters& engine, const std::vector<std::uint32_t>& sizes,
                  std::uint32_t groups) {
  Program program;
  NpuWriter npu(engine, program);
  std::uint32_t vector = 0;
  std::uint32_t matrix = 0;
  for (std::size_t layer = 1; layer < sizes.size(); ++layer) {
    const bool is_last = layer + 1 == sizes.size();
    const std::uint32_t next_vector = vector + npu.wide(sizes[layer - 1]);
    for (std::uint32_t group = 0; group < groups; ++group) {
      if (layer == 1) {
        npu.load(MemoryId::kMvmInitialVrf, vector, npu.wide(sizes[0]));
      }
      ChainWriter& chain = npu.product(vector, sizes[layer - 1], sizes[layer], matrix);
      chain.write(is_last ? MemoryId::kOutQ : MemoryId::kMvmInitialVrf, next_vector,
                  npu.narrow(sizes[layer]));
      chain.end();
    }
    vector = next_vector;
    matrix += npu.tiles(sizes[layer], sizes[layer - 1]);
  }
  return program;
}

Program npu_recurrent(const EngineParameters& engine, const std::string& cell, std::uint32_t hidden,
                      std::uint32_t steps) {
  Program program;
  Recurrent kernel(engine, hidden, program);
  if (cell == "gru") {
    kernel.npu.load(kExternal, kernel.place(1), kernel.words);  // ones
  }
  kernel.load_x();
  for (std::uint32_t step = 0; step < steps; ++step) {
    const bool is_last = step + 1 == steps;
    if (cell == "rnn") {
      rnn_step(kernel, step, is_last);
    } else if (cell == "gru") {
      gru_step(kernel, step, is_last);
    } else {
      lstm_step(kernel, step, is_last);
    }
  }
  return program;
}

}  // namespace tessera::attention_engine::golden
