// SPDX-License-Identifier: Apache-2.0
#include "platform/debug/descriptions.h"

#include <array>

#include <fmt/format.h>

namespace tessera::debug {

namespace {

/// Names and types of x0..x31 as GDB's feature org.gnu.gdb.riscv.cpu has them.
constexpr std::array<const char*, 32> kRegisterNames{
    "zero", "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "fp", "s1", "a0",
    "a1",   "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5",
    "s6",   "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};

std::string register_element(const char* name, std::uint64_t number, const char* type) {
  return fmt::format("<reg name=\"{}\" bitsize=\"32\" type=\"{}\" regnum=\"{}\"/>\n", name, type,
                     number);
}

const char* type_of(const std::string& name) {
  if (name == "ra") {
    return "code_ptr";
  }
  return name == "sp" || name == "gp" || name == "tp" || name == "fp" ? "data_ptr" : "int";
}

}  // namespace

std::string target_description(const std::vector<CsrDescription>& csrs) {
  std::string text =
      "<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n"
      "<target version=\"1.0\">\n<architecture>riscv:rv32</architecture>\n"
      // Without it GDB may take the target for Linux and set a breakpoint for each step.
      "<osabi>none</osabi>\n"
      "<feature name=\"org.gnu.gdb.riscv.cpu\">\n";
  for (std::uint64_t i = 0; i < kRegisterNames.size(); ++i) {
    text += register_element(kRegisterNames[i], i, type_of(kRegisterNames[i]));
  }
  text += register_element("pc", kPcNumber, "code_ptr");
  text += "</feature>\n<feature name=\"org.gnu.gdb.riscv.csr\">\n";
  for (const CsrDescription& csr : csrs) {
    text += register_element(csr.name, kFirstCsrNumber + csr.number, "int");
  }
  return text + "</feature>\n</target>\n";
}

std::string memory_map(const std::vector<MemoryRegion>& regions) {
  std::string text =
      "<?xml version=\"1.0\"?>\n<!DOCTYPE memory-map PUBLIC \"+//IDN gnu.org//DTD GDB Memory Map "
      "V1.0//EN\" \"http://sourceware.org/gdb/gdb-memory-map.dtd\">\n<memory-map>\n";
  for (const MemoryRegion& region : regions) {
    text += fmt::format("<memory type=\"{}\" start=\"{:#x}\" length=\"{:#x}\"/>\n",
                        region.is_writable ? "ram" : "rom", region.base, region.bytes);
  }
  return text + "</memory-map>\n";
}

std::string thread_list(const HartControl& control, const std::vector<std::uint32_t>& harts) {
  std::string text = "<?xml version=\"1.0\"?>\n<threads>\n";
  for (const std::uint32_t hart : harts) {
    text += fmt::format("<thread id=\"{:x}\" core=\"{}\" name=\"{}\">{}</thread>\n", hart + 1, hart,
                        control.hart_name(hart), control.hart_activity(hart));
  }
  return text + "</threads>\n";
}

}  // namespace tessera::debug
