// SPDX-License-Identifier: Apache-2.0
// Random RV32IMA programs on the interpreter and on Unicorn, an independent engine.
#include <algorithm>
#include <set>

#include <gtest/gtest.h>
#include <unicorn/unicorn.h>

#include "models/isa/instruction.h"
#include "tests/unit/isa/machine.h"
#include "tests/unit/isa/random_program.h"

namespace tessera::isa::test {
namespace {

constexpr std::size_t kProgramWords = 3000;  // three pages

class Unicorn {
 public:
  Unicorn() {
    check(uc_open(UC_ARCH_RISCV, UC_MODE_RISCV32, &engine_));
    check(uc_mem_map(engine_, Machine::kMemory, Machine::kMemoryBytes, UC_PROT_ALL));
  }
  ~Unicorn() { uc_close(engine_); }
  Unicorn(const Unicorn&) = delete;
  Unicorn& operator=(const Unicorn&) = delete;

  void write_memory(std::uint32_t address, const void* data, std::size_t bytes) {
    check(uc_mem_write(engine_, address, data, bytes));
  }
  std::vector<std::uint8_t> read_memory(std::uint32_t address, std::size_t bytes) {
    std::vector<std::uint8_t> data(bytes);
    check(uc_mem_read(engine_, address, data.data(), bytes));
    return data;
  }
  void write_register(int index, std::uint32_t value) {
    check(uc_reg_write(engine_, UC_RISCV_REG_X0 + index, &value));
  }
  std::uint32_t read_register(int index) { return read(UC_RISCV_REG_X0 + index); }
  std::uint32_t pc() { return read(UC_RISCV_REG_PC); }
  void run(std::size_t instructions) { check(uc_emu_start(engine_, pc(), 0, 0, instructions)); }
  void set_pc(std::uint32_t pc) { check(uc_reg_write(engine_, UC_RISCV_REG_PC, &pc)); }

 private:
  std::uint32_t read(int id) {
    std::uint32_t value = 0;
    check(uc_reg_read(engine_, id, &value));
    return value;
  }
  static void check(uc_err error) { ASSERT_EQ(error, UC_ERR_OK) << uc_strerror(error); }

  uc_engine* engine_ = nullptr;
};

struct Result {
  std::uint64_t instructions = 0;
  std::set<Op> ops;
};

/// Runs one program in slices of random length on both; all registers are compared after each
/// slice, the whole memory in the end. Stops at the first difference.
void run_program(std::uint64_t seed, std::uint64_t length, Result& result) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(~seed);
  RandomProgram program(seed, kProgramWords);
  const std::vector<std::uint32_t> registers = program.registers(Machine::kData);
  std::vector<std::uint8_t> data(RandomProgram::kDataBytes);
  std::generate(data.begin(), data.end(), [&] { return static_cast<std::uint8_t>(random()); });

  Machine machine(seed % 4 != 0);  // every fourth program sees its data through the environment
  Unicorn unicorn;
  const std::size_t program_bytes = program.words().size() * 4;
  std::memcpy(machine.memory.data(), program.words().data(), program_bytes);
  std::memcpy(machine.memory.data() + (Machine::kData - Machine::kMemory), data.data(),
              data.size());
  unicorn.write_memory(Machine::kMemory, program.words().data(), program_bytes);
  unicorn.write_memory(Machine::kData, data.data(), data.size());
  unicorn.set_pc(Machine::kMemory);
  for (int i = 1; i < 32; ++i) {
    machine.x(i) = registers[static_cast<std::size_t>(i)];
    unicorn.write_register(i, machine.x(i));
  }
  for (std::uint64_t done = 0; done < length && !::testing::Test::HasFailure();) {
    const std::uint64_t slice = 1 + random() % 200;
    const std::uint32_t start = machine.hart.pc;
    ASSERT_EQ(machine.run(slice), StopReason::kBudget);
    unicorn.run(slice);
    done += slice;
    result.instructions += slice;
    EXPECT_EQ(machine.hart.instructions, done);
    EXPECT_EQ(machine.hart.pc, unicorn.pc()) << slice << " instructions from " << start;
    for (int i = 0; i < 32; ++i) {
      EXPECT_EQ(machine.x(i), unicorn.read_register(i))
          << "x" << i << " after " << slice << " instructions from " << start;
    }
  }
  EXPECT_TRUE(machine.errors.empty());
  EXPECT_EQ(machine.memory, unicorn.read_memory(Machine::kMemory, Machine::kMemoryBytes));
  for (const Word word : program.words()) {
    result.ops.insert(decode(word, {}).op);
  }
}

TEST(RandomDifferential, RegistersAndMemoryEqualUnicorn) {
  Result result;
  for (std::uint64_t seed = 1; seed <= 400 && !HasFailure(); ++seed) {
    run_program(seed, 4000, result);
  }
  EXPECT_GE(result.instructions, 1'000'000u);
  std::printf("%llu instructions of %zu kinds\n",
              static_cast<unsigned long long>(result.instructions), result.ops.size());
  for (std::size_t op = 1; op < kNumOps; ++op) {
    const InstructionInfo& row = info(static_cast<Op>(op));
    if (row.extension == Extension::kI || row.extension == Extension::kM ||
        row.extension == Extension::kA) {
      const bool is_system = row.instruction_class == InstructionClass::kSystem;
      EXPECT_EQ(result.ops.count(static_cast<Op>(op)), is_system ? 0u : 1u) << row.mnemonic;
    }
  }
}

}  // namespace
}  // namespace tessera::isa::test
