// SPDX-License-Identifier: Apache-2.0
// Executes the cases of xpulpimg_oracle.py, and operand/result pairs measured on the RTL, on the
// interpreter: usage xpulpimg_runner NAMES CASES [MEASURED_CSV]. Exit code 0 when all agree.
#include <array>
#include <cstdio>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "models/isa/instruction.h"
#include "tests/unit/isa/machine.h"

namespace {

using tessera::isa::test::Machine;
using tessera::isa::test::Word;

/// As packed by Case.record().
struct Case {
  std::uint16_t row;
  std::uint8_t is_trap;
  std::uint8_t num_registers;
  std::array<std::uint8_t, 4> registers;  ///< the fourth is padding
  Word encoding;
  std::int32_t next_offset;  ///< of the pc
  std::array<Word, 3> before;
  std::array<Word, 3> after;
  std::array<std::uint8_t, 64> memory_before;
  std::array<std::uint8_t, 64> memory_after;
};
static_assert(sizeof(Case) == 168);

constexpr std::uint32_t kWindow = 0x800f8000;

std::vector<std::string> read_names(const char* path) {
  std::ifstream file(path);
  std::vector<std::string> names;
  for (std::string line; std::getline(file, line);) {
    names.push_back(line);
  }
  return names;
}

std::vector<Case> read_cases(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<Case> cases;
  Case one{};
  while (file.read(reinterpret_cast<char*>(&one), sizeof one)) {
    cases.push_back(one);
  }
  return cases;
}

/// Runs one case whose instruction is at `pc`. Returns what differs, empty if nothing.
std::string run_case(Machine& machine, const Case& one, std::uint32_t pc) {
  std::array<Word, 32> expected{};
  for (std::size_t i = 1; i < 32; ++i) {
    expected[i] = 0x11111111u * static_cast<Word>(i % 15 + 1);
    machine.hart.x[i] = expected[i];
  }
  for (std::size_t i = 0; i < one.num_registers; ++i) {
    if (one.registers[i] != 0) {
      machine.hart.x[one.registers[i]] = one.before[i];
      expected[one.registers[i]] = one.after[i];
    }
  }
  std::uint8_t* window = machine.memory.data() + (kWindow - Machine::kMemory);
  std::memcpy(window, one.memory_before.data(), one.memory_before.size());
  const auto traps = machine.hart.traps;
  machine.hart.pc = pc;
  machine.run(1);

  const Word next_pc =
      one.is_trap != 0 ? Machine::kTrapAddress : pc + static_cast<Word>(one.next_offset);
  std::ostringstream text;
  text << std::hex;
  for (std::size_t i = 0; i < 32; ++i) {
    if (machine.hart.x[i] != expected[i]) {
      text << " x" << std::dec << i << std::hex << "=" << machine.hart.x[i] << " not "
           << expected[i];
    }
  }
  if (machine.hart.pc != next_pc || machine.hart.traps - traps != one.is_trap) {
    text << " pc=" << machine.hart.pc << " not " << next_pc;
  }
  if (std::memcmp(window, one.memory_after.data(), one.memory_after.size()) != 0) {
    text << " memory";
  }
  return text.str();
}

/// Returns the number of rows without a difference.
std::size_t run_cases(const std::vector<std::string>& names, const std::vector<Case>& cases) {
  Machine machine;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    machine.poke(Machine::kMemory + static_cast<std::uint32_t>(i) * 4, cases[i].encoding);
  }
  std::set<std::size_t> failed;
  std::set<tessera::isa::Op> ops;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const std::string difference =
        run_case(machine, cases[i], Machine::kMemory + static_cast<std::uint32_t>(i) * 4);
    const auto instruction = tessera::isa::decode(cases[i].encoding, {});
    ops.insert(instruction.op);
    if (!difference.empty() && failed.insert(cases[i].row).second) {
      std::printf("%s 0x%08x (%s):%s\n", names[cases[i].row].c_str(), cases[i].encoding,
                  tessera::isa::disassemble(instruction, 0).c_str(), difference.c_str());
    }
  }
  if (ops.size() != names.size()) {
    std::printf("the %zu rows decode to %zu instructions\n", names.size(), ops.size());
    return 0;
  }
  std::printf("%zu cases, %zu/%zu\n", cases.size(), names.size() - failed.size(), names.size());
  return names.size() - failed.size();
}

