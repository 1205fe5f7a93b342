// SPDX-License-Identifier: Apache-2.0
#include "models/attention_engine/cycle/chain_writer.h"
#include "tests/golden/engine/recurrent_programs.h"

/// GRU and LSTM in Brainwave's instruction set, a gate a chain. Source: the LSTM of section IV of
/// Fowers et al., ISCA 2018; the GRU is written in its manner.
namespace tessera::attention_engine::golden {

namespace {

constexpr MemoryId kInitial = MemoryId::kMvmInitialVrf;
constexpr MemoryId kMfuInitial = MemoryId::kMfuInitialVrf;
constexpr MemoryId kAddSub = MemoryId::kAddSubVrf0;
constexpr MemoryId kAddSub1 = MemoryId::kAddSubVrf1;
constexpr MemoryId kMul = MemoryId::kMultiplyVrf;

class Kernel {
 public:
  Kernel(const EngineParameters& engine, std::uint32_t hidden, Program& program)
      : n_((hidden + engine.native_dim - 1) / engine.native_dim), writer_(program) {
    writer_.set(ScalarRegister::kRows, n_);
    writer_.set(ScalarRegister::kColumns, n_);
  }

  /// The input of the next step comes in while this one waits for its state.
  void read_input() {
    writer_.read(MemoryId::kInQ, 0, n_).write(kInitial, input(), n_).end();
    next_input_ = 1 - next_input_;
  }

  void gru_step() {
    enum : std::uint32_t { kUpdate, kReset, kCandidate };
    for (const std::uint32_t gate : {kUpdate, kReset, kCandidate}) {
      input_gate(gate);
    }
    read_input();
    state_gate(kReset, 3 + kReset)
        .apply(Opcode::kSigmoid)
        .apply(Opcode::kMultiply, kMul, place(0), n_)  // h
        .write(kInitial, reset_state(), n_)
        .end();
    state_gate(kUpdate, 3 + kUpdate)
        .apply(Opcode::kSigmoid)
        .write(kMul, place(1), n_)
        .write(kAddSub1, place(0), n_)
        .end();
    // (h - c) z + c = h z + c (1 - z): z h first, then the candidate adds its share.
    writer_
        .read(kMfuInitial, place(0), n_)  // ones
        .apply(Opcode::kSubtract, kAddSub1, place(0), n_)
        .write(kMul, place(2), n_)
        .end();
    writer_
        .read(kMfuInitial, place(1), n_)  // h
        .apply(Opcode::kMultiply, kMul, place(1), n_)
        .write(kAddSub1, place(1), n_)
        .end();
    product(reset_state(), 3 + kCandidate)
        .apply(Opcode::kAdd, kAddSub, place(kCandidate), n_)
        .apply(Opcode::kTanh)
        .apply(Opcode::kMultiply, kMul, place(2), n_)
        .apply(Opcode::kAdd, kAddSub1, place(1), n_)
        .write(kInitial, state(), n_)
        .write(kMul, place(0), n_)
        .write(kMfuInitial, place(1), n_)
        .write(MemoryId::kOutQ, 0, n_)
        .end();
  }

  void lstm_step() {
    enum : std::uint32_t { kForget, kInput, kOutput, kCandidate };
    for (const std::uint32_t gate : {kForget, kInput, kOutput, kCandidate}) {
      input_gate(gate);
    }
    read_input();
    state_gate(kForget, 4 + kForget)
        .apply(Opcode::kSigmoid)
        .apply(Opcode::kMultiply, kMul, place(0), n_)  // c
        .write(kAddSub1, place(0), n_)
        .end();
    state_gate(kInput, 4 + kInput).apply(Opcode::kSigmoid).write(kMul, place(1), n_).end();
    state_gate(kOutput, 4 + kOutput).apply(Opcode::kSigmoid).write(kMul, place(2), n_).end();
    state_gate(kCandidate, 4 + kCandidate)
        .apply(Opcode::kTanh)
        .apply(Opcode::kMultiply, kMul, place(1), n_)
        .apply(Opcode::kAdd, kAddSub1, place(0), n_)
        .write(kMul, place(0), n_)
        .write(kMfuInitial, place(0), n_)
        .end();
    writer_.read(kMfuInitial, place(0), n_)
        .apply(Opcode::kTanh)
        .apply(Opcode::kMultiply, kMul, place(2), n_)
        .write(kInitial, state(), n_)
        .write(MemoryId::kOutQ, 0, n_)
        .end();
  }

 private:
  std::uint32_t place(std::uint32_t index) const { return index * n_; }
  /// Two places for inputs: one is filled while the other is used.
  std::uint32_t input() const { return next_input_ * n_; }
  std::uint32_t state() const { return 2 * n_; }
  std::uint32_t reset_state() const { return 3 * n_; }

  ChainWriter& product(std::uint32_t vector, std::uint32_t matrix) {
    return writer_.read(kInitial, vector, n_).multiply(matrix * n_ * n_);
  }
  /// x W + b, kept for the gate.
  void input_gate(std::uint32_t gate) {
    product(place(1 - next_input_), gate)
        .apply(Opcode::kAdd, kAddSub, place(4 + gate), n_)  // bias
        .write(kAddSub, place(gate), n_)
        .end();
  }
  ChainWriter& state_gate(std::uint32_t gate, std::uint32_t matrix) {
    return product(state(), matrix).apply(Opcode::kAdd, kAddSub, place(gate), n_);
  }

  std::uint32_t n_;
  std::uint32_t next_input_ = 0;
  ChainWriter writer_;
};

}  // namespace

Program brainwave_recurrent(const EngineParameters& engine, const std::string& cell,
                            std::uint32_t hidden, std::uint32_t steps) {
  Program program;
  Kernel kernel(engine, hidden, program);
  kernel.read_input();
  for (std::uint32_t step = 0; step < steps; ++step) {
    cell == "gru" ? kernel.gru_step() : kernel.lstm_step();
  }
  return program;
}

}  // namespace tessera::attention_engine::golden