/// A line of the measured pairs: column name -> text.
using Row = std::map<std::string, std::string>;

std::vector<Row> read_csv(std::ifstream& file) {
  const auto split = [](const std::string& line) {
    std::vector<std::string> cells;
    std::istringstream stream(line);
    for (std::string cell; std::getline(stream, cell, ',');) {
      cells.push_back(cell);
    }
    return cells;
  };
  std::string line;
  std::getline(file, line);
  const std::vector<std::string> header = split(line);
  std::vector<Row> rows;
  while (std::getline(file, line)) {
    const std::vector<std::string> cells = split(line);
    Row row;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      row[header[i]] = cells[i];
    }
    rows.push_back(row);
  }
  return rows;
}

Word number(const std::string& text) {
  return static_cast<Word>(std::stoul(text, nullptr, 0));
}

/// The measured programs keep rs1 in x6, rs2 in x7, rd in x28 and their data in this page.
constexpr std::uint32_t kMeasuredPage = 0x2000;

bool run_measured(Machine& machine, std::uint8_t* page, const Row& row) {
  machine.hart = {};
  machine.hart.pc = Machine::kMemory;
  machine.poke(Machine::kMemory, number(row.at("encoding")));
  machine.x(6) = number(row.at("rs1"));
  machine.x(7) = number(row.at("rs2"));
  machine.x(28) = row.at("rd_before").empty() ? 0 : number(row.at("rd_before"));
  std::uint8_t* cell = nullptr;
  if (!row.at("mem_word_addr").empty()) {
    const Word before = number(row.at("mem_word_before"));
    cell = page + (number(row.at("mem_word_addr")) - kMeasuredPage);
    std::memcpy(cell, &before, 4);
  }
  machine.run(1);
  bool is_equal = machine.x(6) == number(row.at("rs1_after")) && machine.hart.traps == 0;
  if (cell != nullptr) {
    Word after = 0;
    std::memcpy(&after, cell, 4);
    is_equal &= after == number(row.at("mem_word_after"));
  }
  const std::string& result = row.at("rd_after");
  if (result == "taken" || result == "not taken") {
    return is_equal && (machine.hart.pc != Machine::kMemory + 4) == (result == "taken");
  }
  return is_equal && machine.x(28) == number(result);
}

bool run_all_measured(const char* path) {
  std::ifstream file(path);
  if (!file) {
    std::printf("skipped the pairs measured on the RTL: no %s\n", path);
    return true;
  }
  Machine machine;
  std::vector<std::uint8_t> page(tessera::DmiTable::kPageBytes);
  machine.dmi.map(kMeasuredPage, page.size(), page.data(), true, true);
  std::size_t num_equal = 0;
  const std::vector<Row> rows = read_csv(file);
  std::set<std::string> mnemonics;
  for (const Row& row : rows) {
    mnemonics.insert(row.at("mnemonic"));
    if (run_measured(machine, page.data(), row)) {
      ++num_equal;
    } else {
      std::printf("%s %s differs from the RTL\n", row.at("mnemonic").c_str(),
                  row.at("encoding").c_str());
    }
  }
  std::printf("%zu/%zu pairs of %zu instructions as measured on the RTL\n", num_equal, rows.size(),
              mnemonics.size());
  return num_equal == rows.size() && !rows.empty();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::printf("usage: %s NAMES CASES [MEASURED_CSV]\n", argv[0]);
    return 2;
  }
  const std::vector<std::string> names = read_names(argv[1]);
  bool is_equal = !names.empty() && run_cases(names, read_cases(argv[2])) == names.size();
  if (argc > 3) {
    is_equal &= run_all_measured(argv[3]);
  }
  return is_equal ? 0 : 1;
}
